// SPDX-License-Identifier: Apache-2.0
//
// A few packets as they were: at most 3 per source, class and day.
//
// A large telescope has more sources than anyone wants to store packets of, so a fair share of the
// sources is sampled: those whose keyed hash falls under a mask that follows the number of sources
// in the window before (some 4,000 sampled sources a window, never more than 20,000 packets). The
// choice depends on the packets alone, so a replay samples the same. Not thread-safe.
#pragma once

#include <cstdint>
#include <unordered_map>

#include "base/bytes.h"
#include "capture/packet.h"
#include "telescope/classify.h"
#include "telescope/row_sink.h"

namespace yagura::telescope {

class Samples {
 public:
  static constexpr int per_source_class_day = 3;
  static constexpr uint32_t packets_per_window_max = 20'000;
  static constexpr uint64_t sources_per_window = 4'096;
  static constexpr size_t payload_bytes = 64;

  Samples(uint16_t sensor, uint64_t key) : sensor_(sensor), key_(key) {}

  void add(const capture::Packet& packet, const Classified& classified, RowSink& sink) {
    const uint64_t hash = mix(classified.accounted, classified.class_);
    if ((hash & mask_) == 0) add_sampled(hash, packet, classified, sink);
  }
  // The window that ends had `source_classes` distinct pairs of source and class.
  void end_window(uint64_t source_classes);
  void end_day() { taken_.clear(); }

  void save(ByteWriter& out) const;
  Result<void> load(ByteReader& in);

 private:
  uint64_t mix(IpAddress source, PacketClass c) const {
    uint64_t x = source.low() ^ key_ ^ static_cast<uint64_t>(c) << 56;
    x = (x ^ x >> 32) * 0x9E3779B97F4A7C15ULL + source.high();
    x = (x ^ x >> 29) * 0xBF58476D1CE4E5B9ULL;
    return x ^ x >> 32;
  }
  void add_sampled(uint64_t hash, const capture::Packet& packet, const Classified& classified,
                   RowSink& sink);

  uint16_t sensor_;
  uint64_t key_;
  uint64_t mask_ = 0;
  uint32_t in_window_ = 0;
  std::unordered_map<uint64_t, uint8_t> taken_;  // today, by hash of source and class
};

}  // namespace yagura::telescope
