// SPDX-License-Identifier: Apache-2.0
//
// Notices on their way to contacts: what is in here is sent, or is seen not to be.
//
// A letter is put in whole, in the transaction that decides that it is sent; after a crash it is
// there or was never decided. It leaves by `letter_sent`. Where a crash comes between the two the
// letter is sent again, byte for byte, with the same message id.
//
// Threads: as the Database they are given. Each function is one transaction.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "model/letter.h"
#include "state/database.h"
#include "state/outcome.h"

namespace yagura::state {

using model::Letter;
using model::LetterState;

// Keeps a letter: contact, message_id, subject, body, made, next, expires. One with the same
// message id is the same letter.
Result<void> post_letter(Database& database, const Letter& letter);

// Those that wait and whose time has come, the longest first, without bodies and secrets.
Result<std::vector<Letter>> due_letters(Database& database, Timestamp now, int64_t limit);
Result<std::optional<Letter>> find_letter(Database& database, int64_t id);

// These count an attempt.
Result<void> letter_sent(Database& database, int64_t id);
Result<void> letter_failed(Database& database, int64_t id, std::string_view error, Timestamp next);
Result<void> letter_dead(Database& database, int64_t id, std::string_view error);

// Whether one to this contact, whose message id begins so, was made at that time or later.
Result<bool> has_letter_since(Database& database, int64_t contact, std::string_view prefix,
                              Timestamp time);

struct LetterQuery {
  std::optional<LetterState> state;
  std::optional<int64_t> member;
  int64_t limit = 1000;
};
// The latest first, without bodies and secrets.
Result<std::vector<Letter>> letters(Database& database, const LetterQuery& query);
struct LetterCounts {
  uint64_t waiting = 0, dead = 0;
};
Result<LetterCounts> count_letters(Database& database);

// Makes a dead letter wait again, until `expires`. Refused: one that is not there or not dead.
Outcome<void> retry_letter(Database& database, int64_t id, Timestamp now, Timestamp expires);

// Forgets those sent and those dead that were made before.
Result<void> prune_letters(Database& database, Timestamp sent_before, Timestamp dead_before);

}  // namespace yagura::state
