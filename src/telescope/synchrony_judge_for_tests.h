// SPDX-License-Identifier: Apache-2.0
//
// For tests only: rows of one sensor, made by chance and by hand, and the windows of them that a
// judge is given. The same seed gives the same rows.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <random>
#include <tuple>
#include <utility>
#include <vector>

#include "telescope/rows.h"
#include "telescope/synchrony.h"
#include "telescope/synchrony_judge.h"
#include "telescope/synchrony_rows.h"

namespace yagura::telescope {

class SensorRows {
 public:
  static constexpr uint16_t sensor = 3;
  static constexpr uint32_t first = 1'600'000'200 / judged_seconds * judged_seconds;

  explicit SensorRows(uint64_t seed) : random_(seed) {}

  // Slots and windows are counted from `first` on. All packets are to one dark address, of their
  // own if `target` is none.
  void add(uint32_t slot, uint16_t prefix, uint16_t port, uint32_t packets,
           std::optional<uint32_t> target = {}) {
    SynchronyRow row;
    row.time = first + slot * Synchrony::slot_seconds;
    row.sensor = sensor;
    row.prefix = prefix;
    row.port = port;
    row.packets = packets;
    row.top_share = 1;
    row.top_dark = target ? *target : static_cast<uint32_t>(random_());
    row.dark_addresses = 1;
    const auto before = [](const SynchronyRow& a, const SynchronyRow& b) {
      return std::tie(a.time, a.prefix, a.port) < std::tie(b.time, b.prefix, b.port);
    };
    auto& rows = stored_.rows;
    rows.insert(std::upper_bound(rows.begin(), rows.end(), row, before), row);
  }
  // Hosts that send by chance, each at a rate of its own.
  void add_chance(uint32_t slot) {
    for (uint16_t host = 0; host < 80; ++host) {
      if (random_() % 20 >= 1 + host % 3U) continue;
      const auto port = static_cast<uint16_t>(1000 + random_() % 300);
      add(slot, host, port, static_cast<uint32_t>(1 + random_() % 3));
    }
  }

  // Rising.
  const std::vector<SynchronyRow>& all() const { return stored_.rows; }
  // Without totals. Of the first two the half hour is not known.
  OpenWindow window(uint32_t number) const {
    OpenWindow window;
    window.time = first + number * judged_seconds;
    const uint32_t end = window.time + judged_seconds;
    window.rows = stored_.of(window.time, end);
    if (number >= 2) window.half_hour = stored_.of(end - 3 * judged_seconds, end);
    return window;
  }

 private:
  std::mt19937_64 random_;
  StoredRows stored_;
};

// About 1,000 packets of 200 hosts; from the window `leap` on about 90,000 packets.
inline SynchronyTotals leaping_totals(uint32_t window, uint32_t leap) {
  const uint64_t noise = window * 7919 % 100;
  return {(window < leap ? 1'000U : 90'000U) + noise, 200 + noise % 10};
}

inline JudgedWindow judged_by(SynchronyJudge& judge, const OpenWindow& window) {
  auto judged = judge.judge(window);
  EXPECT_TRUE(judged) << judged.error().message();
  return judged ? *std::move(judged) : JudgedWindow{};
}

}  // namespace yagura::telescope
