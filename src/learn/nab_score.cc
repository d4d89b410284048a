// SPDX-License-Identifier: Apache-2.0
#include "learn/nab_score.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "base/result.h"

namespace yagura::learn {
namespace {

constexpr double learning_share = 0.15;
constexpr double learning_rows_max = 750;
// Further behind a window, in window lengths, a false detection costs the whole weight.
constexpr double far_behind = 3;

// From nearly 1 at -1, the left edge of a window, through 0 at its right edge to -1 behind it.
double worth(double position) {
  return position >= far_behind ? -1 : 2 / (1 + std::exp(5 * position)) - 1;
}

// A row that is scored.
struct Row {
  double score = 0;
  double value = 0;       // in a window of hitting it here, outside of being wrong
  ptrdiff_t window = -1;  // of the whole corpus; -1: outside
};

// The rows of a corpus that are scored, and how many windows they are in.
struct Rows {
  std::vector<Row> rows;
  size_t windows = 0;
};

void add_series(const DetectorOutput& series, const NabProfile& profile, Rows& out) {
  const size_t rows = series.scores.size();
  const double learning =
      std::min(std::floor(learning_share * static_cast<double>(rows)), learning_rows_max);
  std::optional<RowRange> behind;
  auto ahead = series.windows.begin();
  bool counted = false;  // the window ahead
  for (size_t i = 0; i < rows; ++i) {
    const bool scored = static_cast<double>(i) >= learning;
    CHECK(!std::isnan(series.scores[i]));
    const bool inside = ahead != series.windows.end() && i >= ahead->first;
    if (inside) {
      if (scored && !std::exchange(counted, true)) ++out.windows;
      const auto length = static_cast<double>(ahead->last - ahead->first + 1);
      const double position = -static_cast<double>(ahead->last - i + 1) / length;
      if (scored)
        out.rows.push_back({series.scores[i], worth(position) / worth(-1) * profile.true_positive,
                            static_cast<ptrdiff_t>(out.windows) - 1});
    } else if (scored) {
      double position = far_behind;
      if (behind && behind->last > behind->first)
        position = static_cast<double>(i - behind->last) /
                   static_cast<double>(behind->last - behind->first);
      out.rows.push_back({series.scores[i], worth(position) * profile.false_positive, -1});
    }
    if (inside && i == ahead->last) {
      behind = *ahead++;
      counted = false;
    }
  }
}

Rows rows_of(std::span<const DetectorOutput> corpus, const NabProfile& profile) {
  Rows rows;
  for (const DetectorOutput& series : corpus) add_series(series, profile, rows);
  return rows;
}

// What is detected so far, row after row.
class Sum {
 public:
  Sum(size_t windows, const NabProfile& profile)
      : profile_(profile),
        silence_(-profile.false_negative * static_cast<double>(windows)),
        perfect_(profile.true_positive * static_cast<double>(windows)),
        sum_(silence_),
        hits_(windows) {
    result_.windows = windows;
  }

  void detect(const Row& row) {
    if (row.window < 0) {
      ++result_.false_positives;
      sum_ += row.value;
      return;
    }
    std::optional<double>& hit = hits_[static_cast<size_t>(row.window)];
    if (!hit) ++result_.hit_windows;
    const double before = hit.value_or(-profile_.false_negative);
    hit = std::max(hit.value_or(row.value), row.value);
    sum_ += *hit - before;
  }

  NabScore at(double threshold) const {
    NabScore result = result_;
    result.threshold = threshold;
    result.score = 100 * (sum_ - silence_) / (perfect_ - silence_);
    return result;
  }

 private:
  NabProfile profile_;
  double silence_, perfect_, sum_;
  std::vector<std::optional<double>> hits_;  // what the best detection in each window earns
  NabScore result_;
};

}  // namespace

NabScore nab_score(std::span<const DetectorOutput> corpus, const NabProfile& profile,
                   double threshold) {
  const Rows rows = rows_of(corpus, profile);
  Sum sum(rows.windows, profile);
  for (const Row& row : rows.rows)
    if (row.score >= threshold) sum.detect(row);
  return sum.at(threshold);
}

NabScore best_nab_score(std::span<const DetectorOutput> corpus, const NabProfile& profile) {
  Rows rows = rows_of(corpus, profile);
  std::ranges::stable_sort(rows.rows, std::ranges::greater{}, &Row::score);
  Sum sum(rows.windows, profile);
  NabScore best = sum.at(std::numeric_limits<double>::infinity());
  for (size_t i = 0; i < rows.rows.size(); ++i) {
    sum.detect(rows.rows[i]);
    const bool last_of_equals =
        i + 1 == rows.rows.size() || rows.rows[i + 1].score != rows.rows[i].score;
    if (!last_of_equals) continue;
    const NabScore score = sum.at(rows.rows[i].score);
    if (score.score > best.score) best = score;
  }
  return best;
}

}  // namespace yagura::learn
