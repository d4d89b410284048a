// SPDX-License-Identifier: Apache-2.0
//
// How well and how fast an Isolation Forest finds the outliers of a set, for bench/learn/forest.py:
//
//   forest_bench plain|extended|guided TREES SEEDS SET.npz
//
// fits a forest to all rows with each of the seeds 1 to SEEDS, scores the same rows, and prints a
// line of JSON a seed: the area under the ROC curve and the seconds of both. No label is in a fit.
#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <cstdio>
#include <string_view>

#include "learn/evaluation.h"
#include "learn/isolation_forest.h"
#include "learn/labelled_set_for_tests.h"

using namespace yagura;
using namespace yagura::learn;

namespace {

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

Result<void> measure(const testing::LabelledSet& set, const ForestOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  TRY(const auto forest, IsolationForest::fit(set.rows.view(), options));
  const double fit = seconds_since(start);
  const auto middle = std::chrono::steady_clock::now();
  const auto scores = forest.scores(set.rows.view());
  const double score = seconds_since(middle);
  fmt::print("{{\"auc\": {:.6f}, \"fit\": {:.6f}, \"score\": {:.6f}}}\n",
             roc_auc(scores, set.outlier), fit, score);
  return {};
}

Result<void> run(ForestOptions options, size_t seeds, const char* path) {
  TRY(const auto set, testing::read_labelled_set(path));
  for (options.seed = 1; options.seed <= seeds; ++options.seed) TRY_VOID(measure(set, options));
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  ForestOptions options;
  size_t seeds = 0;
  if (argc == 5) {
    const std::string_view split = argv[1], trees = argv[2], count = argv[3];
    if (split == "extended") options.split = ForestSplit::extended;
    if (split == "guided") options.split = ForestSplit::guided;
    std::from_chars(trees.data(), trees.data() + trees.size(), options.trees);
    std::from_chars(count.data(), count.data() + count.size(), seeds);
  }
  if (seeds == 0) {
    fmt::print(stderr, "usage: forest_bench plain|extended|guided TREES SEEDS SET.npz\n");
    return 2;
  }
  const auto done = run(options, seeds, argv[4]);
  if (!done) fmt::print(stderr, "forest_bench: {}\n", done.error().message());
  return done ? 0 : 1;
}
