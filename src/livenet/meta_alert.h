// SPDX-License-Identifier: Apache-2.0
//
// Alerts of one rule on one host that follow each other within a gap are one meta-alert: what a
// person is shown is fewer things, and none is lost.
//
// Lossless: every alert belongs to exactly one meta-alert, whose number is kept for it, so that the
// alerts of each can be had again (`members`). A meta-alert grows while alerts keep coming; what is
// known of it at a time is what had come by then. Not thread-safe.
#pragma once

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "livenet/alert_log.h"

namespace yagura::livenet {

struct MetaAlert {
  uint32_t rule = 0, host = 0, text = 0, source = 0;    // text and source of the first alert
  model::Severity severity = model::Severity::unknown;  // the highest of its alerts
  Timestamp first, last;
  uint64_t count = 0;
};

class Aggregation {
 public:
  explicit Aggregation(Duration gap) : gap_(gap) {}

  // Goes on with a meta-alert of an earlier record that may still grow: before the first `add`.
  void resume(const MetaAlert& meta);

  // Alerts in order of time. The number of the meta-alert it belongs to, its `count` 1 where it
  // opened one.
  uint32_t add(const AlertRow& row);

  std::span<const MetaAlert> metas() const { return metas_; }
  // The meta-alert of each alert added, in their order.
  std::span<const uint32_t> memberships() const { return memberships_; }
  // Which alerts, by their place in the order of adding, are in `meta`.
  std::vector<size_t> members(uint32_t meta) const;

 private:
  Duration gap_;
  std::vector<MetaAlert> metas_;
  std::vector<uint32_t> memberships_;
  std::unordered_map<uint64_t, uint32_t> latest_;  // by rule and host
};

}  // namespace yagura::livenet
