// SPDX-License-Identifier: Apache-2.0
#include "state/access.h"

#include <gmock/gmock.h>

#include "state/state_for_tests.h"

namespace yagura::state {
namespace {

using testing::HasSubstr;

TEST(AccessTest, GrantsEveryRoleItsScopes) {
  EXPECT_EQ(format_scopes(scopes_of(Role::viewer)), "read");
  EXPECT_EQ(format_scopes(scopes_of(Role::analyst)), "read sql write");
  EXPECT_EQ(format_scopes(scopes_of(Role::admin)), "read sql write admin");
}

TEST(AccessTest, KnowsRolesAndScopesByTheirNames) {
  for (const Role role : {Role::viewer, Role::analyst, Role::admin}) {
    EXPECT_EQ(role_named(name_of(role)), role);
  }
  for (const Scope scope : all_scopes) EXPECT_EQ(scope_named(name_of(scope)), scope);
  EXPECT_EQ(role_named("Admin"), std::nullopt);
  EXPECT_EQ(role_named(""), std::nullopt);
  EXPECT_EQ(scope_named("readsql"), std::nullopt);
}

TEST(AccessTest, ReadsBackTheScopesItWrote) {
  for (const Scopes scopes : {Scopes{}, Scopes{Scope::sql}, Scopes{Scope::admin, Scope::read}}) {
    EXPECT_EQ(value(parse_scopes(format_scopes(scopes))), scopes);
  }
  EXPECT_THAT(error_of(parse_scopes("read everything")),
              HasSubstr("\"everything\" is not a scope"));
}

TEST(AccessTest, TakesTheCommonPartOfTwoSetsOfScopes) {
  const Scopes some = {Scope::read, Scope::admin};
  EXPECT_EQ(some.among(scopes_of(Role::analyst)), Scopes{Scope::read});
  EXPECT_TRUE(Scopes{Scope::admin}.among(scopes_of(Role::viewer)).empty());
}

}  // namespace
}  // namespace yagura::state
