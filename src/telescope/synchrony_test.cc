// SPDX-License-Identifier: Apache-2.0
#include "telescope/synchrony.h"

#include <gtest/gtest.h>
#include <xxhash.h>

#include <map>
#include <random>
#include <set>

#include "telescope/rows_for_tests.h"
#include "telescope/window.h"

namespace yagura::telescope {
namespace {

constexpr uint16_t sensor = 3;
constexpr uint64_t key = 0x5eed;
constexpr int64_t start = 1'600'000'200;  // a multiple of 300 s and of 50 s

struct Probe {
  IpAddress source;
  WindowPacket packet;
};

std::vector<Probe> random_probes(std::mt19937_64& random, size_t count, uint32_t prefixes,
                                 int64_t from, int64_t seconds) {
  std::vector<Probe> probes(count);
  for (Probe& probe : probes) {
    const uint64_t n = random();
    probe.source = IpAddress::from_v4(static_cast<uint32_t>(random() % prefixes * 7 % 65536) << 16 |
                                      static_cast<uint32_t>(n % 4));
    if (n % 11 == 0) probe.source = IpAddress::from_halves(0x20010db8'00000000ULL, n % 5);
    WindowPacket& p = probe.packet;
    p.time = from * 1'000'000'000 +
             static_cast<int64_t>(random() % static_cast<uint64_t>(seconds * 1'000'000'000));
    p.service_port = static_cast<uint16_t>(23 + random() % 2);
    p.dark = static_cast<uint32_t>(random() % 3);
    p.class_ = n % 7 == 0 ? PacketClass::other_tcp : PacketClass::scan_tcp;
    if (n % 13 == 0) p.marks = static_cast<uint16_t>(2u << n / 13 % 3);  // NULL, FIN, Xmas: no SYN
  }
  std::sort(probes.begin(), probes.end(),
            [](const Probe& a, const Probe& b) { return a.packet.time < b.packet.time; });
  return probes;
}

void add(Synchrony& synchrony, std::span<const Probe> probes) {
  Window window;
  for (const Probe& probe : probes) window.add(probe.source, probe.packet);
  window.start_groups();
  for (SourceGroup group; window.next_group(group);) synchrony.add(group);
  synchrony.end_part();
}

std::vector<std::string> emitted(Synchrony& synchrony) {
  std::vector<std::string> rows;
  synchrony.emit([&](const SynchronyRow& row) { rows.push_back(row_text(row)); });
  return rows;
}

bool counts(const Probe& probe) {
  return probe.source.is_v4() && probe.packet.class_ == PacketClass::scan_tcp &&
         probe.packet.marks == 0;
}
uint16_t prefix_of(const Probe& probe) { return static_cast<uint16_t>(probe.source.v4() >> 16); }

// The prefixes with the smallest hashes of those that sent a SYN.
std::set<uint16_t> chosen(std::span<const Probe> probes) {
  std::map<uint64_t, uint16_t> by_hash;
  for (const Probe& probe : probes) {
    if (!counts(probe)) continue;
    const uint16_t prefix = prefix_of(probe);
    by_hash[XXH3_64bits_withSeed(&prefix, sizeof prefix, key)] = prefix;
  }
  std::set<uint16_t> prefixes;
  for (const auto& [hash, prefix] : by_hash)
    if (prefixes.size() < Synchrony::prefixes_max) prefixes.insert(prefix);
  return prefixes;
}

std::vector<std::string> twin(std::span<const Probe> probes) {
  const auto prefixes = chosen(probes);
  std::map<std::tuple<uint32_t, uint16_t, uint16_t>, std::map<uint32_t, uint32_t>> packets;
  for (const Probe& probe : probes) {
    if (!counts(probe) || !prefixes.contains(prefix_of(probe))) continue;
    const auto second = static_cast<uint32_t>(probe.packet.time / 1'000'000'000);
    ++packets[{second / 50 * 50, prefix_of(probe), probe.packet.service_port}][probe.packet.dark];
  }
  std::vector<std::string> rows;
  for (const auto& [slot, by_dark] : packets) {
    SynchronyRow row;
    std::tie(row.time, row.prefix, row.port) = slot;
    row.sensor = sensor;
    uint32_t top = 0;
    uint32_t top_dark = 0;
    for (const auto& [dark, n] : by_dark) {
      row.packets += n;
      if (n > top) top_dark = dark;
      top = std::max(top, n);
    }
    row.top_dark = static_cast<uint32_t>(XXH3_64bits_withSeed(&top_dark, sizeof top_dark, key));
    row.dark_addresses = static_cast<uint32_t>(by_dark.size());
    row.top_share = static_cast<float>(top) / static_cast<float>(row.packets);
    rows.push_back(row_text(row));
  }
  return rows;
}

TEST(SynchronyTest, AgreesWithMapsBelowAndAboveItsBound) {
  std::mt19937_64 random(16);
  Synchrony synchrony(sensor, key);
  for (const uint32_t prefixes : {1u, 50u, 1000u, 1100u, 5000u}) {
    const auto probes = random_probes(random, 12'000, prefixes, start, 300);
    add(synchrony, probes);
    EXPECT_EQ(emitted(synchrony), twin(probes)) << prefixes;
  }
  EXPECT_TRUE(emitted(synchrony).empty());
}

TEST(SynchronyTest, PartsOfAWindowGiveTheSameWithSavingBetweenThem) {
  std::mt19937_64 random(17);
  for (int round = 0; round < 10; ++round) {
    const auto probes = random_probes(random, 9'000, 3000, start, 300);
    auto synchrony = std::make_unique<Synchrony>(sensor, key);
    for (size_t from = 0; from < probes.size();) {
      const size_t size = std::min<size_t>(1 + random() % 4000, probes.size() - from);
      add(*synchrony, std::span(probes).subspan(from, size));
      from += size;
      ByteWriter saved;
      synchrony->save(saved);
      synchrony = std::make_unique<Synchrony>(sensor, key);
      ByteReader in(saved.bytes());
      ASSERT_TRUE(synchrony->load(in));
      EXPECT_EQ(in.remaining(), 0u);
    }
    EXPECT_EQ(emitted(*synchrony), twin(probes)) << "round " << round;
  }
}

TEST(SynchronyTest, TheSampleOfTenMinutesIsContainedInTheSamplesOfItsWindows) {
  std::mt19937_64 random(18);
  auto probes = random_probes(random, 12'000, 5000, start, 600);
  const auto border = std::find_if(probes.begin(), probes.end(), [](const Probe& probe) {
    return probe.packet.time >= (start + 300) * 1'000'000'000;
  });
  Synchrony synchrony(sensor, key);
  uint64_t kept = 0;
  const auto sampled = chosen(probes);
  EXPECT_EQ(sampled.size(), Synchrony::prefixes_max);
  const auto sink = [&](const SynchronyRow& row) {
    if (sampled.contains(row.prefix)) kept += row.packets;
  };
  add(synchrony, {probes.begin(), border});
  synchrony.emit(sink);
  add(synchrony, {border, probes.end()});
  synchrony.emit(sink);
  uint64_t expected = 0;
  for (const Probe& probe : probes)
    if (counts(probe) && sampled.contains(prefix_of(probe))) ++expected;
  EXPECT_EQ(kept, expected);
  EXPECT_GT(expected, 1000u);
}

TEST(SynchronyTest, RefusesASavedStateThatIsCut) {
  std::mt19937_64 random(19);
  Synchrony synchrony(sensor, key);
  add(synchrony, random_probes(random, 30, 10, start, 300));
  ByteWriter saved;
  synchrony.save(saved);
  for (size_t size = 0; size < saved.bytes().size(); ++size) {
    ByteReader in(std::string_view(saved.bytes()).substr(0, size));
    EXPECT_FALSE(Synchrony(sensor, key).load(in)) << size;
  }
}

}  // namespace
}  // namespace yagura::telescope
