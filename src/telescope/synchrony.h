// SPDX-License-Identifier: Apache-2.0
//
// The raw material of synchrony detection (Han et al., IEICE E103-D(10), 2020): TCP SYNs per 50 s,
// source /16 and destination port.
//
// The detector looks at 10 minutes and at most 1,000 /16s. Which ones must not depend on how the
// time is cut, so it is always the 1,000 of those present with the smallest keyed hash: a /16 among
// the smallest of ten minutes is among the smallest of every part in which it is present. IPv4
// only, as in the paper. Not thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <queue>
#include <vector>

#include "base/bytes.h"
#include "telescope/rows.h"
#include "telescope/window_packet.h"

namespace yagura::telescope {

class Synchrony {
 public:
  using Sink = std::function<void(const SynchronyRow&)>;
  static constexpr size_t prefixes_max = 1000;
  static constexpr uint32_t slot_seconds = 50;

  Synchrony(uint16_t sensor, uint64_t key) : sensor_(sensor), key_(key) {}

  // What decides which prefixes are kept: the smallest are. Keyed, so that nobody can choose to be.
  static uint64_t rank(uint16_t prefix, uint64_t key);

  // The sources of (a part of) the open window, rising; then end_part().
  void add(const SourceGroup& group);
  void end_part();
  // The rows of the window, in order of time, prefix and port; then starts the next window.
  void emit(const Sink& sink);

  void save(ByteWriter& out) const;
  Result<void> load(ByteReader& in);

 private:
  struct Probe {
    uint32_t slot;  // start, seconds since the epoch
    uint16_t prefix;
    uint16_t port;
    uint32_t dark;
    uint32_t packets;
  };
  // Keeps the probes of the prefixes_max prefixes with the smallest hashes and adds up equal ones.
  void reduce();

  uint16_t sensor_;
  uint64_t key_;
  std::vector<Probe> probes_;
  // Of the part that is being taken: the smallest hashes of /16s that sent a SYN, the largest of
  // them on top, and whether the /16 of the source before is among them.
  std::priority_queue<uint64_t> smallest_;
  int32_t prefix_ = -1;
  uint64_t prefix_hash_ = 0;
  bool counted_ = false;  // in smallest_
};

}  // namespace yagura::telescope
