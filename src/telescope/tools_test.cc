// SPDX-License-Identifier: Apache-2.0
#include "telescope/tools.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "telescope/captures_for_tests.h"
#include "telescope/classify.h"

namespace yagura::telescope {
namespace {

Tool verdict(uint64_t syns, std::initializer_list<std::pair<Mark, uint64_t>> marks) {
  MarkCounts counts{};
  for (const auto& [mark, count] : marks) counts[static_cast<size_t>(mark)] = count;
  return tool_of(syns, counts);
}

TEST(Tools, WantsTwoMatchesForMiraiAndThreeForTheOthers) {
  EXPECT_EQ(verdict(1, {{Mark::mirai, 1}}), Tool::none);
  EXPECT_EQ(verdict(2, {{Mark::mirai, 2}}), Tool::mirai);
  const std::pair<Mark, Tool> others[] = {{Mark::zmap, Tool::zmap},
                                          {Mark::masscan, Tool::masscan},
                                          {Mark::masscan_2023, Tool::masscan_2023},
                                          {Mark::nmap, Tool::nmap},
                                          {Mark::unicornscan, Tool::unicornscan}};
  for (const auto& [mark, tool] : others) {
    EXPECT_EQ(verdict(2, {{mark, 2}}), Tool::none);
    EXPECT_EQ(verdict(3, {{mark, 3}}), tool);
  }
}

TEST(Tools, WantsFourFifthsOfAllSyns) {
  EXPECT_EQ(verdict(100, {{Mark::zmap, 80}}), Tool::zmap);
  EXPECT_EQ(verdict(100, {{Mark::zmap, 79}}), Tool::none);
  EXPECT_EQ(verdict(1994, {{Mark::nmap, 1993}, {Mark::zmap, 1}}), Tool::nmap);
  EXPECT_EQ(verdict(0, {}), Tool::none);
}

TEST(Tools, TakesTheToolWithMost) {
  EXPECT_EQ(verdict(100, {{Mark::nmap, 90}, {Mark::unicornscan, 100}}), Tool::unicornscan);
  EXPECT_EQ(verdict(100, {{Mark::nmap, 100}, {Mark::unicornscan, 90}}), Tool::nmap);
}

TEST(Tools, LeavesNullFinAndXmasScansOutOfARowsSyns) {
  const Mark marks[] = {Mark::null_scan, Mark::xmas_scan, Mark::masscan, Mark::high_ttl};
  const uint32_t packets[] = {10, 5, 4, 20};
  EXPECT_EQ(tool_of(20, marks, packets), Tool::masscan);  // 4 of 5
  EXPECT_EQ(tool_of(21, marks, packets), Tool::none);     // 4 of 6
}

WindowPacket syn(uint32_t key, uint32_t dark, uint16_t port) {
  WindowPacket p;
  p.class_ = PacketClass::scan_tcp;
  p.unicornscan_key = key;
  p.dark = dark;
  p.service_port = port;
  return p;
}

uint64_t count(const std::vector<WindowPacket>& packets) {
  UnicornscanVote vote;
  for (const WindowPacket& packet : packets) vote.add(packet);
  return vote.matching();
}

TEST(Unicornscan, CountsTheSynsThatShareAKey) {
  EXPECT_EQ(count({syn(7, 1, 80), syn(7, 2, 80), syn(7, 3, 80)}), 3u);
  EXPECT_EQ(count({syn(7, 1, 80), syn(7, 1, 81), syn(7, 1, 80)}), 3u);
  EXPECT_EQ(count({syn(7, 1, 80), syn(9, 8, 80), syn(7, 2, 80), syn(7, 3, 80)}), 3u);
}

TEST(Unicornscan, SeesNoneInTwoPacketsOrInRepetitionsOfOne) {
  EXPECT_EQ(count({}), 0u);
  EXPECT_EQ(count({syn(7, 1, 80), syn(7, 2, 80)}), 0u);
  EXPECT_EQ(count(std::vector<WindowPacket>(50, syn(7, 1, 80))), 0u);
}

TEST(Unicornscan, SeesNoneInRandomSequenceNumbers) {
  std::minstd_rand random(1);
  std::vector<WindowPacket> packets;
  for (uint32_t i = 0; i < 1000; ++i)
    packets.push_back(syn(static_cast<uint32_t>(random()), i, 80));
  EXPECT_EQ(count(packets), 0u);
}

TEST(Unicornscan, FindsAMajorityAmongNoise) {
  std::minstd_rand random(2);
  std::vector<WindowPacket> packets;
  uint64_t keyed = 0;
  for (uint32_t i = 0; i < 1000; ++i) {
    const bool noise = random() % 10 == 0;
    packets.push_back(syn(noise ? static_cast<uint32_t>(random()) : 7, i, 80));
    keyed += noise ? 0 : 1;
  }
  EXPECT_EQ(count(packets), keyed);
}

TEST(Unicornscan, CountsAKeyOverVotesWithTooFewPacketsEach) {
  std::minstd_rand random(3);
  UnicornscanVote day, noise;
  uint32_t keyed = 0;
  for (uint32_t window = 0; window < 200; ++window) {
    UnicornscanVote vote, noisy;
    const bool other = random() % 10 == 0;
    vote.add(syn(other ? static_cast<uint32_t>(random()) : 7, window, 80));
    noisy.add(syn(static_cast<uint32_t>(random()), window, 80));
    EXPECT_EQ(vote.matching(), 0u);
    keyed += other ? 0 : 1;
    day.add(vote);
    noise.add(noisy);
  }
  EXPECT_EQ(day.matching(), keyed);
  EXPECT_EQ(noise.matching(), 0u);
  UnicornscanVote same;  // one packet repeated in every window
  for (int i = 0; i < 200; ++i) {
    UnicornscanVote vote;
    vote.add(syn(7, 1, 80));
    same.add(vote);
  }
  EXPECT_EQ(same.matching(), 0u);
}

// --- Real probes, recorded between two network namespaces (data/captures/README.md) ---

struct Recording {
  const char* file;
  size_t syns;
  Tool tool;
  Mark mark;
};

TEST(RecordedProbes, AreRecognised) {
  const Recording recordings[] = {
      {"recorded_zmap.pcap", 256, Tool::zmap, Mark::zmap},
      {"recorded_masscan.pcap", 512, Tool::masscan, Mark::masscan},
      {"recorded_nmap.pcap", 320, Tool::nmap, Mark::nmap},
      {"recorded_hping3.pcap", 300, Tool::none, Mark::mirai},
  };
  for (const Recording& recording : recordings) {
    const CaptureForTests capture(shipped_capture(recording.file));
    MarkCounts marks{};
    std::vector<WindowPacket> packets;
    for (const capture::Packet& p : capture.packets()) {
      const Classified c = classify(p);
      if (c.class_ != PacketClass::scan_tcp) continue;
      WindowPacket w;
      w.class_ = c.class_;
      w.marks = c.marks;
      w.service_port = c.service_port;
      w.unicornscan_key = c.unicornscan_key;
      w.dark = p.destination.v4();
      packets.push_back(w);
      for (size_t i = 1; i < 16; ++i) marks[i] += c.marks >> i & 1U;
    }
    EXPECT_EQ(packets.size(), recording.syns) << recording.file;
    marks[static_cast<size_t>(Mark::unicornscan)] = count(packets);
    EXPECT_EQ(tool_of(packets.size(), marks), recording.tool) << recording.file;
    for (const Mark mark : {Mark::mirai, Mark::zmap, Mark::masscan, Mark::masscan_2023, Mark::nmap,
                            Mark::unicornscan, Mark::high_ttl}) {
      const bool its_own = mark == recording.mark && recording.tool != Tool::none;
      EXPECT_EQ(marks[static_cast<size_t>(mark)], its_own ? recording.syns : 0)
          << recording.file << " " << mark_names[static_cast<size_t>(mark)];
    }
  }
}

}  // namespace
}  // namespace yagura::telescope
