// SPDX-License-Identifier: Apache-2.0
//
// For tests only: a telescope with its real store in a scratch folder. Needs libchdb; tests are
// skipped, loudly, where it is not installed or cannot be loaded (under ASan).
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/temporary_folder_for_tests.h"
#include "telescope/ingest.h"
#include "telescope/rows_for_tests.h"
#include "telescope/sheets_for_tests.h"
#include "telescope/telescope.h"
#include "telescope/traffic_for_tests.h"

namespace yagura::telescope {

using Frames = std::span<const TrafficFrame>;

inline std::filesystem::path store_library() {
#if defined(__SANITIZE_ADDRESS__)
  return {};
#endif
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
  return {};
#endif
#endif
  const char* named = std::getenv("YAGURA_CHDB");
  const std::filesystem::path path = named != nullptr
                                         ? std::filesystem::path(named)
                                         : std::filesystem::path(YAGURA_SOURCE_DIR) /
                                               "node_modules/@chdb/lib-linux-x64-gnu/libchdb.so";
  return std::filesystem::exists(path) ? path : std::filesystem::path();
}

inline state::DarkPrefix dark(const char* prefix) {
  return {Prefix::parse(prefix).value(), false, {}, {}};
}

// Rows of a table as text, without what differs from store to store.
inline std::vector<std::string> rows_of(Telescope& telescope, const std::string& name,
                                        const std::string& sql) {
  const auto block = telescope.connection().query(sql);
  EXPECT_TRUE(block) << sql << ": " << block.error().message();
  std::vector<std::string> rows;
  for (size_t i = 0; block && i < block->rows; ++i) {
    std::string text = name;
    for (const auto& column : block->columns)
      if (column.name != "commit" && column.name != "stored")
        text += " " + column.name + "=" + column.text_at(i);
    rows.push_back(text);
  }
  return rows;
}

// What the numbers say, corrections added up.
inline std::vector<std::string> numbers_of(Telescope& telescope) {
  std::vector<std::string> rows;
  for (const std::string_view table : {std::string_view("numbers"), port_rows}) {
    const auto more =
        rows_of(telescope, "numbers",
                fmt::format("SELECT level, time, dimension, value, class, organisation,"
                            " sum(packets) AS p, sum(hosts) AS h FROM {}"
                            " GROUP BY level, time, dimension, value, class, organisation"
                            " HAVING p != 0 OR h != 0",
                            table));
    rows.insert(rows.end(), more.begin(), more.end());
  }
  EXPECT_EQ(sums_of_sheets(telescope.connection()), sums_of_numbers(telescope.connection()));
  return rows;
}

inline std::vector<std::string> all_rows(Telescope& telescope) {
  std::vector<std::string> rows = numbers_of(telescope);
  for (const char* table : {"activity", "source_day", "event", "attack", "synchrony",
                            "synchrony_total", "alarm", "sample"}) {
    const auto more = rows_of(telescope, table, std::string("SELECT * FROM ") + table);
    rows.insert(rows.end(), more.begin(), more.end());
  }
  return rows;
}

class TelescopeTest : public testing::Test {
 protected:
  void SetUp() override {
    if (store_library().empty())
      GTEST_SKIP() << "NOT TESTED: libchdb is not installed (run scripts/setup) or this is ASan";
    std::ofstream(folder_.path() / "asn.csv") << "32.0.0.0,63.255.255.255,64500,First\n"
                                                 "64.0.0.0,95.255.255.255,64501,Second\n";
    // All stores of a test begin with one control plane: the same secret key, the same sensor.
    auto seed = state::Database::open(folder_.path() / "seed.db");
    ASSERT_TRUE(seed) << seed.error().message();
    ASSERT_TRUE(state::folder_key(**seed));
    set_dark_space(**seed, "default", traffic_dark_space());
  }

  static void set_dark_space(state::Database& database, const std::string& name,
                             const std::vector<state::DarkPrefix>& space) {
    const auto sensor = state::sensor_named(database, name);
    ASSERT_TRUE(sensor);
    ASSERT_TRUE(state::set_dark_space(database, sensor->id, space));
  }

