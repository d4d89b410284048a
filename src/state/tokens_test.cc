// SPDX-License-Identifier: Apache-2.0
#include "state/tokens.h"

#include <gmock/gmock.h>

#include <fstream>

#include "state/accounts_for_tests.h"
#include "state/statement.h"

namespace yagura::state {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::MatchesRegex;
using Kind = StateError::Kind;

constexpr Scopes reading = {Scope::read};

class TokensTest : public AccountsStateTest {
 protected:
  TokensTest() : alice_(make("Alice", Role::analyst)) {}

  IssuedToken issue(const std::string& name, Scopes scopes = reading,
                    std::optional<Timestamp> expires = std::nullopt) {
    return value(issue_token(database(), alice_.id, {name, scopes, expires}, at(0)));
  }
  std::string refusal(Kind kind, const NewToken& token) {
    return refused(kind, issue_token(database(), alice_.id, token, at(0)));
  }
  std::optional<TokenUse> find(std::string_view text, int64_t seconds = 1) {
    return value(find_token(database(), text, at(seconds)));
  }
  std::vector<std::string> names(std::optional<int64_t> owner) {
    std::vector<std::string> all;
    for (const Token& token : value(tokens(database(), owner))) all.push_back(token.name);
    return all;
  }

  Account alice_;
};

TEST_F(TokensTest, RemembersWhatATokenMayDo) {
  const IssuedToken issued = issue("ci", {Scope::read, Scope::sql}, at(100));
  EXPECT_THAT(issued.secret, MatchesRegex("ygr_[A-Za-z0-9_-]+"));
  EXPECT_EQ(issued.secret.size(), 47u);
  EXPECT_EQ(issued.token.shown, issued.secret.substr(0, 10));
  reopen();
  const auto use = find(issued.secret);
  ASSERT_TRUE(use);
  EXPECT_EQ(use->account, alice_);
  EXPECT_EQ(use->token.id, issued.token.id);
  EXPECT_EQ(use->token.name, "ci");
  EXPECT_EQ(use->token.created, at(0));
  EXPECT_EQ(use->token.expires, at(100));
  EXPECT_EQ(format_scopes(use->token.scopes), "read sql");
  EXPECT_EQ(format_scopes(use->scopes), "read sql");
}

TEST_F(TokensTest, KnowsNoOtherText) {
  const IssuedToken issued = issue("ci");
  for (const std::string& wrong : {std::string(), issued.token.shown, issued.secret + "A",
                                   issued.secret.substr(4), std::string("ygr_' OR 1=1 --")}) {
    EXPECT_FALSE(find(wrong)) << wrong;
  }
}

TEST_F(TokensTest, KeepsNoTokenButItsFirstCharacters) {
  const IssuedToken issued = issue("ci");
  reopen();
  for (const auto& file : std::filesystem::directory_iterator(this->file().parent_path())) {
    std::ifstream stream(file.path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(stream), {}};
    EXPECT_EQ(bytes.find(issued.secret.substr(0, 11)), std::string::npos) << file.path();
  }
}

TEST_F(TokensTest, NeverGivesATokenMoreThanItsAccountMay) {
  EXPECT_THAT(refusal(Kind::conflict, {"ci", {Scope::read, Scope::admin}, {}}),
              HasSubstr("whose role is analyst, can have no more than: read sql write"));
  const IssuedToken issued = issue("ci", scopes_of(Role::analyst));
  succeeded(set_role(database(), alice_.id, Role::viewer));
  EXPECT_EQ(find(issued.secret)->scopes, reading);
  succeeded(set_role(database(), alice_.id, Role::admin));
  EXPECT_EQ(find(issued.secret)->scopes, scopes_of(Role::analyst));
}

TEST_F(TokensTest, RestsWhileItsAccountIsDisabledAndEndsWithIt) {
  make("Keeper", Role::admin);
  const IssuedToken issued = issue("ci");
  succeeded(set_disabled(database(), alice_.id, true));
  EXPECT_FALSE(find(issued.secret));
  EXPECT_THAT(refusal(Kind::conflict, {"new", reading, {}}), HasSubstr("\"Alice\" is disabled"));
  succeeded(set_disabled(database(), alice_.id, false));
  EXPECT_TRUE(find(issued.secret));
  succeeded(delete_account(database(), alice_.id));
  EXPECT_FALSE(find(issued.secret));
  EXPECT_THAT(refusal(Kind::absent, {"new", reading, {}}), HasSubstr("no such account"));
}

TEST_F(TokensTest, EndsATokenAtItsExpiry) {
  EXPECT_THAT(refusal(Kind::invalid, {"ci", reading, at(0)}), HasSubstr("expired already"));
  const IssuedToken issued = issue("ci", reading, at(100));
  EXPECT_TRUE(find(issued.secret, 99));
  EXPECT_FALSE(find(issued.secret, 100));
  EXPECT_THAT(names(alice_.id), ElementsAre("ci"));
}

TEST_F(TokensTest, RefusesTokensThatSayNothing) {
  EXPECT_THAT(refusal(Kind::invalid, {"ci", {}, {}}), HasSubstr("without a scope"));
  for (const std::string name : {"", " ci", "a\nb"}) {
    EXPECT_THAT(refusal(Kind::invalid, {name, reading, {}}), HasSubstr("1 to 64 printable"));
  }
  issue("ci");
  EXPECT_EQ(refusal(Kind::conflict, {"ci", reading, {}}), "\"Alice\" has a token \"ci\" already");
}

TEST_F(TokensTest, TakesWhatLooksLikeSqlAsAName) {
  const std::string name = "x'); DROP TABLE token; --";
  issue(name);
  EXPECT_THAT(names(alice_.id), ElementsAre(name));
}

TEST_F(TokensTest, NotesTheUseOnceAMinute) {
  const IssuedToken issued = issue("ci");
  const auto last_used = [&] { return value(tokens(database(), alice_.id)).at(0).last_used; };
  EXPECT_EQ(last_used(), std::nullopt);
  EXPECT_EQ(find(issued.secret, 1)->token.last_used, at(1));
  EXPECT_EQ(last_used(), at(1));
  find(issued.secret, 60);
  EXPECT_EQ(last_used(), at(1));
  find(issued.secret, 61);
  EXPECT_EQ(last_used(), at(61));
  find(issued.secret, 0);  // a thread whose time is a little behind
  EXPECT_EQ(last_used(), at(61));
}

TEST_F(TokensTest, RevokesATokenForItsOwnerOrAnybodyWhoMay) {
  const Account bob = make("Bob");
  const IssuedToken one = issue("one"), two = issue("two");
  EXPECT_EQ(refused(Kind::absent, revoke_token(database(), one.token.id, bob.id)),
            "there is no such token");
  EXPECT_TRUE(find(one.secret));
  succeeded(revoke_token(database(), one.token.id, alice_.id));
  EXPECT_FALSE(find(one.secret));
  refused(Kind::absent, revoke_token(database(), one.token.id, std::nullopt));
  succeeded(revoke_token(database(), two.token.id, std::nullopt));
  EXPECT_FALSE(find(two.secret));
  EXPECT_GT(issue("three").token.id, two.token.id);
}

TEST_F(TokensTest, ListsTokensOfOneOrAll) {
  const Account bob = make("Bob");
  issue("b");
  issue("a");
  value(issue_token(database(), bob.id, {"a", reading, {}}, at(0)));
  EXPECT_THAT(names(alice_.id), ElementsAre("a", "b"));
  EXPECT_THAT(names(bob.id), ElementsAre("a"));
  EXPECT_THAT(names(std::nullopt), ElementsAre("a", "b", "a"));
}

TEST_F(TokensTest, HoldsNoMoreThanAHundredOfAnAccount) {
  for (int i = 0; i < 100; ++i) issue("n" + std::to_string(i));
  EXPECT_THAT(refusal(Kind::conflict, {"beyond", reading, {}}), HasSubstr("has 100 tokens"));
}

}  // namespace
}  // namespace yagura::state
