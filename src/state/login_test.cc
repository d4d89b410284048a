// SPDX-License-Identifier: Apache-2.0
#include "state/login.h"

#include <gmock/gmock.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "state/accounts_for_tests.h"
#include "state/statement.h"

namespace yagura::state {
namespace {

using testing::HasSubstr;
using testing::SizeIs;
using Answer = Login::Answer;

constexpr int64_t minute = 60, hour = 3600;

class LoginTest : public AccountsStateTest {
 protected:
  LoginTest() : alice_(make("Alice")) { options_.cost = PasswordCost::least(); }

  Login attempt(const std::string& name, const std::string& password, int64_t seconds,
                IpAddress remote = home) {
    return value(log_in(database(), name, password, remote, at(seconds), options_));
  }
  Login guess(int64_t seconds, const std::string& name = "Alice", IpAddress remote = home) {
    return attempt(name, "a wrong password", seconds, remote);
  }
  static IpAddress address(const std::string& text) { return value(IpAddress::parse(text)); }
  std::vector<std::string> subjects() {
    std::vector<std::string> all;
    auto statement = Statement::prepare(
        database(), "SELECT subject FROM login_failure WHERE failures > 0 ORDER BY subject");
    while (value(statement->step())) all.push_back(statement->text(0));
    return all;
  }

  Account alice_;
  LoginOptions options_;
};

TEST_F(LoginTest, LetsInWhoKnowsThePassword) {
  const Login login = attempt("aLICE", good_password, 5);
  EXPECT_EQ(login.answer, Answer::welcome);
  ASSERT_TRUE(login.account);
  EXPECT_EQ(login.account->id, alice_.id);
  EXPECT_EQ(login.account->last_login, at(5));
  reopen();
  EXPECT_EQ(now_of(alice_).last_login, at(5));
  EXPECT_THAT(subjects(), SizeIs(0));
}

TEST_F(LoginTest, DoesNotTellAWrongPasswordFromAnUnknownOrDisabledName) {
  const Account bob = make("Bob");
  succeeded(set_disabled(database(), bob.id, true));
  int host = 0;  // so that no address fails too often
  for (const auto& [name, password] : std::vector<std::pair<std::string, std::string>>{
           {"Alice", "a wrong password"},
           {"Alice", ""},
           {"Alice", good_password + " "},
           {"Alice", std::string(1'000'000, 'x')},
           {"Nobody", good_password},
           {"Bob", good_password},
           {"", good_password},
           {std::string(1'000'000, 'x'), good_password},
           {std::string("Alice\0", 6), good_password},
           {"\xff", good_password}}) {
    const Login login = attempt(name, password, 0, address("192.0.2." + std::to_string(++host)));
    EXPECT_EQ(login.answer, Answer::wrong);
    EXPECT_FALSE(login.account);
    EXPECT_EQ(login.message, "wrong name or password");
    EXPECT_EQ(login.wait, Duration{});
  }
}

TEST_F(LoginTest, TakesAsLongForANameThatIsNotThere) {
  // Each costs one Argon2id of 16 MiB, some 10 ms. An answer without one takes less than 1.
  options_.cost = {1, 16 << 20};
  succeeded(set_password(database(), alice_.id, good_password, options_.cost));
  const auto fastest = [&](const std::string& name) {
    auto best = std::chrono::nanoseconds::max();
    for (int i = 0; i < 5; ++i) {
      const auto begin = std::chrono::steady_clock::now();
      EXPECT_EQ(guess(i, name).answer, Answer::wrong);
      best = std::min<std::chrono::nanoseconds>(best, std::chrono::steady_clock::now() - begin);
      succeeded(run(database(), "DELETE FROM login_failure"));
    }
    return std::chrono::duration<double>(best).count();
  };
  const double known = fastest("Alice"), unknown = fastest("Nobody");
  EXPECT_GT(unknown, known / 2);
  EXPECT_LT(unknown, known * 2);
}

TEST_F(LoginTest, MakesWhoGuessesWaitTwiceAsLongEveryTime) {
  int64_t now = 0;
  for (int i = 0; i < 5; ++i) EXPECT_EQ(guess(now).wait, Duration{}) << i;
  for (const int64_t wait : {1, 2, 4, 8, 16, 32, 64, 128, 256, 512}) {
    const Login login = guess(now);
    EXPECT_EQ(login.answer, Answer::wrong);
    EXPECT_EQ(login.wait, Duration::seconds(wait));
    const Login early = guess(now + wait - 1);
    EXPECT_EQ(early.answer, Answer::too_soon);
    EXPECT_EQ(early.wait, Duration::seconds(1));
    now += wait;
  }
  const Login last = guess(now);
  EXPECT_EQ(last.wait, Duration::minutes(15));
  EXPECT_EQ(last.message, "wrong name or password: the next one is looked at in 15 min");
  EXPECT_EQ(guess(now + 15 * minute - 60).message,
            "too many failed attempts to log in: the next one is looked at in 1 min");
  EXPECT_EQ(guess(now + 15 * minute).wait, Duration::minutes(15));
}

TEST_F(LoginTest, TurnsAwayEvenTheRightPasswordDuringAWait) {
  for (int i = 0; i < 6; ++i) guess(0);
  EXPECT_EQ(attempt("Alice", good_password, 0).answer, Answer::too_soon);
  EXPECT_EQ(attempt("Alice", good_password, 1).answer, Answer::welcome);
}

TEST_F(LoginTest, DoesNotCountWhatComesDuringAWait) {
  for (int i = 0; i < 6; ++i) guess(0);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(guess(0).wait, Duration::seconds(1));
  EXPECT_EQ(guess(1).wait, Duration::seconds(2));
}

TEST_F(LoginTest, CountsFailuresOfANameWhereverTheyComeFrom) {
  for (int i = 0; i < 6; ++i)
    guess(0, i % 2 == 0 ? "Alice" : "ALICE", address("192.0.2." + std::to_string(i)));
  EXPECT_EQ(guess(0, "alice", address("192.0.2.99")).answer, Answer::too_soon);
  EXPECT_EQ(guess(0, "Bob", address("192.0.2.99")).answer, Answer::wrong);
  // Whether or not there is such an account.
  for (int i = 0; i < 6; ++i) guess(0, "Nobody", address("203.0.113." + std::to_string(i)));
  EXPECT_EQ(guess(0, "Nobody", address("192.0.2.99")).answer, Answer::too_soon);
}

TEST_F(LoginTest, CountsFailuresOfAnAddressWhateverTheName) {
  for (int i = 0; i < 6; ++i) guess(0, "name " + std::to_string(i));
  EXPECT_EQ(guess(0, "another").answer, Answer::too_soon);
  EXPECT_EQ(guess(0, "another", address("198.51.100.8")).answer, Answer::wrong);
}

TEST_F(LoginTest, TakesASlash64ForOneAddress) {
  for (int i = 0; i < 6; ++i) {
    guess(0, "name " + std::to_string(i), address("2001:db8:0:1::" + std::to_string(i)));
  }
  EXPECT_EQ(guess(0, "a", address("2001:db8:0:1:ffff:ffff:ffff:ffff")).answer, Answer::too_soon);
  EXPECT_EQ(guess(0, "a", address("2001:db8:0:2::")).answer, Answer::wrong);
}

TEST_F(LoginTest, ClearsTheNamesFailuresOnceItsOwnerIsIn) {
  for (int i = 0; i < 5; ++i) guess(0, "Alice", address("192.0.2." + std::to_string(i)));
  EXPECT_EQ(attempt("Alice", good_password, 0).answer, Answer::welcome);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(guess(0, "Alice", address("203.0.113." + std::to_string(i))).wait, Duration{});
  }
}

TEST_F(LoginTest, KeepsTheAddresssFailuresOfWhoHasAnAccountOfHisOwn) {
  make("Mallory");
  int64_t now = 0;
  for (int i = 0; i < 5; ++i) guess(now, "name " + std::to_string(i));
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(attempt("Mallory", good_password, now).answer, Answer::welcome);
    const Login login = guess(now, "other " + std::to_string(i));
    EXPECT_EQ(login.wait, Duration::seconds(int64_t{1} << i));
    now += 1 << i;
  }
}

