// SPDX-License-Identifier: Apache-2.0
#include "learn/isolation_forest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <numeric>
#include <vector>

#include "base/bytes.h"
#include "base/random.h"
#include "learn/evaluation.h"
#include "learn/labelled_set_for_tests.h"
#include "learn/model_text.h"

namespace yagura::learn {
namespace {

using ::testing::HasSubstr;
using testing::read_labelled_set;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

// A cloud of rows around the origin; each number is within -3 and 3.
Matrix<double> cloud(size_t rows, size_t columns, uint64_t seed = 1) {
  Random random(seed);
  Matrix<double> result(rows, columns);
  for (double& number : result.numbers())
    for (int i = 0; i < 6; ++i) number += random.unit() - 0.5;
  return result;
}

IsolationForest fitted(const Matrix<double>& rows, const ForestOptions& options) {
  auto forest = IsolationForest::fit(rows.view(), options);
  CHECK(forest.has_value());
  return *std::move(forest);
}

class EverySplitTest : public ::testing::TestWithParam<ForestSplit> {
 protected:
  ForestOptions options(uint64_t seed = 1) const {
    ForestOptions options;
    options.split = GetParam();
    options.seed = seed;
    return options;
  }
};

INSTANTIATE_TEST_SUITE_P(Splits, EverySplitTest,
                         ::testing::Values(ForestSplit::plain, ForestSplit::extended,
                                           ForestSplit::guided),
                         [](const auto& each) {
                           return each.param == ForestSplit::plain      ? "Plain"
                                  : each.param == ForestSplit::extended ? "Extended"
                                                                        : "Guided";
                         });

// What a row's path is by the definition, one node after the other.
double path_length(const IsolationTrees& trees, uint32_t at, std::span<const double> row) {
  const TreeNode& node = trees.nodes[at];
  if (node.left == at) return trees.lengths[at];
  double projection = 0;
  if (trees.dimensions == 0) projection = row[node.what];
  for (size_t i = 0; i < trees.dimensions; ++i) {
    const HyperplaneTerm& term = trees.terms[node.what * trees.dimensions + i];
    projection += term.weight * (row[term.column] - term.centre);
  }
  return path_length(trees, node.left + (projection > node.threshold ? 1 : 0), row);
}

// The trees of a forest of these options, from 256 rows each, or all.
IsolationTrees grown(const Matrix<double>& rows, const ForestOptions& options) {
  IsolationTrees trees;
  if (options.split == ForestSplit::extended) trees.dimensions = options.dimensions;
  TreeGrower<double> grower(rows.view(), options, std::min(rows.rows(), size_t{256}));
  for (size_t tree = 0; tree < options.trees; ++tree)
    grower.grow(trees, Random(derive(options.seed, tree)));
  return trees;
}

// Also of numbers that are the threshold itself, and where all rows are fewer than a sample.
TEST_P(EverySplitTest, ScoresAsTheDefinitionSays) {
  for (const size_t count : {size_t{301}, size_t{100}}) {
    const Matrix<double> rows = cloud(count, 4);
    const IsolationTrees trees = grown(rows, options());
    Matrix<double> asked = cloud(count, 4, 2);
    for (size_t tree = 0; tree < 100 && trees.dimensions == 0; ++tree) {
      const TreeNode& root = trees.nodes[trees.trees[tree].root];
      asked(tree, root.what) = root.threshold;
    }
    const auto scores = fitted(rows, options()).scores(asked.view());
    for (size_t row = 0; row < count; ++row) {
      double sum = 0;
      for (const auto& tree : trees.trees) sum += path_length(trees, tree.root, asked.row(row));
      const double expected = mean_path_length(std::min(count, size_t{256}));
      EXPECT_DOUBLE_EQ(scores[row], std::exp2(-sum / 100 / expected)) << row;
    }
  }
}

// What each column shortened a row's path by the definition, one node after the other.
void add_shares(const IsolationTrees& trees, uint32_t at, std::span<const double> row,
                std::vector<double>& shares) {
  const TreeNode& node = trees.nodes[at];
  if (node.left == at) return;
  std::vector<double> off(row.size());
  double projection = 0, all = 0;
  if (trees.dimensions == 0) {
    projection = row[node.what];
    off[node.what] = all = 1;
  }
  for (size_t i = 0; i < trees.dimensions; ++i) {
    const HyperplaneTerm& term = trees.terms[node.what * trees.dimensions + i];
    const double part = term.weight * (row[term.column] - term.centre);
    projection += part;
    off[term.column] += std::abs(part);
    all += std::abs(part);
  }
  const uint32_t next = node.left + (projection > node.threshold ? 1 : 0);
  for (size_t column = 0; column < row.size(); ++column)
    shares[column] += (trees.lengths[at] - trees.lengths[next]) * off[column] / all;
  add_shares(trees, next, row, shares);
}

TEST_P(EverySplitTest, ExplainsAsTheDefinitionSays) {
  const Matrix<double> rows = cloud(301, 4);
  const IsolationTrees trees = grown(rows, options());
  const IsolationForest forest = fitted(rows, options());
  for (size_t row = 0; row < rows.rows(); row += 10) {
    std::vector<double> shares(4);
    for (const auto& tree : trees.trees) add_shares(trees, tree.root, rows.row(row), shares);
    const auto explained = forest.explain(rows.row(row));
    for (size_t column = 0; column < 4; ++column)
      EXPECT_NEAR(explained[column], shares[column] / 100 / mean_path_length(256), 1e-12) << row;
  }
}

TEST_P(EverySplitTest, ScoresARowAloneAsAmongOthers) {
  const Matrix<double> rows = cloud(701, 90);  // more than one block of numbers
  const IsolationForest forest = fitted(rows, options());
  const auto all = forest.scores(rows.view());
  for (const size_t cut : {size_t{1}, size_t{7}, size_t{8}, size_t{350}}) {
    std::vector<double> joined;
    for (size_t first = 0; first < rows.rows(); first += cut) {
      const size_t count = std::min(cut, rows.rows() - first);
      const auto part = forest.scores(rows.view().rows_from(first, count));
      joined.insert(joined.end(), part.begin(), part.end());
    }
    EXPECT_EQ(joined, all) << cut;
  }
}

// Many rows are not walked (learn/isolation_scoring.h), few are.
TEST_P(EverySplitTest, ScoresManyRowsAsAFewOfThem) {
  const Matrix<double> rows = cloud(2000, 4);
  const IsolationForest forest = fitted(rows, options());
  std::vector<double> joined;
  for (size_t first = 0; first < rows.rows(); first += 500) {
    const auto part = forest.scores(rows.view().rows_from(first, 500));
    joined.insert(joined.end(), part.begin(), part.end());
  }
  EXPECT_EQ(joined, forest.scores(rows.view()));
}

TEST_P(EverySplitTest, IsTheSameForFloatAndDouble) {
  Matrix<double> rows = cloud(300, 5);
  std::vector<float> floats;
  for (double& number : rows.numbers()) {
    floats.push_back(static_cast<float>(number));
    number = static_cast<double>(floats.back());
  }
  const MatrixView<float> view(floats, 300, 5);
  const auto forest = IsolationForest::fit(view, options());
  ASSERT_TRUE(forest);
  EXPECT_EQ(forest->scores(view), fitted(rows, options()).scores(rows.view()));
  EXPECT_EQ(forest->save(), fitted(rows, options()).save());
}

TEST_P(EverySplitTest, IsDeterminedBySeed) {
  const Matrix<double> rows = cloud(300, 5);
  EXPECT_EQ(fitted(rows, options(7)).save(), fitted(rows, options(7)).save());
  EXPECT_NE(fitted(rows, options(7)).scores(rows.view()),
            fitted(rows, options(8)).scores(rows.view()));
}

TEST_P(EverySplitTest, ExplainsAPlantedOutlierByItsColumn) {
  for (size_t column = 0; column < 6; ++column) {
    Matrix<double> rows = cloud(500, 6);
    rows(7, column) = 8;
    const IsolationForest forest = fitted(rows, options());
    const auto shares = forest.explain(rows.row(7));
    EXPECT_EQ(std::ranges::max_element(shares) - shares.begin(), static_cast<long>(column));
    EXPECT_GT(shares[column], 0);
  }
}

TEST_P(EverySplitTest, ExplainsTheWholeScore) {
  const Matrix<double> rows = cloud(500, 6);
  const IsolationForest forest = fitted(rows, options());
  const auto scores = forest.scores(rows.view());
  for (size_t row = 0; row < 50; ++row) {
    const auto shares = forest.explain(rows.row(row));
    EXPECT_NEAR(std::accumulate(shares.begin(), shares.end(), 0.0), 1 + std::log2(scores[row]),
                1e-12);
  }
}

TEST_P(EverySplitTest, RanksFarRowsFirst) {
  Matrix<double> rows = cloud(1000, 4);
  std::vector<uint8_t> labels(1000);
  for (size_t row = 0; row < 20; ++row) {
    labels[row * 50] = 1;
    for (double& number : rows.row(row * 50)) number += 4;
  }
  EXPECT_GT(roc_auc(fitted(rows, options()).scores(rows.view()), labels), 0.99);
}

TEST_P(EverySplitTest, ScoresRowsThatCannotBeToldApartOneHalf) {
  for (const double score : fitted(cloud(1, 3), options()).scores(cloud(3, 3).view()))
    EXPECT_EQ(score, 0.5);
  const IsolationForest same = fitted(Matrix<double>(20, 2, 4.0), options());
  for (const double score : same.scores(cloud(3, 2).view())) EXPECT_NEAR(score, 0.5, 1e-12);
  const auto shares = fitted(cloud(1, 3), options()).explain(cloud(1, 3).row(0));
  EXPECT_EQ(shares, std::vector<double>(3));
}

// Leaves of rows that cannot be told apart, above the height limit.
TEST_P(EverySplitTest, TakesDuplicates) {
  Matrix<double> rows(400, 3);
  Random random(1);
  for (double& number : rows.numbers()) number = random.below(2);
  const IsolationForest forest = fitted(rows, options());
  for (const double score : forest.scores(rows.view())) EXPECT_TRUE(score > 0 && score < 1);
  const auto again = IsolationForest::load(forest.save());
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_EQ(again->scores(rows.view()), forest.scores(rows.view()));
}

TEST_P(EverySplitTest, PassesOverConstantColumnsAndTakesFewRows) {
  Matrix<double> rows = cloud(30, 4);
  for (size_t row = 0; row < 30; ++row) rows(row, 0) = rows(row, 2) = 5;
  rows(3, 1) = 9;
  const IsolationForest forest = fitted(rows, options());
  const auto scores = forest.scores(rows.view());
  EXPECT_EQ(std::ranges::max_element(scores) - scores.begin(), 3);
  const auto shares = forest.explain(rows.row(3));
  EXPECT_EQ(shares[0], 0);
  EXPECT_EQ(shares[2], 0);
}

TEST_P(EverySplitTest, IsTheSameAfterSavingAndLoading) {
  const Matrix<double> rows = cloud(5000, 6);
  ForestOptions large = options(7);
  large.sample = 4096;
  const IsolationForest forest = fitted(rows, large);
  const auto again = IsolationForest::load(forest.save());
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_EQ(again->save(), forest.save());
  EXPECT_EQ(again->columns(), 6u);
  EXPECT_EQ(again->options().split, GetParam());
  EXPECT_EQ(again->scores(rows.view()), forest.scores(rows.view()));
  EXPECT_EQ(again->explain(rows.row(0)), forest.explain(rows.row(0)));
}

// Every byte of a small forest changed, its checksum set right: what is loaded can be walked.
TEST_P(EverySplitTest, LoadsNothingThatCannotBeWalked) {
  ForestOptions small = options();
  small.trees = 2;
  small.sample = 8;
  const Matrix<double> rows = cloud(20, 3);
  const std::string model = fitted(rows, small).save();
  const auto bytes = unseal_model(model, "isolation forest", 1);
  ASSERT_TRUE(bytes);
  size_t refused = 0;
  for (size_t i = 0; i < bytes->size(); ++i)
    for (const int change : {1, 0x80, 0xff}) {
      std::string changed(*bytes);
      changed[i] = static_cast<char>(changed[i] ^ change);
      const auto forest = IsolationForest::load(seal_model("isolation forest", 1, changed));
      refused += !forest;
      if (forest && forest->columns() == 3) {
        EXPECT_EQ(forest->scores(rows.view()).size(), 20u);
        EXPECT_EQ(forest->explain(rows.row(0)).size(), 3u);
      }
    }
  EXPECT_GT(refused, bytes->size());
}

TEST(IsolationForest, FindsDamage) {
  std::string model = fitted(cloud(30, 2), {}).save();
  model[model.size() / 2] = static_cast<char>(model[model.size() / 2] ^ 4);
  EXPECT_THAT(IsolationForest::load(model).error().message(), HasSubstr("checksum"));
  EXPECT_FALSE(IsolationForest::load(""));
}

// A model of one tree, put together by hand.
struct Parts {
  struct Node {
    double threshold, length;
    uint32_t what, left;
  };
  ForestOptions options;
  uint64_t columns = 2, sample = 4;
  std::vector<Node> nodes = {{0.5, 1, 1, 1}, {infinity, 1, 0, 0}, {infinity, 2, 0, 0}};
  uint64_t planes = 0;
  std::vector<HyperplaneTerm> terms;
  std::string more;

