// SPDX-License-Identifier: Apache-2.0
#include "state/access.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace yagura::state {
namespace {

constexpr std::array<std::pair<Role, std::string_view>, 4> roles = {{{Role::viewer, "viewer"},
                                                                     {Role::analyst, "analyst"},
                                                                     {Role::admin, "admin"},
                                                                     {Role::member, "member"}}};

constexpr std::array<std::pair<Scope, std::string_view>, 5> scopes_by_name = {
    {{Scope::read, "read"},
     {Scope::sql, "sql"},
     {Scope::write, "write"},
     {Scope::admin, "admin"},
     {Scope::own, "own"}}};

template <typename Names, typename Value>
std::string_view name_in(const Names& names, Value value) {
  for (const auto& [known, name] : names) {
    if (known == value) return name;
  }
  return "unknown";
}

}  // namespace

std::string_view name_of(Role role) { return name_in(roles, role); }
std::string_view name_of(Scope scope) { return name_in(scopes_by_name, scope); }

std::optional<Role> role_named(std::string_view name) {
  for (const auto& [role, known] : roles) {
    if (known == name) return role;
  }
  return std::nullopt;
}

std::optional<Scope> scope_named(std::string_view name) {
  for (const auto& [scope, known] : scopes_by_name) {
    if (known == name) return scope;
  }
  return std::nullopt;
}

std::string format_scopes(Scopes scopes) {
  std::string text;
  for (const Scope scope : all_scopes) {
    if (!scopes.has(scope)) continue;
    if (!text.empty()) text += ' ';
    text += name_of(scope);
  }
  return text;
}

Result<Scopes> parse_scopes(std::string_view text) {
  Scopes scopes;
  while (!text.empty()) {
    const size_t end = std::min(text.find(' '), text.size());
    const auto scope = scope_named(text.substr(0, end));
    if (!scope) {
      return failure(fmt::format("\"{}\" is not a scope: there are read, sql, write, admin and own",
                                 text.substr(0, end)));
    }
    scopes.add(*scope);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return scopes;
}

}  // namespace yagura::state
