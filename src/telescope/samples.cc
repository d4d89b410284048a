// SPDX-License-Identifier: Apache-2.0
#include "telescope/samples.h"

#include <algorithm>
#include <vector>

namespace yagura::telescope {

void Samples::add_sampled(uint64_t hash, const capture::Packet& packet,
                          const Classified& classified, RowSink& sink) {
  if (in_window_ >= packets_per_window_max) return;
  uint8_t& taken = taken_[hash];
  if (taken >= per_source_class_day) return;
  ++taken;
  ++in_window_;
  SampleRow row;
  row.time = packet.time.nanoseconds;
  row.sensor = sensor_;
  row.source = classified.accounted;
  row.class_ = classified.class_;
  row.destination = packet.destination;
  row.protocol = packet.protocol;
  row.source_port = packet.source_port;
  row.destination_port = packet.destination_port;
  row.ttl = packet.ttl;
  row.ip_id = packet.ip_id;
  row.ip_length = packet.ip_length;
  row.tcp_flags = packet.tcp_flags;
  row.tcp_window = packet.tcp_window;
  row.tcp_sequence = packet.tcp_sequence;
  row.icmp_type = packet.icmp_type;
  row.icmp_code = packet.icmp_code;
  row.payload = {reinterpret_cast<const char*>(packet.payload),
                 std::min<size_t>(packet.payload_length, payload_bytes)};
  sink.add(row);
}

void Samples::end_window(uint64_t source_classes) {
  in_window_ = 0;
  mask_ = 0;
  while (source_classes / (mask_ + 1) > sources_per_window) mask_ = mask_ * 2 + 1;
}

void Samples::save(ByteWriter& out) const {
  out.put(mask_);
  out.put(in_window_);
  // In order, so that equal states are equal bytes.
  std::vector<std::pair<uint64_t, uint8_t>> taken(taken_.begin(), taken_.end());
  std::sort(taken.begin(), taken.end());
  out.put(static_cast<uint64_t>(taken.size()));
  for (const auto& [hash, count] : taken) {
    out.put(hash);
    out.put(count);
  }
}

Result<void> Samples::load(ByteReader& in) {
  mask_ = in.get<uint64_t>();
  in_window_ = in.get<uint32_t>();
  taken_.clear();
  for (uint64_t left = in.get_count(9); left > 0; --left) {
    const auto hash = in.get<uint64_t>();
    taken_[hash] = in.get<uint8_t>();
  }
  if (!in.ok()) return failure("saved sample counts are damaged");
  return {};
}

}  // namespace yagura::telescope
