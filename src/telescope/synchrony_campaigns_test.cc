// SPDX-License-Identifier: Apache-2.0
#include "telescope/synchrony_campaigns.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <random>

namespace yagura::telescope {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr uint8_t lasso = 1, change = 2, groups = 4;
constexpr uint8_t attack = 1, survey = 2, next_best = 3, single_target = 4;
constexpr uint32_t first = 1'600'000'200 / judged_seconds * judged_seconds;

struct Named {
  uint16_t port;
  uint8_t level = attack;
  uint16_t hosts = 40;
  uint32_t packets = 400;
  std::optional<uint8_t> votes = {};  // else those of the window
};

JudgedWindow alarm(uint32_t window, uint8_t votes, std::initializer_list<Named> ports) {
  JudgedWindow judged;
  judged.facts.time = first + window * judged_seconds;
  judged.facts.sensor = 3;
  judged.facts.votes = votes;
  judged.prefixes = {static_cast<uint16_t>(window)};
  for (const Named& named : ports) {
    judged.ports.push_back(named.port);
    judged.port_levels.push_back(named.level);
    judged.port_hosts.push_back(named.hosts);
    judged.port_packets.push_back(named.packets);
    judged.port_votes.push_back(named.votes.value_or(votes));
  }
  return judged;
}

std::vector<SynchronyCampaign> folded(const std::vector<JudgedWindow>& alarms) {
  CampaignFolder folder;
  for (const JudgedWindow& one : alarms) folder.add(one);
  return folder.finish();
}

std::vector<uint32_t> numbers_of(const std::vector<uint32_t>& times) {
  std::vector<uint32_t> numbers;
  for (const uint32_t time : times) numbers.push_back((time - first) / judged_seconds);
  return numbers;
}

std::vector<uint16_t> ports_of(const SynchronyCampaign& campaign) {
  std::vector<uint16_t> ports;
  for (const CampaignPort& port : campaign.ports) ports.push_back(port.port);
  return ports;
}

TEST(Campaigns, AnHourInStepIsOneWithItsPortsHostsAndVotes) {
  const auto campaigns =
      folded({alarm(0, lasso, {{37215, attack, 45, 300}, {443, next_best, 6}}),
              alarm(1, lasso | groups, {{37215, attack, 50, 500}, {8728, next_best, 7}}),
              alarm(2, groups, {{37215, attack, 44, 440}})});
  ASSERT_EQ(campaigns.size(), 1U);
  const SynchronyCampaign& campaign = campaigns[0];
  EXPECT_EQ(campaign.sensor, 3);
  EXPECT_EQ(campaign.from, Timestamp::from_seconds(first));
  EXPECT_EQ(campaign.until, Timestamp::from_seconds(first + 3 * judged_seconds));
  EXPECT_EQ(campaign.level, attack);
  EXPECT_THAT(campaign.ports, ElementsAre(CampaignPort{37215, attack, 50, 1240, lasso | groups}));
  EXPECT_EQ(campaign.hosts, 50);
  EXPECT_EQ(campaign.packets, 1240U);
  EXPECT_EQ(campaign.votes, lasso | groups);
  EXPECT_THAT(campaign.prefixes, ElementsAre(1));
  EXPECT_THAT(numbers_of(campaign.windows), ElementsAre(0, 1, 2));
  EXPECT_THAT(campaign.ends, IsEmpty());
}

TEST(Campaigns, AGapOfTwoWindowsIsBridgedAndOneOfThreeIsNot) {
  const auto campaigns =
      folded({alarm(0, lasso, {{7547}}), alarm(3, lasso, {{7547}}), alarm(7, lasso, {{7547}})});
  ASSERT_EQ(campaigns.size(), 2U);
  EXPECT_THAT(numbers_of(campaigns[0].windows), ElementsAre(0, 3));
  EXPECT_THAT(numbers_of(campaigns[1].windows), ElementsAre(7));
}

TEST(Campaigns, OverlappingOnesOnOtherPortsStayApart) {
  const auto campaigns =
      folded({alarm(0, groups, {{7547}}), alarm(1, groups, {{7547}, {5358, attack, 90}}),
              alarm(2, groups, {{5358, attack, 80}, {7547}}), alarm(3, groups, {{5358}})});
  ASSERT_EQ(campaigns.size(), 2U);
  EXPECT_THAT(ports_of(campaigns[0]), ElementsAre(7547));
  EXPECT_THAT(numbers_of(campaigns[0].windows), ElementsAre(0, 1, 2));
  EXPECT_EQ(campaigns[0].hosts, 40);
  EXPECT_THAT(ports_of(campaigns[1]), ElementsAre(5358));
  EXPECT_THAT(numbers_of(campaigns[1].windows), ElementsAre(1, 2, 3));
  EXPECT_EQ(campaigns[1].hosts, 90);
}

TEST(Campaigns, PortsThatBeginTogetherAreOne) {
  const auto campaigns = folded({alarm(0, lasso, {{81}, {8081, single_target, 60}}),
                                 alarm(1, lasso, {{81}}), alarm(2, lasso, {{8081}})});
  ASSERT_EQ(campaigns.size(), 1U);
  EXPECT_THAT(ports_of(campaigns[0]), ElementsAre(8081, 81));
  EXPECT_EQ(campaigns[0].level, attack);
  EXPECT_THAT(numbers_of(campaigns[0].windows), ElementsAre(0, 1, 2));
}

// 443 is next best in most alarms of any telescope: it must not tie them together, nor must it be
// told as something new beside what is an attack.
TEST(Campaigns, ThePortsThatAreOnlyNextBestTieNothingTogether) {
  const auto campaigns =
      folded({alarm(0, lasso, {{7547}, {443, next_best, 8}}),
              alarm(1, lasso, {{5358}, {443, next_best, 8}}),
              alarm(2, lasso, {{5358}, {443, survey, 12}}), alarm(3, lasso, {{443, attack, 80}})});
  ASSERT_EQ(campaigns.size(), 3U);
  EXPECT_THAT(ports_of(campaigns[0]), ElementsAre(7547));
  EXPECT_THAT(numbers_of(campaigns[1].windows), ElementsAre(1, 2));
  EXPECT_THAT(ports_of(campaigns[2]), ElementsAre(443));
  EXPECT_THAT(numbers_of(campaigns[2].windows), ElementsAre(3));
}

TEST(Campaigns, ASmallerCampaignGoesOnBesideALargerOne) {
  const auto campaigns = folded({alarm(0, lasso, {{2480, survey, 15}}),
                                 alarm(1, lasso, {{21, attack, 90}, {2480, survey, 14}}),
                                 alarm(2, lasso, {{21, attack, 90}, {2480, survey, 12}}),
                                 alarm(3, lasso, {{2480, survey, 15}})});
  ASSERT_EQ(campaigns.size(), 2U);
  EXPECT_EQ(campaigns[0].level, survey);
  EXPECT_THAT(numbers_of(campaigns[0].windows), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(numbers_of(campaigns[1].windows), ElementsAre(1, 2));
}

// As of a campaign of 60 hosts: the half hour before still has them, the window has a packet.
TEST(Campaigns, AGroupOfTheHalfHourBeforeIsAnEnd) {
  const auto campaigns = folded(
      {alarm(0, lasso | groups, {{8888, attack, 58, 3500}}),
       alarm(1, groups, {{8888, attack, 58, 1}}),
       alarm(2, lasso | groups, {{443, next_best, 6, 60, lasso}, {8888, attack, 50, 0, groups}})});
  ASSERT_EQ(campaigns.size(), 1U);
  EXPECT_EQ(campaigns[0].until, Timestamp::from_seconds(first + judged_seconds));
  EXPECT_THAT(numbers_of(campaigns[0].windows), ElementsAre(0));
  EXPECT_THAT(numbers_of(campaigns[0].ends), ElementsAre(1, 2));
  EXPECT_EQ(campaigns[0].last(), first + 2 * judged_seconds);
}

TEST(Campaigns, WhatWasNotToldBeforeIsNoEnd) {
  const auto campaigns = folded({alarm(0, groups, {{8888, attack, 58, 1}})});
  ASSERT_EQ(campaigns.size(), 1U);
  EXPECT_THAT(numbers_of(campaigns[0].windows), ElementsAre(0));
}

TEST(Campaigns, WhatChangeFinderAloneSaysAfterwardsIsAnEnd) {
  std::vector<JudgedWindow> alarms = {
      alarm(0, lasso | change, {{6379, attack, 180}, {443, next_best, 7}}),
      alarm(1, change, {{443, survey, 8}, {6379, next_best, 6}}),
      alarm(2, change, {{6379, survey, 10}, {37215, next_best, 5}}),
      alarm(3, change, {{37215, survey, 7}}),
      alarm(4, change, {{443, next_best, 6}}),
      alarm(1 + change_memory, change, {})};
  auto campaigns = folded(alarms);
  ASSERT_EQ(campaigns.size(), 1U);
  EXPECT_THAT(numbers_of(campaigns[0].windows), ElementsAre(0));
  EXPECT_THAT(numbers_of(campaigns[0].ends), ElementsAre(1, 2, 3, 4, 1 + change_memory));
  // What is further away is something else.
  alarms.push_back(alarm(2 + change_memory, change, {{443, survey, 7}}));
  EXPECT_EQ(folded(alarms).size(), 2U);
}

TEST(Campaigns, ANewPortIsNeverHiddenInAnEnd) {
  const JudgedWindow campaign = alarm(0, lasso, {{6379, attack, 180}, {443, next_best, 7}});
  for (const JudgedWindow& other :
       {alarm(1, change, {{443, attack, 25}}), alarm(1, change, {{443, single_target, 9}}),
        alarm(1, change, {{2222, survey, 9}}), alarm(1, lasso, {{443, survey, 9}}),
        alarm(1, lasso, {{443, next_best, 7}}), alarm(1, lasso | change, {{443, survey, 9}})})
    EXPECT_EQ(folded({campaign, other}).size(), 2U);
  // Both: an end to one, and the start of another.
  const auto both = folded({campaign, alarm(1, change, {{443, survey, 9}, {2222, survey, 9}})});
  ASSERT_EQ(both.size(), 2U);
  EXPECT_THAT(numbers_of(both[0].ends), ElementsAre(1));
  EXPECT_THAT(ports_of(both[1]), ElementsAre(2222));
}

TEST(Campaigns, ChangeFinderAloneDoesGoOnWithWhatIsAsGraveAsBefore) {
  const auto campaigns =
      folded({alarm(0, lasso, {{6379, attack, 180}}), alarm(1, change, {{6379, attack, 181}})});
  ASSERT_EQ(campaigns.size(), 1U);
  EXPECT_THAT(numbers_of(campaigns[0].windows), ElementsAre(0, 1));
}

TEST(Campaigns, AlarmsWithoutAPortAboveNextBestAreNotLost) {
  auto campaigns =
      folded({alarm(0, lasso, {{443, next_best, 6}}), alarm(1, lasso, {{443, next_best, 5}}),
              alarm(2, lasso, {{443, attack, 60}}), alarm(30, change, {}), alarm(31, change, {})});
  ASSERT_EQ(campaigns.size(), 3U);
  EXPECT_THAT(numbers_of(campaigns[0].windows), ElementsAre(0, 1));
  EXPECT_EQ(campaigns[0].level, next_best);
  EXPECT_THAT(numbers_of(campaigns[1].windows), ElementsAre(2));
  EXPECT_THAT(campaigns[2].ports, IsEmpty());
  EXPECT_THAT(numbers_of(campaigns[2].windows), ElementsAre(30, 31));
  EXPECT_EQ(campaigns[2].votes, change);
}

TEST(Campaigns, WindowsWithoutAVoteAreNone) {
  EXPECT_THAT(folded({alarm(0, 0, {{443}})}), IsEmpty());
}

// The definition read out, over all campaigns there have been, with nothing kept but their windows.
class SlowFolding {
 public:
  explicit SlowFolding(const std::vector<JudgedWindow>& alarms) {
    for (const JudgedWindow& window : alarms)
      if (window.facts.votes != 0) add(window);
  }
  std::vector<SynchronyCampaign> campaigns() const {
    std::vector<SynchronyCampaign> all;
    for (const Slow& slow : campaigns_) all.push_back(result(slow));
    return all;
  }

 private:
  struct On {
    JudgedWindow window;
    std::set<size_t> places;  // of its ports
  };
  struct Slow {
    std::set<uint16_t> ports;
    std::vector<On> on;
    std::vector<JudgedWindow> ends;
  };

  static int grade(uint8_t level) {
    return level == attack || level == single_target ? 0 : level == survey ? 1 : 2;
  }
  static int order(uint8_t level) { return level == single_target ? 15 : 10 * level; }
  static uint32_t over(const Slow& slow) {
    return slow.on.back().window.facts.time + judged_seconds;
  }
  static bool open(const Slow& slow, const JudgedWindow& window) {
    return window.facts.time - over(slow) <= campaign_gap * judged_seconds;
  }
  static bool remembered(const Slow& slow, const JudgedWindow& window) {
    return window.facts.time - over(slow) <= change_memory * judged_seconds;
  }
  static bool faint(const Slow& slow) { return grade(result(slow).level) == 2; }
  static bool faded(const JudgedWindow& window, size_t i) {
    return window.port_votes[i] == groups && window.port_packets[i] < window.port_hosts[i];
  }
  static SynchronyCampaign result(const Slow& slow) {
    SynchronyCampaign campaign;
    campaign.sensor = slow.on[0].window.facts.sensor;
    campaign.from = Timestamp::from_seconds(slow.on[0].window.facts.time);
    campaign.until = Timestamp::from_seconds(over(slow));
    campaign.level = next_best;
    campaign.prefixes = slow.on[0].window.prefixes;
    for (const uint16_t port : slow.ports) campaign.ports.push_back(port_of(slow, port));
    std::stable_sort(campaign.ports.begin(), campaign.ports.end(),
                     [](const auto& a, const auto& b) { return a.hosts > b.hosts; });
    for (const CampaignPort& port : campaign.ports) {
      if (order(port.level) < order(campaign.level)) campaign.level = port.level;
      campaign.votes |= port.votes;
      campaign.packets += port.packets;
    }
    for (const auto& [window, places] : slow.on) {
      campaign.windows.push_back(window.facts.time);
      if (places.empty()) campaign.votes |= window.facts.votes;
      for (const size_t i : places)
        if (window.port_hosts[i] > campaign.hosts) {
          campaign.hosts = window.port_hosts[i];
          campaign.prefixes = window.prefixes;
        }
    }
    for (const JudgedWindow& window : slow.ends) campaign.ends.push_back(window.facts.time);
    return campaign;
  }
  static CampaignPort port_of(const Slow& slow, uint16_t port) {
    CampaignPort found{port, next_best, 0, 0, 0};
    for (const auto& [window, places] : slow.on)
      for (const size_t i : places)
        if (window.ports[i] == port) {
          if (order(window.port_levels[i]) < order(found.level))
            found.level = window.port_levels[i];
          found.hosts = std::max(found.hosts, window.port_hosts[i]);
          found.packets += window.port_packets[i];
          found.votes |= window.port_votes[i];
        }
    return found;
  }
  static bool knows(const Slow& slow, uint16_t port) {
    const auto names = [&](const JudgedWindow& window) {
      return std::count(window.ports.begin(), window.ports.end(), port) > 0;
    };
    return std::any_of(slow.on.begin(), slow.on.end(),
                       [&](const On& on) { return names(on.window); }) ||
           std::any_of(slow.ends.begin(), slow.ends.end(), names);
  }
  Slow* latest(const JudgedWindow& window) {
    Slow* last = nullptr;
    for (Slow& slow : campaigns_)
      if (remembered(slow, window) &&
          (last == nullptr || std::tuple(over(*last), result(*last).hosts) <=
                                  std::tuple(over(slow), result(slow).hosts)))
        last = &slow;
    return last;
  }

  void add(const JudgedWindow& window) {
    const size_t count = window.ports.size();
    // What each port is: 0 of no open campaign, 1 only told of, 2 on.
    std::vector<int> is(count, 0);
    std::vector<Slow*> whose(count, nullptr);
    int gravest = 2;
    for (size_t i = 0; i < count; ++i) {
      for (Slow& slow : campaigns_)
        if (open(slow, window) && !faint(slow) && slow.ports.contains(window.ports[i]))
          whose[i] = &slow;
      const uint8_t level = window.port_levels[i];
      if (whose[i] != nullptr && faded(window, i)) {
        is[i] = 1;
        continue;
      }
      gravest = std::min(gravest, grade(level));
      if (whose[i] == nullptr || level == next_best) continue;
      const bool lesser = order(port_of(*whose[i], window.ports[i]).level) < order(level);
      is[i] = window.port_votes[i] == change && lesser ? 1 : 2;
    }
    Slow* const last = latest(window);
    bool tells_of_last = false;
    Slow fresh;
    fresh.on.push_back({window, {}});
    for (size_t i = 0; i < count; ++i) {
      if (whose[i] != nullptr || window.port_levels[i] == next_best ||
          grade(window.port_levels[i]) != gravest)
        continue;
      if (last != nullptr && gravest == 1 && window.port_votes[i] == change &&
          knows(*last, window.ports[i]))
        tells_of_last = true;
      else
        fresh.on[0].places.insert(i), fresh.ports.insert(window.ports[i]);
    }
    bool belongs = false;
    for (Slow& slow : campaigns_) {
      std::set<size_t> on;
      bool told = &slow == last && tells_of_last;
      for (size_t i = 0; i < count; ++i)
        if (whose[i] == &slow) {
          if (is[i] == 2) on.insert(i);
          told |= is[i] == 1;
        }
      belongs |= told || !on.empty();
      if (!on.empty())
        slow.on.push_back({window, on});
      else if (told)
        slow.ends.push_back(window);
    }
    if (!fresh.ports.empty())
      campaigns_.push_back(fresh);
    else if (!belongs)
      add_faint(window, last);
  }

  void add_faint(const JudgedWindow& window, Slow* last) {
    for (Slow& slow : campaigns_) {
      std::set<size_t> shared;
      for (size_t i = 0; i < window.ports.size(); ++i)
        if (slow.ports.contains(window.ports[i])) shared.insert(i);
      if (!open(slow, window) || !faint(slow)) continue;
      if (shared.empty() && !(slow.ports.empty() && window.ports.empty())) continue;
      slow.on.push_back({window, shared});
      return;
    }
    if (last != nullptr && window.facts.votes == change) {
      last->ends.push_back(window);
      return;
    }
    Slow slow;
    slow.on.push_back({window, {}});
    for (size_t i = 0; i < window.ports.size(); ++i) slow.on[0].places.insert(i);
    slow.ports.insert(window.ports.begin(), window.ports.end());
    campaigns_.push_back(slow);
  }

  std::vector<Slow> campaigns_;
};

std::vector<JudgedWindow> random_alarms(uint64_t seed) {
  std::mt19937_64 random(seed);
  const auto up_to = [&](uint32_t most) { return static_cast<uint32_t>(random() % (most + 1)); };
  std::vector<JudgedWindow> alarms;
  uint32_t window = 0;
  for (int i = 0; i < 120; ++i) {
    window += up_to(9) == 0 ? 1 + up_to(24) : up_to(4) == 0 ? 1 + up_to(3) : 1;
    JudgedWindow judged = alarm(window, static_cast<uint8_t>(up_to(2) == 0 ? 2 : up_to(7)), {});
    for (uint16_t port = 1; port <= 6; ++port) {
      if (up_to(2) != 0) continue;
      judged.ports.push_back(port);
      judged.port_levels.push_back(static_cast<uint8_t>(1 + up_to(3)));
      judged.port_hosts.push_back(static_cast<uint16_t>(up_to(40)));
      judged.port_packets.push_back(up_to(80));
      const uint8_t votes = up_to(3) == 0 ? groups : judged.facts.votes;
      judged.port_votes.push_back(votes);
      judged.facts.votes |= votes;
    }
    alarms.push_back(std::move(judged));
  }
  return alarms;
}

TEST(Campaigns, AgreeWithTheDefinitionReadOut) {
  size_t campaigns = 0, ends = 0;
  for (uint64_t seed = 0; seed < 150; ++seed) {
    const auto alarms = random_alarms(seed);
    const auto found = folded(alarms);
    ASSERT_EQ(found, SlowFolding(alarms).campaigns()) << seed;
    campaigns += found.size();
    for (const SynchronyCampaign& campaign : found) ends += campaign.ends.size();
  }
  EXPECT_GT(campaigns, 1000U);
  EXPECT_GT(ends, 1000U);
}

TEST(Campaigns, EveryAlarmIsInOne) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    std::set<uint32_t> alarmed, shown;
    for (const JudgedWindow& one : random_alarms(seed))
      if (one.facts.votes != 0) alarmed.insert(one.facts.time);
    for (const SynchronyCampaign& campaign : folded(random_alarms(seed))) {
      shown.insert(campaign.windows.begin(), campaign.windows.end());
      shown.insert(campaign.ends.begin(), campaign.ends.end());
    }
    EXPECT_EQ(shown, alarmed) << seed;
  }
}

}  // namespace
}  // namespace yagura::telescope
