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

std::string text(std::vector<Feature> reasons, const Facts& facts, uint64_t alerts = 410) {
  return reasons_text(reasons, facts, alerts);
}

TEST(TriageReasonsTest, SayWhatWasAndWhatIsUsual) {
  EXPECT_EQ(text({Feature::host_rules, Feature::burst}, facts()),
            "3 rules on host within the hour, usually 1; 410 alerts, usually 2.5");
  EXPECT_EQ(text({Feature::silence}, facts()), "silent here for 2 d 2 h before, usually 1 h");
  EXPECT_EQ(text({Feature::rule_rarity}, facts()), "rule was 40 of 12,345 meta-alerts so far");
  EXPECT_EQ(text({Feature::key_rarity}, facts()),
            "rule on this host 3 of 12,345 meta-alerts so far");
  Facts first_silence = facts();
  first_silence.usual_silence = {};
  EXPECT_EQ(text({Feature::silence_change}, first_silence), "silent here for 2 d 2 h before");
}

TEST(TriageReasonsTest, SayThatThereWereFewerAlertsWhenItStoodOut) {
  EXPECT_EQ(text({Feature::count}, facts(), 7'068),
            "already 410 alerts when it stood out, usually 2.5");
}

// "1 alert, usually 8.8" is none.
TEST(TriageReasonsTest, SayNothingOfWhatIsNoMoreThanUsual) {
  Facts usual = facts();
  usual.count = 1;
  usual.usual_count = 8.8;
  usual.host_rules = 4;
  usual.usual_host_rules = 5.4;
  usual.silence = usual.usual_silence;
  EXPECT_EQ(
      text({Feature::count, Feature::host_load, Feature::silence, Feature::key_rarity}, usual),
      "rule on this host 3 of 12,345 meta-alerts so far");
  EXPECT_EQ(text({Feature::count, Feature::host_load, Feature::silence}, usual),
            "nothing by itself, but all of it together");
  usual.usual_count = 0;
  EXPECT_EQ(text({Feature::key_rarity, Feature::count}, usual),
            "rule on this host 3 of 12,345 meta-alerts so far")
      << "a meta-alert has one alert at least";
}

// Whichever features were named: of a rule that is new here, its count is not all there is to say.
TEST(TriageReasonsTest, SayFirstThatSomethingWasNeverSeen) {
  Facts first = facts();
  first.key_metas = 0;
  EXPECT_EQ(text({Feature::silence, Feature::key_rarity}, first),
            "rule never seen on this host before");
  EXPECT_EQ(text({Feature::count}, first),
            "rule never seen on this host before; 410 alerts, usually 2.5");
  first.rule_metas = 0;
  first.usual_count = 0;
  EXPECT_EQ(text({Feature::count, Feature::key_rarity, Feature::rule_rarity}, first),
            "rule never seen before; 410 alerts");
  first.usual_host_rules = 0;
  EXPECT_EQ(text({Feature::duration}, first),
            "rule never seen before; host never seen before; 410 alerts");
  EXPECT_EQ(text({}, first), "");
}

TEST(TriageReasonsTest, SayOneThingOnce) {
  EXPECT_EQ(text({Feature::count, Feature::burst, Feature::duration}, facts()),
            "410 alerts, usually 2.5");
}

}  // namespace
}  // namespace yagura::livenet