  Parts() { options.trees = 1; }
  std::string error() const {
    ByteWriter out;
    for (const size_t number : {options.trees, options.sample, options.dimensions})
      out.put(uint64_t{number});
    out.put(options.split);
    out.put(options.seed);
    out.put(columns);
    out.put(sample);
    out.put(uint64_t{nodes.size()});
    for (const Node& node : nodes) {
      out.put(node.threshold);
      out.put(node.length);
      out.put(node.what);
      out.put(node.left);
    }
    out.put(planes);
    for (const HyperplaneTerm& term : terms) {
      out.put(term.weight);
      out.put(term.centre);
      out.put(term.column);
    }
    const auto forest =
        IsolationForest::load(seal_model("isolation forest", 1, out.bytes() + more));
    return forest ? "" : forest.error().message();
  }
};

TEST(IsolationForest, SaysWhichPartOfAModelDoesNotFit) {
  const auto error = [](auto change) {
    Parts parts;
    change(parts);
    return parts.error();
  };
  EXPECT_EQ(error([](Parts&) {}), "");
  EXPECT_THAT(error([](Parts& p) { p.columns = 0; }), HasSubstr("columns do not fit"));
  EXPECT_THAT(error([](Parts& p) { p.sample = 0; }), HasSubstr("sample does not fit"));
  EXPECT_THAT(error([](Parts& p) { p.sample = p.options.sample + 1; }),
              HasSubstr("sample does not fit"));
  EXPECT_THAT(error([](Parts& p) { p.nodes[0].left = 2; }), HasSubstr("points outside"));
  EXPECT_THAT(error([](Parts& p) { p.nodes[0].left = 3; }), HasSubstr("points outside"));
  EXPECT_THAT(error([](Parts& p) { p.nodes[0].what = 2; }), HasSubstr("points outside"));
  EXPECT_THAT(error([](Parts& p) { p.nodes[0].threshold = infinity; }),
              HasSubstr("points outside"));
  EXPECT_THAT(error([](Parts& p) { p.nodes[1].threshold = 0; }), HasSubstr("a leaf splits"));
  EXPECT_THAT(error([](Parts& p) { p.nodes[2].length = nan; }), HasSubstr("no length"));
  EXPECT_THAT(error([](Parts& p) { p.nodes[2].length = -1; }), HasSubstr("no length"));
  EXPECT_THAT(error([](Parts& p) { p.nodes.clear(); }), HasSubstr("cut short"));
  EXPECT_THAT(error([](Parts& p) { p.more = "x"; }), HasSubstr("sizes do not fit"));
  EXPECT_THAT(error([](Parts& p) {
                p.planes = 1;
                p.more = std::string(40, '\0');
              }),
              HasSubstr("hyperplanes do not fit"));
  EXPECT_THAT(error([](Parts& p) { p.options.split = ForestSplit::extended; }),
              HasSubstr("hyperplanes do not fit"));
  const auto extended = [](Parts& p, uint32_t column) {
    p.options.split = ForestSplit::extended;
    p.nodes[0].what = 0;
    p.planes = 1;
    p.terms = {{1, 0, 0}, {1, 0, column}};
  };
  EXPECT_EQ(error([&](Parts& p) { extended(p, 1); }), "");
  EXPECT_THAT(error([&](Parts& p) { extended(p, 2); }), HasSubstr("lies outside"));
  EXPECT_THAT(error([&](Parts& p) {
                extended(p, 1);
                p.nodes[0].what = 1;
              }),
              HasSubstr("points outside"));
  for (const uint32_t depth : {16U, 17U}) {
    const std::string deep = error([&](Parts& p) {
      p.nodes.clear();
      for (uint32_t i = 0; i < depth; ++i) {
        p.nodes.push_back({0.5, 1, 0, 1});
        p.nodes.push_back({infinity, 1, 0, 0});
      }
      p.nodes.push_back({infinity, 1, 0, 0});
    });
    EXPECT_EQ(deep.find("too deep") != std::string::npos, depth == 17) << deep;
  }
}

TEST(IsolationForest, RefusesWhatItCannotLearnFrom) {
  const auto refused = [](const Matrix<double>& rows, const ForestOptions& options = {}) {
    const auto forest = IsolationForest::fit(rows.view(), options);
    return forest ? "" : forest.error().message();
  };
  EXPECT_THAT(refused(Matrix<double>(0, 3)), HasSubstr("at least one row"));
  EXPECT_THAT(refused(Matrix<double>(3, 0)), HasSubstr("at least one row"));
  Matrix<double> rows = cloud(9, 3);
  rows(4, 2) = nan;
  EXPECT_THAT(refused(rows), HasSubstr("row 4, column 2 of what a forest is to learn from is nan"));
  rows(4, 2) = -infinity;
  EXPECT_THAT(refused(rows), HasSubstr("-inf"));
  rows(4, 2) = 1.1e100;
  EXPECT_THAT(refused(rows), HasSubstr("1.1e+100"));
  rows(4, 2) = 1e100;
  EXPECT_EQ(refused(rows), "");
}

TEST(IsolationForest, RefusesOptionsPastTheirBounds) {
  const auto refused = [](auto change) {
    ForestOptions options;
    change(options);
    const auto checked = options.check();
    return checked ? "" : checked.error().message();
  };
  using Options = ForestOptions;
  EXPECT_EQ(refused([](Options& o) { o.trees = Options::most_trees; }), "");
  EXPECT_THAT(refused([](Options& o) { o.trees = Options::most_trees + 1; }), HasSubstr("10001"));
  EXPECT_THAT(refused([](Options& o) { o.trees = 0; }), HasSubstr("0 trees"));
  EXPECT_EQ(refused([](Options& o) { o.sample = Options::most_sample; }), "");
  EXPECT_THAT(refused([](Options& o) { o.sample = Options::most_sample + 1; }), HasSubstr("65537"));
  EXPECT_THAT(refused([](Options& o) { o.sample = 0; }), HasSubstr("samples of 0"));
  EXPECT_EQ(refused([](Options& o) { o.trees = 512, o.sample = 1 << 16; }), "");
  EXPECT_THAT(refused([](Options& o) { o.trees = 513, o.sample = 1 << 16; }),
              HasSubstr("too large"));
  EXPECT_EQ(refused([](Options& o) { o.dimensions = Options::most_dimensions; }), "");
  EXPECT_THAT(refused([](Options& o) { o.dimensions = 17; }), HasSubstr("hyperplanes of 17"));
  EXPECT_THAT(refused([](Options& o) { o.dimensions = 0; }), HasSubstr("hyperplanes of 0"));
  EXPECT_THAT(refused([](Options& o) { o.split = ForestSplit{3}; }), HasSubstr("unknown"));
}

TEST(IsolationForest, SendsNaNWhereTheSmallestNumbersGo) {
  const Matrix<double> rows = cloud(300, 2);
  const IsolationForest forest = fitted(rows, {});
  const std::vector<double> odd = {nan, 0, -infinity, 0, -9, 0, infinity, 0, 9, 0};
  const auto scores = forest.scores(MatrixView<double>(odd, 5, 2));
  EXPECT_EQ(scores[0], scores[1]);
  EXPECT_EQ(scores[1], scores[2]);
  EXPECT_EQ(scores[3], scores[4]);
}

// AUC over ten seeds within four standard errors of scikit-learn 1.2.1's (../shared/data/ml/
// baselines/iforest_adbench.tsv): 0.9873 with spread 0.0013, and 0.9418 with 0.0186.
TEST(IsolationForest, FindsOutliersOfPublicSetsAsWellAsScikitLearn) {
  const char* given = std::getenv("YAGURA_SHARED_DATA");
  const auto data = given != nullptr ? std::filesystem::path(given)
                                     : std::filesystem::path(YAGURA_SOURCE_DIR) / "../shared/data";
  const auto folder = data / "ml" / "outlier-adbench";
  if (!std::filesystem::is_directory(folder))
    GTEST_SKIP() << "THE SHARED OUTLIER SETS ARE NOT HERE: nothing was tested";
  struct Expected {
    const char* file;
    double mean, spread;
  };
  for (const auto& [file, mean, spread] :
       {Expected{"4_breastw.npz", 0.9873, 0.0013}, Expected{"28_pendigits.npz", 0.9418, 0.0186}}) {
    const auto set = read_labelled_set(folder / file);
    ASSERT_TRUE(set) << set.error().message();
    std::vector<double> areas;
    for (uint64_t seed = 1; seed <= 10; ++seed) {
      ForestOptions options;
      options.seed = seed;
      areas.push_back(roc_auc(fitted(set->rows, options).scores(set->rows.view()), set->outlier));
    }
    const MeanAndSpread ours = mean_and_spread(areas);
    const double error = std::sqrt((ours.spread * ours.spread + spread * spread) / 10);
    EXPECT_NEAR(ours.mean, mean, 4 * error) << file;
  }
}

}  // namespace
}  // namespace yagura::learn
