// SPDX-License-Identifier: Apache-2.0
#include "telescope/activity.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "telescope/tools.h"

namespace yagura::telescope {
namespace {

struct Twin {
  uint64_t packets = 0, bytes = 0;
  int64_t first = INT64_MAX, last = INT64_MIN;
  int ttl_min = 255, ttl_max = 0;
  std::map<uint16_t, uint32_t> ports;
  std::map<Mark, uint32_t> marks;
  std::set<uint32_t> dark;
};

template <typename Values, typename Counts>
auto map_of(const Values& values, const Counts& counts) {
  EXPECT_EQ(values.size(), counts.size());
  EXPECT_TRUE(std::is_sorted(values.begin(), values.end()));
  std::map<typename Values::value_type, uint32_t> map;
  for (size_t i = 0; i < values.size(); ++i) map[values[i]] = counts[i];
  EXPECT_EQ(map.size(), values.size());
  return map;
}

std::map<PacketClass, Twin> count(std::span<const WindowPacket> packets) {
  std::map<PacketClass, Twin> twins;
  for (const WindowPacket& p : packets) {
    Twin& twin = twins[p.class_];
    ++twin.packets;
    twin.bytes += p.length;
    twin.first = std::min(twin.first, p.time / 1'000'000'000);
    twin.last = std::max(twin.last, p.time / 1'000'000'000);
    twin.ttl_min = std::min<int>(twin.ttl_min, p.ttl);
    twin.ttl_max = std::max<int>(twin.ttl_max, p.ttl);
    ++twin.ports[p.service_port];
    for (int mark = 1; mark < 16; ++mark)
      if ((p.marks >> mark & 1) != 0) ++twin.marks[static_cast<Mark>(mark)];
    twin.dark.insert(p.dark);
  }
  return twins;
}

std::vector<WindowPacket> random_packets(std::mt19937_64& random, int classes) {
  std::vector<WindowPacket> packets(1 + random() % 60);
  int64_t time = 1'600'000'000'000'000'000;
  for (WindowPacket& p : packets) {
    time += static_cast<int64_t>(random() % 4'000'000'000);
    p.time = time;
    p.dark = static_cast<uint32_t>(random() % 20);
    p.service_port = static_cast<uint16_t>(random() % 3 == 0 ? random() : random() % 8);
    p.length = static_cast<uint16_t>(40 + random() % 20);
    p.marks = static_cast<uint16_t>(random() % 3 == 0 ? (random() & 0xfffe) : 0);
    p.class_ = static_cast<PacketClass>(1 + random() % static_cast<uint64_t>(classes));
    p.ttl = static_cast<uint8_t>(random());
  }
  return packets;
}

TEST(ActivityBuilderTest, AgreesWithMapsAndSets) {
  std::mt19937_64 random(5);
  ActivityBuilder builder(7);
  for (int round = 0; round < 2000; ++round) {
    const auto packets = random_packets(random, round % 2 == 0 ? 1 : 9);
    const IpAddress source = IpAddress::from_v4(static_cast<uint32_t>(round));
    const auto twins = count(packets);
    const auto rows = builder.build({source, packets});
    ASSERT_EQ(rows.size(), twins.size());
    size_t i = 0;
    for (const auto& [class_, twin] : twins) {
      const SourceRow& row = rows[i++];
      EXPECT_EQ(row.source, source);
      EXPECT_EQ(row.class_, class_);
      EXPECT_EQ(row.scope, scope_of(source));
      EXPECT_EQ(row.windows, 1u);
      EXPECT_EQ(row.packets, twin.packets);
      EXPECT_EQ(row.bytes, twin.bytes);
      EXPECT_EQ(row.first, twin.first);
      EXPECT_EQ(row.last, twin.last);
      EXPECT_EQ(row.ttl_min, twin.ttl_min);
      EXPECT_EQ(row.ttl_max, twin.ttl_max);
      EXPECT_EQ(map_of(row.ports, row.port_packets), twin.ports);
      EXPECT_EQ(map_of(row.marks, row.mark_packets), twin.marks);
      EXPECT_EQ(std::vector(row.dark.begin(), row.dark.end()),
                std::vector(twin.dark.begin(), twin.dark.end()));
      EXPECT_EQ(row.dark_addresses, twin.dark.size());
      EXPECT_EQ(row.dark_hash != 0, twin.dark.size() == 1);
    }
  }
}

TEST(ActivityBuilderTest, CountsTheCommonestUnicornscanKeyOfTheScanClassOnly) {
  std::vector<WindowPacket> packets(8);
  for (size_t i = 0; i < packets.size(); ++i) {
    packets[i].class_ = i < 5 ? PacketClass::scan_tcp : PacketClass::other_tcp;
    packets[i].unicornscan_key = i == 2 ? 77 : 1234;
    packets[i].dark = static_cast<uint32_t>(i);
  }
  ActivityBuilder builder(7);
  const auto rows = builder.build({IpAddress::from_v4(1), packets});
  ASSERT_EQ(rows.size(), 2u);
  ASSERT_EQ(rows[0].marks.size(), 1u);
  EXPECT_EQ(rows[0].marks[0], Mark::unicornscan);
  EXPECT_EQ(rows[0].mark_packets[0], 4u);
  EXPECT_TRUE(rows[1].marks.empty());
}

}  // namespace
}  // namespace yagura::telescope
