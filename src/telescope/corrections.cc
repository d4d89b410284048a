// SPDX-License-Identifier: Apache-2.0
#include "telescope/corrections.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <unordered_set>

#include "state/ledger.h"
#include "telescope/numbers.h"
#include "telescope/store_writer.h"
#include "telescope/stored_rows.h"

namespace yagura::telescope {
namespace {

constexpr int64_t day_seconds = 86'400;
// Sources of one query: their text stays far under the engine's limit for a statement.
constexpr size_t sources_per_query = 2'000;

// A source whose verdict for a day changes, and what that does to its organisation in numbers.
struct Move {
  IpAddress source;
  SurveyVerdict from, to;
};
struct Shift {
  IpAddress source;
  uint16_t from = 0, to = 0;
};

// Gives correction rows the commit of the bucket they correct: they must go when it goes (the tail
// of a run is replaced, a run is forgotten). Of the commits in a bucket the first is its own, later
// ones are findings by behaviour.
class CommitOfBucket {
 public:
  static Result<CommitOfBucket> load(store::Connection& connection, Level level, uint32_t day) {
    TRY(const auto block,
        connection.query("SELECT toUInt32(time) AS bucket, min(commit) AS owner FROM numbers"
                         " WHERE level = {level:String} AND dimension = 'total'"
                         " AND time >= toDateTime({day:UInt32})"
                         " AND time < toDateTime({day:UInt32}) + 86400 GROUP BY bucket",
                         {{"level", std::string(level_names[static_cast<size_t>(level)])},
                          {"day", fmt::format("{}", day)}}));
    CommitOfBucket commits;
    for (size_t i = 0; i < block.rows; ++i)
      commits.owners_[static_cast<uint32_t>(block["bucket"].unsigned_at(i))] =
          block["owner"].unsigned_at(i);
    return commits;
  }
  uint64_t operator[](uint32_t bucket) const {
    const auto it = owners_.find(bucket);
    return it == owners_.end() ? 0 : it->second;
  }

 private:
  std::map<uint32_t, uint64_t> owners_;
};

// Feeds sources into Numbers and hands the numbers on whenever the bucket changes.
class BucketCounter {
 public:
  BucketCounter(Level level, Numbers::Sink sink) : level_(level), sink_(std::move(sink)) {}

  void add(uint32_t time, std::span<const SourceRow> rows, const SourceFacts& facts, int sign) {
    if (any_ && time != time_) finish();
    time_ = time;
    any_ = true;
    numbers_.add(rows, facts, sign);
  }
  void finish() {
    if (any_) numbers_.emit(level_, time_, sink_);
    any_ = false;
  }

