// SPDX-License-Identifier: Apache-2.0
#include "warning/member_space.h"

#include <gmock/gmock.h>

#include "base/result_for_tests.h"

namespace yagura::warning {
namespace {

using state::BlockUse;
using testing::SizeIs;

Prefix prefix(std::string_view text) { return value(Prefix::parse(text)); }
IpAddress address(std::string_view text) { return value(IpAddress::parse(text)); }

class MemberSpaceTest : public testing::Test {
 protected:
  const std::vector<state::MemberBlock> blocks_ = {
      {1, BlockUse::live, prefix("198.51.100.0/24")},
      {1, BlockUse::dark, prefix("198.51.100.128/25")},
      {1, BlockUse::dark, prefix("2001:db8:1::/48")},
      {2, BlockUse::live, prefix("2001:db8::/48")},
      {2, BlockUse::live, prefix("203.0.113.0/25")},
      {2, BlockUse::live, prefix("203.0.113.128/25")},
      {2, BlockUse::dark, prefix("192.0.2.0/25")},
      {2, BlockUse::dark, prefix("192.0.2.128/25")},
  };
  const MemberSpace space_{blocks_};
};

TEST_F(MemberSpaceTest, KnowsWhoseALiveAddressIs) {
  for (const auto& [text, owner] : {std::pair("198.51.100.0", 1),
                                    {"198.51.100.255", 1},
                                    {"198.51.101.0", 0},
                                    {"198.51.99.255", 0},
                                    {"203.0.113.200", 2},
                                    {"2001:db8::1", 2},
                                    {"2001:db8:1::1", 0}})
    EXPECT_EQ(space_.owner(address(text)), owner) << text;
}

TEST_F(MemberSpaceTest, TakesADarkBlockWithinALiveOneForBoth) {
  EXPECT_EQ(space_.owner(address("198.51.100.129")), 1);
  EXPECT_EQ(space_.dark_owner(address("198.51.100.129")), 1);
  EXPECT_EQ(space_.dark_owner(address("198.51.100.127")), 0);
}

TEST_F(MemberSpaceTest, KnowsWhoHasAWholeDarkSpace) {
  const auto owner = [&](std::initializer_list<std::string_view> texts) {
    std::vector<Prefix> prefixes;
    for (const std::string_view text : texts) prefixes.push_back(prefix(text));
    return space_.dark_owner_of_all(prefixes);
  };
  EXPECT_EQ(owner({"198.51.100.128/26", "2001:db8:1::/64"}), 1);
  EXPECT_EQ(owner({"192.0.2.0/24"}), 2);  // two neighbouring blocks hold it together
  EXPECT_EQ(owner({"198.51.100.0/24"}), 0);
  EXPECT_EQ(owner({"198.51.100.128/25", "192.0.2.0/25"}), 0);
  EXPECT_EQ(owner({}), 0);
}

TEST_F(MemberSpaceTest, GivesNeighbouringBlocksOfAMemberAsOneRange) {
  EXPECT_THAT(space_.live_ranges(), SizeIs(3));
}

}  // namespace
}  // namespace yagura::warning
