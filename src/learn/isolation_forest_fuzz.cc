// SPDX-License-Identifier: Apache-2.0
//
// A saved forest, edited and sealed again: it is refused, or it scores and explains any row and is
// the same when saved and loaded again. The first byte says how it splits.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "base/edits_for_tests.h"
#include "learn/isolation_forest.h"
#include "learn/model_text.h"

using namespace yagura;
using namespace yagura::learn;

namespace {

constexpr std::string_view kind = "isolation forest";

// The bytes of a small forest, without their seal.
std::string sound_forest(ForestSplit split) {
  Random random(1);
  Matrix<double> rows(40, 3);
  for (double& number : rows.numbers()) number = random.unit();
  ForestOptions options;
  options.trees = 3;
  options.sample = 16;
  options.split = split;
  const auto forest = IsolationForest::fit(rows.view(), options);
  CHECK(forest.has_value());
  return std::string(unseal_model(forest->save(), kind, 1).value());
}

void use(const IsolationForest& forest) {
  std::vector<double> row(forest.columns(), 0.5);
  row[0] = std::numeric_limits<double>::quiet_NaN();
  const auto scores = forest.scores(MatrixView<double>(row, 1, row.size()));
  CHECK(scores[0] >= 0 && scores[0] <= 1);
  CHECK(forest.explain(row).size() == row.size());
  const std::string saved = forest.save();
  const auto again = IsolationForest::load(saved);
  CHECK(again && again->save() == saved);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::string column_forest = sound_forest(ForestSplit::plain);
  static const std::string plane_forest = sound_forest(ForestSplit::extended);
  if (size == 0) return 0;
  const std::string bytes =
      edited(data[0] % 2 == 0 ? column_forest : plane_forest, std::span(data + 1, size - 1));
  const auto forest = IsolationForest::load(seal_model(kind, 1, bytes));
  if (forest) use(*forest);
  return 0;
}
