// SPDX-License-Identifier: Apache-2.0
//
// What says how unusual a judgement is, on one day: fitted to the days before it, then frozen.
//
// Three views look at the same judgement, each at other features:
//
//   rarity   Isolation Forest: silence, rule_rarity, key_rarity (who speaks)
//   conduct  Isolation Forest: burst, silence_change (how it speaks, against its own past)
//   whole    stacked auto-encoder (9-6-3-6-9): all features
//
// Each has a share of what is shown. Its threshold is the score that this share of the past
// meta-alerts reached (a meta-alert counts with its highest), fixed when the model is fitted,
// before the day begins. What reaches a threshold is shown. A view whose share is 0 shows nothing.
//
// How what is shown is ranked is another question: the views are good at *whether*, each within its
// share, but their scores do not compare with each other. Rank is by the score of one Isolation
// Forest over what is known of the alert and its host as they stand now (all features but burst and
// silence_change): 0.5 for what is like all others, towards 1. The score itself and not its place
// among the past ones, which has no more to say of what lies beyond all of them. What is not shown
// never stands before what is. docs/learning.md compares this with other rules.
//
// Deterministic by seed. A fitted model is a value; judging is thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "learn/auto_encoder.h"
#include "learn/isolation_forest.h"
#include "livenet/alert_history.h"

namespace yagura::livenet {

enum class View : uint8_t { rarity, conduct, whole };
inline constexpr size_t view_count = 3;
inline constexpr std::array<std::string_view, view_count> view_names = {"rarity", "conduct",
                                                                        "whole"};

struct DayModelOptions {
  std::array<double, view_count> shares = {0.10, 0.055, 0.01};  // of past meta-alerts, by view
  size_t trees = 200;
  uint64_t seed = 1;
};

// A judgement of the past.
struct PastJudgement {
  Features features{};
  uint64_t meta = 0;  // judgements of one meta-alert have one number
  Timestamp time;
};

struct Verdict {
  bool shown = false;
  double score = 0;          // by which it is ranked among those shown
  View view = View::rarity;  // found it the most unusual, for its share of what is shown

  // The higher, the sooner to be looked at.
  std::pair<bool, double> standing() const { return {shown, score}; }
};

class DayModel {
 public:
  // `past` is not empty.
  static Result<DayModel> fit(std::span<const PastJudgement> past, const DayModelOptions& options);

  // Of each.
  std::vector<Verdict> judge(std::span<const Features> judgements) const;
  // Which features made it unusual, the most telling first: in turn by the view that found it most
  // so, which is why it is shown, and by the score, which is why it stands where it does.
  std::vector<Feature> reasons(const Features& features, const Verdict& verdict) const;

  void save(ByteWriter& out) const;
  static Result<DayModel> load(ByteReader& in);

 private:
  DayModel() = default;
  std::vector<Feature> reasons_of(View view, const Features& features) const;
  std::vector<double> scores(View view, std::span<const Features> judgements) const;
  void calibrate(std::span<const PastJudgement> past, std::span<const Features> rows,
                 const DayModelOptions& options);

  std::optional<learn::IsolationForest> rarity_, conduct_, ranking_;  // always there once fitted
  std::optional<learn::AutoEncoder> whole_;
  std::array<std::vector<double>, view_count> past_;  // the past meta-alerts' scores, rising
  std::array<double, view_count> thresholds_{}, shares_{};
};

}  // namespace yagura::livenet
