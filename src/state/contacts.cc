// SPDX-License-Identifier: Apache-2.0
#include "state/contacts.h"

#include <fmt/format.h>
#include <sodium.h>

#include <algorithm>
#include <array>

#include "model/contact_target.h"
#include "model/quiet_hours.h"
#include "state/statement.h"

namespace yagura::state {
namespace {

constexpr std::string_view secret_prefix = "whsec_";
constexpr size_t least_key_bytes = 24, most_key_bytes = 64;  // as Standard Webhooks asks for

constexpr std::string_view columns = "id, member, target, language, quiet, secret";

Contact contact_from(const Statement& statement) {
  return {statement.integer(0), statement.integer(1),
          statement.text(2),    statement.integer_as<model::Language>(3),
          statement.text(4),    statement.text(5)};
}

Result<std::vector<Contact>> read_contacts(Statement& statement) {
  std::vector<Contact> all;
  while (true) {
    TRY(const bool row, statement.step());
    if (!row) return all;
    all.push_back(contact_from(statement));
  }
}

bool is_secret(std::string_view text) {
  if (!text.starts_with(secret_prefix)) return false;
  text.remove_prefix(secret_prefix.size());
  std::array<uint8_t, most_key_bytes> key;
  size_t size = 0;
  return sodium_base642bin(key.data(), key.size(), text.data(), text.size(), nullptr, &size,
                           nullptr, sodium_base64_VARIANT_ORIGINAL) == 0 &&
         size >= least_key_bytes;
}

std::string new_secret() {
  std::array<uint8_t, 32> key;
  randombytes_buf(key.data(), key.size());
  std::array<char, sodium_base64_ENCODED_LEN(32, sodium_base64_VARIANT_ORIGINAL)> text;
  sodium_bin2base64(text.data(), text.size(), key.data(), key.size(),
                    sodium_base64_VARIANT_ORIGINAL);
  return std::string(secret_prefix) + text.data();
}

Outcome<void> check(Contact& contact) {
  const auto invalid = [](std::string why) {
    return refusal(StateError::Kind::invalid, std::move(why));
  };
  const auto target = model::ContactTarget::parse(contact.target);
  if (!target) return invalid(target.error().message());
  const auto quiet = model::QuietHours::parse(contact.quiet);
  if (!quiet) return invalid(quiet.error().message());
  contact.quiet = quiet->to_string();
  if (contact.secret.empty()) return {};
  if (target->channel != model::Channel::webhook)
    return invalid("only what is sent to a webhook is signed with a secret");
  if (!is_secret(contact.secret))
    return invalid("a webhook's secret is whsec_ and base64 of 24 to 64 bytes");
  return {};
}

}  // namespace

Result<std::vector<Contact>> contacts(Database& database, int64_t member) {
  TRY(Statement statement,
      Statement::prepare(
          database, fmt::format("SELECT {} FROM contact WHERE member = ? ORDER BY id", columns)));
  return read_contacts(statement.bind(member));
}

Result<std::vector<Contact>> contacts(Database& database) {
  TRY(Statement statement,
      Statement::prepare(database,
                         fmt::format("SELECT {} FROM contact ORDER BY member, id", columns)));
  return read_contacts(statement);
}

Result<std::optional<Contact>> find_contact(Database& database, int64_t id) {
  TRY(Statement statement,
      Statement::prepare(database, fmt::format("SELECT {} FROM contact WHERE id = ?", columns)));
  TRY(const bool found, statement.bind(id).step());
  if (!found) return std::nullopt;
  return contact_from(statement);
}

Outcome<Contact> put_contact(Database& database, Contact contact, Timestamp now) {
  TRY_VOID(check(contact));
  std::vector<Contact> known;
  TRY_VOID(transaction(database, [&]() -> Outcome<void> {
    TRY(known, contacts(database, contact.member));
    const auto same = std::find_if(known.begin(), known.end(), [&](const Contact& other) {
      return other.target == contact.target;
    });
    if (same == known.end() && known.size() >= most_contacts)
      return refusal(StateError::Kind::conflict,
                     fmt::format("a member can have {} contacts", most_contacts));
    if (contact.secret.empty() && contact.target.starts_with("http"))
      contact.secret = same == known.end() ? new_secret() : same->secret;
    TRY_VOID(
        run(database,
            "INSERT INTO contact (member, target, language, quiet, secret, added, next_digest) "
            "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6) ON CONFLICT (member, target) DO UPDATE "
            "SET language = excluded.language, quiet = excluded.quiet, "
            "secret = excluded.secret",
            contact.member, contact.target, static_cast<int>(contact.language), contact.quiet,
            contact.secret, now));
    TRY(known, contacts(database, contact.member));
    return {};
  }));
  for (const Contact& each : known)
    if (each.target == contact.target) contact.id = each.id;
  return contact;
}

Outcome<void> delete_contact(Database& database, int64_t id) {
  return transaction(database, [&]() -> Outcome<void> {
    TRY_VOID(run(database, "DELETE FROM contact WHERE id = ?", id));
    if (changed_rows(database) == 0)
      return refusal(StateError::Kind::absent, fmt::format("there is no contact {}", id));
    return {};
  });
}

}  // namespace yagura::state
