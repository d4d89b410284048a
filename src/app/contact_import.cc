// SPDX-License-Identifier: Apache-2.0
#include "app/contact_import.h"

#include <fmt/format.h>

#include "state/contacts.h"

namespace yagura::app {

state::Outcome<void> put_contacts(state::Database& database,
                                  std::span<const warning::ContactLine> lines, Timestamp now) {
  return state::transaction(database, [&]() -> state::Outcome<void> {
    for (const warning::ContactLine& line : lines) {
      TRY(const auto member, state::member_named(database, line.member));
      if (!member)
        return state::refusal(state::StateError::Kind::absent,
                              fmt::format("there is no member \"{}\"", line.member));
      state::Contact contact = line.contact;
      contact.member = member->id;
      TRY_VOID(state::put_contact(database, std::move(contact), now));
    }
    return {};
  });
}

}  // namespace yagura::app