TEST_F(LoginTest, ForgetsAFailureEveryQuarterOfAnHour) {
  for (int i = 0; i < 8; ++i) guess(10 * i);
  // Eight until 0:01:10. Three are forgotten after three quarters of an hour, and with a fourth,
  // what comes next is the fifth.
  EXPECT_EQ(guess(70 + hour).wait, Duration{});
  reopen();
  EXPECT_THAT(subjects(), SizeIs(2));
  guess(10 * hour, "Bob", address("192.0.2.1"));
  EXPECT_THAT(subjects(), SizeIs(2)) << "those of Alice and her address are gone";
}

TEST_F(LoginTest, RemembersFailuresOverARestart) {
  for (int i = 0; i < 6; ++i) guess(0);
  reopen();
  EXPECT_EQ(guess(0).answer, Answer::too_soon);
}

TEST_F(LoginTest, WaitsNoLongerThanItSaidWhenTheClockIsSetBack) {
  for (int i = 0; i < 6; ++i) guess(365 * 24 * hour);
  EXPECT_EQ(guess(0).wait, options_.longest_wait);
}

TEST_F(LoginTest, NeverKeepsTheNameThatWasTyped) {
  guess(0, "my password, in the wrong field");
  for (const std::string& subject : subjects()) {
    EXPECT_THAT(subject, testing::Not(HasSubstr("password")));
  }
}

TEST_F(LoginTest, AllowsNoMoreGuessesManyAtATime) {
  std::atomic<int> looked_at = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      const auto own = value(Database::open(file()));
      for (int j = 0; j < 10; ++j) {
        const auto login = log_in(*own, "Alice", "a wrong password", home, at(0), options_);
        ASSERT_TRUE(login) << login.error().message();
        if (login->answer == Answer::wrong) ++looked_at;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(looked_at, 6);
}

TEST_F(LoginTest, RenewsAHashOfAnotherCost) {
  options_.cost = {2, 16'384};
  EXPECT_EQ(guess(0).answer, Answer::wrong);
  const auto hash = [&] {
    auto statement = Statement::prepare(database(), "SELECT password_hash FROM account");
    EXPECT_TRUE(value(statement->step()));
    return statement->text(0);
  };
  EXPECT_THAT(hash(), HasSubstr("$m=8,t=1,"));
  EXPECT_EQ(attempt("Alice", good_password, 0).answer, Answer::welcome);
  const std::string renewed = hash();
  EXPECT_THAT(renewed, HasSubstr("$m=16,t=2,"));
  EXPECT_EQ(attempt("Alice", good_password, 0).answer, Answer::welcome);
  EXPECT_EQ(hash(), renewed);
}

TEST_F(LoginTest, HoldsNoMoreThanAHundredThousandFailures) {
  succeeded(run(database(),
                "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) "
                "INSERT INTO login_failure SELECT 'address ' || i, 1, ?1, ?1, ?1 + i FROM n",
                at(0)));
  guess(0);
  EXPECT_THAT(subjects(), SizeIs(100'000));
  EXPECT_THAT(subjects(), testing::Not(testing::Contains("address 1")));
  EXPECT_THAT(subjects(), testing::Contains("address " + home.to_string() + "/32"));
}

}  // namespace
}  // namespace yagura::state
