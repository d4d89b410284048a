// SPDX-License-Identifier: Apache-2.0
#include "warning/member_space.h"

#include <gmock/gmock.h>

#include <random>

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

// Blocks of every length and around each other, and addresses that lie in them, at their borders
// and anywhere.
class RandomSpace {
 public:
  explicit RandomSpace(uint64_t seed) : random_(seed) {
    for (uint64_t i = below(40); i > 0; --i)
      blocks_.push_back({static_cast<MemberId>(1 + below(3)),
                         below(4) == 0 ? BlockUse::dark : BlockUse::live, any_prefix()});
  }

  const std::vector<state::MemberBlock>& blocks() const { return blocks_; }
  std::vector<IpAddress> addresses() {
    std::vector<IpAddress> addresses;
    for (const state::MemberBlock& block : blocks_) {
      const IpAddress first = block.prefix.first(), last = block.prefix.last(), any = any_address();
      addresses.insert(addresses.end(), {first, last, previous_address(first), next_address(last)});
      addresses.push_back(
          IpAddress::from_halves(first.high() | (any.high() & (first.high() ^ last.high())),
                                 first.low() | (any.low() & (first.low() ^ last.low()))));
      addresses.push_back(any);
    }
    return addresses;
  }
  // The slow obvious way: the longest block that holds it, of equal ones the last.
  MemberId owner(IpAddress address, BlockUse use) const {
    const state::MemberBlock* found = nullptr;
    for (const state::MemberBlock& block : blocks_)
      if (block.use == use && block.prefix.contains(address) &&
          (found == nullptr || found->prefix.length() <= block.prefix.length()))
        found = &block;
    return found == nullptr ? 0 : found->member;
  }

 private:
  uint64_t below(uint64_t bound) { return random_() % bound; }
  IpAddress any_address() {
    const uint64_t kind = below(8);
    if (kind < 4) return IpAddress::from_v4(static_cast<uint32_t>(random_()));
    // Around the IPv4 addresses, which are within IPv6 ones, and at the end of all.
    if (kind == 4) return IpAddress::from_halves(0, random_() >> below(40));
    if (kind == 5) return IpAddress::from_halves(~uint64_t{0}, ~uint64_t{0} << below(64));
    return IpAddress::from_halves(random_(), random_());
  }
  Prefix any_prefix() {
    // Half of the time beside or around a block that is there.
    const IpAddress near = blocks_.empty() || below(2) == 0
                               ? any_address()
                               : next_address(blocks_[below(blocks_.size())].prefix.last());
    const int shortest = near.is_v4() && below(8) != 0 ? 96 : 0;
    return Prefix::of(near,
                      shortest + static_cast<int>(below(static_cast<uint64_t>(129 - shortest))));
  }

  std::mt19937_64 random_;
  std::vector<state::MemberBlock> blocks_;
};

TEST(MemberSpace, FindsTheOwnerThatALookThroughAllBlocksFinds) {
  for (uint64_t seed = 0; seed < 300; ++seed) {
    RandomSpace random(seed);
    const MemberSpace space(random.blocks());
    for (const IpAddress address : random.addresses()) {
      ASSERT_EQ(space.owner(address), random.owner(address, BlockUse::live))
          << address.to_string() << ", seed " << seed;
      ASSERT_EQ(space.dark_owner(address), random.owner(address, BlockUse::dark))
          << address.to_string() << ", seed " << seed;
    }
  }
}

}  // namespace
}  // namespace yagura::warning