  // Opens a store and closes the one before: a process has one open at a time.
  Telescope* open(const std::string& name) {
    close();
    telescope_ = open_in(folder_.path(), name);
    CHECK(telescope_ != nullptr);
    return telescope_.get();
  }
  void close() { telescope_.reset(); }
  static std::unique_ptr<Telescope> open_in(const std::filesystem::path& root,
                                            const std::string& name) {
    TelescopeOptions options;
    options.folder = root / name;
    options.store_library = store_library();
    options.places.asn = {root / "asn.csv"};
    if (!std::filesystem::exists(options.folder)) {
      std::filesystem::create_directories(options.folder);
      std::filesystem::copy_file(root / "seed.db", options.folder / "state.db");
    }
    auto telescope = Telescope::open(options);
    EXPECT_TRUE(telescope) << telescope.error().message();
    return telescope ? std::move(*telescope) : nullptr;
  }

  std::filesystem::path capture(Frames frames) {
    const auto path = folder_.path() / ("capture" + std::to_string(++captures_) + ".pcap");
    write_capture(path, frames);
    return path;
  }
  static Result<ReadSummary> try_read(Telescope& telescope, const std::vector<ReadInput>& inputs) {
    ReadOptions options;
    options.inputs = inputs;
    return read_inputs(telescope, options);
  }
  static ReadSummary read(Telescope& telescope, const std::vector<ReadInput>& inputs) {
    auto summary = try_read(telescope, inputs);
    EXPECT_TRUE(summary) << summary.error().message();
    return summary ? *summary : ReadSummary{};
  }
  ReadSummary read(Telescope& telescope, Frames frames, const std::string& sensor = "default") {
    return read(telescope, {{capture(frames), sensor}});
  }
  // What a store of its own holds that read the frames in one go.
  std::vector<std::string> rows_in_one_go(Frames frames) {
    auto* telescope = open("once" + std::to_string(++stores_));
    read(*telescope, frames);
    const auto rows = all_rows(*telescope);
    close();
    return rows;
  }

  static void expect_same(const std::vector<std::string>& expected, Telescope& telescope) {
    EXPECT_EQ(difference(expected, all_rows(telescope)), "");
  }

  // Numbers, counted by the store over all activity: every sum over organisations must agree.
  static void expect_numbers_equal_activity(Telescope& telescope) {
    const std::pair<const char*, const char*> levels[] = {
        {"5min", "window"}, {"hour", "toStartOfHour(window)"}, {"day", "toStartOfDay(window)"}};
    for (const auto& [level, bucket] : levels) {
      const auto expect_equal = [&](const std::string& stored, const std::string& counted) {
        EXPECT_EQ(difference(rows_of(telescope, level, counted), rows_of(telescope, level, stored)),
                  "");
      };
      const auto stored = [&](std::string_view table, const char* condition) {
        return fmt::format(
            "SELECT toUInt32(time) AS t, value AS v, sum(packets) AS p, sum(hosts) AS h FROM {}"
            " WHERE level = '{}' AND {} GROUP BY t, v HAVING p != 0 OR h != 0",
            table, level, condition);
      };
      expect_equal(stored("numbers", "dimension = 'total' AND class = 'any'"),
                   fmt::format("SELECT toUInt32({}) AS t, 0 AS v, sum(packets) AS p,"
                               " uniqExact(source) AS h FROM activity GROUP BY t",
                               bucket));
      expect_equal(stored(port_rows, "dimension = 'tcp_port' AND class = 'scan_tcp'"),
                   fmt::format("SELECT toUInt32({}) AS t, port AS v, sum(n) AS p,"
                               " uniqExact(source) AS h FROM activity"
                               " ARRAY JOIN ports AS port, port_packets AS n"
                               " WHERE class = 'scan_tcp' GROUP BY t, v",
                               bucket));
      expect_equal(stored(port_rows, "dimension = 'udp_port' AND class = 'scans'"),
                   fmt::format("SELECT toUInt32({}) AS t, port AS v, sum(n) AS p,"
                               " uniqExact(source) AS h FROM activity"
                               " ARRAY JOIN ports AS port, port_packets AS n"
                               " WHERE class IN ('scan_udp', 'probe_amplification') GROUP BY t, v",
                               bucket));
    }
  }

  // Few sources with many packets: some behave like survey scanners. Two days.
  static TrafficOptions busy(uint64_t seed, size_t packets = 12'000) {
    return {.seed = seed, .packets = packets, .sources = 24, .length = Duration::hours(6)};
  }

  TemporaryFolder folder_;
  std::unique_ptr<Telescope> telescope_;
  int captures_ = 0, stores_ = 0;
};

}  // namespace yagura::telescope
