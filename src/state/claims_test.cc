// SPDX-License-Identifier: Apache-2.0
#include "state/claims.h"

#include <gmock/gmock.h>

#include "state/outcome_for_tests.h"
#include "state/state_for_tests.h"

namespace yagura::state {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr Timestamp now = Timestamp::from_seconds(1'700'000'000);

Prefix prefix(std::string_view text) { return value(Prefix::parse(text)); }
std::vector<Prefix> prefixes(std::initializer_list<std::string_view> texts) {
  std::vector<Prefix> all;
  for (const std::string_view text : texts) all.push_back(prefix(text));
  return all;
}

class ClaimsTest : public StateTest {
 protected:
  ClaimsTest() {
    add({"A", prefixes({"198.51.100.0/25", "198.51.100.128/25"}), prefixes({"192.0.2.0/24"})});
    add({"B", prefixes({"203.0.113.0/24"}), {}});
  }
  void add(const Registration& registration) {
    succeeded(register_members(database(), std::span(&registration, 1), now));
  }
  Outcome<Claimed> claim(std::initializer_list<std::string_view> live,
                         std::initializer_list<std::string_view> dark = {}) {
    return claim_blocks(database(), 1, prefixes(live), prefixes(dark), now);
  }
  std::vector<std::string> blocks() {
    std::vector<std::string> texts;
    for (const MemberBlock& block : value(member_blocks(database(), 1)))
      texts.push_back((block.use == BlockUse::live ? "live " : "dark ") + block.prefix.to_string());
    return texts;
  }
};

TEST_F(ClaimsTest, WithinWhatWasGrantedAreInForceAtOnce) {
  const int64_t before = value(member_changes(database()));
  // Across the border of two granted blocks, which lie side by side.
  EXPECT_EQ(value(claim({"198.51.100.0/24"}, {"198.51.100.64/26"})), Claimed::in_force);
  EXPECT_THAT(blocks(), ElementsAre("live 198.51.100.0/24", "dark 198.51.100.64/26"));
  EXPECT_GT(value(member_changes(database())), before);
  EXPECT_THAT(
      value(allocation(database(), 1)),
      ElementsAre(prefix("192.0.2.0/24"), prefix("198.51.100.0/25"), prefix("198.51.100.128/25")));
  EXPECT_EQ(value(claim({"192.0.2.7"})), Claimed::in_force);
}

TEST_F(ClaimsTest, BeyondItWaitWhoeverHasTheAddresses) {
  for (const std::string_view beyond : {"203.0.113.0/25", "198.18.0.0/16", "198.51.100.0/23"}) {
    EXPECT_EQ(value(claim({"198.51.100.0/25", beyond})), Claimed::waits) << beyond;
    const auto waiting = value(claim_of(database(), 1));
    ASSERT_TRUE(waiting);
    EXPECT_EQ(waiting->live.size(), 2u);
  }
  EXPECT_THAT(blocks(),
              ElementsAre("live 198.51.100.0/25", "live 198.51.100.128/25", "dark 192.0.2.0/24"));
}

TEST_F(ClaimsTest, AreRegisteredWhenApproved) {
  EXPECT_EQ(value(claim({"198.51.100.0/25", "2001:db8::/48"}, {"198.51.100.0/26"})),
            Claimed::waits);
  succeeded(approve_claim(database(), 1, now));
  EXPECT_THAT(blocks(),
              ElementsAre("live 198.51.100.0/25", "live 2001:db8::/48", "dark 198.51.100.0/26"));
  EXPECT_THAT(value(claims(database())), IsEmpty());
  EXPECT_EQ(value(claim({"2001:db8:0:1::/64"})), Claimed::in_force);
  refused(StateError::Kind::absent, approve_claim(database(), 1, now));
}

TEST_F(ClaimsTest, OnWhatAnotherHasAreRefusedToTheAdminByName) {
  EXPECT_EQ(value(claim({"203.0.113.0/25"})), Claimed::waits);
  EXPECT_THAT(refused(StateError::Kind::conflict, approve_claim(database(), 1, now)),
              HasSubstr("\"B\""));
  EXPECT_TRUE(value(claim_of(database(), 1)));
  succeeded(refuse_claim(database(), 1));
  EXPECT_FALSE(value(claim_of(database(), 1)));
}

TEST_F(ClaimsTest, OnWhatWasGivenToAnotherDoNotNameIt) {
  EXPECT_EQ(value(claim({"198.51.100.0/25"})), Claimed::in_force);
  add({"B", prefixes({"203.0.113.0/24", "198.51.100.128/25"}), {}});
  EXPECT_THAT(refused(StateError::Kind::conflict, claim({"198.51.100.0/24"})), Not(HasSubstr("B")));
  EXPECT_THAT(blocks(), ElementsAre("live 198.51.100.0/25"));
}

TEST_F(ClaimsTest, ThatAreNoneAreRefused) {
  refused(StateError::Kind::invalid, claim({}));
  refused(StateError::Kind::absent,
          claim_blocks(database(), 9, prefixes({"192.0.2.0/24"}), {}, now));
  refused(StateError::Kind::invalid,
          claim_blocks(database(), 1, std::vector<Prefix>(most_claimed + 1), {}, now));
}

}  // namespace
}  // namespace yagura::state
