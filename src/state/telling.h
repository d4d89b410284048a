// SPDX-License-Identifier: Apache-2.0
//
// What each contact has been told of its member's warnings, and is to be told yet.
//
// A warning's beginning and its end each go into the backlog of every contact of its member, once;
// they leave it in the transaction that posts the notice which tells of them. So a crash at any
// time neither loses one nor tells it twice.
//
// `change` and the severities are the words of who judges (warning/notice.h) and only compared
// here. Threads: as the Database they are given. Each function is one transaction.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "state/contacts.h"
#include "state/warnings.h"

namespace yagura::state {

// Beginnings and ends, as `change` of the backlog.
inline constexpr uint8_t change_began = 1, change_ended = 3;

// Whether something happened to warnings since the last fill_backlogs. Only reads.
Result<bool> has_news(Database& database);
// Whether there may be anything to do for the functions below. Only reads.
Result<bool> has_to_tell(Database& database, Timestamp now);

// Puts what happened to warnings since the last call into the backlogs. A warning that has become
// more severe than it was told makes the next digest of its contacts due.
Result<void> fill_backlogs(Database& database, Timestamp now);

struct ContactNotices {
  Contact contact;
  std::optional<Timestamp> last;  // notice that was made
  Duration spacing;               // that was kept before it
  std::optional<Timestamp> next_digest;
};
// Contacts with a backlog, or a digest that is due.
Result<std::vector<ContactNotices>> contacts_to_tell(Database& database, Timestamp now);
Result<void> update_notices(Database& database, const ContactNotices& notices);

struct Untold {
  Warning warning;
  uint8_t change = change_began;
};
// The backlog of a contact from that severity on, without that of muted addresses, the most severe
// first.
Result<std::vector<Untold>> backlog(Database& database, const Contact& contact,
                                    uint8_t least_severity, Timestamp now, int64_t limit);
// Takes them out of the contact's backlog.
Result<void> told(Database& database, int64_t contact, std::span<const int64_t> warnings);
// The warnings that go on, of which the contact knows, from that severity on; not those of muted
// addresses. The most severe first.
Result<std::vector<Warning>> known_open(Database& database, const Contact& contact,
                                        uint8_t least_severity, Timestamp now, int64_t limit);

// Whether a warning of the member goes on that was told, muted or not.
Result<bool> has_open(Database& database, int64_t member);

// No notices about the address of this warning until then, or again at once. Refused: a warning
// that does not exist.
Outcome<void> mute_address(Database& database, int64_t warning, std::optional<Timestamp> until);

}  // namespace yagura::state
