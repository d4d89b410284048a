// SPDX-License-Identifier: Apache-2.0
#include "livenet/day_model.h"

#include <algorithm>
#include <limits>
#include <unordered_map>

#include "base/random.h"

namespace yagura::livenet {
namespace {

constexpr std::array rarity_features = {Feature::silence, Feature::rule_rarity,
                                        Feature::key_rarity};
constexpr std::array conduct_features = {Feature::burst, Feature::silence_change};
constexpr std::array ranking_features = {
    Feature::count,      Feature::duration,  Feature::silence,   Feature::rule_rarity,
    Feature::key_rarity, Feature::host_load, Feature::host_rules};
constexpr size_t most_encoder_rows = 4096;  // what an auto-encoder of 9 columns needs is far less
constexpr uint32_t encoder_epochs = 40;
constexpr size_t most_reasons = 3;

std::span<const Feature> features_of(View view) {
  if (view == View::rarity) return rarity_features;
  return conduct_features;
}

learn::Matrix<double> matrix_of(std::span<const Feature> columns,
                                std::span<const Features> judgements) {
  learn::Matrix<double> rows(judgements.size(), columns.size());
  for (size_t i = 0; i < judgements.size(); ++i)
    for (size_t j = 0; j < columns.size(); ++j)
      rows(i, j) = judgements[i][static_cast<size_t>(columns[j])];
  return rows;
}

learn::Matrix<double> matrix_of(View view, std::span<const Features> judgements) {
  if (view != View::whole) return matrix_of(features_of(view), judgements);
  learn::Matrix<double> rows(judgements.size(), feature_count);
  for (size_t i = 0; i < judgements.size(); ++i)
    std::copy(judgements[i].begin(), judgements[i].end(), rows.row(i).begin());
  return rows;
}

// At most `most_encoder_rows` of them, drawn by seed.
std::vector<Features> drawn(std::span<const Features> all, uint64_t seed) {
  if (all.size() <= most_encoder_rows) return {all.begin(), all.end()};
  const Permutation places(all.size(), seed);
  std::vector<Features> some;
  some.reserve(most_encoder_rows);
  for (size_t i = 0; i < most_encoder_rows; ++i) some.push_back(all[places(i)]);
  return some;
}

// The highest score of each meta-alert, rising.
std::vector<double> highest_scores(std::span<const PastJudgement> past,
                                   std::span<const double> scores) {
  std::unordered_map<uint64_t, double> highest;
  for (size_t i = 0; i < past.size(); ++i) {
    const auto [known, is_new] = highest.emplace(past[i].meta, scores[i]);
    if (!is_new) known->second = std::max(known->second, scores[i]);
  }
  std::vector<double> rising;
  rising.reserve(highest.size());
  for (const auto& [meta, score] : highest) rising.push_back(score);
  std::sort(rising.begin(), rising.end());
  return rising;
}

// What a share of the scores reaches. Where it would end among scores that are equal, they are all
// shown or none of them, whichever comes nearer to the share.
double threshold(std::span<const double> rising, double share) {
  constexpr double none = std::numeric_limits<double>::infinity();
  if (share <= 0) return none;
  const auto count = static_cast<double>(rising.size());
  const auto at = static_cast<size_t>((1 - share) * count);
  const double score = rising[std::min(at, rising.size() - 1)];
  const auto [first, last] = std::equal_range(rising.begin(), rising.end(), score);
  const auto with = static_cast<double>(rising.end() - first) / count;
  const auto without = static_cast<double>(rising.end() - last) / count;
  if (with - share <= share - without) return score;
  return last == rising.end() ? none : *last;
}

// How many of the scores are as high, as a share; never 0.
double tail(std::span<const double> rising, double score) {
  const auto higher = rising.end() - std::lower_bound(rising.begin(), rising.end(), score);
  return (static_cast<double>(higher) + 1) / (static_cast<double>(rising.size()) + 1);
}

// The features that made a row unusual, the most telling first.
std::vector<Feature> telling(const learn::IsolationForest& forest, std::span<const Feature> columns,
                             const Features& features) {
  const auto row = matrix_of(columns, std::span(&features, 1));
  const auto parts = forest.explain(row.view().row(0));
  std::vector<size_t> order;
  for (size_t i = 0; i < parts.size(); ++i)
    if (parts[i] > 0) order.push_back(i);
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return parts[a] > parts[b]; });
  std::vector<Feature> sorted;
  for (const size_t i : order) sorted.push_back(columns[i]);
  return sorted;
}

}  // namespace

Result<DayModel> DayModel::fit(std::span<const PastJudgement> past,
                               const DayModelOptions& options) {
  std::vector<Features> rows;
  rows.reserve(past.size());
  for (const PastJudgement& judgement : past) rows.push_back(judgement.features);
  DayModel model;
  learn::ForestOptions forest;
  forest.trees = options.trees;
  forest.seed = derive(options.seed, 0);
  TRY(model.rarity_, learn::IsolationForest::fit(matrix_of(View::rarity, rows).view(), forest));
  forest.seed = derive(options.seed, 1);
  TRY(model.conduct_, learn::IsolationForest::fit(matrix_of(View::conduct, rows).view(), forest));
  forest.seed = derive(options.seed, 4);
  TRY(model.ranking_,
      learn::IsolationForest::fit(matrix_of(ranking_features, rows).view(), forest));
  learn::AutoEncoderOptions encoder;
  encoder.epochs = encoder_epochs;
  encoder.seed = derive(options.seed, 2);
  const auto some = drawn(rows, derive(options.seed, 3));
  TRY(model.whole_, learn::AutoEncoder::fit(matrix_of(View::whole, some).view(), encoder));
  model.calibrate(past, rows, options);
  return model;
}

