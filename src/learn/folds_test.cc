// SPDX-License-Identifier: Apache-2.0
//
// That nothing of the test reaches a fit: each check is shown a leak and must see it.
#include "learn/folds.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "base/random.h"
#include "learn/evaluation.h"
#include "learn/network.h"

namespace yagura::learn {
namespace {

struct Sample {
  SparseRows rows{40};
  std::vector<uint8_t> labels;
};

// Rows of 40 columns; the label hangs, not entirely, on the first eight.
Sample sample(size_t n, uint64_t seed) {
  Sample result;
  Random random(seed);
  for (size_t i = 0; i < n; ++i) {
    std::vector<SparseEntry> entries;
    size_t votes = 0;
    for (uint32_t column = 0; column < 40; ++column)
      if (random.one_in(2)) {
        entries.push_back({column, 1});
        votes += column < 8;
      }
    result.rows.add_row(entries);
    result.labels.push_back(random.one_in(10) ? votes < 4 : votes >= 4);
  }
  return result;
}

void permute(std::vector<uint8_t>& labels, uint64_t seed) {
  Random random(seed);
  for (size_t i = labels.size(); i > 1; --i)
    std::swap(labels[i - 1], labels[random.below(static_cast<uint32_t>(i))]);
}

double judged(const SparseRows& rows, std::span<const uint8_t> labels, const Split& split) {
  NetworkOptions options;
  options.hidden = {16};
  options.epochs = 40;
  options.learning_rate = 0.01F;
  options.held_out = 0;
  const auto network = Network::fit(picked(rows, split.fit), picked(labels, split.fit), options);
  CHECK(network.has_value());
  const std::vector<float> predicted = network->predict(picked(rows, split.test));
  return roc_auc(std::vector<double>(predicted.begin(), predicted.end()),
                 picked(labels, split.test));
}

TEST(Folds, GiveEachFoldItsShareOfEachLabel) {
  const Sample data = sample(1003, 1);
  const auto folds = stratified_folds(data.labels, 10, 5);
  const auto positives = std::count(data.labels.begin(), data.labels.end(), 1);
  std::vector<size_t> size(10), positive(10);
  for (size_t i = 0; i < folds.size(); ++i) {
    ++size[folds[i]];
    positive[folds[i]] += data.labels[i];
  }
  for (size_t fold = 0; fold < 10; ++fold) {
    EXPECT_NEAR(static_cast<double>(size[fold]), 100.3, 1);
    EXPECT_NEAR(static_cast<double>(positive[fold]), static_cast<double>(positives) / 10, 1);
  }
  EXPECT_EQ(folds, stratified_folds(data.labels, 10, 5));
  EXPECT_NE(folds, stratified_folds(data.labels, 10, 6));
}

TEST(Folds, PutEveryRowIntoOneTestAndNeverIntoItsFit) {
  const Sample data = sample(200, 2);
  const auto folds = stratified_folds(data.labels, 7, 1);
  std::vector<uint32_t> tested;
  for (uint32_t fold = 0; fold < 7; ++fold) {
    const Split split = split_by(folds, fold);
    std::vector<uint32_t> both;
    std::set_intersection(split.fit.begin(), split.fit.end(), split.test.begin(), split.test.end(),
                          std::back_inserter(both));
    EXPECT_THAT(both, testing::IsEmpty());
    EXPECT_EQ(split.fit.size() + split.test.size(), 200u);
    tested.insert(tested.end(), split.test.begin(), split.test.end());
  }
  std::sort(tested.begin(), tested.end());
  std::vector<uint32_t> all(200);
  std::iota(all.begin(), all.end(), 0U);
  EXPECT_EQ(tested, all);
}

TEST(Folds, ShowCopiesOfTestRowsInTheFitAndNoneOnceRowsAreDistinct) {
  Sample data = sample(300, 3);
  for (uint32_t i = 0; i < 300; i += 3) {
    const auto row = data.rows.row(i);
    data.rows.add_row(std::vector<SparseEntry>(row.begin(), row.end()));
    data.labels.push_back(data.labels[i]);
  }
  const auto copies = [](const Sample& of) {
    const auto folds = stratified_folds(of.labels, 5, 1);
    size_t found = 0;
    for (uint32_t fold = 0; fold < 5; ++fold)
      found += copies_in_fit(of.rows, split_by(folds, fold));
    return found;
  };
  EXPECT_GT(copies(data), 100u);
  const auto first = distinct_rows(data.rows);
  EXPECT_EQ(first.size(), 300u);
  EXPECT_EQ(copies({picked(data.rows, first), picked(data.labels, first)}), 0u);
}

// A model that is given nothing it should not have cannot tell permuted labels apart. One that is
// fitted to its test, or to a column that holds the label, can, and is caught.
TEST(Folds, LetNoModelTellPermutedLabelsApartUnlessSomethingLeaks) {
  Sample data = sample(600, 4);
  const Split split = split_by(stratified_folds(data.labels, 3, 1), 0);
  EXPECT_GT(judged(data.rows, data.labels, split), 0.7);
  permute(data.labels, 9);
  EXPECT_NEAR(judged(data.rows, data.labels, split), 0.5, 0.1);

  Split leaky = split;
  leaky.fit.insert(leaky.fit.end(), split.test.begin(), split.test.end());
  EXPECT_EQ(copies_in_fit(data.rows, leaky), split.test.size());
  EXPECT_GT(judged(data.rows, data.labels, leaky), 0.75);

  SparseRows with_label(41);
  for (size_t i = 0; i < data.rows.rows(); ++i) {
    std::vector<SparseEntry> entries(data.rows.row(i).begin(), data.rows.row(i).end());
    if (data.labels[i] != 0) entries.push_back({40, 1});
    with_label.add_row(entries);
  }
  EXPECT_GT(judged(with_label, data.labels, split), 0.9);
}

}  // namespace
}  // namespace yagura::learn
