// SPDX-License-Identifier: Apache-2.0
#include "capture/time_index.h"

#include <gtest/gtest.h>

#include <random>

#include "capture/captures_for_tests.h"

namespace yagura::capture {
namespace {

// Entries of few different times, so that order of place matters, in memory and through runs.
TEST(TimeIndexTest, GivesEntriesInOrderOfTimeAndPlace) {
  const TemporaryFolder folder;
  std::mt19937 random(5);
  for (const size_t run_length : {size_t{1}, size_t{100}, size_t{9000}, size_t{100'000}}) {
    TimeIndex index(folder.path(), run_length);
    std::vector<std::pair<int64_t, uint64_t>> expected;
    for (uint64_t i = 0; i < (run_length == 1 ? 50 : 30'000); ++i) {
      const Frame frame{static_cast<int64_t>(random() % 1000), nullptr, 60, 90,
                        LinkType::linux_sll2};
      ASSERT_TRUE(index.add(IndexEntry::of(frame, i * 7)));
      expected.emplace_back(frame.time, i * 7);
    }
    std::sort(expected.begin(), expected.end());
    ASSERT_TRUE(index.finish());
    for (const auto& [time, offset] : expected) {
      const auto entry = index.next();
      ASSERT_TRUE(entry.has_value() && entry->has_value());
      ASSERT_EQ((*entry)->time, time);
      ASSERT_EQ((*entry)->offset(), offset);
      ASSERT_EQ((*entry)->link(), LinkType::linux_sll2);
      ASSERT_EQ((*entry)->captured_length, 60u);
      ASSERT_EQ((*entry)->wire_length, 90u);
    }
    EXPECT_FALSE(index.next()->has_value());
  }
}

TEST(TimeIndexTest, SaysWhereItCannotMakeATemporaryFile) {
  TimeIndex index("/nonexistent/folder", 1);
  ASSERT_TRUE(index.add({}));
  const auto result = index.add({});
  ASSERT_FALSE(result.has_value());
  EXPECT_NE(result.error().message().find("/nonexistent/folder"), std::string::npos);
}

}  // namespace
}  // namespace yagura::capture
