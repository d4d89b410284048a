// SPDX-License-Identifier: Apache-2.0
#include "state/outbox.h"

#include <fmt/format.h>

#include "state/statement.h"

namespace yagura::state {
namespace {

constexpr std::string_view columns =
    "outbox.id, contact, message_id, subject, outbox.state, made, next, expires, attempts, error, "
    "contact.target, member.name";
constexpr std::string_view tables =
    "outbox JOIN contact ON contact.id = outbox.contact JOIN member ON member.id = contact.member";

Letter letter_from(const Statement& statement) {
  Letter letter;
  letter.id = statement.integer(0);
  letter.contact = statement.integer(1);
  letter.message_id = statement.text(2);
  letter.subject = statement.text(3);
  letter.state = statement.integer_as<LetterState>(4);
  letter.made = statement.time(5);
  letter.next = statement.time(6);
  letter.expires = statement.time(7);
  letter.attempts = statement.integer_as<uint64_t>(8);
  letter.error = statement.text(9);
  letter.target = statement.text(10);
  letter.member = statement.text(11);
  return letter;
}

Result<std::vector<Letter>> read_letters(Statement& statement) {
  std::vector<Letter> all;
  while (true) {
    TRY(const bool row, statement.step());
    if (!row) return all;
    all.push_back(letter_from(statement));
  }
}

constexpr int waiting = static_cast<int>(LetterState::waiting);
constexpr int sent = static_cast<int>(LetterState::sent);
constexpr int dead = static_cast<int>(LetterState::dead);

}  // namespace

Result<void> post_letter(Database& database, const Letter& letter) {
  const std::span<const uint8_t> body(reinterpret_cast<const uint8_t*>(letter.body.data()),
                                      letter.body.size());
  return run(
      database,
      "INSERT OR IGNORE INTO outbox "
      "(contact, message_id, subject, body, made, next, expires) VALUES (?, ?, ?, ?, ?, ?, ?)",
      letter.contact, letter.message_id, letter.subject, body, letter.made, letter.next,
      letter.expires);
}

Result<std::vector<Letter>> due_letters(Database& database, Timestamp now, int64_t limit) {
  TRY(Statement statement,
      Statement::prepare(database,
                         fmt::format("SELECT {} FROM {} WHERE outbox.state = ? AND next <= ? "
                                     "ORDER BY next, outbox.id LIMIT ?",
                                     columns, tables)));
  return read_letters(statement.bind(waiting, now, limit));
}

Result<std::optional<Letter>> find_letter(Database& database, int64_t id) {
  TRY(Statement statement,
      Statement::prepare(database, fmt::format("SELECT {}, body, contact.secret FROM {} "
                                               "WHERE outbox.id = ?",
                                               columns, tables)));
  TRY(const bool found, statement.bind(id).step());
  if (!found) return std::nullopt;
  Letter letter = letter_from(statement);
  const auto body = statement.blob(12);
  letter.body.assign(reinterpret_cast<const char*>(body.data()), body.size());
  letter.secret = statement.text(13);
  return letter;
}

Result<void> letter_sent(Database& database, int64_t id) {
  return run(database,
             "UPDATE outbox SET state = ?, attempts = attempts + 1, error = '' WHERE id = ?", sent,
             id);
}

Result<void> letter_failed(Database& database, int64_t id, std::string_view error, Timestamp next) {
  return run(database,
             "UPDATE outbox SET next = ?, attempts = attempts + 1, error = ? WHERE id = ?", next,
             error, id);
}

Result<void> letter_dead(Database& database, int64_t id, std::string_view error) {
  return run(database,
             "UPDATE outbox SET state = ?, attempts = attempts + 1, error = ? WHERE id = ?", dead,
             error, id);
}

Result<bool> has_letter_since(Database& database, int64_t contact, std::string_view prefix,
                              Timestamp time) {
  TRY(Statement statement,
      Statement::prepare(database,
                         "SELECT EXISTS (SELECT 1 FROM outbox WHERE contact = ? AND made >= ? "
                         "AND substr(message_id, 1, length(?3)) = ?3)"));
  TRY(const bool row, statement.bind(contact, time, prefix).step());
  CHECK(row);
  return statement.integer(0) != 0;
}

Result<std::vector<Letter>> letters(Database& database, const LetterQuery& query) {
  TRY(Statement statement,
      Statement::prepare(database,
                         fmt::format("SELECT {} FROM {} WHERE (?1 IS NULL OR outbox.state = ?1) "
                                     "AND (?2 IS NULL OR contact.member = ?2) "
                                     "ORDER BY outbox.id DESC LIMIT ?3",
                                     columns, tables)));
  std::optional<int> state;
  if (query.state) state = static_cast<int>(*query.state);
  return read_letters(statement.bind(state, query.member, query.limit));
}

Result<LetterCounts> count_letters(Database& database) {
  TRY(Statement statement,
      Statement::prepare(database,
                         "SELECT (SELECT count(*) FROM outbox WHERE state = ?), "
                         "(SELECT count(*) FROM outbox WHERE state = ?)"));
  TRY(const bool row, statement.bind(waiting, dead).step());
  CHECK(row);
  return LetterCounts{statement.integer_as<uint64_t>(0), statement.integer_as<uint64_t>(1)};
}

Outcome<void> retry_letter(Database& database, int64_t id, Timestamp now, Timestamp expires) {
  return transaction(database, [&]() -> Outcome<void> {
    TRY_VOID(run(database,
                 "UPDATE outbox SET state = ?, next = ?, expires = ? WHERE id = ? AND state = ?",
                 waiting, now, expires, id, dead));
    if (changed_rows(database) == 0)
      return refusal(StateError::Kind::absent, fmt::format("there is no dead letter {}", id));
    return {};
  });
}

Result<void> prune_letters(Database& database, Timestamp sent_before, Timestamp dead_before) {
  return database.transaction([&]() -> Result<void> {
    TRY_VOID(run(database, "DELETE FROM outbox WHERE state = ? AND made < ?", sent, sent_before));
    return run(database, "DELETE FROM outbox WHERE state = ? AND made < ?", dead, dead_before);
  });
}

}  // namespace yagura::state
