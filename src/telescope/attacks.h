// SPDX-License-Identifier: Apache-2.0
//
// Denial-of-service victims from their backscatter: RSDoS (Moore, Voelker, Savage 2001; Moore et
// al. 2006), with start, update and end records.
//
// A victim and attacked protocol become an attack with at least 25 packets over at least 60 s, and,
// in some 60 s sliding by 10 s, at least 30 × (dark addresses / 2^24) packets (not tested where
// that is below 1: the published 30 was set for a /8). 300 s of silence end it. Attacks are
// reported from the packet that fulfils the rule on; updates every five minutes while it lasts.
//
// Not thread-safe. Works window by window like ScanEvents; the rows do not depend on how the
// packets were cut into calls.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"
#include "telescope/rows.h"
#include "telescope/window_packet.h"

namespace yagura::telescope {

struct AttackOptions {
  uint16_t sensor = 0;
  double dark_addresses = 0;
  uint64_t memory_bytes = 128ULL << 20;
};

class Attacks {
 public:
  using Sink = std::function<void(const AttackRow&)>;

  explicit Attacks(const AttackOptions& options);
  ~Attacks();
  Attacks(Attacks&&) noexcept;

  // As ScanEvents', but that windows may be of any length.
  void begin(Timestamp until);
  void add(const SourceGroup& group, const Sink& sink);
  void end(const Sink& sink);
  // An update record, as of its last packet, for every attack that is still running.
  void report_open(const Sink& sink) const;
  void set_dark_addresses(double dark_addresses);

  void save(ByteWriter& out) const;
  Result<void> load(ByteReader& in);
  size_t memory_bytes() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace yagura::telescope
