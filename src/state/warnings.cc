// SPDX-License-Identifier: Apache-2.0
#include "state/warnings.h"

#include <fmt/format.h>

#include "base/text.h"
#include "state/statement.h"
#include "state/warning_rows.h"

namespace yagura::state {
namespace {

std::string text_of(std::span<const uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
std::span<const uint8_t> blob_of(std::string_view bytes) {
  return {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()};
}

}  // namespace

Result<Warning> warning_from(const Statement& statement) {
  Warning warning;
  warning.id = statement.integer(0);
  warning.member = statement.integer(1);
  TRY(warning.address, within("the warnings in state.db", IpAddress::parse(statement.text(2))));
  warning.traffic = statement.integer_as<uint8_t>(3);
  warning.first = statement.time(4);
  warning.last = statement.time(5);
  warning.state = statement.integer_as<WarningState>(6);
  warning.severity = statement.integer_as<uint8_t>(7);
  warning.story = text_of(statement.blob(8));
  warning.acknowledged = statement.optional_time(9);
  warning.acknowledged_by = statement.text(10);
  warning.muted_until = statement.optional_time(11);
  warning.comments = statement.integer_as<uint64_t>(12);
  warning.member_comments = statement.integer_as<uint64_t>(13);
  return warning;
}

Result<std::vector<Warning>> read_warnings(Statement& statement) {
  std::vector<Warning> all;
  while (true) {
    TRY(const bool row, statement.step());
    if (!row) return all;
    TRY(all.emplace_back(), warning_from(statement));
  }
}

Result<int64_t> begin_warning(Database& database, const Warning& warning) {
  const std::string address = warning.address.to_string();
  TRY_VOID(run(database,
               "INSERT OR IGNORE INTO warning "
               "(member, address, traffic, first, last, state, severity, story) "
               "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
               warning.member, address, warning.traffic, warning.first, warning.last,
               static_cast<int>(warning.state), warning.severity, blob_of(warning.story)));
  TRY(Statement statement,
      Statement::prepare(database,
                         "SELECT id FROM warning WHERE address = ? AND traffic = ? AND first = ?"));
  TRY(const bool found, statement.bind(address, warning.traffic, warning.first).step());
  CHECK(found);
  return statement.integer(0);
}

Result<void> update_warning(Database& database, const Warning& warning) {
  return run(database,
             "UPDATE warning SET last = ?, state = ?, severity = ?, story = ? WHERE id = ?",
             warning.last, static_cast<int>(warning.state), warning.severity,
             blob_of(warning.story), warning.id);
}

Result<void> put_share(Database& database, const WarningShare& share) {
  return run(database,
             "INSERT INTO warning_share (sensor, address, traffic, warning, story) "
             "VALUES (?, ?, ?, ?, ?) ON CONFLICT (sensor, address, traffic) "
             "DO UPDATE SET warning = excluded.warning, story = excluded.story",
             share.sensor, share.address.to_string(), share.traffic, share.warning,
             blob_of(share.story));
}

Result<void> delete_shares(Database& database, int64_t warning) {
  return run(database, "DELETE FROM warning_share WHERE warning = ?", warning);
}

Result<std::vector<Warning>> open_warnings(Database& database) {
  TRY(Statement statement,
      Statement::prepare(database,
                         fmt::format("SELECT {} FROM warning WHERE state < ?", warning_columns)));
  return read_warnings(statement.bind(static_cast<int>(WarningState::resolved)));
}

Result<std::vector<WarningShare>> warning_shares(Database& database) {
  TRY(Statement statement, Statement::prepare(database,
                                              "SELECT sensor, address, traffic, warning, story "
                                              "FROM warning_share"));
  std::vector<WarningShare> all;
  while (true) {
    TRY(const bool row, statement.step());
    if (!row) return all;
    WarningShare& share = all.emplace_back();
    share.sensor = statement.integer_as<uint16_t>(0);
    TRY(share.address, within("the warnings in state.db", IpAddress::parse(statement.text(1))));
    share.traffic = statement.integer_as<uint8_t>(2);
    share.warning = statement.integer(3);
    share.story = text_of(statement.blob(4));
  }
}

Result<std::vector<Warning>> warnings(Database& database, const WarningQuery& query) {
  TRY(Statement statement,
      Statement::prepare(database,
                         fmt::format("SELECT {} FROM warning WHERE (?1 IS NULL OR member = ?1) "
                                     "AND ((state < 3 AND ?2) OR (state = 3 AND ?3)) "
                                     "ORDER BY last DESC, id DESC LIMIT ?4",
                                     warning_columns)));
  return read_warnings(statement.bind(query.member, query.open, query.resolved, query.limit));
}

Result<std::optional<Warning>> find_warning(Database& database, int64_t id) {
  TRY(Statement statement,
      Statement::prepare(database,
                         fmt::format("SELECT {} FROM warning WHERE id = ?", warning_columns)));
  TRY(auto found, read_warnings(statement.bind(id)));
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

Outcome<void> acknowledge_warning(Database& database, int64_t id, std::string_view by,
                                  Timestamp now) {
  return transaction(database, [&]() -> Outcome<void> {
    TRY_VOID(run(database, "UPDATE warning SET acknowledged = ?, acknowledged_by = ? WHERE id = ?",
                 now, by, id));
    if (changed_rows(database) == 0)
      return refusal(StateError::Kind::absent, fmt::format("there is no warning {}", id));
    return {};
  });
}

Result<std::vector<Comment>> comments(Database& database, int64_t warning) {
  TRY(Statement statement,
      Statement::prepare(
          database,
          "SELECT by, time, of_member, text FROM warning_comment WHERE warning = ? ORDER BY id"));
  statement.bind(warning);
  std::vector<Comment> all;
  while (true) {
    TRY(const bool row, statement.step());
    if (!row) return all;
    all.push_back(
        {statement.time(1), statement.text(0), statement.integer(2) != 0, statement.text(3)});
  }
}

Outcome<void> add_comment(Database& database, int64_t warning, const Comment& comment) {
  if (comment.text.empty() || display_width(comment.text) > longest_comment)
    return refusal(StateError::Kind::invalid,
                   fmt::format("a comment has 1 to {} characters", longest_comment));
  return transaction(database, [&]() -> Outcome<void> {
    TRY(const auto known, find_warning(database, warning));
    if (!known)
      return refusal(StateError::Kind::absent, fmt::format("there is no warning {}", warning));
    if (known->comments >= most_comments)
      return refusal(StateError::Kind::conflict,
                     fmt::format("a warning can have {} comments", most_comments));
    TRY_VOID(run(database,
                 "INSERT INTO warning_comment (warning, time, by, of_member, text) "
                 "VALUES (?, ?, ?, ?, ?)",
                 warning, comment.time, comment.by, comment.of_member, comment.text));
    return {};
  });
}

}  // namespace yagura::state
