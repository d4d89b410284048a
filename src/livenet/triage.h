// SPDX-License-Identifier: Apache-2.0
//
// Alert triage by day-forward chaining: which meta-alerts of a day deserve a person's attention, by
// what the days before it were like. No label and no later alert takes part.
//
//   alerts -> Aggregation -> AlertHistory -> judgements -> DayModel of the day -> verdicts
//
// When a day (UTC) begins, a model is fitted to the judgements of the days before it, 30 at most,
// and frozen with its thresholds; the day is judged by it. Rules and hosts that were silent for 30
// days are forgotten. The first day, and further ones until
// there are `least_past` judgements, are learnt from and not judged. Verdicts are brought up to
// date by `finish`, and when a day ends.
//
// What was learnt can be saved and gone on with: a record that is judged in several runs gets the
// verdicts it would have got in one. Deterministic by seed. Not thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/result.h"
#include "livenet/alert_history.h"
#include "livenet/alert_log.h"
#include "livenet/day_model.h"
#include "livenet/meta_alert.h"

namespace yagura::livenet {

struct TriageOptions {
  Duration gap = Duration::seconds(60);
  // In memory at a time. 2.3 million of one alert each, all of one day and of hosts of their own,
  // took 2.2 GB with all that belongs to them.
  size_t most_metas = 5'000'000;
  DayModelOptions model;
};

// What was found of a meta-alert so far.
struct MetaVerdict {
  bool judged = false;  // on a day that has a model
  bool shown = false;
  Timestamp shown_at;  // when it first reached a threshold
  double score = 0;    // of the verdict so far that stands highest, with what goes with it:
  Facts facts;
  std::vector<Feature> reasons;  // the most telling first; of those shown only

  // The higher, the sooner to be looked at: what is shown before what is not, then by score.
  std::pair<bool, double> standing() const { return {shown, score}; }
};

class Triage {
 public:
  static constexpr Duration memory = Duration::days(30);
  static constexpr size_t most_past = 500'000;  // judgements that are learnt from, the latest
  static constexpr size_t least_past = 100;

  explicit Triage(const TriageOptions& options = {});
  // Goes on from what was saved; `log` is still empty and gets the names that it knows. Fails if
  // `model` is damaged, of another version, or not what `save` writes.
  static Result<Triage> load(std::string_view model, AlertLog& log);
  std::string save(const AlertLog& log) const;

  // Puts those alerts first that `add` will leave out.
  void put_learnt_first(AlertLog& log) const;
  // An alert of the log, in order of time. Left out is what is earlier than the last that a loaded
  // model has learnt from, or of the same time and known to it by its fingerprint. Fails past
  // `most_metas`.
  Result<void> add(const AlertRow& row);
  Result<void> finish();

  std::span<const MetaAlert> metas() const { return aggregation_.metas(); }
  // Of each meta-alert.
  std::span<const MetaVerdict> verdicts() const { return verdicts_; }
  // The meta-alert of each alert that was not left out, in order; and those of one.
  std::span<const uint32_t> memberships() const { return aggregation_.memberships(); }
  std::vector<size_t> members(uint32_t meta) const { return aggregation_.members(meta); }
  // What names a meta-alert in every run that knows it.
  uint64_t id(uint32_t meta) const { return serials_[meta]; }
  std::optional<uint32_t> find(uint64_t id) const;
  // Alerts, at the beginning of the log if it was put in order, that were left out.
  uint64_t left_out() const { return left_out_; }
  // When the last alert so far came.
  std::optional<Timestamp> latest() const { return latest_; }
  Duration gap() const { return options_.gap; }

 private:
  Result<void> begin_day(Timestamp day);
  void judge_pending();
  void note(const PastJudgement& judgement, const Verdict& verdict, const Facts& facts);
  std::vector<size_t> open_metas() const;
  KeptNames kept_names() const;
  void save_open(ByteWriter& out, const AlertLog& log, const KeptNames& kept) const;
  bool load_open(ByteReader& in, AlertLog& log);

  TriageOptions options_;
  Aggregation aggregation_;
  AlertHistory history_;
  std::vector<MetaVerdict> verdicts_;
  std::vector<uint64_t> serials_;  // of metas(), rising: what no other one ever has
  uint64_t next_serial_ = 1;
  std::vector<PastJudgement> past_;     // of days that are over
  std::vector<PastJudgement> pending_;  // of the day, in order; the first `judged_` have verdicts
  std::vector<Facts> pending_facts_;
  size_t judged_ = 0;
  std::optional<DayModel> model_;  // of the day; none while it is only learnt from
  std::optional<Timestamp> latest_, learnt_until_;
  std::vector<uint64_t> at_latest_;  // fingerprints of all alerts of that time
  // Of the model's last time, how many with this fingerprint are still to be left out.
  std::unordered_map<uint64_t, uint64_t> learnt_last_;
  Timestamp day_;
  uint64_t left_out_ = 0;
};

}  // namespace yagura::livenet
