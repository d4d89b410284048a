// SPDX-License-Identifier: Apache-2.0
#include "state/members.h"

#include <gmock/gmock.h>

#include <random>

#include "state/outcome_for_tests.h"
#include "state/state_for_tests.h"

namespace yagura::state {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr Timestamp now = Timestamp::from_seconds(1'700'000'000);

Prefix prefix(std::string_view text) { return value(Prefix::parse(text)); }
std::vector<Prefix> prefixes(std::initializer_list<std::string_view> texts) {
  std::vector<Prefix> all;
  for (const std::string_view text : texts) all.push_back(prefix(text));
  return all;
}

class MembersTest : public StateTest {
 protected:
  Outcome<void> add(const Registration& registration) {
    return register_members(database(), std::span(&registration, 1), now);
  }
  std::vector<std::string> names() {
    std::vector<std::string> all;
    for (const Member& member : value(members(database()))) all.push_back(member.name);
    return all;
  }
};

TEST_F(MembersTest, GivesBackWhatWasRegistered) {
  succeeded(add({"City of A", prefixes({"198.51.100.0/24", "2001:db8::/48"}),
                 prefixes({"198.51.100.128/25"})}));
  reopen();
  const auto member = value(member_named(database(), "city OF a"));
  ASSERT_TRUE(member);
  EXPECT_EQ(*member, (Member{1, "City of A", now}));
  EXPECT_THAT(value(member_blocks(database())),
              ElementsAre(MemberBlock{1, BlockUse::live, prefix("198.51.100.0/24")},
                          MemberBlock{1, BlockUse::live, prefix("2001:db8::/48")},
                          MemberBlock{1, BlockUse::dark, prefix("198.51.100.128/25")}));
}

TEST_F(MembersTest, ReplacesTheBlocksOfOneMemberAlone) {
  succeeded(add({"a", prefixes({"198.51.100.0/25"}), {}}));
  succeeded(add({"b", prefixes({"203.0.113.0/24"}), {}}));
  succeeded(add({"A", prefixes({"198.51.100.128/25"}), {}}));
  EXPECT_THAT(names(), ElementsAre("a", "b"));
  EXPECT_THAT(value(member_blocks(database(), 1)),
              ElementsAre(MemberBlock{1, BlockUse::live, prefix("198.51.100.128/25")}));
  EXPECT_THAT(value(member_blocks(database(), 2)), SizeIs(1));
}

TEST_F(MembersTest, ListsMembersInOrderOfName) {
  succeeded(add({"b", prefixes({"203.0.113.0/24"}), {}}));
  succeeded(add({"A", prefixes({"198.51.100.0/24"}), {}}));
  EXPECT_THAT(names(), ElementsAre("A", "b"));
}

TEST_F(MembersTest, RefusesWhatOverlapsAnotherMembersAndNamesBoth) {
  succeeded(add({"a", prefixes({"198.51.100.0/24"}), prefixes({"203.0.113.0/24"})}));
  struct Case {
    std::string_view live, dark, reason;
  };
  for (const Case& c :
       std::initializer_list<Case>{{"198.51.100.7", "192.0.2.0/24",
                                    "198.51.100.7/32 of \"b\" overlaps 198.51.100.0/24 of \"a\""},
                                   {"198.51.0.0/16", "192.0.2.0/24",
                                    "198.51.100.0/24 of \"a\" overlaps 198.51.0.0/16 of \"b\""},
                                   {"203.0.113.64/26", "192.0.2.0/24", "203.0.113.0/24 of \"a\""},
                                   {"192.0.2.0/24", "198.51.100.0/24", "\"a\""},
                                   {"::/0", "192.0.2.0/24", "::/0 of \"b\""}}) {
    const auto refused = add({"b", prefixes({c.live}), prefixes({c.dark})});
    ASSERT_FALSE(refused) << c.live;
    EXPECT_EQ(refused.error().kind(), StateError::Kind::conflict);
    EXPECT_THAT(refused.error().message(), HasSubstr(c.reason));
  }
  EXPECT_THAT(names(), ElementsAre("a"));
}

TEST_F(MembersTest, TakesAllOrNothing) {
  const std::vector<Registration> both = {{"a", prefixes({"198.51.100.0/24"}), {}},
                                          {"b", prefixes({"198.51.100.0/25"}), {}}};
  EXPECT_FALSE(register_members(database(), both, now));
  EXPECT_THAT(names(), IsEmpty());
  EXPECT_THAT(value(member_blocks(database())), IsEmpty());
}

// What two members exchange in one step overlaps only in between.
TEST_F(MembersTest, LetsMembersExchangeBlocks) {
  const auto one = prefixes({"198.51.100.0/24"}), other = prefixes({"203.0.113.0/24"});
  succeeded(add({"a", one, {}}));
  succeeded(add({"b", other, {}}));
  const std::vector<Registration> exchanged = {{"a", other, {}}, {"b", one, {}}};
  succeeded(register_members(database(), exchanged, now));
  EXPECT_EQ(value(member_blocks(database(), 1))[0].prefix, other[0]);
}

TEST_F(MembersTest, RefusesWhatCanNeverBeRegistered) {
  const auto live = prefixes({"198.51.100.0/24"});
  const std::pair<Registration, std::string_view> cases[] = {
      {{"", live, {}}, "1 to 128 printable characters"},
      {{std::string(129, 'a'), live, {}}, "1 to 128 printable characters"},
      {{"a\x1b[31m", live, {}}, "1 to 128 printable characters"},
      {{" a", live, {}}, "blank"},
      {{"=a", live, {}}, "cannot begin with '='"},
      {{"a", {}, live}, "has no live block"},
  };
  for (const auto& [registration, reason] : cases) {
    const auto refused = add(registration);
    ASSERT_FALSE(refused) << reason;
    EXPECT_EQ(refused.error().kind(), StateError::Kind::invalid);
    EXPECT_THAT(refused.error().message(), HasSubstr(reason));
  }
  const std::vector<Registration> twice = {{"a", live, {}}, {"A", live, {}}};
  EXPECT_THAT(register_members(database(), twice, now).error().message(), HasSubstr("twice"));
  EXPECT_THAT(names(), IsEmpty());
  succeeded(add({std::string(128, 'a'), live, {}}));
}

TEST_F(MembersTest, DeletesAMemberWithItsBlocks) {
  succeeded(add({"a", prefixes({"198.51.100.0/24"}), {}}));
  EXPECT_EQ(delete_member(database(), "b").error().kind(), StateError::Kind::absent);
  succeeded(delete_member(database(), "A"));
  EXPECT_THAT(names(), IsEmpty());
  EXPECT_THAT(value(member_blocks(database())), IsEmpty());
  succeeded(add({"b", prefixes({"198.51.100.0/24"}), {}}));
  EXPECT_EQ(value(member_named(database(), "b"))->id, 2);
}

TEST_F(MembersTest, HoldsThousandsOfMembers) {
  std::vector<Registration> many;
  for (uint32_t i = 0; i < 2'000; ++i) {
    Registration& member = many.emplace_back();
    member.name = "member " + std::to_string(i);
    for (uint32_t k = 0; k < 20; ++k)
      member.live.push_back(Prefix::of(IpAddress::from_v4(0x0b000000 + (i * 20 + k) * 256), 120));
  }
  succeeded(register_members(database(), many, now));
  EXPECT_THAT(value(member_blocks(database())), SizeIs(40'000));
}

// Every pair of blocks, one by one.
bool overlaps_anywhere(const std::vector<Registration>& all) {
  const auto blocks_of = [](const Registration& r) {
    auto blocks = r.live;
    blocks.insert(blocks.end(), r.dark.begin(), r.dark.end());
    return blocks;
  };
  for (size_t i = 0; i < all.size(); ++i)
    for (size_t j = 0; j < i; ++j)
      for (const Prefix& a : blocks_of(all[i]))
        for (const Prefix& b : blocks_of(all[j]))
          if (a.first() <= b.last() && b.first() <= a.last()) return true;
  return false;
}

TEST_F(MembersTest, RefusesAsComparingEveryPairWould) {
  std::mt19937 random(1);
  int refused = 0;
  constexpr int rounds = 300;
  for (int round = 0; round < rounds; ++round) {
    std::vector<Registration> all(3);
    for (size_t i = 0; i < all.size(); ++i) {
      all[i].name = "m" + std::to_string(i);
      for (int k = 0; k < 2; ++k) {
        const auto address = IpAddress::from_v4(0xc6336400 + random() % 256);
        auto& blocks = k > 0 && random() % 2 ? all[i].dark : all[i].live;
        blocks.push_back(Prefix::of(address, 123 + static_cast<int>(random() % 6)));
      }
    }
    const bool taken = register_members(database(), all, now).has_value();
    EXPECT_EQ(taken, !overlaps_anywhere(all)) << round;
    if (!taken) ++refused;
    for (const Member& member : value(members(database())))
      succeeded(delete_member(database(), member.name));
  }
  EXPECT_GT(refused, rounds / 10);
  EXPECT_LT(refused, rounds * 9 / 10);
}

}  // namespace
}  // namespace yagura::state
