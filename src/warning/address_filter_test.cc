// SPDX-License-Identifier: Apache-2.0
//
// That it holds all it was given is shown in member_space_test.cc, against a slow obvious twin.
#include "warning/address_filter.h"

#include <gtest/gtest.h>

#include <random>

#include "base/result_for_tests.h"

namespace yagura::warning {
namespace {

AddressRange range(const Prefix& prefix) { return {prefix.first(), prefix.last()}; }
AddressRange range(std::string_view text) { return range(value(Prefix::parse(text))); }
IpAddress address(std::string_view text) { return value(IpAddress::parse(text)); }

TEST(AddressFilter, HoldsNothingWhereThereIsNothing) {
  const AddressFilter nothing({});
  const AddressRange v4 = range("198.51.100.0/24"), v6 = range("2001:db8::/32");
  EXPECT_FALSE(nothing.may_hold(v4.first));
  EXPECT_FALSE(nothing.may_hold(v6.first));
  EXPECT_FALSE(AddressFilter(std::span(&v4, 1)).may_hold(v6.first));
  EXPECT_FALSE(AddressFilter(std::span(&v6, 1)).may_hold(v4.first));
}

TEST(AddressFilter, TellsNeighboursApart) {
  const AddressRange ranges[] = {range("198.51.100.64/26"), range("2001:db8:1::/48"),
                                 range("2001:db8:2:100::/56"), range("2a00::/20")};
  const AddressFilter filter(ranges);
  for (const auto& [text, held] : {std::pair("198.51.100.64", true),
                                   {"198.51.100.0", true},  // let through: the same /24
                                   {"198.51.99.255", false},
                                   {"198.51.101.0", false},
                                   {"2001:db8:1:ffff::", true},
                                   {"2001:db8:0:ffff::", false},
                                   {"2001:db8:2::", true},  // the same /48
                                   {"2001:db8:3::", false},
                                   {"2a00:fff:ffff::1", true},
                                   {"2a00:1000::", false},
                                   {"29ff:ffff::", false}})
    EXPECT_EQ(filter.may_hold(address(text)), held) << text;
}

TEST(AddressFilter, LetsFewOthersThrough) {
  std::mt19937_64 random(1);
  std::vector<AddressRange> ranges;
  for (const int length : {32, 40, 48, 56})
    for (int i = 0; i < 5'000; ++i)
      ranges.push_back(range(Prefix::of(IpAddress::from_halves(random(), 0), length)));
  const AddressFilter filter(ranges);
  int through = 0;
  for (int i = 0; i < 100'000; ++i)
    through += filter.may_hold(IpAddress::from_halves(random(), random()));
  EXPECT_LT(through, 1'000);
}

// The table has room for two million networks, and 150,000 ranges of 16 are more.
TEST(AddressFilter, HoldsWhatItWasGivenBeyondItsBound) {
  std::vector<AddressRange> ranges;
  for (uint64_t i = 0; i < 150'000; ++i)
    ranges.push_back(range(Prefix::of(IpAddress::from_halves(i << 37, 0), 28)));
  const AddressFilter filter(ranges);
  for (const AddressRange& each : ranges)
    ASSERT_TRUE(filter.may_hold(each.first) && filter.may_hold(each.last));
}

}  // namespace
}  // namespace yagura::warning
