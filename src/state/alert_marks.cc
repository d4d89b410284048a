// SPDX-License-Identifier: Apache-2.0
#include "state/alert_marks.h"

#include <fmt/format.h>

#include "base/text.h"
#include "state/names.h"
#include "state/statement.h"

namespace yagura::state {
namespace {

constexpr size_t longest_name = 300;

}  // namespace

Outcome<void> mark_alerts(Database& database, const AlertMark& mark) {
  TRY_VOID(check_name("a rule's name", mark.rule, longest_name));
  if (!mark.host.empty()) TRY_VOID(check_name("a host's name", mark.host, longest_name));
  return transaction(database, [&]() -> Outcome<void> {
    TRY_VOID(
        run(database, "DELETE FROM alert_mark WHERE rule = ? AND host = ?", mark.rule, mark.host));
    TRY_VOID(run(database,
                 "INSERT INTO alert_mark (rule, host, important, marked) SELECT ?, ?, ?, ? "
                 "WHERE (SELECT count(*) FROM alert_mark) < ?",
                 mark.rule, mark.host, mark.important, mark.marked, most_alert_marks));
    if (changed_rows(database) == 0)
      return refusal(StateError::Kind::conflict,
                     fmt::format("there are {} marks: remove some",
                                 format_count(static_cast<uint64_t>(most_alert_marks))));
    return {};
  });
}

Outcome<void> unmark_alerts(Database& database, const std::string& rule, const std::string& host) {
  return transaction(database, [&]() -> Outcome<void> {
    TRY_VOID(run(database, "DELETE FROM alert_mark WHERE rule = ? AND host = ?", rule, host));
    if (changed_rows(database) == 0)
      return refusal(StateError::Kind::absent, "there is no such mark");
    return {};
  });
}

Result<std::vector<AlertMark>> alert_marks(Database& database) {
  TRY(Statement statement,
      Statement::prepare(database,
                         "SELECT rule, host, important, marked FROM alert_mark "
                         "ORDER BY rule, host"));
  std::vector<AlertMark> marks;
  while (true) {
    TRY(const bool row, statement.step());
    if (!row) break;
    marks.push_back(
        {statement.text(0), statement.text(1), statement.integer(2) != 0, statement.time(3)});
  }
  return marks;
}

}  // namespace yagura::state
