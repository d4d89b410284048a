// SPDX-License-Identifier: Apache-2.0
#include "telescope/known_numbers.h"

#include <algorithm>
#include <utility>

#include "telescope/port_block.h"

namespace yagura::telescope {
namespace {

// Buckets read at once: some 10 MB.
size_t buckets_at_once(Dimension dimension) {
  constexpr size_t of_ports = 64, of_others = 256, of_totals = 4096;
  if (dimension == Dimension::total) return of_totals;
  return is_port(dimension) ? of_ports : of_others;
}

// The period in which sheets are read if any of `period` has to be: small ones cost little more by
// the hundred than one by one, and those around them are likely to be asked for.
Period read_period(const SheetQuestion& question, const Period& period) {
  const auto buckets = [&]() -> int64_t {
    switch (question.kind.dimension) {
      case Dimension::total:
      case Dimension::tool:
      case Dimension::organisation:
        return 256;
      case Dimension::country:
        return 64;
      default:
        return 1;
    }
  }();
  const Duration stretch = {level_length(question.level).nanoseconds * buckets};
  const Timestamp last = {period.until.nanoseconds - 1};
  return {period.from.floor(stretch), last.floor(stretch) + stretch};
}

bool lacks_part(const SheetQuestion& question, const Sheet& sheet, size_t part) {
  return question.asks_for(part) && !sheet.parts[part];
}

bool lacks_part(const SheetQuestion& question, const Sheet& sheet) {
  for (size_t part = 0; part < sheet_part_count; ++part)
    if (lacks_part(question, sheet, part)) return true;
  return false;
}

bool lacks_part(const SheetQuestion& question, const std::vector<Sheet>& sheets) {
  return std::ranges::any_of(sheets, [&](const Sheet& s) { return lacks_part(question, s); });
}

// Sheets of survey scanners lie apart from the others of their time: two readings, if they are
// much.
std::vector<SheetQuestion> questions_of(const SheetQuestion& question) {
  if (question.survey != Survey::with || question.reads_all_parts()) return {question};
  SheetQuestion without = question, only = question;
  without.survey = Survey::without;
  only.survey = Survey::only;
  return {without, only};
}

}  // namespace

Result<std::shared_ptr<const ObservedTimes>> KnownNumbers::observed(store::Connection& connection) {
  std::shared_ptr<const ObservedTimes> before;
  std::optional<Period> unsure;
  uint64_t changes = 0;
  {
    const MutexLock lock(mutex_);
    if (observed_ && !unsure_) return observed_;
    before = observed_;
    unsure = unsure_;
    changes = changes_;
  }
  auto times = std::make_shared<ObservedTimes>();
  if (before) {
    TRY(const ObservedTimes again, read_observed_times(connection, unsure));
    *times = *before;
    times->replace(*unsure, again);
  } else {
    TRY(*times, read_observed_times(connection));
  }
  const MutexLock lock(mutex_);
  if (changes == changes_) {
    observed_ = times;
    unsure_.reset();
  }
  return times;
}

class KnownNumbers::Claim {
 public:
  // Claims those buckets whose sheets lack a part and that nobody reads; where there are only
  // others, waits for them. Nothing is claimed when nothing is lacking.
  Claim(KnownNumbers& numbers, Group& group) : numbers_(numbers), group_(group) {
    const MutexLock lock(numbers.mutex_);
    while (true) {
      for (size_t i = 0; i < group.questions.size(); ++i)
        numbers.find(group.questions[i], group.sheets[i]);
      changes_ = numbers.changes_;
      bool any = false;
      for (size_t place = 0; place < group.sheets.front().size(); ++place) {
        const std::vector<SheetKey> lacking = lacking_parts(place);
        if (lacking.empty()) continue;
        any = true;
        if (is_being_read(lacking)) continue;
        places_.push_back(place);
        claim(place);
      }
      if (!any || !places_.empty()) return;
      numbers.has_been_read_.wait(numbers.mutex_);
    }
  }
  ~Claim() {
    const MutexLock lock(numbers_.mutex_);
    for (const SheetKey& key : keys_) numbers_.being_read_.erase(key);
    numbers_.has_been_read_.notify_all();
  }
  Claim(const Claim&) = delete;
  Claim& operator=(const Claim&) = delete;

  std::span<const size_t> places() const { return places_; }
  uint64_t changes() const { return changes_; }

