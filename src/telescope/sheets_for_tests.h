// SPDX-License-Identifier: Apache-2.0
//
// What the rows of numbers and those of sheets say, each added up: they must say the same.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result_for_tests.h"
#include "store/engine.h"
#include "telescope/packed_counts.h"

namespace yagura::telescope {

// The numbers of ports one by one, as a table.
inline constexpr std::string_view port_rows =
    "(SELECT level, time, dimension, value, class, organisation, p AS packets, h AS hosts FROM"
    " (SELECT level, time, dimension, toUInt32(block * 32 + place - 1) AS value, class,"
    " survey AS organisation, p, h FROM port_numbers"
    " ARRAY JOIN packets AS p, hosts AS h, arrayEnumerate(packets) AS place"
    " WHERE p != 0 OR h != 0))";

// Packets and hosts by level, time, dimension, class, survey and value, as one text; without those
// that are both 0.
using NumberSums = std::map<std::string, std::pair<int64_t, int64_t>>;

inline NumberSums sums_of_numbers(store::Connection& connection) {
  NumberSums sums;
  for (const std::string_view table : {std::string_view("numbers"), port_rows}) {
    const store::Block rows = value(connection.query(fmt::format(
        "SELECT concat(level, ' ', toString(toUInt32(time)), ' ', dimension, ' ',"
        " if(dimension = 'total', 'any', toString(class)), ' ', toString(organisation > 0), ' ',"
        " toString(if(dimension = 'total', toUInt32(toInt8(class)), value))) AS key,"
        " sum(packets) AS p, sum(hosts) AS h FROM {} GROUP BY key HAVING p != 0 OR h != 0",
        table)));
    for (size_t row = 0; row < rows.rows; ++row)
      sums[std::string(rows["key"].string_at(row))] = {rows["p"].signed_at(row),
                                                       rows["h"].signed_at(row)};
  }
  return sums;
}

inline std::vector<int64_t> counts_of(std::string_view written) {
  PackedCounts packed;
  succeeded(packed.add_written(std::string(written)));
  std::vector<int64_t> counts(packed.end());
  packed.add_to(counts);
  return counts;
}

inline NumberSums sums_of_sheets(store::Connection& connection) {
  const store::Block rows = value(connection.query(
      "SELECT concat(level, ' ', toString(toUInt32(time)), ' ', dimension, ' ', class, ' ',"
      " toString(survey)) AS key, values, packets, hosts FROM number_sheets"));
  NumberSums sums;
  for (size_t row = 0; row < rows.rows; ++row) {
    const auto packets = counts_of(rows["packets"].string_at(row));
    const auto hosts = counts_of(rows["hosts"].string_at(row));
    const std::vector<uint64_t> values = rows["values"].unsigned_array_at(row);
    const bool ports = rows["key"].string_at(row).find("_port") != std::string_view::npos;
    for (size_t i = 0; i < std::max(packets.size(), hosts.size()); ++i) {
      const std::pair count = {i < packets.size() ? packets[i] : 0,
                               i < hosts.size() ? hosts[i] : 0};
      if (count == std::pair<int64_t, int64_t>()) continue;
      auto& sum = sums[fmt::format("{} {}", rows["key"].string_at(row), ports ? i : values.at(i))];
      sum.first += count.first;
      sum.second += count.second;
    }
  }
  std::erase_if(sums,
                [](const auto& entry) { return entry.second == std::pair<int64_t, int64_t>(); });
  return sums;
}

}  // namespace yagura::telescope
