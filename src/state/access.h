// SPDX-License-Identifier: Apache-2.0
//
// Roles and scopes: who may do what, defined here and nowhere else.
//
// An account has a role. A role grants scopes, and every request needs one. A token carries scopes
// of its own, of which only those count that the role of its account grants. Pure functions and
// values; thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace yagura::state {

// A member sees and changes what is its organisation's own, and nothing else.
enum class Role : uint8_t { viewer = 1, analyst = 2, admin = 3, member = 4 };

enum class Scope : uint8_t {
  read = 1,   // see what was observed
  sql = 2,    // ask in SQL
  write = 4,  // change what analysts keep: lists, notes
  admin = 8,  // accounts, settings, the audit log
  own = 16,   // what is of the account's own organisation
};
constexpr std::array<Scope, 5> all_scopes = {Scope::read, Scope::sql, Scope::write, Scope::admin,
                                             Scope::own};

// A set of scopes.
class Scopes {
 public:
  constexpr Scopes() = default;
  constexpr Scopes(std::initializer_list<Scope> scopes) {
    for (const Scope scope : scopes) add(scope);
  }
  constexpr void add(Scope scope) { bits_ = static_cast<uint8_t>(bits_ | bit(scope)); }
  constexpr bool has(Scope scope) const { return (bits_ & bit(scope)) != 0; }
  constexpr bool empty() const { return bits_ == 0; }
  // Those of these that are in `other`, too.
  constexpr Scopes among(Scopes other) const {
    Scopes common;
    common.bits_ = static_cast<uint8_t>(bits_ & other.bits_);
    return common;
  }
  constexpr bool operator==(const Scopes&) const = default;

 private:
  static constexpr uint8_t bit(Scope scope) { return static_cast<uint8_t>(scope); }
  uint8_t bits_ = 0;
};

constexpr Scopes scopes_of(Role role) {
  switch (role) {
    case Role::viewer:
      return {Scope::read};
    case Role::analyst:
      return {Scope::read, Scope::sql, Scope::write};
    case Role::admin:
      return {Scope::read, Scope::sql, Scope::write, Scope::admin};
    case Role::member:
      return {Scope::own};
  }
  return {};
}

std::string_view name_of(Role role);    // "viewer"
std::string_view name_of(Scope scope);  // "read"
std::optional<Role> role_named(std::string_view name);
std::optional<Scope> scope_named(std::string_view name);

// "read sql", in the order of `all_scopes`; and back, which fails on an unknown name.
std::string format_scopes(Scopes scopes);
Result<Scopes> parse_scopes(std::string_view text);

}  // namespace yagura::state