void DayModel::calibrate(std::span<const PastJudgement> past, std::span<const Features> rows,
                         const DayModelOptions& options) {
  shares_ = options.shares;
  for (size_t i = 0; i < view_count; ++i) {
    past_[i] = highest_scores(past, scores(static_cast<View>(i), rows));
    thresholds_[i] = threshold(past_[i], options.shares[i]);
  }
}

std::vector<double> DayModel::scores(View view, std::span<const Features> judgements) const {
  const auto rows = matrix_of(view, judgements);
  switch (view) {
    case View::rarity:
      return rarity_->scores(rows.view());
    case View::conduct:
      return conduct_->scores(rows.view());
    case View::whole:
      break;
  }
  return whole_->score(rows.view());
}

std::vector<Verdict> DayModel::judge(std::span<const Features> judgements) const {
  std::vector<Verdict> verdicts(judgements.size());
  std::vector<double> least(judgements.size(), std::numeric_limits<double>::infinity());
  for (size_t view = 0; view < view_count; ++view) {
    const auto all = scores(static_cast<View>(view), judgements);
    for (size_t i = 0; i < all.size(); ++i) {
      verdicts[i].shown |= all[i] >= thresholds_[view];
      if (shares_[view] <= 0) continue;
      const double rarity = tail(past_[view], all[i]) / shares_[view];
      if (rarity < least[i]) {
        least[i] = rarity;
        verdicts[i].view = static_cast<View>(view);
      }
    }
  }
  const auto ranks = ranking_->scores(matrix_of(ranking_features, judgements).view());
  for (size_t i = 0; i < ranks.size(); ++i) verdicts[i].score = ranks[i];
  return verdicts;
}

std::vector<Feature> DayModel::reasons_of(View view, const Features& features) const {
  if (view == View::rarity) return telling(*rarity_, rarity_features, features);
  if (view == View::conduct) return telling(*conduct_, conduct_features, features);
  const auto row = matrix_of(view, std::span(&features, 1));
  const auto errors = whole_->errors(row.view());
  std::vector<Feature> sorted;
  for (size_t i = 0; i < feature_count; ++i) sorted.push_back(static_cast<Feature>(i));
  std::stable_sort(sorted.begin(), sorted.end(), [&](Feature a, Feature b) {
    return errors(0, static_cast<size_t>(a)) > errors(0, static_cast<size_t>(b));
  });
  return sorted;
}

std::vector<Feature> DayModel::reasons(const Features& features, const Verdict& verdict) const {
  const auto shown_for = reasons_of(verdict.view, features);
  const auto ranked_for = telling(*ranking_, ranking_features, features);
  std::vector<Feature> reasons;
  for (size_t i = 0; i < std::max(shown_for.size(), ranked_for.size()); ++i)
    for (const auto* turn : {&shown_for, &ranked_for})
      if (i < turn->size() && reasons.size() < most_reasons &&
          std::find(reasons.begin(), reasons.end(), (*turn)[i]) == reasons.end())
        reasons.push_back((*turn)[i]);
  return reasons;
}

void DayModel::save(ByteWriter& out) const {
  out.put_text(rarity_->save());
  out.put_text(conduct_->save());
  out.put_text(whole_->save());
  out.put_text(ranking_->save());
  for (size_t i = 0; i < view_count; ++i) {
    out.put(thresholds_[i]);
    out.put(shares_[i]);
    out.put(uint64_t{past_[i].size()});
    out.put_bytes(past_[i].data(), past_[i].size() * sizeof(double));
  }
}

Result<DayModel> DayModel::load(ByteReader& in) {
  DayModel model;
  TRY(model.rarity_, within("the view of rarity", learn::IsolationForest::load(in.get_text())));
  TRY(model.conduct_, within("the view of conduct", learn::IsolationForest::load(in.get_text())));
  TRY(model.whole_, within("the view of the whole", learn::AutoEncoder::load(in.get_text())));
  TRY(model.ranking_, within("the forest that ranks", learn::IsolationForest::load(in.get_text())));
  if (model.rarity_->columns() != rarity_features.size() ||
      model.conduct_->columns() != conduct_features.size() ||
      model.whole_->columns() != feature_count ||
      model.ranking_->columns() != ranking_features.size())
    return failure("its views look at other features");
  for (size_t i = 0; i < view_count; ++i) {
    model.thresholds_[i] = in.get<double>();
    model.shares_[i] = in.get<double>();
    model.past_[i].resize(in.get_count(sizeof(double)));
    in.get_bytes(model.past_[i].data(), model.past_[i].size() * sizeof(double));
    if (!in.ok()) return failure("it ends early");
    if (model.past_[i].empty() || !std::is_sorted(model.past_[i].begin(), model.past_[i].end()))
      return failure("past scores are missing or not in order");
  }
  return model;
}

}  // namespace yagura::livenet
