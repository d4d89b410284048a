// SPDX-License-Identifier: Apache-2.0
#include "state/accounts.h"

#include <gmock/gmock.h>

#include <fstream>
#include <thread>

#include "state/accounts_for_tests.h"
#include "state/sessions.h"
#include "state/statement.h"

namespace yagura::state {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;
using Kind = StateError::Kind;

class AccountsTest : public AccountsStateTest {
 protected:
  std::vector<std::string> names() {
    std::vector<std::string> all;
    for (const Account& account : value(accounts(database()))) all.push_back(account.name);
    return all;
  }
  Outcome<Account> create(const std::string& name, const std::string& password = good_password) {
    return create_account(database(), {name, Role::viewer, password}, at(0), PasswordCost::least());
  }
  std::string begin(const Account& account) {
    return value(begin_session(database(), account, home, at(1))).id;
  }
  bool is_valid(const std::string& session) {
    return value(find_session(database(), session, at(2))).has_value();
  }
  Login log_in_as(const std::string& name, const std::string& password, IpAddress remote = home) {
    LoginOptions options;
    options.cost = PasswordCost::least();
    return value(log_in(database(), name, password, remote, at(3), options));
  }
};

TEST_F(AccountsTest, KeepsAnAccountAsItWasMade) {
  const Account made = make("Alice", Role::admin);
  reopen();
  const Account kept = now_of(made);
  EXPECT_EQ(kept, made);
  EXPECT_EQ(kept.name, "Alice");
  EXPECT_EQ(kept.role, Role::admin);
  EXPECT_FALSE(kept.disabled);
  EXPECT_EQ(kept.created, at(0));
  EXPECT_EQ(kept.last_login, std::nullopt);
}

TEST_F(AccountsTest, TakesNamesThatDifferInCaseAloneForOne) {
  make("Alice");
  EXPECT_EQ(refused(Kind::conflict, create("aLICE")), "there is an account \"Alice\" already");
  EXPECT_EQ(value(account_named(database(), "ALICE"))->name, "Alice");
  EXPECT_EQ(value(account_named(database(), "Alic")), std::nullopt);
  EXPECT_THAT(names(), ElementsAre("Alice"));
}

TEST_F(AccountsTest, ListsAccountsByName) {
  make("bob");
  make("Carol");
  make("alice");
  EXPECT_THAT(names(), ElementsAre("alice", "bob", "Carol"));
}

TEST_F(AccountsTest, TakesNamesOfUpToSixtyFourPrintableCharacters) {
  const auto sixty_four_of = [](const std::string& character) {
    std::string name;
    for (int i = 0; i < 64; ++i) name += character;
    return name;
  };
  for (const std::string& name : {std::string("a"), std::string("山田 太郎"), sixty_four_of("x"),
                                  sixty_four_of("櫓"), sixty_four_of("\U0001F9A0")}) {
    EXPECT_TRUE(create(name)) << name;
    EXPECT_EQ(value(account_named(database(), name))->name, name);
  }
  for (const std::string& name :
       {std::string(), sixty_four_of("x") + "y", sixty_four_of("櫓") + "y", std::string("a\nb"),
        std::string("a\0b", 3), std::string("a\x7f"), std::string("\xff"), std::string("a\xe6\xab"),
        std::string("a\u202e"
                    "b"),
        std::string("a\u200b"), std::string(1'000'000, 'x')}) {
    EXPECT_THAT(refused(Kind::invalid, create(name)), HasSubstr("1 to 64 printable characters"));
  }
  for (const std::string name : {" a", "a ", "a\u3000", "\u00a0a", " "}) {
    EXPECT_THAT(refused(Kind::invalid, create(name)), HasSubstr("neither begins nor ends"));
  }
}

TEST_F(AccountsTest, TakesWhatLooksLikeSqlAsAName) {
  make("keeper", Role::admin);
  uint32_t address = home.v4();
  for (const std::string name : {"x'); DROP TABLE account; --", "' OR '1'='1", "\" OR 1=1 --", "%",
                                 "_", "?1", "x', 'x', 'admin', '', 0, 0, 0, 0); --"}) {
    EXPECT_EQ(value(account_named(database(), name)), std::nullopt) << name;
    // Each from an address of its own, since none may fail often.
    EXPECT_EQ(log_in_as(name, good_password, IpAddress::from_v4(++address)).answer,
              Login::Answer::wrong)
        << name;
    const Account made = make(name, Role::viewer);
    EXPECT_EQ(value(account_named(database(), name)), made);
    EXPECT_EQ(made.role, Role::viewer);
    succeeded(delete_account(database(), made.id));
  }
  EXPECT_THAT(names(), ElementsAre("keeper"));
}

TEST_F(AccountsTest, RefusesPasswordsThatAreShortLongOrFirstToBeTried) {
  EXPECT_TRUE(create("a", "12 bytes are"));
  EXPECT_TRUE(create("b", std::string(255, 'x') + "y"));
  for (const std::string& password :
       {std::string(), std::string("11 bytes it"), std::string(256, 'x') + "y"}) {
    EXPECT_EQ(refused(Kind::invalid, create("c", password)), "a password takes 12 to 256 bytes");
  }
  EXPECT_EQ(refused(Kind::invalid, create("Alice of Wonderland", "alice OF wonderland")),
            "the password must not be the account's name");
  for (const std::string password : {"aaaaaaaaaaaa", "            ", "abcdefghijklm",
                                     "zyxwvutsrqpo", "123456789012", "PasswordPassword"}) {
    EXPECT_THAT(refused(Kind::invalid, create("c", password)),
                HasSubstr("among the first that anybody tries"))
        << password;
  }
  EXPECT_THAT(names(), ElementsAre("a", "b"));
}

TEST_F(AccountsTest, NeverKeepsThePasswordItself) {
  make("Alice");
  succeeded(set_password(database(), 1, "another secret", PasswordCost::least()));
  reopen();
  for (const auto& file : std::filesystem::directory_iterator(this->file().parent_path())) {
    std::ifstream stream(file.path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(stream), {}};
    EXPECT_EQ(bytes.find(good_password), std::string::npos) << file.path();
    EXPECT_EQ(bytes.find("another secret"), std::string::npos) << file.path();
  }
}

TEST_F(AccountsTest, EndsSessionsWithThePasswordTheyWereBegunWith) {
  const Account alice = make("Alice"), bob = make("Bob");
  const std::string hers = begin(alice), his = begin(bob);
  EXPECT_THAT(refused(Kind::invalid, set_password(database(), alice.id, "short")),
              HasSubstr("12 to 256"));
  EXPECT_TRUE(is_valid(hers));
  succeeded(set_password(database(), alice.id, "another secret", PasswordCost::least()));
  EXPECT_FALSE(is_valid(hers));
  EXPECT_TRUE(is_valid(his));
  EXPECT_EQ(log_in_as("Alice", good_password).answer, Login::Answer::wrong);
  EXPECT_EQ(log_in_as("Alice", "another secret").answer, Login::Answer::welcome);
}

TEST_F(AccountsTest, DisablesAnAccountAndEndsItsSessions) {
  const Account alice = make("Alice");
  const std::string session = begin(alice);
  succeeded(set_disabled(database(), alice.id, true));
  EXPECT_TRUE(now_of(alice).disabled);
  EXPECT_FALSE(is_valid(session));
  EXPECT_EQ(log_in_as("Alice", good_password).answer, Login::Answer::wrong);
  succeeded(set_disabled(database(), alice.id, false));
  EXPECT_FALSE(is_valid(session));
  EXPECT_EQ(log_in_as("Alice", good_password).answer, Login::Answer::welcome);
}

TEST_F(AccountsTest, DeletesAnAccountWithItsSessionsAndNeverGivesItsIdAgain) {
  make("Keeper", Role::admin);
  const Account alice = make("Alice");
  const std::string session = begin(alice);
  succeeded(delete_account(database(), alice.id));
  EXPECT_FALSE(is_valid(session));
  EXPECT_THAT(names(), ElementsAre("Keeper"));
  EXPECT_GT(make("Alice").id, alice.id);
}

TEST_F(AccountsTest, KeepsTheLastAdminWhoCanLogIn) {
  const Account first = make("First", Role::admin), second = make("Second", Role::admin);
  make("Analyst");
  succeeded(set_disabled(database(), second.id, true));
  const auto all_ways = [&](const Account& admin) {
    for (const auto& way :
         {set_disabled(database(), admin.id, true), set_role(database(), admin.id, Role::analyst),
          set_role(database(), admin.id, Role::viewer), delete_account(database(), admin.id)}) {
      EXPECT_THAT(refused(Kind::conflict, way), HasSubstr("the last admin who can log in"));
    }
  };
  all_ways(first);
  EXPECT_EQ(now_of(first), first);
  succeeded(set_role(database(), first.id, Role::admin));
  succeeded(set_disabled(database(), first.id, false));
  // A disabled admin is not the last one, and can be demoted and deleted.
  succeeded(set_disabled(database(), second.id, true));
  succeeded(set_disabled(database(), second.id, false));
  succeeded(set_role(database(), first.id, Role::viewer));
  all_ways(second);
  succeeded(set_role(database(), first.id, Role::admin));
  succeeded(delete_account(database(), second.id));
  all_ways(first);
}

TEST_F(AccountsTest, LeavesOneAdminWhenTwoRemoveEachOtherAtOnce) {
  for (int round = 0; round < 20; ++round) {
    const Account a = make("a" + std::to_string(round), Role::admin);
    const Account b = make("b" + std::to_string(round), Role::admin);
    const auto remove = [&](int64_t id) {
      const auto own = value(Database::open(file()));
      static_cast<void>(delete_account(*own, id));
    };
    // Those of earlier rounds are out of the way.
    for (const Account& old : value(accounts(database()))) {
      if (old.id < a.id) succeeded(set_role(database(), old.id, Role::viewer));
    }
    std::thread one(remove, a.id), two(remove, b.id);
    one.join();
    two.join();
    int admins = 0;
    for (const Account& account : value(accounts(database()))) {
      admins += account.role == Role::admin ? 1 : 0;
    }
    EXPECT_EQ(admins, 1);
  }
}

TEST_F(AccountsTest, SaysThatAnAccountIsNotThere) {
  for (const auto& outcome :
       {set_disabled(database(), 7, true), set_role(database(), 7, Role::admin),
        set_password(database(), 7, good_password, PasswordCost::least()),
        delete_account(database(), 7)}) {
    EXPECT_EQ(refused(Kind::absent, outcome), "there is no such account");
  }
  EXPECT_EQ(value(find_account(database(), 7)), std::nullopt);
}

TEST_F(AccountsTest, LeavesNothingBehindWhenTheTransactionAroundItFails) {
  const auto failed = database().transaction([&]() -> Result<void> {
    TRY_VOID(create("Alice"));
    return failure("the audit log is full");
  });
  EXPECT_EQ(error_of(failed), "the audit log is full");
  EXPECT_THAT(names(), SizeIs(0));
}

TEST_F(AccountsTest, TellsTroubleFromWhatARuleRefuses) {
  succeeded(run(database(), "PRAGMA query_only = 1"));
  const auto trouble = create("Alice");
  EXPECT_THAT(refused(Kind::trouble, trouble), HasSubstr("readonly"));
}

TEST_F(AccountsTest, HoldsNoMoreThanTenThousandAccounts) {
  succeeded(run(database(),
                "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9999) "
                "INSERT INTO account (name, folded_name, role, password_hash, created) "
                "SELECT 'n' || i, 'n' || i, 'viewer', '', 0 FROM n"));
  EXPECT_TRUE(create("last"));
  EXPECT_THAT(refused(Kind::conflict, create("beyond")), HasSubstr("there are 10,000 accounts"));
}

TEST_F(AccountsTest, NamesAnAccountWhoseRoleItDoesNotKnow) {
  make("Alice");
  succeeded(run(database(), "UPDATE account SET role = 'owner'"));
  EXPECT_EQ(error_of(accounts(database())),
            "account \"Alice\" in state.db has the unknown role \"owner\"");
}

}  // namespace
}  // namespace yagura::state
