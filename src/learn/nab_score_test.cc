// SPDX-License-Identifier: Apache-2.0
#include "learn/nab_score.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/random.h"
#include "learn/nab_corpus_for_tests.h"

namespace yagura::learn {
namespace {

// A series of 1,000 rows, the first 150 of which are for learning, and one window of 101 rows.
DetectorOutput silent_series() { return {std::vector<double>(1000, 0), {{400, 500}}}; }

double score_of(const DetectorOutput& output, const NabProfile& profile = nab_standard) {
  return nab_score(std::span(&output, 1), profile, 1).score;
}

TEST(NabScore, IsNothingForSilence) {
  for (const NabProfile& profile : {nab_standard, nab_few_false_positives, nab_few_false_negatives})
    EXPECT_DOUBLE_EQ(score_of(silent_series(), profile), 0);
}

TEST(NabScore, IsAHundredForAHitAtTheLeftEdge) {
  DetectorOutput output = silent_series();
  output.scores[400] = 1;
  for (const NabProfile& profile : {nab_standard, nab_few_false_positives, nab_few_false_negatives})
    EXPECT_DOUBLE_EQ(score_of(output, profile), 100);
}

// The sigmoid 2 / (1 + exp(5 y)) - 1 as the benchmark's paper has it, and its value at the edge.
double sigmoid(double y) { return 2 / (1 + std::exp(5 * y)) - 1; }

TEST(NabScore, IsLessTheLaterAWindowIsHit) {
  for (const size_t row : {401U, 450U, 499U, 500U}) {
    DetectorOutput output = silent_series();
    output.scores[row] = 1;
    const double earned = sigmoid(-(501.0 - static_cast<double>(row)) / 101) / sigmoid(-1);
    EXPECT_NEAR(score_of(output), 100 * (earned + 1) / 2, 1e-9) << row;  // from -1 to 1
    output.scores[500] = 1;  // what comes later in the window counts for nothing
    EXPECT_NEAR(score_of(output), 100 * (earned + 1) / 2, 1e-9) << row;
  }
}

TEST(NabScore, TakesOffForDetectionsOutsideLessSoonAfterAWindow) {
  const auto lost = [](size_t row, const NabProfile& profile) {
    DetectorOutput output = silent_series();
    output.scores[400] = 1;
    output.scores[row] = 1;
    return 100 - score_of(output, profile);
  };
  EXPECT_NEAR(lost(399, nab_standard), 100 * 0.11 / 2, 1e-9);  // no window before it
  EXPECT_NEAR(lost(600, nab_standard), 100 * 0.11 / 2 * -sigmoid(1), 1e-9);
  EXPECT_NEAR(lost(510, nab_standard), 100 * 0.11 / 2 * -sigmoid(0.1), 1e-9);
  EXPECT_NEAR(lost(700, nab_standard), 100 * 0.11 / 2 * -sigmoid(2), 1e-9);
  EXPECT_NEAR(lost(800, nab_standard), 100 * 0.11 / 2, 1e-9);  // three lengths behind
  EXPECT_NEAR(lost(800, nab_few_false_positives), 100 * 0.22 / 2, 1e-9);
  EXPECT_NEAR(lost(800, nab_few_false_negatives), 100 * 0.11 / 3, 1e-9);  // from -2 to 1
}

TEST(NabScore, PassesOverTheRowsForLearning) {
  DetectorOutput output = silent_series();
  for (size_t row = 0; row < 150; ++row) output.scores[row] = 1;
  EXPECT_DOUBLE_EQ(score_of(output), 0);
  output.scores[150] = 1;
  EXPECT_LT(score_of(output), 0);
  DetectorOutput longer{std::vector<double>(10'000, 0), {{4000, 5000}}};
  longer.scores[749] = 1;  // 15 % of 5,000 at most
  EXPECT_DOUBLE_EQ(score_of(longer), 0);
  longer.scores[750] = 1;
  EXPECT_LT(score_of(longer), 0);
}

TEST(NabScore, FindsTheThresholdThatTryingEachOneFinds) {
  Random random(11);
  for (int round = 0; round < 5; ++round) {
    std::vector<DetectorOutput> corpus(3, silent_series());
    corpus[1].windows = {{200, 220}, {230, 260}, {900, 999}};
    corpus[2].windows.clear();
    for (DetectorOutput& output : corpus)
      for (double& score : output.scores) score = random.below(40) * (random.one_in(9) ? 1.0 : 0.5);
    for (const NabProfile& profile :
         {nab_standard, nab_few_false_positives, nab_few_false_negatives}) {
      NabScore best{-std::numeric_limits<double>::infinity()};
      for (double threshold = 0; threshold <= 40; threshold += 0.5) {
        const NabScore score = nab_score(corpus, profile, threshold);
        if (score.score > best.score) best = score;
      }
      const NabScore found = best_nab_score(corpus, profile);
      EXPECT_NEAR(found.score, best.score, 1e-9);
      EXPECT_EQ(found.hit_windows, best.hit_windows);
      EXPECT_EQ(found.false_positives, best.false_positives);
      EXPECT_EQ(found.windows, 4u);
    }
  }
}

TEST(NabScore, IsSilenceAtBestWhereEveryDetectionIsWrong) {
  std::vector<DetectorOutput> corpus{silent_series()};
  for (size_t row = 700; row < 1000; ++row) corpus[0].scores[row] = static_cast<double>(row);
  const NabScore best = best_nab_score(corpus, nab_standard);
  EXPECT_DOUBLE_EQ(best.score, 0);
  EXPECT_EQ(best.false_positives, 0u);
}

// What the benchmark's README publishes of detectors that are easily written again: chance 11.0
// (7.95 to 16.83 over its seeds), and the windowed Gaussian 39.6, 20.9 and 47.4, by an earlier form
// of its code. (Of the scores of 15 detectors that lie in the benchmark's repository, results/ at
// ea702d7, this scorer makes the published figures to four decimals, or more where it finds a
// better threshold.)
TEST(NabScore, ScoresKnownDetectorsAsPublished) {
  const auto folder = testing::shared_nab(YAGURA_SOURCE_DIR);
  if (folder.empty()) GTEST_SKIP() << "NOT TESTED: the benchmark is not in the shared data";
  const auto corpus = testing::read_nab(folder);
  Random random(1);
  const auto chance = testing::run_detector(
      corpus, [&random] { return [&random](Timestamp, double) { return random.unit(); }; });
  EXPECT_NEAR(best_nab_score(chance, nab_standard).score, (7.95 + 16.83) / 2, 5);
  const auto gaussian = testing::run_detector(corpus, [] {
    return [detector = testing::WindowedGaussian()](Timestamp, double value) mutable {
      return detector.add(value);
    };
  });
  const NabScore standard = best_nab_score(gaussian, nab_standard);
  EXPECT_EQ(standard.windows, 116u);
  EXPECT_NEAR(standard.score, 39.6, 1);
  EXPECT_NEAR(best_nab_score(gaussian, nab_few_false_negatives).score, 47.4, 1);
  EXPECT_NEAR(best_nab_score(gaussian, nab_few_false_positives).score, 20.9, 4);
}

}  // namespace
}  // namespace yagura::learn
