// SPDX-License-Identifier: Apache-2.0
#include "telescope/window.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace yagura::telescope {
namespace {

using Twin = std::map<IpAddress, std::vector<int64_t>>;  // times, in the order they came

// Fills `window` and its twin with packets whose time is their number.
void fill(Window& window, Twin& twin, std::mt19937_64& random, size_t packets) {
  for (size_t i = 0; i < packets; ++i) {
    const uint64_t n = random();
    const auto few = static_cast<uint32_t>(n >> 8 & 0xff);
    IpAddress source = IpAddress::from_v4(few * 0x01ff'0f01u);
    if (n % 4 == 0) source = IpAddress::from_halves(n & 4 ? 0x20010db8'00000000ULL : 0, few);
    WindowPacket packet;
    packet.time = static_cast<int64_t>(i);
    packet.dark = static_cast<uint32_t>(n >> 32);
    window.add(source, packet);
    twin[source].push_back(packet.time);
  }
}

void expect_equal(Window& window, const Twin& twin) {
  window.start_groups();
  SourceGroup group;
  for (const auto& [source, times] : twin) {
    ASSERT_TRUE(window.next_group(group));
    EXPECT_EQ(group.source, source);
    std::vector<int64_t> actual;
    for (const WindowPacket& packet : group.packets) actual.push_back(packet.time);
    EXPECT_EQ(actual, times) << source.to_string();
  }
  EXPECT_FALSE(window.next_group(group));
}

TEST(WindowTest, GroupsPacketsBySourceInOrderOfAddressAndOfArrival) {
  std::mt19937_64 random(1);
  for (const size_t packets : {0u, 1u, 2u, 17u, 1000u, 20'000u}) {
    Window window;
    Twin twin;
    fill(window, twin, random, packets);
    EXPECT_EQ(window.size(), packets);
    EXPECT_EQ(window.empty(), packets == 0);
    expect_equal(window, twin);
    expect_equal(window, twin);  // the walk may be begun again
  }
}

TEST(WindowTest, Ipv4StandsAmidIpv6) {
  Window window;
  const auto add = [&](const char* source) { window.add(IpAddress::parse(source).value(), {}); };
  for (const char* source : {"255.255.255.255", "2001:db8::1", "::1", "0.0.0.0", "::fffe:ffff:ffff",
                             "::1:0:0:0", "192.0.2.1"})
    add(source);
  std::vector<std::string> order;
  window.start_groups();
  for (SourceGroup group; window.next_group(group);) order.push_back(group.source.to_string());
  EXPECT_EQ(order, (std::vector<std::string>{"::1", "::fffe:ffff:ffff", "0.0.0.0", "192.0.2.1",
                                             "255.255.255.255", "::1:0:0:0", "2001:db8::1"}));
}

TEST(WindowTest, StartsAgainWithNothing) {
  std::mt19937_64 random(2);
  Window window;
  Twin before, after;
  fill(window, before, random, 500);
  expect_equal(window, before);
  window.clear();
  expect_equal(window, {});
  fill(window, after, random, 300);
  expect_equal(window, after);
}

TEST(WindowTest, GoesOnAfterItWasSavedAndLoaded) {
  std::mt19937_64 random(3);
  Window window;
  Twin twin;
  fill(window, twin, random, 700);
  ByteWriter bytes;
  window.save(bytes);
  Window loaded;
  Twin forgotten;
  fill(loaded, forgotten, random, 50);
  ByteReader in(bytes.bytes());
  ASSERT_TRUE(loaded.load(in));
  EXPECT_EQ(in.remaining(), 0u);
  fill(loaded, twin, random, 200);
  expect_equal(loaded, twin);
}

TEST(WindowTest, RefusesASavedWindowThatIsCut) {
  std::mt19937_64 random(4);
  Window window;
  Twin twin;
  fill(window, twin, random, 20);
  ByteWriter bytes;
  window.save(bytes);
  for (size_t size = 0; size < bytes.bytes().size(); ++size) {
    Window loaded;
    ByteReader in(std::string_view(bytes.bytes()).substr(0, size));
    EXPECT_FALSE(loaded.load(in)) << size;
  }
}

TEST(WindowTest, RefusesASavedClassThatDoesNotExist) {
  Window window;
  WindowPacket packet;
  packet.class_ = static_cast<PacketClass>(class_count);
  window.add(IpAddress::from_v4(1), packet);
  ByteWriter bytes;
  window.save(bytes);
  ByteReader in(bytes.bytes());
  EXPECT_FALSE(Window().load(in));
}

}  // namespace
}  // namespace yagura::telescope
