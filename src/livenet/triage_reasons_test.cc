// SPDX-License-Identifier: Apache-2.0
#include "livenet/triage_reasons.h"

#include <gtest/gtest.h>

namespace yagura::livenet {
namespace {

Facts facts() {
  Facts facts;
  facts.metas = 12'345;
  facts.rule_metas = 40;
  facts.key_metas = 3;
  facts.count = 410;
  facts.usual_count = 2.5;
  facts.silence = Duration::hours(50);
  facts.usual_silence = Duration::hours(1);
  facts.host_rules = 3;
  facts.usual_host_rules = 1;
  return facts;
}

std::string text(std::vector<Feature> reasons, const Facts& facts) {
  return reasons_text(reasons, facts);
}

TEST(TriageReasonsTest, SayWhatWasAndWhatIsUsual) {
  EXPECT_EQ(text({Feature::host_rules, Feature::burst}, facts()),
            "3 rules on host within the hour, usually 1; when it had 410 alerts, usually 2.5");
  EXPECT_EQ(text({Feature::silence}, facts()), "silent here for 2 d 2 h before, usually 1 h");
  EXPECT_EQ(text({Feature::rule_rarity}, facts()), "rule was 40 of 12,345 meta-alerts so far");
  EXPECT_EQ(text({Feature::key_rarity}, facts()),
            "rule on this host 3 of 12,345 meta-alerts so far");
}

TEST(TriageReasonsTest, SayOneOfThemInTheSingularAndNothingOfWhatIsNotKnown) {
  Facts one = facts();
  one.count = 1;
  one.host_rules = 1;
  one.usual_silence = {};
  EXPECT_EQ(text({Feature::count, Feature::host_load, Feature::silence_change}, one),
            "1 alert, usually 2.5; 1 rule on host within the hour, usually 1; "
            "silent here for 2 d 2 h before");
}

TEST(TriageReasonsTest, SayThatSomethingWasNeverSeen) {
  Facts first = facts();
  first.key_metas = 0;
  EXPECT_EQ(text({Feature::silence, Feature::key_rarity}, first),
            "rule never seen on this host before");
  EXPECT_EQ(text({Feature::key_rarity, Feature::count}, first),
            "rule never seen on this host before; 410 alerts, usually 2.5");
  first.rule_metas = 0;
  EXPECT_EQ(text({Feature::key_rarity}, first), "rule never seen on this host before");
  first.usual_count = 0;
  EXPECT_EQ(text({Feature::key_rarity, Feature::rule_rarity, Feature::count}, first),
            "rule never seen before; when it had 410 alerts");
  first.usual_host_rules = 0;
  EXPECT_EQ(text({Feature::host_load}, first), "host never seen before");
  EXPECT_EQ(text({}, first), "");
}

TEST(TriageReasonsTest, SayOneThingOnce) {
  EXPECT_EQ(text({Feature::count, Feature::burst, Feature::duration}, facts()),
            "when it had 410 alerts, usually 2.5");
}

}  // namespace
}  // namespace yagura::livenet
