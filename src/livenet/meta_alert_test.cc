// SPDX-License-Identifier: Apache-2.0
#include "livenet/meta_alert.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <map>

#include "livenet/alerts_for_tests.h"

namespace yagura::livenet {
namespace {

using testing::ElementsAre;

constexpr Duration gap = Duration::seconds(60);

AlertRow row(int second, uint32_t rule, uint32_t host) {
  AlertRow row;
  row.time = record_begin + Duration::seconds(second);
  row.rule = rule;
  row.host = host;
  return row;
}

TEST(AggregationTest, JoinsAlertsOfOneRuleOnOneHostWithinTheGap) {
  Aggregation aggregation(gap);
  EXPECT_EQ(aggregation.add(row(0, 1, 1)), 0u);
  EXPECT_EQ(aggregation.add(row(30, 1, 2)), 1u);
  EXPECT_EQ(aggregation.add(row(31, 2, 1)), 2u);
  EXPECT_EQ(aggregation.add(row(60, 1, 1)), 0u);
  EXPECT_EQ(aggregation.add(row(120, 1, 1)), 0u);  // 60 s later still
  EXPECT_EQ(aggregation.add(row(181, 1, 1)), 3u);
  const MetaAlert& meta = aggregation.metas()[0];
  EXPECT_EQ(meta.count, 3u);
  EXPECT_EQ(meta.first, record_begin);
  EXPECT_EQ(meta.last, record_begin + Duration::seconds(120));
  EXPECT_THAT(aggregation.members(0), ElementsAre(0, 3, 4));
}

TEST(AggregationTest, KeepsTheHighestSeverityAndTheTextAndSourceOfTheFirst) {
  Aggregation aggregation(gap);
  for (uint32_t i = 1; i <= 3; ++i) {
    AlertRow alert = row(static_cast<int>(i), 1, 1);
    alert.text = 10 * i;
    alert.source = 20 * i;
    alert.severity = i == 2 ? model::Severity::high : model::Severity::low;
    aggregation.add(alert);
  }
  const MetaAlert& meta = aggregation.metas()[0];
  EXPECT_EQ(meta.count, 3u);
  EXPECT_EQ(meta.text, 10u);
  EXPECT_EQ(meta.source, 20u);
  EXPECT_EQ(meta.severity, model::Severity::high);
}

TEST(AggregationTest, GoesOnWithAMetaAlertOfAnEarlierRecordWithinTheGap) {
  for (const int later : {60, 61}) {
    Aggregation aggregation(gap);
    MetaAlert meta;
    meta.rule = 1;
    meta.host = 2;
    meta.first = record_begin - Duration::hours(1);
    meta.last = record_begin;
    meta.count = 7;
    aggregation.resume(meta);
    EXPECT_EQ(aggregation.add(row(later, 1, 2)), later == 60 ? 0u : 1u);
    EXPECT_EQ(aggregation.metas()[0].count, later == 60 ? 8u : 7u);
    EXPECT_EQ(aggregation.metas()[0].first, meta.first);
    EXPECT_THAT(aggregation.memberships(), ElementsAre(later == 60 ? 0u : 1u));
  }
}

// Slow and obvious: of each rule and host by itself, cut wherever the gap is exceeded.
std::vector<std::vector<size_t>> obvious_metas(const std::vector<AlertRow>& rows) {
  std::map<std::pair<uint32_t, uint32_t>, std::vector<size_t>> of_key;
  for (size_t i = 0; i < rows.size(); ++i) of_key[{rows[i].rule, rows[i].host}].push_back(i);
  std::vector<std::vector<size_t>> metas;
  for (const auto& [key, places] : of_key) {
    for (size_t i = 0; i < places.size(); ++i) {
      if (i == 0 || rows[places[i]].time - rows[places[i - 1]].time > gap) metas.emplace_back();
      metas.back().push_back(places[i]);
    }
  }
  std::sort(metas.begin(), metas.end());
  return metas;
}

TEST(AggregationTest, LosesNothingAndAgreesWithTheObviousOne) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    Random random(seed);
    std::vector<AlertRow> rows;
    int second = 0;
    for (int i = 0; i < 500; ++i) {
      second += static_cast<int>(random.below(40));
      rows.push_back(row(second, random.below(4), random.below(3)));
    }
    Aggregation aggregation(gap);
    for (const AlertRow& alert : rows) aggregation.add(alert);
    std::vector<std::vector<size_t>> metas;
    size_t members = 0;
    for (uint32_t i = 0; i < aggregation.metas().size(); ++i) {
      metas.push_back(aggregation.members(i));
      EXPECT_EQ(aggregation.metas()[i].count, metas.back().size());
      members += metas.back().size();
    }
    std::sort(metas.begin(), metas.end());
    EXPECT_EQ(metas, obvious_metas(rows));
    EXPECT_EQ(members, rows.size());
  }
}

}  // namespace
}  // namespace yagura::livenet
