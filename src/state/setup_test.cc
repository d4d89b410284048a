// SPDX-License-Identifier: Apache-2.0
#include "state/setup.h"

#include <gmock/gmock.h>

#include <atomic>
#include <barrier>
#include <thread>

#include "state/accounts_for_tests.h"

namespace yagura::state {
namespace {

using testing::HasSubstr;
using testing::SizeIs;
using Kind = StateError::Kind;

class SetupTest : public AccountsStateTest {
 protected:
  std::string secret(int64_t seconds = 0) {
    const auto made = value(setup_secret(database(), at(seconds)));
    EXPECT_TRUE(made);
    return made.value_or("");
  }
  Outcome<Account> use(std::string_view link, int64_t seconds = 1,
                       const std::string& password = good_password) {
    return set_up(database(), link, "Admin", password, at(seconds), PasswordCost::least());
  }
};

TEST_F(SetupTest, MakesTheFirstAdminOnce) {
  const std::string link = secret();
  reopen();
  const Account admin = value(use(link));
  EXPECT_EQ(admin.role, Role::admin);
  EXPECT_EQ(admin.name, "Admin");
  EXPECT_THAT(refused(Kind::conflict, use(link)), HasSubstr("wrong, used or too old"));
  EXPECT_EQ(value(setup_secret(database(), at(2))), std::nullopt);
  EXPECT_THAT(value(accounts(database())), SizeIs(1));
}

TEST_F(SetupTest, TakesNoOtherSecret) {
  const std::string link = secret();
  std::string nearly = link;
  nearly.back() = nearly.back() == 'A' ? 'B' : 'A';
  for (const std::string& wrong :
       {std::string(), nearly, link + "A", link.substr(1), std::string(1'000'000, 'x')}) {
    EXPECT_THAT(refused(Kind::conflict, use(wrong)), HasSubstr("wrong, used or too old"));
  }
  EXPECT_TRUE(use(link));
}

TEST_F(SetupTest, EndsALinkAfterADay) {
  const std::string link = secret();
  const int64_t day = 86'400;
  EXPECT_FALSE(use(link, day));
  EXPECT_TRUE(use(link, day - 1));
}

TEST_F(SetupTest, EndsALinkWithTheNextStart) {
  const std::string first = secret();
  const std::string second = secret(1);
  EXPECT_NE(first, second);
  EXPECT_FALSE(use(first, 2));
  EXPECT_TRUE(use(second, 2));
}

TEST_F(SetupTest, KeepsTheLinkWhenThePasswordWillNotDo) {
  const std::string link = secret();
  EXPECT_THAT(refused(Kind::invalid, use(link, 1, "short")), HasSubstr("12 to 256"));
  EXPECT_TRUE(use(link));
}

TEST_F(SetupTest, DoesNothingWhereThereIsAnAccount) {
  const std::string link = secret();
  make("Alice");
  EXPECT_FALSE(use(link));
  EXPECT_EQ(value(setup_secret(database(), at(1))), std::nullopt);
}

TEST_F(SetupTest, LetsOneOfManyWin) {
  const std::string link = secret();
  std::atomic<int> won = 0, lost = 0;
  std::barrier all_open(8);
  const PasswordCost slow = {1, 16 << 20};  // so that all are past the first check of the link
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      const auto own = value(Database::open(file()));
      all_open.arrive_and_wait();
      const auto outcome =
          set_up(*own, link, "admin " + std::to_string(i), good_password, at(1), slow);
      if (outcome) {
        ++won;
      } else if (outcome.error().kind() == Kind::conflict) {
        ++lost;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(won, 1);
  EXPECT_EQ(lost, 7);
  EXPECT_THAT(value(accounts(database())), SizeIs(1));
}

}  // namespace
}  // namespace yagura::state
