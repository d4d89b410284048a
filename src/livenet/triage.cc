// SPDX-License-Identifier: Apache-2.0
#include "livenet/triage.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "learn/model_text.h"
#include "livenet/alert_formats.h"

namespace yagura::livenet {
namespace {

constexpr Duration one_day = Duration::days(1);
constexpr std::string_view kind = "state of the alert triage";
constexpr uint32_t version = 1;

void save_judgements(ByteWriter& out, std::span<const PastJudgement> judgements) {
  out.put(uint64_t{judgements.size()});
  for (const PastJudgement& judgement : judgements) {
    out.put_bytes(judgement.features.data(), sizeof judgement.features);
    out.put(judgement.meta);
    out.put(judgement.time.nanoseconds);
  }
}

// Empty, and the rest of `in` skipped, where a number cannot be computed with.
std::vector<PastJudgement> load_judgements(ByteReader& in) {
  std::vector<PastJudgement> judgements(in.get_count(sizeof(Features) + 16));
  for (PastJudgement& judgement : judgements) {
    in.get_bytes(judgement.features.data(), sizeof judgement.features);
    judgement.meta = in.get<uint64_t>();
    judgement.time = {in.get<int64_t>()};
    const bool computable = std::all_of(judgement.features.begin(), judgement.features.end(),
                                        [](double value) { return value >= -1e9 && value <= 1e9; });
    if (!computable || !is_event_time(judgement.time)) {
      in.skip(in.remaining() + 1);
      return {};
    }
  }
  return judgements;
}

void save_facts(ByteWriter& out, const Facts& facts) {
  out.put(facts.metas);
  out.put(facts.rule_metas);
  out.put(facts.key_metas);
  out.put(facts.count);
  out.put(facts.usual_count);
  out.put(facts.silence.nanoseconds);
  out.put(facts.usual_silence.nanoseconds);
  out.put(facts.host_rules);
  out.put(facts.usual_host_rules);
}

Facts load_facts(ByteReader& in) {
  Facts facts;
  facts.metas = in.get<uint64_t>();
  facts.rule_metas = in.get<uint64_t>();
  facts.key_metas = in.get<uint64_t>();
  facts.count = in.get<uint64_t>();
  facts.usual_count = in.get<double>();
  facts.silence = {in.get<int64_t>()};
  facts.usual_silence = {in.get<int64_t>()};
  facts.host_rules = in.get<uint64_t>();
  facts.usual_host_rules = in.get<double>();
  return facts;
}

void save_verdict(ByteWriter& out, const MetaVerdict& verdict) {
  out.put(verdict.judged);
  out.put(verdict.shown);
  out.put(verdict.shown_at.nanoseconds);
  out.put(verdict.score);
  save_facts(out, verdict.facts);
  out.put(uint64_t{verdict.reasons.size()});
  for (const Feature reason : verdict.reasons) out.put(reason);
}

// False where it holds what is none.
bool load_verdict(ByteReader& in, MetaVerdict& verdict) {
  verdict.judged = in.get<uint8_t>() != 0;
  verdict.shown = in.get<uint8_t>() != 0;
  verdict.shown_at = {in.get<int64_t>()};
  verdict.score = in.get<double>();
  verdict.facts = load_facts(in);
  for (uint64_t left = in.get_count(1); left > 0; --left) {
    verdict.reasons.push_back(in.get<Feature>());
    if (static_cast<size_t>(verdict.reasons.back()) >= feature_count) return false;
  }
  return in.ok();
}

void save_names(ByteWriter& out, const std::vector<uint32_t>& numbers, const auto& name_of) {
  out.put(uint64_t{numbers.size()});
  for (const uint32_t number : numbers) out.put_text(name_of(number));
}

// `number`, which `kept` has, as it is saved.
uint32_t place_in(const std::vector<uint32_t>& kept, uint32_t number) {
  return static_cast<uint32_t>(std::lower_bound(kept.begin(), kept.end(), number) - kept.begin());
}

void add_number(std::vector<uint32_t>& rising, uint32_t number) {
  const auto at = std::lower_bound(rising.begin(), rising.end(), number);
  if (at == rising.end() || *at != number) rising.insert(at, number);
}

// The latest of them that can still be learnt from.
std::span<const PastJudgement> latest_of(const std::vector<PastJudgement>& judgements) {
  return std::span(judgements).last(std::min(judgements.size(), Triage::most_past));
}

// False where a name comes twice: numbers would not be what they were.
bool load_names(ByteReader& in, const auto& know) {
  const uint64_t size = in.get_count(4);
  for (uint64_t i = 0; i < size; ++i)
    if (know(in.get_text()) != i) return false;
  return in.ok();
}

bool load_options(ByteReader& in, TriageOptions& options) {
  options.gap = {in.get<int64_t>()};
  bool whole = options.gap >= Duration{} && options.gap <= Triage::memory;
  for (double& share : options.model.shares) {
    share = in.get<double>();
    whole &= share >= 0 && share <= 1;
  }
  options.model.trees = in.get<uint64_t>();
  options.model.seed = in.get<uint64_t>();
  return whole && options.model.trees <= learn::ForestOptions::most_trees;
}

void save_times(ByteWriter& out, std::initializer_list<std::optional<Timestamp>> times) {
  for (const auto& time : times) {
    out.put(time.has_value());
    out.put(time ? time->nanoseconds : int64_t{0});
  }
}

// Whether there is one left of it, which is one less then.
bool take_one(std::unordered_map<uint64_t, uint64_t>& counts, uint64_t what) {
  const auto found = counts.find(what);
  if (found == counts.end() || found->second == 0) return false;
  --found->second;
  return true;
}

std::optional<Timestamp> load_time(ByteReader& in) {
  const bool has_value = in.get<uint8_t>() != 0;
  const Timestamp time{in.get<int64_t>()};
  return has_value ? std::optional(time) : std::nullopt;
}

}  // namespace

Triage::Triage(const TriageOptions& options) : options_(options), aggregation_(options.gap) {}

void Triage::put_learnt_first(AlertLog& log) const {
  if (!learnt_until_) return;
  auto learnt = learnt_last_;
  log.put_first(*learnt_until_,
                [&](const AlertRow& row) { return take_one(learnt, row.fingerprint); });
}

Result<void> Triage::add(const AlertRow& row) {
  if (learnt_until_ && (row.time < *learnt_until_ ||
                        (row.time == *learnt_until_ && take_one(learnt_last_, row.fingerprint)))) {
    ++left_out_;
    return {};
  }
  CHECK(!latest_ || row.time >= *latest_);
  const Timestamp day = row.time.floor(one_day);
  if (!latest_ || day != day_) TRY_VOID(begin_day(day));
  if (latest_ != row.time) at_latest_.clear();
  latest_ = row.time;
  at_latest_.push_back(row.fingerprint);
  const uint32_t meta = aggregation_.add(row);
  if (meta == verdicts_.size()) {
    if (meta == options_.most_metas)
      return failure(
          fmt::format("more than the {} meta-alerts that are judged at a time: give "
                      "fewer days",
                      format_count(options_.most_metas)));
    verdicts_.emplace_back();
    serials_.push_back(next_serial_++);
  }
  Judgement judgement;
  if (history_.add(aggregation_.metas()[meta], judgement)) {
    pending_.push_back({judgement.features, serials_[meta], row.time});
    pending_facts_.push_back(judgement.facts);
  }
  return {};
}

Result<void> Triage::begin_day(Timestamp day) {
  judge_pending();
  past_.insert(past_.end(), pending_.begin(), pending_.end());
  pending_.clear();
  pending_facts_.clear();
  judged_ = 0;
  day_ = day;
  auto first = std::find_if(past_.begin(), past_.end(), [&](const PastJudgement& judgement) {
    return judgement.time >= day - memory;
  });
  if (static_cast<size_t>(past_.end() - first) > most_past)
    first = past_.end() - static_cast<ptrdiff_t>(most_past);
  past_.erase(past_.begin(), first);
  history_.forget(day - memory);
  model_.reset();
  if (past_.size() < least_past) return {};
  DayModelOptions options = options_.model;
  options.seed = derive(options.seed, static_cast<uint64_t>(day.seconds()));
  TRY(model_, DayModel::fit(past_, options));
  return {};
}

Result<void> Triage::finish() {
  judge_pending();
  return {};
}

void Triage::judge_pending() {
  if (model_ && judged_ < pending_.size()) {
    std::vector<Features> judgements;
    for (size_t i = judged_; i < pending_.size(); ++i) judgements.push_back(pending_[i].features);
    const auto verdicts = model_->judge(judgements);
    for (size_t i = judged_; i < pending_.size(); ++i)
      note(pending_[i], verdicts[i - judged_], pending_facts_[i]);
  }
  judged_ = pending_.size();
}

void Triage::note(const PastJudgement& judgement, const Verdict& verdict, const Facts& facts) {
  MetaVerdict& kept = verdicts_[*find(judgement.meta)];
  if (kept.judged && verdict.standing() <= kept.standing()) return;
  if (verdict.shown && !kept.shown) kept.shown_at = judgement.time;
  kept.judged = true;
  kept.shown = verdict.shown;
  kept.score = verdict.score;
  kept.facts = facts;
  if (verdict.shown) kept.reasons = model_->reasons(judgement.features, verdict);
}

std::optional<uint32_t> Triage::find(uint64_t id) const {
  const auto at = std::lower_bound(serials_.begin(), serials_.end(), id);
  if (at == serials_.end() || *at != id) return std::nullopt;
  return static_cast<uint32_t>(at - serials_.begin());
}

std::string Triage::save(const AlertLog& log) const {
  ByteWriter out;
  out.put(options_.gap.nanoseconds);
  for (const double share : options_.model.shares) out.put(share);
  out.put(uint64_t{options_.model.trees});
  out.put(options_.model.seed);
  const KeptNames kept = kept_names();
  save_names(out, kept.rules, [&](uint32_t i) { return std::string_view(log.rule_name(i)); });
  save_names(out, kept.hosts, [&](uint32_t i) { return std::string_view(log.host_name(i)); });
  save_times(out, {latest_, day_});
  out.put(uint64_t{at_latest_.size()});
  for (const uint64_t fingerprint : at_latest_) out.put(fingerprint);
  history_.save(out, kept);
  save_judgements(out, latest_of(past_));
  save_judgements(out, latest_of(pending_));
  out.put(next_serial_);
  save_open(out, log, kept);
  out.put(model_.has_value());
  if (model_) model_->save(out);
  return learn::seal_model(kind, version, out.bytes());
}

// Those that may still grow.
std::vector<size_t> Triage::open_metas() const {
  std::vector<size_t> open;
  for (size_t i = 0; i < metas().size(); ++i)
    if (latest_ && *latest_ - metas()[i].last <= options_.gap) open.push_back(i);
  return open;
}

KeptNames Triage::kept_names() const {
  KeptNames kept = history_.known();
  for (const size_t i : open_metas()) {
    add_number(kept.rules, metas()[i].rule);
    add_number(kept.hosts, metas()[i].host);
  }
  return kept;
}

void Triage::save_open(ByteWriter& out, const AlertLog& log, const KeptNames& kept) const {
  const auto open = open_metas();
  out.put(uint64_t{open.size()});
  for (const size_t i : open) {
    const MetaAlert& meta = metas()[i];
    out.put(place_in(kept.rules, meta.rule));
    out.put(place_in(kept.hosts, meta.host));
    out.put_text(log.text(meta.text));
    out.put_text(log.source(meta.source));
    out.put(meta.severity);
    out.put(meta.first.nanoseconds);
    out.put(meta.last.nanoseconds);
    out.put(meta.count);
    out.put(serials_[i]);
    save_verdict(out, verdicts_[i]);
  }
}

bool Triage::load_open(ByteReader& in, AlertLog& log) {
  for (uint64_t left = in.get_count(64); left > 0 && in.ok(); --left) {
    MetaAlert meta;
    meta.rule = in.get<uint32_t>();
    meta.host = in.get<uint32_t>();
    meta.text = log.know_text(in.get_text());
    meta.source = log.know_source(in.get_text());
    meta.severity = static_cast<model::Severity>(
        std::min<size_t>(in.get<uint8_t>(), model::severity_names.size() - 1));
    meta.first = {in.get<int64_t>()};
    meta.last = {in.get<int64_t>()};
    meta.count = in.get<uint64_t>();
    const auto serial = in.get<uint64_t>();
    if (meta.rule >= log.rules() || meta.host >= log.hosts() || meta.count == 0 ||
        !is_event_time(meta.first) || !is_event_time(meta.last) || serial >= next_serial_ ||
        (!serials_.empty() && serial <= serials_.back()) ||
        !load_verdict(in, verdicts_.emplace_back()))
      return false;
    aggregation_.resume(meta);
    serials_.push_back(serial);
  }
  return in.ok();
}

Result<Triage> Triage::load(std::string_view model, AlertLog& log) {
  TRY(const std::string_view bytes, learn::unseal_model(model, kind, version));
  ByteReader in(bytes);
  TriageOptions options;
  bool whole = load_options(in, options);
  Triage triage(options);
  whole &= load_names(in, [&](std::string_view name) { return log.know_rule(name); });
  whole &= load_names(in, [&](std::string_view name) { return log.know_host(name); });
  triage.latest_ = triage.learnt_until_ = load_time(in);
  triage.day_ = load_time(in).value_or(Timestamp{});
  whole &= is_event_time(triage.latest_.value_or(Timestamp{})) && is_event_time(triage.day_);
  for (uint64_t left = in.get_count(8); left > 0; --left) {
    triage.at_latest_.push_back(in.get<uint64_t>());
    ++triage.learnt_last_[triage.at_latest_.back()];
  }
  whole = whole && triage.history_.load(in, log.rules(), log.hosts());
  triage.past_ = load_judgements(in);
  triage.pending_ = load_judgements(in);
  triage.pending_facts_.resize(triage.pending_.size());
  triage.judged_ = triage.pending_.size();
  triage.next_serial_ = in.get<uint64_t>();
  if (!whole || !in.ok() || !triage.load_open(in, log))
    return failure("the model of the triage is not whole");
  if (in.get<uint8_t>() != 0) {
    TRY(triage.model_, within("the model of the triage", DayModel::load(in)));
  }
  return triage;
}

}  // namespace yagura::livenet
