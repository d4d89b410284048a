// SPDX-License-Identifier: Apache-2.0
//
// Contacts as CSV: a line "member,target,language,quiet" for each, of which the last two may be
// missing. What is written can be read again. Pure functions of the text.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/table.h"
#include "state/contacts.h"
#include "state/members.h"

namespace yagura::warning {

struct ContactLine {
  std::string member;      // its name
  state::Contact contact;  // without member and id
};

// Fails as read_csv_lines does, also on a target or hours that are none.
Result<std::vector<ContactLine>> read_contact_lines(std::string_view text);

// Whom notices go to, as such a table with the contacts' numbers behind. It shows the whole of a
// webhook's address, which is only for those who keep contacts.
Table contacts_table(std::span<const state::Contact> contacts,
                     std::span<const state::Member> members);

}  // namespace yagura::warning
