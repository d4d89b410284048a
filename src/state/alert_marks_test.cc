// SPDX-License-Identifier: Apache-2.0
#include "state/alert_marks.h"

#include <gmock/gmock.h>

#include "state/outcome_for_tests.h"
#include "state/state_for_tests.h"

namespace yagura::state {
namespace {

constexpr Timestamp now = Timestamp::from_seconds(1'700'000'000);

class AlertMarksTest : public StateTest {
 protected:
  Outcome<void> mark(const std::string& rule, const std::string& host, bool important) {
    return mark_alerts(database(), {rule, host, important, now});
  }
  std::vector<std::string> marks() {
    std::vector<std::string> texts;
    for (const AlertMark& mark : value(alert_marks(database())))
      texts.push_back(mark.rule + "@" + mark.host + (mark.important ? " +" : " -"));
    return texts;
  }
};

TEST_F(AlertMarksTest, AreKeptByRuleAndHost) {
  succeeded(mark("wazuh 5710", "web", true));
  succeeded(mark("wazuh 5710", "", false));
  succeeded(mark("suricata 7", "", true));
  reopen();
  EXPECT_THAT(marks(), testing::ElementsAre("suricata 7@ +", "wazuh 5710@ -", "wazuh 5710@web +"));
  EXPECT_EQ(value(alert_marks(database()))[0].marked, now);
}

TEST_F(AlertMarksTest, TakeThePlaceOfWhatWasSaidBefore) {
  succeeded(mark("wazuh 5710", "web", true));
  succeeded(mark("wazuh 5710", "web", false));
  EXPECT_THAT(marks(), testing::ElementsAre("wazuh 5710@web -"));
}

TEST_F(AlertMarksTest, CanBeTakenBack) {
  succeeded(mark("wazuh 5710", "web", true));
  refused(StateError::Kind::absent, unmark_alerts(database(), "wazuh 5710", ""));
  succeeded(unmark_alerts(database(), "wazuh 5710", "web"));
  EXPECT_THAT(marks(), testing::IsEmpty());
}

TEST_F(AlertMarksTest, WithoutARuleOrWithNamesTooLongAreRefused) {
  refused(StateError::Kind::invalid, mark("", "web", true));
  refused(StateError::Kind::invalid, mark(std::string(301, 'a'), "web", true));
  refused(StateError::Kind::invalid, mark("wazuh 5710", std::string(301, 'a'), true));
  succeeded(mark(std::string(300, 'a'), std::string(300, 'b'), true));
}

TEST_F(AlertMarksTest, AreBoundedInNumber) {
  succeeded(database().transaction([&]() -> Result<void> {
    for (int64_t i = 0; i < most_alert_marks; ++i)
      TRY_VOID(mark("rule " + std::to_string(i), "", false));
    return {};
  }));
  refused(StateError::Kind::conflict, mark("one more", "", true));
  succeeded(mark("rule 7", "", true));  // in place of one
}

}  // namespace
}  // namespace yagura::state
