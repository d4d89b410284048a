// SPDX-License-Identifier: Apache-2.0
#include "base/ip_address.h"

#include <gtest/gtest.h>

namespace yagura {
namespace {

TEST(IpAddressTest, PrintsWhatItParses) {
  for (const char* text : {"0.0.0.0", "198.51.100.7", "255.255.255.255", "::", "2001:db8::1",
                           "fe80::1:2:3:4", "2001:db8:1:2:3:4:5:6"}) {
    const auto address = IpAddress::parse(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(address->to_string(), text);
  }
}

TEST(IpAddressTest, TakesAMappedAddressForIpv4) {
  const auto address = IpAddress::parse("::ffff:198.51.100.7");
  ASSERT_TRUE(address);
  EXPECT_TRUE(address->is_v4());
  EXPECT_EQ(address->v4(), 0xC6336407u);
  EXPECT_EQ(address->to_string(), "198.51.100.7");
}

TEST(IpAddressTest, RefusesWhatIsNoAddress) {
  for (const char* text : {"", "1.2.3", "1.2.3.256", "1.2.3.4 ", "::g", "01.2.3.4",
                           "1:2:3:4:5:6:7:8:9:10:11:12:13:14:15:16:17:18"})
    EXPECT_FALSE(IpAddress::parse(text)) << text;
}

TEST(IpAddressTest, WritesItsBytesInNetworkOrder) {
  const auto address = *IpAddress::parse("2001:db8::1");
  uint8_t bytes[16];
  address.write_bytes(bytes);
  EXPECT_EQ(bytes[0], 0x20);
  EXPECT_EQ(bytes[15], 1);
  EXPECT_EQ(IpAddress::from_v6_bytes(bytes), address);
}

TEST(PrefixTest, KnowsItsFirstAndLastAddress) {
  const auto prefix = *Prefix::parse("198.51.100.0/23");
  EXPECT_EQ(prefix.first().to_string(), "198.51.100.0");
  EXPECT_EQ(prefix.last().to_string(), "198.51.101.255");
  EXPECT_EQ(prefix.address_count(), 512);
  EXPECT_EQ(prefix.to_string(), "198.51.100.0/23");
  const auto all = *Prefix::parse("::/0");
  EXPECT_EQ(all.last().to_string(), "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
  EXPECT_FALSE(all.is_v4());
  EXPECT_TRUE(all.contains(*Prefix::parse("2001:db8::/32")));
  EXPECT_EQ(Prefix::parse("0.0.0.0/0")->to_string(), "0.0.0.0/0");
}

TEST(PrefixTest, NamesTheNetworkWhenHostBitsAreSet) {
  const auto prefix = Prefix::parse("198.51.100.7/24");
  ASSERT_FALSE(prefix);
  EXPECT_EQ(prefix.error().message(),
            "'198.51.100.7/24' has host bits set; the network is 198.51.100.0/24");
}

TEST(PrefixTest, RefusesALengthThatIsNone) {
  for (const char* text : {"198.51.100.0/33", "198.51.100.0/", "198.51.100.0/-1", "198.51.100.0/8x",
                           "2001:db8::/129", "x/8"})
    EXPECT_FALSE(Prefix::parse(text)) << text;
}

TEST(AddressScopeTest, FollowsTheSpecialPurposeRegistries) {
  const std::pair<const char*, AddressScope> cases[] = {
      {"8.8.8.8", AddressScope::global},
      {"0.1.2.3", AddressScope::reserved},
      {"10.255.0.1", AddressScope::private_use},
      {"100.127.255.255", AddressScope::private_use},
      {"100.128.0.0", AddressScope::global},
      {"172.31.255.255", AddressScope::private_use},
      {"172.32.0.0", AddressScope::global},
      {"192.0.2.1", AddressScope::documentation},
      {"198.19.255.255", AddressScope::documentation},
      {"198.20.0.0", AddressScope::global},
      {"224.0.0.1", AddressScope::multicast},
      {"255.255.255.255", AddressScope::multicast},
      {"255.255.255.254", AddressScope::reserved},
      {"2001:db8::1", AddressScope::documentation},
      {"2a00:1450::1", AddressScope::global},
      {"fe80::1", AddressScope::private_use},
      {"ff02::1", AddressScope::multicast},
      {"::", AddressScope::reserved},
      {"64:ff9b::808:808", AddressScope::global},
  };
  for (const auto& [text, scope] : cases)
    EXPECT_EQ(scope_of(*IpAddress::parse(text)), scope) << text;
}

}  // namespace
}  // namespace yagura
