// SPDX-License-Identifier: Apache-2.0
#include "telescope/sensor_ingest.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "telescope/telescope_for_tests.h"

namespace yagura::telescope {
namespace {

class SensorIngestTest : public TelescopeTest {
 protected:
  std::unique_ptr<SensorIngest> begin(Telescope& telescope, Frames frames) {
    const auto sensor = state::sensor_named(telescope.database(), "default");
    EXPECT_TRUE(sensor);
    auto ingest = SensorIngest::begin(telescope, *sensor, frames[0].time, ActivityAt::window_end);
    EXPECT_TRUE(ingest) << ingest.error().message();
    return std::move(*ingest);
  }
  static void add(SensorIngest& ingest, Frames frames) {
    for (const TrafficFrame& frame : frames) ASSERT_TRUE(ingest.add(packet_of(frame)));
  }
};

TEST_F(SensorIngestTest, ShowsWhatIsOpenAsIfTimeHadEndedThereAndGoesOnAsIfItHadNot) {
  const Traffic traffic{busy(7)};
  const Frames frames(traffic.frames);
  constexpr std::array cuts = {size_t{1}, size_t{4000}, size_t{4001}, size_t{9000}};
  std::vector<std::vector<std::string>> expected;
  for (const size_t cut : cuts) expected.push_back(rows_in_one_go(frames.first(cut)));
  const auto whole = rows_in_one_go(frames);

  auto* telescope = open("live");
  const auto ingest = begin(*telescope, frames);
  size_t done = 0;
  for (size_t i = 0; i < cuts.size(); ++i) {
    add(*ingest, frames.subspan(done, cuts[i] - done));
    done = cuts[i];
    ASSERT_TRUE(ingest->checkpoint({}, {}));
    ASSERT_TRUE(ingest->show_open());
    expect_same(expected[i], *telescope);
  }
  add(*ingest, frames.subspan(done));
  ASSERT_TRUE(ingest->finish({}, {}));
  expect_same(whole, *telescope);
}

TEST_F(SensorIngestTest, WhatIsShownStaysWhileNothingNewComes) {
  const Traffic traffic{busy(9)};
  const Frames frames(traffic.frames);
  const auto expected = rows_in_one_go(frames);
  auto* telescope = open("idle");
  const auto ingest = begin(*telescope, frames);
  add(*ingest, frames);
  ASSERT_TRUE(ingest->checkpoint({}, {}));
  ASSERT_TRUE(ingest->show_open());
  const auto commits = state::commits_of(telescope->database(), 1);
  ASSERT_TRUE(ingest->checkpoint({}, {}));
  expect_same(expected, *telescope);
  EXPECT_EQ(*state::commits_of(telescope->database(), 1), *commits);
  ASSERT_TRUE(ingest->finish({}, {}));
  expect_same(expected, *telescope);
}

TEST_F(SensorIngestTest, WhatWasShownWhenItWasKilledIsWrittenOnceAndContinued) {
  const Traffic traffic{busy(8)};
  const Frames frames(traffic.frames);
  const size_t half = frames.size() / 2;
  const auto expected = rows_in_one_go(frames.first(half));
  const auto whole = rows_in_one_go(frames);

  auto* telescope = open("killed");
  {
    const auto ingest = begin(*telescope, frames);
    add(*ingest, frames.first(half));
    ASSERT_TRUE(ingest->checkpoint({}, {}));
    ASSERT_TRUE(ingest->show_open());
    add(*ingest, frames.subspan(half, 500));  // and is gone, without a word
  }
  telescope = open("killed");
  expect_same(expected, *telescope);
  read(*telescope, frames.subspan(half));
  expect_same(whole, *telescope);
}

}  // namespace
}  // namespace yagura::telescope