 private:
  std::vector<SheetKey> lacking_parts(size_t place) const {
    std::vector<SheetKey> keys;
    for (size_t i = 0; i < group_.questions.size(); ++i)
      for (size_t part = 0; part < sheet_part_count; ++part)
        if (lacks_part(group_.questions[i], group_.sheets[i][place], part))
          keys.push_back(key_of(i, place, part));
    return keys;
  }
  bool is_being_read(const std::vector<SheetKey>& keys) const YAGURA_REQUIRES(numbers_.mutex_) {
    for (const SheetKey& key : keys)
      if (numbers_.being_read_.contains(key)) return true;
    return false;
  }
  SheetKey key_of(size_t question, size_t place, size_t part) const {
    return {group_.questions[question].level, group_.sheets[question][place].time,
            group_.questions[question].kind, part};
  }
  // All that is read of the bucket.
  void claim(size_t place) YAGURA_REQUIRES(numbers_.mutex_) {
    for (size_t i = 0; i < group_.questions.size(); ++i)
      for (size_t part = 0; part < sheet_part_count; ++part) {
        if (!group_.questions[i].reads(part)) continue;
        const SheetKey key = key_of(i, place, part);
        if (numbers_.being_read_.insert(key).second) keys_.push_back(key);
      }
  }

  KnownNumbers& numbers_;
  const Group& group_;
  std::vector<size_t> places_;
  std::vector<SheetKey> keys_;
  uint64_t changes_ = 0;
};

Result<std::vector<Sheet>> KnownNumbers::known_sheets(store::Connection& connection,
                                                      const SheetQuestion& question,
                                                      const Period& period) {
  TRY(const auto observed, this->observed(connection));
  std::vector<Sheet> sheets;
  for (const Timestamp time : observed->within(question.level, period))
    sheets.push_back({time, {}});
  const MutexLock lock(mutex_);
  find(question, sheets);
  return sheets;
}

Result<std::vector<Sheet>> KnownNumbers::sheets(store::Connection& connection,
                                                const SheetQuestion& question,
                                                const Period& period) {
  TRY(std::vector<Sheet> sheets, known_sheets(connection, question, period));
  if (!lacks_part(question, sheets)) return sheets;
  const Timestamp first = sheets.front().time, last = sheets.back().time;
  TRY(Group group, read_together(connection, {question}, period));
  sheets = std::move(group.sheets.front());
  std::erase_if(sheets, [&](const Sheet& s) { return s.time < first || s.time > last; });
  return sheets;
}

Result<KnownNumbers::Group> KnownNumbers::read_together(store::Connection& connection,
                                                        std::vector<SheetQuestion> questions,
                                                        const Period& period) {
  Group group = {std::move(questions), {}};
  Period whole = period;
  for (const SheetQuestion& question : group.questions) {
    const Period read = read_period(question, period);
    whole = {std::min(whole.from, read.from), std::max(whole.until, read.until)};
  }
  TRY(const auto observed, this->observed(connection));
  std::vector<Sheet> sheets;
  for (const Timestamp time : observed->within(group.questions.front().level, whole))
    sheets.push_back({time, {}});
  group.sheets.assign(group.questions.size(), sheets);
  TRY_VOID(read_lacking(connection, group));
  return group;
}

Result<void> KnownNumbers::read_ahead(store::Connection& connection,
                                      std::span<const Ahead> wanted) {
  struct Reading {
    std::vector<SheetQuestion> questions;
    Period period;
  };
  std::vector<Reading> readings;
  for (const Ahead& ahead : wanted)
    for (const SheetQuestion& question : questions_of(ahead.question)) {
      TRY(const auto sheets, known_sheets(connection, question, ahead.period));
      if (!lacks_part(question, sheets)) continue;
      const auto same = std::ranges::find_if(readings, [&](const Reading& reading) {
        return reading.period == ahead.period && reading.questions.front().goes_with(question);
      });
      if (same == readings.end())
        readings.push_back({{question}, ahead.period});
      else
        same->questions.push_back(question);
    }
  std::vector<store::Readers::Job> jobs;
  for (const Reading& reading : readings)
    jobs.emplace_back([this, &reading](store::Connection& own) -> Result<void> {
      TRY_VOID(read_together(own, reading.questions, reading.period));
      return {};
    });
  return run(connection, jobs);
}

Result<void> KnownNumbers::run(store::Connection& connection,
                               std::span<const store::Readers::Job> jobs) {
  if (readers_ && jobs.size() > 1) return readers_->run(connection, jobs);
  for (const auto& job : jobs) TRY_VOID(job(connection));
  return {};
}

Result<void> KnownNumbers::read_lacking(store::Connection& connection, Group& group) {
  size_t at_once = SIZE_MAX;
  for (const SheetQuestion& question : group.questions)
    at_once = std::min(at_once, buckets_at_once(question.kind.dimension));
  while (true) {
    const Claim claim(*this, group);
    if (claim.places().empty()) return {};
    std::span<const size_t> left = claim.places();
    while (!left.empty()) {
      size_t count = 1;
      while (count < std::min(left.size(), at_once) && left[count] == left[count - 1] + 1) ++count;
      TRY_VOID(read_run(connection, left.first(count), claim.changes(), group));
      left = left.subspan(count);
    }
  }
}

Result<void> KnownNumbers::read_run(store::Connection& connection, std::span<const size_t> places,
                                    uint64_t changes, Group& group) {
  std::vector<Timestamp> times;
  for (const size_t place : places) times.push_back(group.sheets.front()[place].time);
  TRY(const auto read, read_sheets(connection, index_, group.questions, times));
  const MutexLock lock(mutex_);
  for (size_t i = 0; i < group.questions.size(); ++i)
    for (size_t at = 0; at < places.size(); ++at) {
      const SheetParts& parts = read[i][at];
      for (size_t part = 0; part < sheet_part_count; ++part)
        if (group.questions[i].asks_for(part))
          group.sheets[i][places[at]].parts[part] = parts[part];
      if (changes == changes_) keep(group.questions[i], times[at], parts);
    }
  return {};
}

Result<std::vector<History>> KnownNumbers::histories(store::Connection& connection,
                                                     const HistoryKind& kind,
                                                     std::span<const uint32_t> values,
                                                     const Period& period) {
  const Duration length = stretch_length(kind.level);
  const Timestamp begin = period.from.floor(length);
  std::vector<Timestamp> times;
  for (Timestamp time = begin; time < period.until; time = time + length) times.push_back(time);
  std::vector<HistoryKey> keys;
  for (const uint32_t value : values)
    for (const Timestamp time : times)
      keys.push_back({kind.level, time, kind.of, kind.measure, value});
  std::vector<Counts> counts(keys.size());
  const uint64_t changes = find(keys, counts);
  TRY_VOID(read_missing(connection, keys, times.size(), changes, counts));
  std::vector<History> histories;
  for (auto of_value = counts.begin(); of_value != counts.end();) {
    const auto end = of_value + static_cast<std::ptrdiff_t>(times.size());
    histories.emplace_back(kind.level, begin, std::vector<Counts>(of_value, end));
    of_value = end;
  }
  return histories;
}

Result<void> KnownNumbers::read_missing(store::Connection& connection,
                                        const std::vector<HistoryKey>& keys, size_t stretches,
                                        uint64_t changes, std::vector<Counts>& counts) {
  // All that is missing is read at once, from the first stretch to the last of which any is.
  std::vector<uint32_t> values;
  size_t first = stretches, end = 0;
  for (size_t i = 0; i < keys.size(); ++i) {
    if (counts[i]) continue;
    if (values.empty() || values.back() != keys[i].value) values.push_back(keys[i].value);
    first = std::min(first, i % stretches);
    end = std::max(end, i % stretches + 1);
  }
  if (values.empty()) return {};
  TRY(const auto read, read_histories(connection, {keys[0].level, keys[0].kind, keys[0].measure},
                                      values, keys[first].stretch, end - first));
  const MutexLock lock(mutex_);
  for (size_t i = 0; i < keys.size(); ++i) {
    if (counts[i]) continue;
    const auto value = static_cast<size_t>(std::find(values.begin(), values.end(), keys[i].value) -
                                           values.begin());
    counts[i] = read[value * (end - first) + i % stretches - first];
    if (changes == changes_) histories_.keep(keys[i], counts[i]);
  }
  return {};
}

void KnownNumbers::find(const SheetQuestion& question, std::vector<Sheet>& sheets) {
  KeptSheets& kept = sheets_of(question.level);
  for (Sheet& sheet : sheets)
    for (size_t part = 0; part < sheet_part_count; ++part)
      if (question.asks_for(part) && !sheet.parts[part])
        sheet.parts[part] = kept.find({question.level, sheet.time, question.kind, part});
}

void KnownNumbers::keep(const SheetQuestion& question, Timestamp time, const SheetParts& parts) {
  for (size_t part = 0; part < sheet_part_count; ++part)
    if (parts[part])
      sheets_of(question.level).keep({question.level, time, question.kind, part}, parts[part]);
}

uint64_t KnownNumbers::find(const std::vector<HistoryKey>& keys, std::vector<Counts>& counts) {
  const MutexLock lock(mutex_);
  for (size_t i = 0; i < keys.size(); ++i)
    if (!counts[i]) counts[i] = histories_.find(keys[i]);
  return changes_;
}

void KnownNumbers::changed(const Period& period) {
  const Timestamp after = {period.until.nanoseconds + 1};
  const MutexLock lock(mutex_);
  ++changes_;
  Period days = whole_days({period.from, after});
  if (unsure_) days = {std::min(days.from, unsure_->from), std::max(days.until, unsure_->until)};
  unsure_ = days;
  for (const Level level : {Level::five_minutes, Level::hour, Level::day}) {
    sheets_of(level).drop_between({level, period.from.floor(level_length(level)), {}, 0},
                                  {level, after, {}, 0});
    histories_.drop_between({level, period.from.floor(stretch_length(level)), {}, {}, 0},
                            {level, after, {}, {}, 0});
  }
}

void KnownNumbers::clear() {
  const MutexLock lock(mutex_);
  ++changes_;
  observed_.reset();
  unsure_.reset();
  days_.clear();
  finer_.clear();
  histories_.clear();
}

}  // namespace yagura::telescope
