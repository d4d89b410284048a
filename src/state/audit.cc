// SPDX-License-Identifier: Apache-2.0
#include "state/audit.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "state/accounts.h"
#include "state/statement.h"

namespace yagura::state {
namespace {

constexpr size_t longest_text = 256;     // characters
constexpr size_t longest_detail = 4096;  // bytes
constexpr int64_t most_records = 10'000;

// Texts from outside are made printable: the log is read where it may do harm.
std::string kept(std::string_view text) {
  return shorten(escape_terminal(text.substr(0, 4 * longest_text)), longest_text);
}

Result<void> check_detail(Database& database, std::string_view detail) {
  if (detail.size() > longest_detail) {
    return failure(
        fmt::format("audit: a detail of {} bytes, {} are allowed", detail.size(), longest_detail));
  }
  TRY(Statement statement, Statement::prepare(database, "SELECT json_valid(?)"));
  TRY(const bool row, statement.bind(detail).step());
  CHECK(row);
  if (statement.integer(0) == 0) return failure("audit: the detail is no JSON");
  return {};
}

Result<AuditRecord> record_from(const Statement& statement) {
  AuditRecord found;
  found.id = statement.integer(0);
  found.entry.time = statement.time(1);
  found.entry.account = statement.text(2);
  found.entry.token = statement.text(3);
  if (!statement.is_null(4)) {
    TRY(found.entry.remote,
        within("the audit log in state.db", IpAddress::parse(statement.text(4))));
  }
  found.entry.action = statement.text(5);
  found.entry.object = statement.text(6);
  found.entry.detail = statement.text(7);
  return found;
}

}  // namespace

Result<void> record_audit(Database& database, const AuditEntry& entry) {
  TRY_VOID(check_detail(database, entry.detail));
  std::optional<std::string> remote;
  if (entry.remote) remote = entry.remote->to_string();
  return run(database,
             "INSERT INTO audit (time, account, token, remote, action, object, detail) "
             "VALUES (?, ?, ?, ?, ?, ?, ?)",
             entry.time, kept(entry.account), kept(entry.token), remote, kept(entry.action),
             kept(entry.object), entry.detail);
}

Result<AuditPage> audit_log(Database& database, const AuditQuery& query) {
  TRY(Statement statement,
      Statement::prepare(database,
                         "SELECT id, time, account, token, remote, action, object, detail "
                         "FROM audit WHERE (?1 IS NULL OR time >= ?1) "
                         "AND (?2 IS NULL OR time < ?2) "
                         "AND (?3 IS NULL OR account = ?3 COLLATE NOCASE) "
                         "AND (?4 IS NULL OR action = ?4) ORDER BY id DESC LIMIT ?5 OFFSET ?6"));
  const int64_t limit = std::clamp<int64_t>(query.limit, 1, most_records);
  // One more than asked for tells whether there are more.
  statement.bind(query.from, query.until, query.account, query.action, limit + 1,
                 std::max<int64_t>(0, query.offset));
  AuditPage page;
  while (true) {
    TRY(const bool row, statement.step());
    if (!row) return page;
    if (static_cast<int64_t>(page.records.size()) == limit) {
      page.more = true;
      return page;
    }
    TRY(AuditRecord found, record_from(statement));
    page.records.push_back(std::move(found));
  }
}

}  // namespace yagura::state
