// SPDX-License-Identifier: Apache-2.0
#include "telescope/port_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

namespace yagura::telescope {
namespace {

std::vector<PortCount> top(const PortTable& table, const Arena& arena, size_t count = 64) {
  std::vector<PortCount> out;
  table.top(arena, count, out);
  return out;
}

std::vector<PortCount> sorted(const std::map<uint32_t, uint32_t>& counts, size_t most) {
  std::vector<PortCount> out;
  for (const auto& [key, packets] : counts) out.push_back({key, packets});
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) {
    return a.packets != b.packets ? a.packets > b.packets : a.key < b.key;
  });
  if (out.size() > most) out.resize(most);
  return out;
}

TEST(PortTable, CountsExactlyUpToItsLimit) {
  std::minstd_rand random(1);
  for (uint32_t ports = 1; ports <= PortTable::limit; ++ports) {
    Arena arena;
    PortTable table;
    std::map<uint32_t, uint32_t> twin;
    for (uint32_t i = 0; i < 40 * ports; ++i) {
      const uint32_t key =
          port_key(random() % 2 == 0, static_cast<uint16_t>(random() % ports * 919));
      if (twin.size() == PortTable::limit && !twin.contains(key)) continue;
      table.add(arena, key);
      ++twin[key];
    }
    EXPECT_EQ(table.distinct(arena), twin.size());
    EXPECT_EQ(top(table, arena), sorted(twin, 64));
    EXPECT_EQ(top(table, arena, 32), sorted(twin, 32));
    table.clear(arena);
    EXPECT_EQ(arena.live_bytes(), 0u);
  }
}

TEST(PortTable, CountsPastWhatAPackedEntryHolds) {
  for (const uint32_t other : {0U, 1U}) {
    Arena arena;
    PortTable table;
    if (other != 0) table.add(arena, port_key(true, 53));
    for (int i = 0; i < 100'000; ++i) table.add(arena, port_key(false, 23));
    if (other == 0) table.add(arena, port_key(true, 53));
    EXPECT_EQ(top(table, arena),
              (std::vector<PortCount>{{port_key(false, 23), 100'000}, {port_key(true, 53), 1}}));
    EXPECT_EQ(table.distinct(arena), 2u);
  }
}

TEST(PortTable, AddingManyPacketsAtOnceIsAddingThemOneByOne) {
  std::minstd_rand random(8);
  for (const uint32_t most : {5U, 40'000U}) {  // below and above what a packed entry holds
    Arena arena;
    PortTable table;
    std::map<uint32_t, uint32_t> twin;
    for (int i = 0; i < 500; ++i) {
      const uint32_t key = port_key(false, static_cast<uint16_t>(random() % PortTable::limit * 37));
      const auto packets = static_cast<uint32_t>(1 + random() % most);
      table.add(arena, key, packets);
      twin[key] += packets;
    }
    EXPECT_EQ(top(table, arena), sorted(twin, 64));
  }
}

TEST(PortTable, CountsStayAtTheLargest) {
  for (const bool alone : {true, false}) {
    Arena arena;
    PortTable table;
    if (!alone) table.add(arena, 1, 7);
    table.add(arena, 23, UINT32_MAX - 1);
    table.add(arena, 23, 5);
    EXPECT_EQ(top(table, arena, 1), (std::vector<PortCount>{{23, UINT32_MAX}}));
  }
}

TEST(PortTable, KeepsTheHeaviestPortsOfManyAndNeverCountsTooMuch) {
  std::minstd_rand random(2);
  Arena arena;
  PortTable table;
  std::map<uint32_t, uint32_t> twin;
  for (int i = 0; i < 200'000; ++i) {
    // Ten ports get half of the packets, all others the rest.
    const auto port = static_cast<uint16_t>(random() % 2 == 0 ? random() % 10 : random());
    table.add(arena, port_key(false, port));
    ++twin[port];
  }
  EXPECT_EQ(table.distinct(arena), twin.size());
  const auto heaviest = top(table, arena, 10);
  ASSERT_EQ(heaviest.size(), 10u);
  for (const PortCount& port : heaviest) EXPECT_LT(port.key, 10u);
  for (const PortCount& port : top(table, arena)) EXPECT_LE(port.packets, twin[port.key]);
  table.clear(arena);
  EXPECT_EQ(arena.live_bytes(), 0u);
}

TEST(PortTable, GoesOnTheSameAfterSavingAndMoving) {
  std::minstd_rand random(3);
  for (const uint32_t ports : {1U, 2U, 50U, 64U, 65U, 1000U}) {
    Arena arena, second;
    PortTable straight, moved;
    for (int i = 0; i < 5000; ++i) {
      const uint32_t key = static_cast<uint32_t>(random()) % ports * 7;
      straight.add(arena, key);
      moved.add(second, key);
      if (random() % 500 == 0) {
        Arena fresh;
        moved.move(second, fresh);
        EXPECT_EQ(second.live_bytes(), 0u);
        second = std::move(fresh);
      }
      if (random() % 500 == 0) {
        ByteWriter out;
        moved.save(second, out);
        moved.clear(second);
        ByteReader in(out.bytes());
        ASSERT_TRUE(moved.load(second, in));
        EXPECT_EQ(in.remaining(), 0u);
      }
    }
    EXPECT_EQ(top(straight, arena), top(moved, second)) << ports;
    EXPECT_EQ(straight.distinct(arena), moved.distinct(second));
    ByteWriter out;
    straight.save(arena, out);
    for (size_t size = 0; size < out.bytes().size(); size += 1 + size / 8) {
      PortTable cut;
      ByteReader in(std::string_view(out.bytes()).substr(0, size));
      EXPECT_FALSE(cut.load(second, in)) << size;
      EXPECT_EQ(cut.distinct(second), 0u);
    }
  }
}

}  // namespace
}  // namespace yagura::telescope
