// SPDX-License-Identifier: Apache-2.0
#include "livenet/triage_ranking.h"

#include <algorithm>
#include <tuple>
#include <unordered_set>

#include "livenet/alert_formats.h"
#include "livenet/triage_reasons.h"

namespace yagura::livenet {
namespace {

std::string key_of(std::string_view rule, std::string_view host) {
  std::string key(rule);
  key += '\n';
  key += host;
  return key;
}

std::string_view severity_name(model::Severity severity) {
  return model::severity_names[static_cast<size_t>(severity)];
}

Cell known_severity(model::Severity severity) {
  return known(severity != model::Severity::unknown, std::string(severity_name(severity)));
}

// What a person has to write again, in a mark or to look it up, is never cut.
Column whole(const std::string& key) { return {key, key, CellKind::text, 1, SIZE_MAX}; }

Column whole_under_row(const std::string& key) {
  Column column = whole(key);
  column.least_width = SIZE_MAX;
  return column;
}

Column says_column() {
  Column column = {"text", "says", CellKind::text, 1, longest_text};
  column.least_width = 24;  // fewer columns of a rule's words say too little
  return column;
}

Column severity_column() {
  Column column = {"severity", "severity", CellKind::text};
  column.least_width = 8;
  return column;
}

// A column of which no cell is known is none to people.
void hide_unknown(Table& table) {
  for (size_t c = 0; c < table.columns.size(); ++c)
    if (std::all_of(table.rows.begin(), table.rows.end(), [&](const auto& row) {
          return std::holds_alternative<std::monostate>(row[c]);
        }))
      table.columns[c].heading.clear();
}

std::string why(const RankedMeta& ranked, const MetaVerdict& verdict, uint64_t alerts) {
  std::string text = ranked.mark == Mark::none        ? ""
                     : ranked.mark == Mark::important ? "marked important"
                                                      : "marked unimportant";
  const std::string reasons = reasons_text(verdict.reasons, verdict.facts, alerts);
  if (!text.empty() && !reasons.empty()) text += "; ";
  return text + reasons;
}

}  // namespace

Marks::Marks(std::span<const state::AlertMark> marks) {
  for (const state::AlertMark& mark : marks)
    important_[key_of(mark.rule, mark.host)] = mark.important;
}

Mark Marks::of(std::string_view rule, std::string_view host) const {
  Mark found = Mark::none;
  for (const std::string_view where : {host, std::string_view()}) {
    const auto mark = important_.find(key_of(rule, where));
    if (mark == important_.end()) continue;
    if (mark->second) return Mark::important;
    found = Mark::unimportant;
  }
  return found;
}

bool is_rule_name(std::string_view name) {
  const size_t blank = name.find(' ');
  if (blank == std::string_view::npos || blank + 1 == name.size()) return false;
  const auto& detectors = model::detector_names;
  return std::find(detectors.begin(), detectors.end(), name.substr(0, blank)) != detectors.end();
}

std::vector<state::AlertMark> unmatched(std::span<const state::AlertMark> marks,
                                        const Triage& triage, const AlertLog& log) {
  std::unordered_set<std::string> heard;
  if (!marks.empty()) {
    for (const MetaAlert& meta : triage.metas()) {
      heard.insert(key_of(log.rule_name(meta.rule), log.host_name(meta.host)));
      heard.insert(key_of(log.rule_name(meta.rule), {}));
    }
  }
  std::vector<state::AlertMark> found;
  for (const state::AlertMark& mark : marks)
    if (!heard.contains(key_of(mark.rule, mark.host))) found.push_back(mark);
  return found;
}

std::string mark_text(const state::AlertMark& mark) {
  return mark.rule + " on " + (mark.host.empty() ? "every host" : mark.host);
}

std::vector<RankedMeta> rank(const Triage& triage, const AlertLog& log, const Marks& marks) {
  const auto metas = triage.metas();
  const auto verdicts = triage.verdicts();
  std::vector<RankedMeta> ranking;
  for (uint32_t i = 0; i < metas.size(); ++i) {
    const Mark mark = marks.of(log.rule_name(metas[i].rule), log.host_name(metas[i].host));
    if (verdicts[i].shown || mark == Mark::important) ranking.push_back({i, mark});
  }
  std::stable_sort(ranking.begin(), ranking.end(), [&](const RankedMeta& a, const RankedMeta& b) {
    if (a.mark != b.mark) return a.mark < b.mark;
    return verdicts[a.meta].standing() > verdicts[b.meta].standing();
  });
  return ranking;
}

Table ranking_table(std::span<const RankedMeta> ranking, const Triage& triage, const AlertLog& log,
                    size_t limit) {
  Table table;
  table.columns = {{"rank", "#", CellKind::count},
                   {"id", "id", CellKind::id},
                   {"first", "first", CellKind::time},
                   {"last", "", CellKind::time},
                   {"shown_at", "", CellKind::time},
                   whole("host"),
                   whole("rule"),
                   says_column(),
                   {"source", "", CellKind::text},
                   severity_column(),
                   {"alerts", "alerts", CellKind::count},
                   {"score", "score", CellKind::number, 3},
                   whole_under_row("why")};
  for (size_t i = 0; i < std::min(limit, ranking.size()); ++i) {
    const MetaAlert& meta = triage.metas()[ranking[i].meta];
    const MetaVerdict& verdict = triage.verdicts()[ranking[i].meta];
    table.add({uint64_t{i + 1}, triage.id(ranking[i].meta), meta.first, meta.last,
               verdict.shown ? Cell(verdict.shown_at) : Cell(), log.host_name(meta.host),
               log.rule_name(meta.rule), log.text(meta.text),
               known(!log.source(meta.source).empty(), log.source(meta.source)),
               known_severity(meta.severity), meta.count, known(verdict.judged, verdict.score),
               why(ranking[i], verdict, meta.count)});
  }
  hide_unknown(table);
  return table;
}

Table members_table(uint32_t meta, const Triage& triage, const AlertLog& log,
                    std::span<const std::string> files) {
  Table table;
  Column line = {"line", "line", CellKind::id};
  line.least_width = SIZE_MAX;  // beside the file
  table.columns = {
      {"time", "time", CellKind::time}, whole("host"),     whole("rule"),           says_column(),
      whole_under_row("source"),        severity_column(), whole_under_row("file"), line};
  const auto rows = log.rows().subspan(triage.left_out());
  for (const size_t i : triage.members(meta)) {
    const AlertRow& row = rows[i];
    table.add({row.time, log.host_name(row.host), log.rule_name(row.rule), log.text(row.text),
               known(!log.source(row.source).empty(), log.source(row.source)),
               known_severity(row.severity), files[row.file], uint64_t{row.line}});
  }
  hide_unknown(table);
  return table;
}

Table marks_table(std::span<const state::AlertMark> marks) {
  Table table;
  table.columns = {whole("rule"),
                   whole("host"),
                   {"mark", "mark", CellKind::text},
                   {"marked", "marked", CellKind::time}};
  for (const state::AlertMark& mark : marks)
    table.add({mark.rule, known(!mark.host.empty(), mark.host),
               std::string(mark.important ? "important" : "unimportant"), mark.marked});
  return table;
}

}  // namespace yagura::livenet