 private:
  Level level_;
  Numbers::Sink sink_;
  Numbers numbers_;
  uint32_t time_ = 0;
  bool any_ = false;
};

// The differences that `shifts` make to the numbers of `level`; `read` reads the buckets' rows.
using SourceReading =
    std::function<Result<void>(std::span<const IpAddress> sources, const StoredVisitor& visit)>;

Result<void> count_shifts(const CorrectionContext& context, Level level,
                          const std::vector<Shift>& shifts, const SourceReading& read,
                          const Numbers::Sink& sink) {
  for (size_t from = 0; from < shifts.size(); from += sources_per_query) {
    const size_t until = std::min(from + sources_per_query, shifts.size());
    std::vector<IpAddress> sources;
    for (size_t i = from; i < until; ++i) sources.push_back(shifts[i].source);
    BucketCounter counter(level, sink);
    TRY_VOID(read(sources, [&](uint32_t time, std::span<const SourceRow> rows) -> Result<void> {
      const auto shift =
          std::lower_bound(shifts.begin(), shifts.end(), rows[0].source,
                           [](const Shift& s, IpAddress source) { return s.source < source; });
      SourceFacts facts;
      facts.place = context.places->find(rows[0].source);
      facts.tool = tool_of_source(rows);
      facts.organisation = shift->from;
      counter.add(time, rows, facts, -1);
      facts.organisation = shift->to;
      counter.add(time, rows, facts, +1);
      return {};
    }));
    counter.finish();
  }
  return {};
}

Result<void> count_shifts_in_activity(const CorrectionContext& context, Level level, uint32_t day,
                                      const std::vector<Shift>& shifts, const Numbers::Sink& sink) {
  return count_shifts(
      context, level, shifts,
      [&](std::span<const IpAddress> sources, const StoredVisitor& visit) {
        return visit_activity(*context.reader, level, day, sources, visit);
      },
      sink);
}

SurveyVerdict judge(SurveyDay& survey, std::span<const SourceRow> rows, double dark_addresses) {
  const SurveyVerdict verdict = survey.find(rows[0].source);
  if (verdict.organisation != 0 || !behaves_like_a_survey(rows, dark_addresses)) return verdict;
  return {unknown_organisation, SurveyEvidence::behaviour};
}

// Days that have source_day rows, as seconds since the epoch.
// What is stored of the organisation of each source of a day, sources rising.
Result<std::map<IpAddress, SurveyVerdict>> stored_verdicts(store::Connection& connection,
                                                           uint32_t day) {
  std::map<IpAddress, SurveyVerdict> verdicts;
  TRY_VOID(connection.stream(
      "SELECT source, max(organisation) AS organisation, max(toUInt8(survey_evidence)) AS evidence"
      " FROM source_day WHERE day = toDate(toDateTime({day:UInt32}, 'UTC'), 'UTC')"
      " GROUP BY source HAVING organisation > 0",
      {{"day", fmt::format("{}", day)}}, [&](const store::Block& block) -> Result<void> {
        for (size_t i = 0; i < block.rows; ++i)
          verdicts[block["source"].address_at(i)] = {
              static_cast<uint16_t>(block["organisation"].unsigned_at(i)),
              static_cast<SurveyEvidence>(block["evidence"].unsigned_at(i))};
        return {};
      }));
  return verdicts;
}

Result<std::vector<Move>> moves_of_day(const CorrectionContext& context, uint32_t day) {
  TRY(const auto stored, stored_verdicts(*context.reader, day));
  const auto survey = context.registry->on(Timestamp::from_seconds(day));
  const double dark = context.dark_addresses(day);
  std::vector<Move> moves;
  TRY_VOID(visit_source_days(
      *context.reader, day, {}, [&](uint32_t, std::span<const SourceRow> rows) -> Result<void> {
        const auto it = stored.find(rows[0].source);
        const SurveyVerdict before = it == stored.end() ? SurveyVerdict{} : it->second;
        const SurveyVerdict after = judge(*survey, rows, dark);
        if (before != after) moves.push_back({rows[0].source, before, after});
        return {};
      }));
  return moves;
}

// Writes the new verdicts into the source_day rows, one statement per verdict.
Result<void> update_source_days(store::Connection& connection, uint32_t day,
                                const std::vector<Move>& moves) {
  std::map<std::pair<uint16_t, SurveyEvidence>, std::vector<IpAddress>> by_verdict;
  for (const Move& move : moves)
    by_verdict[{move.to.organisation, move.to.evidence}].push_back(move.source);
  for (const auto& [verdict, sources] : by_verdict) {
    for (size_t from = 0; from < sources.size(); from += sources_per_query) {
      const auto part =
          std::span(sources).subspan(from, std::min(sources_per_query, sources.size() - from));
      TRY_VOID(connection.execute(
          "ALTER TABLE source_day UPDATE organisation = {organisation:UInt16},"
          " survey_evidence = {evidence:String}"
          " WHERE day = toDate(toDateTime({day:UInt32}, 'UTC'), 'UTC')"
          " AND has({sources:Array(IPv6)}, source) SETTINGS mutations_sync = 2",
          {{"organisation", fmt::format("{}", verdict.first)},
           {"evidence", std::string(survey_evidence_names[static_cast<size_t>(verdict.second)])},
           {"day", fmt::format("{}", day)},
           {"sources", address_array(part)}}));
    }
  }
  return {};
}

bool by_behaviour(SurveyVerdict verdict) { return verdict.evidence == SurveyEvidence::behaviour; }

// The shifts of `moves` from one value of a verdict to the other, without those that shift nothing.
template <typename Organisation>
std::vector<Shift> shifts_of(const std::vector<Move>& moves, const Organisation& organisation) {
  std::vector<Shift> shifts;
  for (const Move& move : moves) {
    const Shift shift{move.source, organisation(move.from), organisation(move.to)};
    if (shift.from != shift.to) shifts.push_back(shift);
  }
  return shifts;
}

// Windows and hours were counted by lists and names, and corrected for behaviour by the commit that
// closed the day. Each part of a move goes with the commit that made it: when the tail of a day
// that is still open is replaced, its findings go, and what lists and names say stays.
Result<void> correct_windows_and_hours(const CorrectionContext& context, uint32_t day,
                                       const std::vector<Move>& moves, StoreWriter& writer) {
  const auto by_list = shifts_of(moves, [](SurveyVerdict verdict) -> uint16_t {
    return by_behaviour(verdict) ? 0 : verdict.organisation;
  });
  const auto findings = shifts_of(moves, [](SurveyVerdict verdict) -> uint16_t {
    return by_behaviour(verdict) ? verdict.organisation : 0;
  });
  TRY(const auto day_owner, CommitOfBucket::load(*context.reader, Level::day, day));
  for (const Level level : {Level::five_minutes, Level::hour}) {
    TRY(const auto owners, CommitOfBucket::load(*context.reader, level, day));
    TRY_VOID(count_shifts_in_activity(context, level, day, by_list, [&](const NumbersRow& row) {
      writer.set_commit(owners[row.time]);
      writer.add(row);
    }));
    writer.set_commit(day_owner[day]);
    TRY_VOID(count_shifts_in_activity(context, level, day, findings,
                                      [&](const NumbersRow& row) { writer.add(row); }));
  }
  return {};
}

Result<void> correct_day(const CorrectionContext& context, uint32_t day,
                         const std::vector<Move>& moves, StoreWriter& writer) {
  const auto shifts = shifts_of(moves, [](SurveyVerdict verdict) { return verdict.organisation; });
  TRY(const auto owner, CommitOfBucket::load(*context.reader, Level::day, day));
  writer.set_commit(owner[day]);
  return count_shifts(
      context, Level::day, shifts,
      [&](std::span<const IpAddress> sources, const StoredVisitor& visit) {
        return visit_source_days(*context.reader, day, sources, visit);
      },
      [&](const NumbersRow& row) { writer.add(row); });
}

Result<void> delete_numbers(store::Connection& connection, uint32_t day,
                            std::string_view condition) {
  for (const std::string_view table :
       {NumbersRow::table, PortNumbersRow::table, NumberSheetRow::table})
    TRY_VOID(
        connection.execute(fmt::format("DELETE FROM {} WHERE time >= toDateTime({{day:UInt32}})"
                                       " AND time < toDateTime({{day:UInt32}}) + 86400{}",
                                       table, condition),
                           {{"day", fmt::format("{}", day)}}));
  return {};
}

}  // namespace

Result<void> correct_for_findings(const CorrectionContext& context, uint32_t day,
                                  std::span<const IpAddress> sources, RowSink& sink) {
  std::vector<Shift> shifts;
  for (const IpAddress source : sources) shifts.push_back({source, 0, unknown_organisation});
  std::sort(shifts.begin(), shifts.end(),
            [](const Shift& a, const Shift& b) { return a.source < b.source; });
  for (const Level level : {Level::five_minutes, Level::hour})
    TRY_VOID(count_shifts_in_activity(context, level, day, shifts,
                                      [&](const NumbersRow& row) { sink.add(row); }));
  return sink.status();
}

Result<void> recount_day(const CorrectionContext& context, uint32_t day) {
  auto& connection = *context.writer;
  TRY(const bool from_activity, has_activity(connection, day));
  const store::Parameters parameters = {{"day", fmt::format("{}", day)}};
  TRY_VOID(delete_numbers(connection, day, from_activity ? "" : " AND level = 'day'"));
  if (from_activity)
    TRY_VOID(connection.execute(
        "DELETE FROM source_day WHERE day = toDate(toDateTime({day:UInt32}, 'UTC'), 'UTC')",
        parameters));
  StoreWriter writer(connection, 0);
  const auto sink = [&](const NumbersRow& row) { writer.add(row); };
  const auto survey = context.registry->on(Timestamp::from_seconds(day));
  const double dark = context.dark_addresses(day);
  std::unordered_set<IpAddress> behaving;
  BucketCounter day_counter(Level::day, sink);
  const auto count_day = [&](uint32_t time, std::span<const SourceRow> rows) -> Result<void> {
    const SurveyVerdict verdict = judge(*survey, rows, dark);
    if (verdict.evidence == SurveyEvidence::behaviour) behaving.insert(rows[0].source);
    const SourceFacts facts{context.places->find(rows[0].source), tool_of_source(rows),
                            verdict.organisation};
    day_counter.add(time, rows, facts, +1);
    if (from_activity)
      for (const SourceRow& row : rows)
        writer.add(source_day_row(row, Timestamp::from_seconds(day), facts, verdict.evidence));
    return writer.status();
  };
  if (!from_activity) {
    TRY_VOID(visit_source_days(*context.reader, day, {}, count_day));
    day_counter.finish();
    return writer.finish();
  }
  TRY_VOID(visit_activity(*context.reader, Level::day, day, {}, count_day));
  day_counter.finish();
  for (const Level level : {Level::five_minutes, Level::hour}) {
    BucketCounter counter(level, sink);
    TRY_VOID(visit_activity(*context.reader, level, day, {},
                            [&](uint32_t time, std::span<const SourceRow> rows) -> Result<void> {
                              SourceFacts facts{context.places->find(rows[0].source),
                                                tool_of_source(rows),
                                                survey->find(rows[0].source).organisation};
                              if (behaving.contains(rows[0].source))
                                facts.organisation = unknown_organisation;
                              counter.add(time, rows, facts, +1);
                              return writer.status();
                            }));
    counter.finish();
  }
  return writer.finish();
}

Result<void> clear_day(store::Connection& connection, uint32_t day) {
  const store::Parameters parameters = {{"day", fmt::format("{}", day)}};
  TRY_VOID(delete_numbers(connection, day, ""));
  return connection.execute(
      "DELETE FROM source_day WHERE day = toDate(toDateTime({day:UInt32}, 'UTC'), 'UTC')",
      parameters);
}

Result<std::vector<int64_t>> counted_days(store::Connection& connection, int64_t first,
                                          int64_t last) {
  TRY(const auto block,
      connection.query("SELECT toUInt32(time) AS day FROM numbers WHERE level = 'day'"
                       " AND dimension = 'total' AND commit = 0"
                       " AND time >= toDateTime({first:UInt32})"
                       " AND time <= toDateTime({last:UInt32}) GROUP BY day ORDER BY day",
                       {{"first", fmt::format("{}", first * day_seconds)},
                        {"last", fmt::format("{}", last * day_seconds)}}));
  std::vector<int64_t> days;
  for (size_t i = 0; i < block.rows; ++i)
    days.push_back(static_cast<int64_t>(block["day"].unsigned_at(i)) / day_seconds);
  return days;
}

Result<std::vector<int64_t>> days_with_activity(store::Connection& connection,
                                                const std::vector<uint64_t>& commits) {
  TRY(const auto block,
      connection.query("SELECT toUInt32(toUInt16(toDate(window, 'UTC'))) AS day FROM activity"
                       " WHERE has({commits:Array(UInt64)}, commit) GROUP BY day ORDER BY day",
                       {{"commits", fmt::format("[{}]", fmt::join(commits, ","))}}));
  std::vector<int64_t> days;
  for (size_t i = 0; i < block.rows; ++i)
    days.push_back(static_cast<int64_t>(block["day"].unsigned_at(i)));
  return days;
}

Result<std::optional<int64_t>> stored_day_before(store::Connection& connection, int64_t before) {
  TRY(const auto block,
      connection.query("SELECT toUInt16(day) AS number FROM source_day"
                       " WHERE day <= toDate({last:UInt16}) ORDER BY day DESC LIMIT 1",
                       {{"last", fmt::format("{}", before - 1)}}));
  if (block.rows == 0) return std::nullopt;
  return static_cast<int64_t>(block["number"].unsigned_at(0));
}

Result<void> apply_registry(const CorrectionContext& context, state::Database& database,
                            uint32_t day, RegistryChange& change) {
  TRY(const auto moves, moves_of_day(context, day));
  if (moves.empty()) return {};
  // If we are killed from here on, the next start counts the whole day again.
  TRY_VOID(state::mark_stale(database, {static_cast<int64_t>(day) / day_seconds}));
  TRY(const bool has_windows, has_activity(*context.reader, day));
  StoreWriter writer(*context.writer, 0);
  if (has_windows) TRY_VOID(correct_windows_and_hours(context, day, moves, writer));
  TRY_VOID(correct_day(context, day, moves, writer));
  TRY_VOID(writer.finish());
  TRY_VOID(update_source_days(*context.writer, day, moves));
  TRY_VOID(state::clear_stale(database, static_cast<int64_t>(day) / day_seconds));
  ++change.days;
  change.sources += moves.size();
  if (!has_windows) ++change.days_at_day_level_only;
  return {};
}

}  // namespace yagura::telescope
