// SPDX-License-Identifier: Apache-2.0
//
// The audit log: who changed what, from where and when.
//
// It is only ever added to: the database itself refuses to change or delete an entry. It grows by
// what people do, some 200 bytes each time. Entries hold names rather than ids, so that they stay
// true when what they name is gone.
//
// Threads: as the Database they are given, of which every thread has its own.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ip_address.h"
#include "base/time.h"
#include "state/database.h"

namespace yagura::state {

struct AuditEntry {
  Timestamp time;
  std::string account;              // name of who did it; empty: nobody who was logged in
  std::string token;                // name of the account's token, if it was by one
  std::optional<IpAddress> remote;  // none: on the machine itself
  std::string action;               // what was done, as a short word: "account.create"
  std::string object;               // to what: "alice"
  std::string detail = "{}";        // JSON; never a password, secret or token
};

struct AuditRecord {
  int64_t id = 0;  // rises by one with every entry
  AuditEntry entry;
};

struct AuditQuery {
  std::optional<Timestamp> from, until;  // until is exclusive
  std::optional<std::string> account;    // only what the one of that name did, in any case
  std::optional<std::string> action;
  int64_t limit = 100;  // 1 to 10,000; more is cut to that
  int64_t offset = 0;
};

struct AuditPage {
  std::vector<AuditRecord> records;
  bool more = false;
};

// Adds an entry. Call it in one Database::transaction with what it is about, so that neither is
// there without the other. Texts are cut at 256 characters. Fails if `detail` is no JSON or longer
// than 4 KiB.
Result<void> record_audit(Database& database, const AuditEntry& entry);

// Entries in the order they were added, newest first (a clock may have been set back).
Result<AuditPage> audit_log(Database& database, const AuditQuery& query);

}  // namespace yagura::state
