// SPDX-License-Identifier: Apache-2.0
#include "state/sessions.h"

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <set>

#include "state/accounts_for_tests.h"
#include "state/statement.h"

namespace yagura::state {
namespace {

using testing::HasSubstr;
using Kind = StateError::Kind;

constexpr int64_t minute = 60, hour = 3600, day = 86'400;

class SessionsTest : public AccountsStateTest {
 protected:
  SessionsTest() : alice_(make("Alice")) {}

  NewSession begin(const Account& account, int64_t seconds = 0) {
    return value(begin_session(database(), account, home, at(seconds)));
  }
  std::optional<Session> find(std::string_view id, int64_t seconds,
                              const SessionOptions& options = {}) {
    return value(find_session(database(), id, at(seconds), options));
  }
  int64_t stored(const std::string& what) {
    auto statement = Statement::prepare(database(), "SELECT " + what + " FROM session");
    EXPECT_TRUE(value(statement->step()));
    return statement->integer(0);
  }

  Account alice_;
};

TEST_F(SessionsTest, RemembersWhoASessionBelongsTo) {
  const NewSession made = begin(alice_);
  reopen();
  const auto session = find(made.id, 1);
  ASSERT_TRUE(session);
  EXPECT_EQ(session->account, alice_);
  EXPECT_EQ(session->remote, home);
  EXPECT_EQ(session->created, at(0));
  EXPECT_EQ(session->expires, at(12 * hour));
  EXPECT_EQ(session->csrf, made.session.csrf);
}

TEST_F(SessionsTest, KnowsNoOtherId) {
  const NewSession made = begin(alice_);
  for (const std::string& wrong : {std::string(), made.id.substr(1), made.id + "A",
                                   made.session.csrf, std::string("' OR 1=1 --")}) {
    EXPECT_FALSE(find(wrong, 1)) << wrong;
  }
}

TEST_F(SessionsTest, KeepsNeitherTheIdNorTheCsrfToken) {
  const NewSession made = begin(alice_);
  reopen();
  for (const auto& file : std::filesystem::directory_iterator(this->file().parent_path())) {
    std::ifstream stream(file.path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(stream), {}};
    EXPECT_EQ(bytes.find(made.id), std::string::npos) << file.path();
    EXPECT_EQ(bytes.find(made.session.csrf), std::string::npos) << file.path();
  }
}

TEST_F(SessionsTest, GivesEverySessionACsrfTokenOfItsOwn) {
  const NewSession one = begin(alice_), two = begin(alice_);
  EXPECT_TRUE(csrf_matches(one.session, one.session.csrf));
  EXPECT_FALSE(csrf_matches(one.session, two.session.csrf));
  EXPECT_FALSE(csrf_matches(one.session, one.id));
  EXPECT_FALSE(csrf_matches(one.session, ""));
}

TEST_F(SessionsTest, EndsASessionThatIsNotUsed) {
  const NewSession made = begin(alice_);
  EXPECT_FALSE(find(made.id, 12 * hour));
  ASSERT_TRUE(find(made.id, 12 * hour - 1));  // and that was a use
  EXPECT_TRUE(find(made.id, 23 * hour));
  EXPECT_FALSE(find(made.id, 36 * hour));
}

TEST_F(SessionsTest, EndsASessionAfterAWeekHoweverMuchItIsUsed) {
  const NewSession made = begin(alice_);
  for (int64_t used = hour; used < 7 * day; used += hour) ASSERT_TRUE(find(made.id, used));
  EXPECT_TRUE(find(made.id, 7 * day - 1));
  EXPECT_EQ(find(made.id, 7 * day - 1)->expires, at(7 * day));
  EXPECT_FALSE(find(made.id, 7 * day));
}

TEST_F(SessionsTest, AppliesShorterSettingsToSessionsThatThereAre) {
  const NewSession made = begin(alice_);
  const SessionOptions shorter{Duration::minutes(10), Duration::hours(1), Duration::minutes(1)};
  EXPECT_FALSE(find(made.id, 10 * minute, shorter));
  EXPECT_TRUE(find(made.id, 10 * minute));
}

TEST_F(SessionsTest, NotesTheUseOnceAMinute) {
  const NewSession made = begin(alice_);
  const auto last_used = [&] { return Timestamp{stored("last_used")}; };
  EXPECT_EQ(find(made.id, minute - 1)->last_used, at(0));
  EXPECT_EQ(last_used(), at(0));
  EXPECT_EQ(find(made.id, minute)->last_used, at(minute));
  EXPECT_EQ(last_used(), at(minute));
  EXPECT_TRUE(find(made.id, 0));  // a thread whose time is a little behind
  EXPECT_EQ(last_used(), at(minute));
}

TEST_F(SessionsTest, LetsPeopleInWhoseUseCannotBeNoted) {
  const NewSession made = begin(alice_);
  succeeded(run(database(), "PRAGMA query_only = 1"));
  const auto session = find(made.id, hour);
  ASSERT_TRUE(session);
  EXPECT_EQ(session->last_used, at(0));
}

TEST_F(SessionsTest, EndsOneOrAllOfAnAccount) {
  const Account bob = make("Bob");
  const std::string one = begin(alice_).id, two = begin(alice_).id, his = begin(bob).id;
  succeeded(end_session(database(), one));
  succeeded(end_session(database(), one));
  EXPECT_FALSE(find(one, 1));
  EXPECT_TRUE(find(two, 1));
  begin(alice_);
  succeeded(end_sessions_of(database(), alice_.id));
  EXPECT_FALSE(find(two, 1));
  EXPECT_TRUE(find(his, 1));
}

TEST_F(SessionsTest, TakesOutTheRowsOfExpiredSessions) {
  begin(alice_);
  begin(alice_, 11 * hour);
  succeeded(prune_sessions(database(), at(12 * hour - 1)));
  EXPECT_EQ(stored("count(*)"), 2);
  succeeded(prune_sessions(database(), at(12 * hour)));
  EXPECT_EQ(stored("count(*)"), 1);
  EXPECT_EQ(Timestamp{stored("created")}, at(11 * hour));
}

TEST_F(SessionsTest, ShowsTheAccountAsItIsNow) {
  const NewSession made = begin(alice_);
  succeeded(set_role(database(), alice_.id, Role::viewer));
  EXPECT_EQ(find(made.id, 1)->account.role, Role::viewer);
}

TEST_F(SessionsTest, BeginsNoneForAnAccountThatWasChangedSinceItLoggedIn) {
  const auto refusal = [&](const Account& account) {
    return refused(Kind::conflict, begin_session(database(), account, home, at(1)));
  };
  succeeded(set_password(database(), alice_.id, "another secret", PasswordCost::least()));
  EXPECT_THAT(refusal(alice_), HasSubstr("changed in the meantime"));
  EXPECT_FALSE(begin(now_of(alice_)).id.empty());
  succeeded(set_disabled(database(), alice_.id, true));
  EXPECT_THAT(refusal(now_of(alice_)), HasSubstr("changed in the meantime"));
  Account nobody;
  nobody.id = 99;
  EXPECT_THAT(refusal(nobody), HasSubstr("changed in the meantime"));
}

TEST_F(SessionsTest, EndsTheOneLeastUsedBeyondAHundred) {
  const std::string first = begin(alice_).id, second = begin(alice_).id;
  EXPECT_TRUE(find(first, 2 * minute));
  for (int i = 0; i < 98; ++i) begin(alice_, minute);
  EXPECT_TRUE(find(second, 1));
  const std::string newest = begin(alice_, 1).id;
  EXPECT_FALSE(find(second, 2));
  EXPECT_TRUE(find(first, 2));
  EXPECT_TRUE(find(newest, 2));
  EXPECT_EQ(stored("count(*)"), 100);
}

TEST_F(SessionsTest, SurvivesThatItsProcessIsKilled) {
  int pipe[2];
  ASSERT_EQ(::pipe(pipe), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    auto own = Database::open(file());
    if (!own) ::_exit(1);
    const auto made = begin_session(**own, alice_, home, at(0));
    if (!made) ::_exit(2);
    if (::write(pipe[1], made->id.data(), made->id.size()) < 0) ::_exit(3);
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status)) << "exit code " << WEXITSTATUS(status);
  std::string id(100, '\0');
  const ssize_t size = ::read(pipe[0], id.data(), id.size());
  ASSERT_EQ(size, 43);
  id.resize(43);
  ::close(pipe[0]);
  ::close(pipe[1]);
  reopen();
  EXPECT_TRUE(find(id, 1));
}

}  // namespace
}  // namespace yagura::state
