// SPDX-License-Identifier: Apache-2.0
#include "learn/committee.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/bytes.h"
#include "base/random.h"
#include "learn/model_text.h"

namespace yagura::learn {
namespace {

// Rows of 20 columns; the label says whether the first four are more than half set.
struct Votes {
  SparseRows rows{20};
  std::vector<uint8_t> labels;

  Votes() {
    Random random(3);
    for (size_t i = 0; i < 300; ++i) {
      std::vector<SparseEntry> entries;
      size_t votes = 0;
      for (uint32_t column = 0; column < 20; ++column)
        if (random.one_in(2)) {
          entries.push_back({column, 1});
          votes += column < 4;
        }
      rows.add_row(entries);
      labels.push_back(votes > 2);
    }
  }
};

NetworkOptions small() {
  NetworkOptions options;
  options.hidden = {8};
  options.epochs = 10;
  options.learning_rate = 0.01F;
  options.held_out = 0;
  return options;
}

TEST(Committee, GivesTheMeanOfNetworksOfOtherSeeds) {
  const Votes data;
  const auto committee = Committee::fit(data.rows, data.labels, small(), 3);
  ASSERT_TRUE(committee);
  const std::vector<float> means = committee->predict(data.rows);
  const std::vector<float> effects = committee->effects(data.rows.row(0));
  std::vector<double> sums(means.size()), effect_sums(effects.size());
  for (uint64_t i = 0; i < 3; ++i) {
    NetworkOptions options = small();
    options.seed = derive(options.seed, i);
    const auto member = Network::fit(data.rows, data.labels, options);
    const std::vector<float> predicted = member->predict(data.rows);
    for (size_t row = 0; row < sums.size(); ++row) sums[row] += predicted[row];
    const std::vector<float> own = member->effects(data.rows.row(0));
    for (size_t entry = 0; entry < own.size(); ++entry) effect_sums[entry] += own[entry];
  }
  for (size_t i = 0; i < means.size(); ++i) EXPECT_NEAR(means[i], sums[i] / 3, 1e-6);
  for (size_t i = 0; i < effects.size(); ++i) EXPECT_NEAR(effects[i], effect_sums[i] / 3, 1e-5);
}

TEST(Committee, IsGivenBackByLoading) {
  const Votes data;
  const auto committee = Committee::fit(data.rows, data.labels, small(), 2);
  const auto loaded = Committee::load(committee->save());
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->size(), 2u);
  EXPECT_EQ(loaded->save(), committee->save());
  EXPECT_EQ(loaded->predict(data.rows), committee->predict(data.rows));
}

std::string network(uint8_t probability, uint32_t inputs) {
  ByteWriter out;
  out.put(probability);
  out.put(uint64_t{2});
  out.put(inputs);
  out.put(uint32_t{1});
  for (uint32_t i = 0; i <= inputs; ++i) out.put(0.5F);
  return seal_model("network", 1, out.bytes());
}

bool loads(uint32_t count, const std::vector<std::string>& networks) {
  ByteWriter out;
  out.put(count);
  for (const std::string& one : networks) out.put_text(one);
  return Committee::load(seal_model("committee", 1, out.bytes())).has_value();
}

TEST(Committee, IsNotLoadedFromWhatIsNone) {
  EXPECT_TRUE(loads(2, {network(1, 3), network(1, 3)}));
  EXPECT_FALSE(loads(0, {}));
  EXPECT_FALSE(loads(3, {network(1, 3), network(1, 3)}));
  EXPECT_FALSE(loads(1, {network(1, 3), network(1, 3)}));
  EXPECT_FALSE(loads(2, {network(1, 3), network(1, 4)}));
  EXPECT_FALSE(loads(2, {network(1, 3), network(0, 3)}));
  EXPECT_FALSE(loads(1, {"no network"}));
  EXPECT_FALSE(loads(65, std::vector<std::string>(65, network(1, 3))));
  EXPECT_TRUE(loads(64, std::vector<std::string>(64, network(1, 3))));
}

}  // namespace
}  // namespace yagura::learn
