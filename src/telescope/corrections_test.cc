// SPDX-License-Identifier: Apache-2.0
//
// Corrections with the real store: inputs that are forgotten, days that sensors share, survey
// scanners that turn out later.
#include "telescope/corrections.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <span>
#include <tuple>
#include <vector>

#include "state/scanner_registry.h"
#include "telescope/sensor_ingest.h"
#include "telescope/tables_sources.h"
#include "telescope/telescope_for_tests.h"

namespace yagura::telescope {
namespace {

// --- Forgetting, sharing days ---

TEST_F(TelescopeTest, AForgottenInputCanBeReadAgainWithAnotherDarkSpace) {
  const Traffic traffic(busy(10, 4000));
  const auto input = capture(traffic.frames);
  auto* telescope = open("a");
  read(*telescope, {{input}});
  const auto rows = all_rows(*telescope);
  const auto forget_all = [&] {
    const auto runs = state::all_runs(telescope->database());
    ASSERT_TRUE(runs);
    for (const auto& run : *runs) ASSERT_TRUE(telescope->forget_run(run));
    EXPECT_EQ(all_rows(*telescope), std::vector<std::string>());
    EXPECT_TRUE(std::filesystem::is_empty(telescope->runs_folder()));
  };
  forget_all();
  set_dark_space(telescope->database(), "default", {dark("198.18.0.0/25")});
  EXPECT_FALSE(read(*telescope, {{input}}).inputs[0].read_before);
  EXPECT_NE(difference(rows, all_rows(*telescope)), "");
  forget_all();
  set_dark_space(telescope->database(), "default", traffic_dark_space());
  read(*telescope, {{input}});
  expect_same(rows, *telescope);
}

TEST_F(TelescopeTest, AChangedDarkSpaceBeginsANewRun) {
  const Traffic traffic(busy(11, 4000));
  const Frames frames(traffic.frames);
  auto* telescope = open("a");
  read(*telescope, frames.first(2000));
  auto space = traffic_dark_space();
  space.push_back(dark("203.0.113.0/24"));
  set_dark_space(telescope->database(), "default", space);
  read(*telescope, frames.subspan(2000));
  EXPECT_EQ(state::all_runs(telescope->database())->size(), 2u);
  expect_numbers_equal_activity(*telescope);
}

class SharedDayTest : public TelescopeTest {
 protected:
  // Two sensors that see the same sources on the same days.
  void read_both(Telescope& telescope, Frames frames) {
    set_dark_space(telescope.database(), "second", traffic_dark_space());
    std::vector<TrafficFrame> parts[2];
    for (size_t i = 0; i < frames.size(); ++i) parts[i % 3 == 0 ? 1 : 0].push_back(frames[i]);
    read(telescope, {{capture(parts[0]), "default"}, {capture(parts[1]), "second"}});
  }
  static state::Run run_of(Telescope& telescope, const std::string& name) {
    const auto sensor = state::sensor_named(telescope.database(), name);
    const auto runs = state::runs(telescope.database(), sensor->id);
    EXPECT_EQ(runs->size(), 1u);
    return runs->at(0);
  }
};

TEST_F(SharedDayTest, TwoSensorsCountAHostOfBothOnce) {
  const Traffic traffic(busy(12, 6000));
  auto* telescope = open("a");
  read_both(*telescope, traffic.frames);
  expect_numbers_equal_activity(*telescope);
}

TEST_F(SharedDayTest, AWindowInWhichBothSensorsSawASourceCountsOnce) {
  const Traffic traffic(busy(12, 6000));
  auto* telescope = open("a");
  read_both(*telescope, traffic.frames);
  const auto windows = [&](const char* counted, const char* table, const char* day) {
    return rows_of(*telescope, "source",
                   fmt::format("SELECT source, class, {} AS n FROM {} GROUP BY {}, source, class"
                               " ORDER BY source, class, n",
                               counted, table, day));
  };
  const auto counted = windows("sum(windows)", "source_day", "day");
  EXPECT_EQ(counted, windows("uniqExact(window)", "activity", "toDate(window)"));
  EXPECT_NE(counted, windows("count()", "activity", "toDate(window)"));
}

TEST_F(SharedDayTest, ADayThatWasCountedAgainIsCountedAgainWhenItsLastRunGoesOn) {
  const Traffic traffic(busy(13, 6000));
  const Frames frames(traffic.frames);
  const size_t cut = 2500;
  auto* telescope = open("a");
  read_both(*telescope, frames.first(cut));
  ASSERT_TRUE(telescope->forget_run(run_of(*telescope, "second")));
  expect_numbers_equal_activity(*telescope);
  read(*telescope, frames.subspan(cut));
  expect_numbers_equal_activity(*telescope);
}

TEST_F(SharedDayTest, NothingIsLeftOnceEveryRunOfADayIsForgotten) {
  const Traffic traffic(busy(14, 3000));
  auto* telescope = open("a");
  read_both(*telescope, traffic.frames);
  ASSERT_TRUE(telescope->forget_run(run_of(*telescope, "second")));
  ASSERT_TRUE(telescope->forget_run(run_of(*telescope, "default")));
  EXPECT_EQ(all_rows(*telescope), std::vector<std::string>());
  read(*telescope, traffic.frames);
  const auto again = all_rows(*telescope);
  EXPECT_EQ(difference(rows_in_one_go(traffic.frames), again), "");
}

TEST_F(SharedDayTest, NoHourOfADayThatWasCountedAgainIsRemembered) {
  const Traffic traffic(busy(19, 6000));
  auto* telescope = open("a");
  read(*telescope, traffic.frames);
  const auto packets_by_hour = [&] {
    std::vector<int64_t> packets;
    const auto sheets =
        telescope->known_numbers().sheets(telescope->connection(), {Level::hour, {}},
                                          {Timestamp(), Timestamp::from_seconds(UINT32_MAX)});
    EXPECT_TRUE(sheets);
    for (const Sheet& sheet : *sheets) packets.push_back(sheet.at(0));
    return packets;
  };
  const auto counted = packets_by_hour();
  ASSERT_GT(counted.size(), 2u);
  ASSERT_TRUE(telescope->connection().execute(
      "INSERT INTO number_sheets (level, time, dimension, class, survey, values, packets, hosts,"
      " commit) SELECT level, time, dimension, class, survey, values, packets, hosts, 0"
      " FROM number_sheets WHERE level = 'hour' AND dimension = 'total'"));
  telescope->known_numbers().clear();
  ASSERT_NE(packets_by_hour(), counted);
  ASSERT_TRUE(state::mark_stale(telescope->database(),
                                days_of(state::all_runs(telescope->database())->at(0))));
  ASSERT_TRUE(telescope->recount_stale_days());
  EXPECT_EQ(packets_by_hour(), counted);
}

TEST_F(SharedDayTest, AReadCountsOnlyTheDaysAgainThatItTouches) {
  const Traffic traffic(busy(15, 6000));  // two days, most of it on the second
  const Frames frames(traffic.frames);
  auto* telescope = open("a");
  read_both(*telescope, frames.first(5000));
  const auto stored_by = [&] {
    return rows_of(*telescope, "d",
                   "SELECT toDate(time) AS day, groupUniqArray(commit = 0) AS again FROM numbers"
                   " WHERE level = 'day' GROUP BY day ORDER BY day");
  };
  ASSERT_EQ(stored_by().size(), 2u);
  // Marks the first day's count, which must still be there after the second day was counted.
  ASSERT_TRUE(telescope->connection().execute(
      "INSERT INTO numbers (level, time, dimension, value, class, organisation, packets, hosts,"
      " commit) SELECT 'day', min(time), 'asn', 4242, 'any', 0, 1, 1, 0 FROM numbers"));
  read(*telescope, frames.subspan(5000));
  EXPECT_EQ(rows_of(*telescope, "marked", "SELECT value FROM numbers WHERE value = 4242").size(),
            1u);
}

// --- Survey scanners ---

class RegistryTest : public TelescopeTest {
 protected:
  // Sources of the traffic, those with most packets first.
  static std::vector<IpAddress> busiest(Telescope& telescope, const std::string& condition) {
    const auto block =
        telescope.connection().query("SELECT source FROM source_day WHERE " + condition +
                                     " GROUP BY source ORDER BY sum(packets) DESC, source");
    EXPECT_TRUE(block);
    std::vector<IpAddress> sources;
    for (size_t i = 0; i < block->rows; ++i) sources.push_back((*block)["source"].address_at(i));
    return sources;
  }
  // Stores the list alone.
  static void replace(Telescope& telescope, std::span<const IpAddress> sources,
                      std::optional<Timestamp> until = {}) {
    auto& database = telescope.database();
    std::vector<state::ScannerEntry> entries;
    for (size_t i = 0; i < sources.size(); ++i) {
      const auto organisation =
          state::organisation_named(database, i % 2 == 0 ? "first survey" : "second survey");
      ASSERT_TRUE(organisation);
      entries.push_back({Prefix::of(sources[i], 128), organisation->id, "test", {}, until});
    }
    ASSERT_TRUE(state::replace_list(database, "test", entries, {}));
  }
  static void list(Telescope& telescope, std::span<const IpAddress> sources,
                   std::optional<Timestamp> until = {}) {
    replace(telescope, sources, until);
    const auto change = telescope.follow_registry();
    ASSERT_TRUE(change) << change.error().message();
    EXPECT_EQ(change->days_at_day_level_only, 0u);
  }
};

TEST_F(RegistryTest, AChangedRegistryGivesTheRowsOfAStoreThatKnewItFromTheStart) {
  const Traffic traffic(busy(16));
  auto* telescope = open("a");
  read(*telescope, traffic.frames);
  auto behaving = busiest(*telescope, "survey_evidence = 'behaviour'");
  auto others = busiest(*telescope, "survey_evidence = 'none'");
  ASSERT_GE(behaving.size(), 2u);
  ASSERT_GE(others.size(), 4u);
  const auto without = all_rows(*telescope);
  const Timestamp second_day = traffic.frames.back().time.floor(Duration::days(1));
  const std::vector<std::vector<IpAddress>> steps = {
      {behaving[0], others[0], others[1]}, {others[1], behaving[1], others[2]}, {}, {others[3]}};
  for (size_t i = 0; i < steps.size(); ++i) {
    const std::optional<Timestamp> until =
        i == 1 ? std::optional(second_day) : std::optional<Timestamp>();
    telescope = open("a");
    list(*telescope, steps[i], until);
    const auto changed = all_rows(*telescope);
    expect_numbers_equal_activity(*telescope);
    if (steps[i].empty()) expect_same(without, *telescope);
    auto* fresh = open("fresh" + std::to_string(i));
    // The same organisations in the same order, so that they have the same numbers.
    list(*fresh, std::vector<IpAddress>{others[0], others[1]});
    list(*fresh, steps[i], until);
    read(*fresh, traffic.frames);
    expect_same(changed, *fresh);
  }
}

TEST_F(RegistryTest, AChangeInTheMiddleOfADayHoldsWhenTheDayGoesOn) {
  const Traffic traffic(busy(17, 20'000));
  const Frames frames(traffic.frames);
  const size_t cut = frames.size() * 3 / 4;  // some hours into the second day
  auto* telescope = open("a");
  read(*telescope, frames.first(cut));
  const auto behaving = busiest(
      *telescope, "survey_evidence = 'behaviour' AND day = (SELECT max(day) FROM source_day)");
  const auto others = busiest(*telescope, "survey_evidence = 'none'");
  ASSERT_GE(behaving.size(), 2u);
  const std::vector<std::vector<IpAddress>> steps = {
      {behaving[0], others[0]}, {behaving[1], others[1]}, {}};
  for (size_t i = 0; i < steps.size(); ++i) {
    const std::string suffix = std::to_string(i);
    auto* changed = open("changed" + suffix);
    if (i > 0) list(*changed, steps[i - 1]);
    read(*changed, frames.first(cut));
    list(*changed, steps[i]);
    read(*changed, frames.subspan(cut));
    const auto rows = all_rows(*changed);
    auto* fresh = open("fresh" + suffix);
    if (i > 0) list(*fresh, steps[i - 1]);
    list(*fresh, steps[i]);
    read(*fresh, frames);
    EXPECT_EQ(difference(all_rows(*fresh), rows), "") << "step " << i;
  }
}

// As a service does it: the analysis stays in memory, and goes on.
TEST_F(RegistryTest, AChangeWhileASensorIsObservedGivesWhatAChangeBetweenTwoReadsGives) {
  const Traffic traffic(busy(17, 20'000));
  const Frames frames(traffic.frames);
  const size_t cut = frames.size() * 3 / 4;
  auto* telescope = open("a");
  read(*telescope, frames.first(cut));
  const auto behaving = busiest(
      *telescope, "survey_evidence = 'behaviour' AND day = (SELECT max(day) FROM source_day)");
  const auto others = busiest(*telescope, "survey_evidence = 'none'");
  ASSERT_GE(behaving.size(), 1u);
  const std::vector<IpAddress> listed = {behaving[0], others[0], others[1]};
  list(*telescope, listed);
  read(*telescope, frames.subspan(cut));
  const auto expected = all_rows(*telescope);

  telescope = open("observed");
  const auto sensor = state::sensor_named(telescope->database(), "default");
  ASSERT_TRUE(sensor);
  auto ingest = SensorIngest::begin(*telescope, *sensor, frames[0].time, ActivityAt::window_end);
  ASSERT_TRUE(ingest);
  const auto add = [&](Frames part) {
    for (const TrafficFrame& frame : part) ASSERT_TRUE((*ingest)->add(packet_of(frame)));
  };
  add(frames.first(cut));
  ASSERT_TRUE((*ingest)->checkpoint({}, {}));
  ASSERT_TRUE((*ingest)->show_open());
  replace(*telescope, listed);
  ASSERT_TRUE(telescope->reload_registry());
  ASSERT_TRUE((*ingest)->follow_registry());
  RegistryChange change;
  EXPECT_TRUE(*telescope->correct_next_day(change, frames[cut].time));
  EXPECT_FALSE(*telescope->correct_next_day(change, frames[cut].time)) << "the day before is over";
  EXPECT_EQ(change.days, 1u);
  add(frames.subspan(cut));
  EXPECT_TRUE(*telescope->correct_next_day(change));
  EXPECT_FALSE(*telescope->correct_next_day(change));
  EXPECT_EQ(change.days, 2u);
  ASSERT_TRUE((*ingest)->finish({}, {}));
  expect_same(expected, *telescope);
}

TEST_F(RegistryTest, WhatACrashLeftOfAChangeTheNextStartDoes) {
  const Traffic traffic(busy(16));
  auto* telescope = open("a");
  read(*telescope, traffic.frames);
  const auto others = busiest(*telescope, "survey_evidence = 'none'");
  ASSERT_GE(others.size(), 2u);
  list(*telescope, others);
  const auto expected = all_rows(*telescope);
  telescope = open("b");
  read(*telescope, traffic.frames);
  replace(*telescope, others);
  ASSERT_TRUE(telescope->reload_registry());
  RegistryChange change;
  ASSERT_TRUE(*telescope->correct_next_day(change));
  EXPECT_NE(difference(expected, all_rows(*telescope)), "");
  telescope = open("b");
  expect_same(expected, *telescope);
  EXPECT_FALSE(*telescope->correct_next_day(change));
}

TEST_F(RegistryTest, FindingsByBehaviourGiveWhatCountingTheDayAgainGives) {
  const Traffic traffic(busy(18));
  auto* telescope = open("a");
  read(*telescope, Frames(traffic.frames).first(8000));
  read(*telescope, Frames(traffic.frames).subspan(8000));
  EXPECT_FALSE(busiest(*telescope, "survey_evidence = 'behaviour'").empty());
  const auto numbers = numbers_of(*telescope);
  const auto days = rows_of(*telescope, "source_day", "SELECT * FROM source_day");
  ASSERT_TRUE(state::mark_stale(telescope->database(),
                                days_of(state::all_runs(telescope->database())->at(0))));
  ASSERT_TRUE(telescope->recount_stale_days());
  EXPECT_EQ(difference(numbers, numbers_of(*telescope)), "");
  EXPECT_EQ(difference(days, rows_of(*telescope, "source_day", "SELECT * FROM source_day")), "");
}

TEST_F(RegistryTest, NamesAreAskedForWhereTheyMayTellMost) {
  const Traffic traffic(busy(16));
  auto* telescope = open("a");
  read(*telescope, traffic.frames);
  const auto behaving = busiest(*telescope, "survey_evidence = 'behaviour'");
  ASSERT_GE(behaving.size(), 2u);
  list(*telescope, std::span(behaving).first(1));
  const auto scans = telescope->connection().query(
      "SELECT source, toInt64(sum(packets)) AS packets, max(organisation) AS organisation FROM "
      "source_day WHERE class IN ('scan_tcp', 'scan_udp', 'scan_icmp', 'probe_amplification') AND "
      "scope NOT IN ('reserved', 'multicast') GROUP BY source");
  ASSERT_TRUE(scans);
  std::vector<std::tuple<uint64_t, int64_t, IpAddress>> expected;  // in the order of the answer
  for (size_t i = 0; i < scans->rows; ++i) {
    const uint64_t organisation = (*scans)["organisation"].unsigned_at(i);
    if (organisation <= unknown_organisation)
      expected.emplace_back(unknown_organisation - organisation, -(*scans)["packets"].signed_at(i),
                            (*scans)["source"].address_at(i));
  }
  std::sort(expected.begin(), expected.end());
  ASSERT_GE(expected.size(), 4u);
  const Period always = {Timestamp{0}, Timestamp::from_seconds(UINT32_MAX)};
  const auto found = sources_of_nobody_known(telescope->connection(), always, 1000);
  ASSERT_TRUE(found) << found.error().message();
  ASSERT_EQ(found->size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i) EXPECT_EQ((*found)[i], std::get<2>(expected[i]));
  EXPECT_EQ((*found)[0], behaving[1]);
  EXPECT_EQ(sources_of_nobody_known(telescope->connection(), always, 2)->size(), 2u);
}

TEST_F(RegistryTest, ASensorWithoutDataOnADayHasNoSayInItsBehaviourRule) {
  const Traffic traffic(busy(19));
  auto* telescope = open("a");
  read(*telescope, traffic.frames);
  const auto rows = all_rows(*telescope);
  ASSERT_FALSE(busiest(*telescope, "survey_evidence = 'behaviour'").empty());
  set_dark_space(telescope->database(), "elsewhere", {dark("198.19.0.0/16")});
  list(*telescope, {});
  expect_same(rows, *telescope);
}

}  // namespace
}  // namespace yagura::telescope
