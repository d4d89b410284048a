// SPDX-License-Identifier: Apache-2.0
#include "telescope/synchrony.h"

#include <xxhash.h>

#include <algorithm>
#include <tuple>

namespace yagura::telescope {
namespace {

bool is_syn(const WindowPacket& packet) {
  constexpr uint16_t not_syn = 1u << static_cast<int>(Mark::null_scan) |
                               1u << static_cast<int>(Mark::fin_scan) |
                               1u << static_cast<int>(Mark::xmas_scan);
  return packet.class_ == PacketClass::scan_tcp && (packet.marks & not_syn) == 0;
}

// Secret: of which dark address it is only shows that it is the same again.
uint32_t dark_hash(uint32_t dark, uint64_t key) {
  return static_cast<uint32_t>(XXH3_64bits_withSeed(&dark, sizeof dark, key));
}

}  // namespace

uint64_t Synchrony::rank(uint16_t prefix, uint64_t key) {
  return XXH3_64bits_withSeed(&prefix, sizeof prefix, key);
}

void Synchrony::add(const SourceGroup& group) {
  if (!group.source.is_v4()) return;
  const auto prefix = static_cast<uint16_t>(group.source.v4() >> 16);
  if (prefix != prefix_) {
    prefix_ = prefix;
    prefix_hash_ = rank(prefix, key_);
    counted_ = false;
  }
  // What is taken here and turns out not to be among the smallest, reduce() drops.
  if (!counted_ && smallest_.size() == prefixes_max && prefix_hash_ > smallest_.top()) return;
  for (const WindowPacket& packet : group.packets) {
    if (!is_syn(packet)) continue;
    const auto second = static_cast<uint32_t>(packet.time / 1'000'000'000);
    probes_.push_back(
        {second - second % slot_seconds, prefix, packet.service_port, packet.dark, 1});
    if (counted_) continue;
    counted_ = true;
    smallest_.push(prefix_hash_);
    if (smallest_.size() > prefixes_max) smallest_.pop();
  }
}

void Synchrony::end_part() {
  smallest_ = {};
  prefix_ = -1;
  reduce();
}

void Synchrony::reduce() {
  std::sort(probes_.begin(), probes_.end(), [](const Probe& a, const Probe& b) {
    return std::tie(a.prefix, a.slot, a.port, a.dark) < std::tie(b.prefix, b.slot, b.port, b.dark);
  });
  size_t kept = 0;
  for (const Probe& probe : probes_) {
    Probe* last = kept == 0 ? nullptr : &probes_[kept - 1];
    if (last != nullptr && last->prefix == probe.prefix && last->slot == probe.slot &&
        last->port == probe.port && last->dark == probe.dark)
      last->packets += probe.packets;
    else
      probes_[kept++] = probe;
  }
  probes_.resize(kept);
  std::vector<uint64_t> hashes;
  for (size_t i = 0; i < probes_.size(); ++i)
    if (i == 0 || probes_[i].prefix != probes_[i - 1].prefix)
      hashes.push_back(rank(probes_[i].prefix, key_));
  if (hashes.size() <= prefixes_max) return;
  std::nth_element(hashes.begin(), hashes.begin() + prefixes_max - 1, hashes.end());
  const uint64_t largest = hashes[prefixes_max - 1];
  std::erase_if(probes_, [&](const Probe& probe) { return rank(probe.prefix, key_) > largest; });
}

void Synchrony::emit(const Sink& sink) {
  std::sort(probes_.begin(), probes_.end(), [](const Probe& a, const Probe& b) {
    return std::tie(a.slot, a.prefix, a.port, a.dark) < std::tie(b.slot, b.prefix, b.port, b.dark);
  });
  for (size_t from = 0; from < probes_.size();) {
    SynchronyRow row;
    row.time = probes_[from].slot;
    row.sensor = sensor_;
    row.prefix = probes_[from].prefix;
    row.port = probes_[from].port;
    const Probe* top = &probes_[from];
    size_t until = from;
    for (; until < probes_.size() && probes_[until].slot == row.time &&
           probes_[until].prefix == row.prefix && probes_[until].port == row.port;
         ++until) {
      row.packets += probes_[until].packets;
      ++row.dark_addresses;
      if (probes_[until].packets > top->packets) top = &probes_[until];
    }
    row.top_share = static_cast<float>(top->packets) / static_cast<float>(row.packets);
    row.top_dark = dark_hash(top->dark, key_);
    sink(row);
    from = until;
  }
  probes_.clear();
}

void Synchrony::save(ByteWriter& out) const {
  out.put(static_cast<uint64_t>(probes_.size()));
  for (const Probe& probe : probes_) {
    out.put(probe.slot);
    out.put(probe.prefix);
    out.put(probe.port);
    out.put(probe.dark);
    out.put(probe.packets);
  }
}

Result<void> Synchrony::load(ByteReader& in) {
  probes_.resize(in.get_count(16));
  for (Probe& probe : probes_) {
    probe.slot = in.get<uint32_t>();
    probe.prefix = in.get<uint16_t>();
    probe.port = in.get<uint16_t>();
    probe.dark = in.get<uint32_t>();
    probe.packets = in.get<uint32_t>();
  }
  if (!in.ok()) return failure("saved synchrony counts are damaged");
  return {};
}

}  // namespace yagura::telescope
