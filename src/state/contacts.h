// SPDX-License-Identifier: Apache-2.0
//
// Whom a member's notices go to.
//
// Threads: as the Database they are given. Each function is one transaction.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "model/language.h"
#include "state/database.h"
#include "state/outcome.h"

namespace yagura::state {

inline constexpr size_t most_contacts = 20;  // of a member

struct Contact {
  int64_t id = 0;  // 1, 2, …; that of a deleted one does not come back
  int64_t member = 0;
  std::string target;  // model::ContactTarget
  model::Language language = model::Language::english;
  std::string quiet;  // model::QuietHours
  // Of a webhook: the key that its bodies are signed with, "whsec_" and base64. Never shown again.
  std::string secret;
};

// The contacts of a member, in order of id; of all members, by member.
Result<std::vector<Contact>> contacts(Database& database, int64_t member);
Result<std::vector<Contact>> contacts(Database& database);
Result<std::optional<Contact>> find_contact(Database& database, int64_t id);

// Returns it with its id; a webhook without a secret is given one. One with the same target gets
// the new language, hours and, where one is given, secret. Refused: a bad target or hours, a secret
// that is none, more than `most_contacts`.
Outcome<Contact> put_contact(Database& database, Contact contact, Timestamp now);
// Refused: one that does not exist. What waits to be sent to it goes with it.
Outcome<void> delete_contact(Database& database, int64_t id);

}  // namespace yagura::state
