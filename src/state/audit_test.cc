// SPDX-License-Identifier: Apache-2.0
#include "state/audit.h"

#include <gmock/gmock.h>

#include <limits>

#include "state/accounts_for_tests.h"
#include "state/statement.h"

namespace yagura::state {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

class AuditTest : public StateTest {
 protected:
  void add(int64_t seconds, const std::string& account, const std::string& action,
           const std::string& object = "x") {
    succeeded(record_audit(database(), {at(seconds), account, "", home, action, object, "{}"}));
  }
  std::vector<std::string> actions(const AuditQuery& query, bool more = false) {
    const AuditPage page = value(audit_log(database(), query));
    EXPECT_EQ(page.more, more);
    std::vector<std::string> all;
    for (const AuditRecord& found : page.records) all.push_back(found.entry.action);
    return all;
  }
};

TEST_F(AuditTest, KeepsAnEntryAsItWasGiven) {
  const std::string detail = R"({"role":"admin","before":"viewer"})";
  succeeded(record_audit(database(), {at(1), "Alice", "ci", home, "account.role", "Bob", detail}));
  succeeded(record_audit(database(), {at(2), "", "", std::nullopt, "start", "", "{}"}));
  reopen();
  const auto records = value(audit_log(database(), {})).records;
  ASSERT_THAT(records, SizeIs(2));
  EXPECT_EQ(records[0].id, 2);
  EXPECT_EQ(records[0].entry.remote, std::nullopt);
  const AuditEntry& entry = records[1].entry;
  EXPECT_EQ(entry.time, at(1));
  EXPECT_EQ(entry.account, "Alice");
  EXPECT_EQ(entry.token, "ci");
  EXPECT_EQ(entry.remote, home);
  EXPECT_EQ(entry.action, "account.role");
  EXPECT_EQ(entry.object, "Bob");
  EXPECT_EQ(entry.detail, detail);
}

TEST_F(AuditTest, GivesPagesNewestFirst) {
  for (int i = 0; i < 5; ++i) add(10 - i, "Alice", std::to_string(i));
  AuditQuery query;
  query.limit = 2;
  EXPECT_THAT(actions(query, true), ElementsAre("4", "3"));
  query.offset = 2;
  EXPECT_THAT(actions(query, true), ElementsAre("2", "1"));
  query.offset = 4;
  EXPECT_THAT(actions(query), ElementsAre("0"));
  query.offset = 5;
  EXPECT_THAT(actions(query), ElementsAre());
  query.offset = 3;
  EXPECT_THAT(actions(query), ElementsAre("1", "0"));
}

TEST_F(AuditTest, TakesPagesOfImpossibleSizesForTheNearestPossible) {
  for (int i = 0; i < 3; ++i) add(i, "Alice", std::to_string(i));
  AuditQuery query;
  query.limit = 0;
  query.offset = -1;
  EXPECT_THAT(actions(query, true), ElementsAre("2"));
  query.limit = std::numeric_limits<int64_t>::max();
  EXPECT_THAT(actions(query), SizeIs(3));
}

TEST_F(AuditTest, FindsEntriesByTimeAccountAndAction) {
  add(0, "Alice", "a");
  add(1, "Bob", "b");
  add(2, "Alice", "b");
  AuditQuery query;
  query.from = at(1);
  EXPECT_THAT(actions(query), ElementsAre("b", "b"));
  query.until = at(2);
  EXPECT_THAT(actions(query), ElementsAre("b"));
  query = {};
  query.account = "ALICE";
  EXPECT_THAT(actions(query), ElementsAre("b", "a"));
  query.action = "b";
  EXPECT_THAT(actions(query), ElementsAre("b"));
  query.account = "' OR '1'='1";
  EXPECT_THAT(actions(query), ElementsAre());
}

TEST_F(AuditTest, IsNeitherChangedNorCut) {
  add(0, "Alice", "a");
  for (const char* attack : {"UPDATE audit SET account = 'Bob'", "DELETE FROM audit",
                             "DELETE FROM audit WHERE id = 1"}) {
    EXPECT_THAT(error_of(run(database(), attack)), HasSubstr("the audit log is only added to"));
  }
  EXPECT_THAT(actions({}), ElementsAre("a"));
}

TEST_F(AuditTest, RefusesADetailThatIsNoJsonOrTooLong) {
  const auto with = [&](const std::string& detail) {
    return record_audit(database(), {at(0), "Alice", "", home, "a", "x", detail});
  };
  for (const std::string detail : {"", "{", "{'a':1}", "{} {}"}) {
    EXPECT_EQ(error_of(with(detail)), "audit: the detail is no JSON") << detail;
  }
  const std::string longest = '"' + std::string(4094, 'x') + '"';
  succeeded(with(longest));
  EXPECT_THAT(error_of(with(longest + " ")), AllOf(HasSubstr("4097 bytes"), HasSubstr("4096")));
  EXPECT_THAT(actions({}), SizeIs(1));
}

TEST_F(AuditTest, CutsTextsAndMakesThemPrintable) {
  add(0, "Alice", "a", "line\nend" + std::string(100'000, 'x'));
  const auto records = value(audit_log(database(), {})).records;
  ASSERT_THAT(records, SizeIs(1));
  EXPECT_THAT(records[0].entry.object, testing::StartsWith("line\\nendxxx"));
  EXPECT_EQ(records[0].entry.object.size(), 256u);
}

TEST_F(AuditTest, StandsOrFallsWithWhatItIsAbout) {
  const auto failed = database().transaction([&]() -> Result<void> {
    TRY_VOID(create_account(database(), {"Alice", Role::viewer, good_password}, at(0),
                            PasswordCost::least()));
    return record_audit(database(), {at(0), "", "", home, "account.create", "Alice", "no JSON"});
  });
  EXPECT_EQ(error_of(failed), "audit: the detail is no JSON");
  EXPECT_THAT(value(accounts(database())), SizeIs(0));
}

}  // namespace
}  // namespace yagura::state
