// SPDX-License-Identifier: Apache-2.0
#include "state/telling.h"

#include <fmt/format.h>

#include "state/statement.h"
#include "state/warning_rows.h"

namespace yagura::state {
namespace {

// As the partial indexes have them.
constexpr std::string_view untold =
    "(warning.told = 0 OR (warning.told = 1 AND warning.state = 3))";
constexpr std::string_view risen =
    "(warning.told = 1 AND warning.severity > warning.told_severity)";
constexpr std::string_view is_muted =
    "EXISTS (SELECT 1 FROM mute WHERE mute.member = warning.member "
    "AND mute.address = warning.address AND mute.until > ?)";

}  // namespace

Result<bool> has_news(Database& database) {
  TRY(Statement statement,
      Statement::prepare(database, fmt::format("SELECT EXISTS (SELECT 1 FROM warning WHERE {}) "
                                               "OR EXISTS (SELECT 1 FROM warning WHERE {})",
                                               untold, risen)));
  TRY(const bool row, statement.step());
  CHECK(row);
  return statement.integer(0) != 0;
}

Result<bool> has_to_tell(Database& database, Timestamp now) {
  TRY(const bool news, has_news(database));
  if (news) return true;
  TRY(Statement statement,
      Statement::prepare(database,
                         "SELECT EXISTS (SELECT 1 FROM to_tell) "
                         "OR EXISTS (SELECT 1 FROM contact WHERE next_digest <= ?)"));
  TRY(const bool row, statement.bind(now).step());
  CHECK(row);
  return statement.integer(0) != 0;
}

Result<void> fill_backlogs(Database& database, Timestamp now) {
  return database.transaction([&]() -> Result<void> {
    TRY_VOID(
        run(database,
            fmt::format("INSERT INTO to_tell (contact, warning, change) "
                        "SELECT contact.id, warning.id, iif(warning.state = 3, {}, {}) "
                        "FROM warning JOIN contact ON contact.member = warning.member "
                        "WHERE {} "
                        "ON CONFLICT (contact, warning) DO UPDATE SET change = excluded.change",
                        change_ended, change_began, untold)));
    TRY_VOID(run(database, fmt::format("UPDATE warning SET told = iif(state = 3, 2, 1), "
                                       "told_severity = severity WHERE {}",
                                       untold)));
    TRY_VOID(run(database,
                 fmt::format("UPDATE contact SET next_digest = ?1 WHERE next_digest > ?1 "
                             "AND member IN (SELECT member FROM warning WHERE {})",
                             risen),
                 now));
    return run(database,
               fmt::format("UPDATE warning SET told_severity = severity WHERE {}", risen));
  });
}

Result<std::vector<ContactNotices>> contacts_to_tell(Database& database, Timestamp now) {
  TRY(Statement statement,
      Statement::prepare(database,
                         "SELECT id, member, target, language, quiet, secret, last_notice, "
                         "spacing, next_digest FROM contact WHERE next_digest <= ? "
                         "OR EXISTS (SELECT 1 FROM to_tell WHERE contact = contact.id)"));
  statement.bind(now);
  std::vector<ContactNotices> all;
  while (true) {
    TRY(const bool row, statement.step());
    if (!row) return all;
    ContactNotices& each = all.emplace_back();
    each.contact = {statement.integer(0), statement.integer(1),
                    statement.text(2),    statement.integer_as<model::Language>(3),
                    statement.text(4),    statement.text(5)};
    each.last = statement.optional_time(6);
    each.spacing = {statement.integer(7)};
    each.next_digest = statement.optional_time(8);
  }
}

Result<void> update_notices(Database& database, const ContactNotices& notices) {
  return run(database,
             "UPDATE contact SET last_notice = ?, spacing = ?, next_digest = ? WHERE id = ?",
             notices.last, notices.spacing.nanoseconds, notices.next_digest, notices.contact.id);
}

Result<std::vector<Untold>> backlog(Database& database, const Contact& contact,
                                    uint8_t least_severity, Timestamp now, int64_t limit) {
  TRY(Statement statement,
      Statement::prepare(
          database, fmt::format("SELECT {}, to_tell.change FROM to_tell "
                                "JOIN warning ON warning.id = to_tell.warning "
                                "WHERE to_tell.contact = ? AND warning.severity >= ? AND NOT {} "
                                "ORDER BY warning.severity DESC, warning.id LIMIT ?",
                                warning_columns, is_muted)));
  statement.bind(contact.id, least_severity, now, limit);
  std::vector<Untold> all;
  while (true) {
    TRY(const bool row, statement.step());
    if (!row) return all;
    Untold& each = all.emplace_back();
    TRY(each.warning, warning_from(statement));
    each.change = statement.integer_as<uint8_t>(warning_column_count);
  }
}

Result<void> told(Database& database, int64_t contact, std::span<const int64_t> warnings) {
  return database.transaction([&]() -> Result<void> {
    TRY(Statement statement,
        Statement::prepare(database, "DELETE FROM to_tell WHERE contact = ? AND warning = ?"));
    for (const int64_t warning : warnings) TRY_VOID(statement.bind(contact, warning).run());
    return {};
  });
}

Result<std::vector<Warning>> known_open(Database& database, const Contact& contact,
                                        uint8_t least_severity, Timestamp now, int64_t limit) {
  TRY(Statement statement,
      Statement::prepare(
          database,
          fmt::format("SELECT {} FROM warning WHERE warning.member = ? AND warning.state < 3 "
                      "AND warning.severity >= ? AND warning.told = 1 AND NOT {} "
                      "AND NOT EXISTS (SELECT 1 FROM to_tell WHERE to_tell.contact = ? "
                      "AND to_tell.warning = warning.id) "
                      "ORDER BY warning.severity DESC, warning.id LIMIT ?",
                      warning_columns, is_muted)));
  statement.bind(contact.member, least_severity, now, contact.id, limit);
  return read_warnings(statement);
}

Result<bool> has_open(Database& database, int64_t member) {
  TRY(Statement statement,
      Statement::prepare(database,
                         "SELECT EXISTS (SELECT 1 FROM warning WHERE member = ? AND state < 3 "
                         "AND told = 1)"));
  TRY(const bool row, statement.bind(member).step());
  CHECK(row);
  return statement.integer(0) != 0;
}

Outcome<void> mute_address(Database& database, int64_t warning, std::optional<Timestamp> until) {
  return transaction(database, [&]() -> Outcome<void> {
    TRY(const auto known, find_warning(database, warning));
    if (!known)
      return refusal(StateError::Kind::absent, fmt::format("there is no warning {}", warning));
    const std::string address = known->address.to_string();
    TRY_VOID(
        run(database, "DELETE FROM mute WHERE member = ? AND address = ?", known->member, address));
    if (until)
      TRY_VOID(run(database, "INSERT INTO mute (member, address, until) VALUES (?, ?, ?)",
                   known->member, address, *until));
    return {};
  });
}

}  // namespace yagura::state
