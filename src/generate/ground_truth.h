// SPDX-License-Identifier: Apache-2.0
//
// The ground truth of a synthetic capture: exact packets and distinct hosts, counted here from what
// the generator says it wrote, by the plainest way there is (sort and count), sharing nothing with
// the analysers that it is held against.
//
// Memory: 8 bytes a packet, and 32 for each packet of backscatter. Not thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/ip_address.h"
#include "base/time.h"
#include "generate/facts.h"
#include "generate/options.h"
#include "generate/population.h"

namespace yagura::generate {

struct Tally {
  uint64_t packets = 0;
  uint64_t hosts = 0;
};

// Packets and distinct hosts of a stretch of time. Every figure is exact, `any` and `scans` too:
// a host of several classes is one host there.
struct ClassTallies {
  Tally any, scans;
  std::array<Tally, traffic_class_count> classes{};
};

struct PeriodTally {
  Timestamp start;
  ClassTallies tallies;
};

struct PortTally {
  uint16_t port = 0;
  Tally tally;  // in the scan and probe classes
};

// A source that fulfils the behaviour rule on a day: at least 30 TCP and UDP ports scanned, and at
// least as many scan and probe packets as there are dark addresses.
struct SurveySource {
  Timestamp day;
  IpAddress address;
  uint64_t packets = 0;
  uint32_t ports = 0;
};

// Hosts that count as a tool on a day: at least 2 (Mirai) or 3 SYNs with its mark, and these at
// least 80 % of the host's SYNs.
struct ToolDay {
  Timestamp day;
  std::array<Tally, tool_mark_count> tools{};  // packets: marked SYNs of those hosts
};

// An episode of backscatter that fulfils the rule of Moore et al. (docs/telescope.md).
struct AttackTruth {
  IpAddress victim;
  uint8_t protocol = 0;
  Timestamp start, end;  // first and last packet
  uint64_t packets = 0;
  uint64_t dark_addresses = 0;
};

struct GroundTruth {
  Timestamp first, last;
  ClassTallies total;
  std::vector<PeriodTally> windows, hours, days;  // aligned to the clock, those with packets
  std::vector<PortTally> tcp_ports, udp_ports;    // of the whole capture, rising
  std::vector<ToolDay> tools;
  std::vector<AttackTruth> attacks;  // by victim, protocol and time
  std::vector<SurveySource> survey_behaviour;
};

class TruthCounter {
 public:
  explicit TruthCounter(const GenerateOptions& options);
  // In order of time.
  void add(const PacketFacts& facts);
  GroundTruth finish();

 private:
  struct Reply {
    uint64_t source;
    Timestamp time;
    uint32_t dark;
    uint8_t protocol;
  };
  struct Period {
    Duration length;
    Timestamp start;
    size_t first_key = 0;
  };

  uint64_t source_number(IpAddress address);
  IpAddress source_address(uint64_t number) const;
  void close(const Period& period, std::vector<PeriodTally>& tallies);
  void count_day(size_t first_key, Timestamp day);
  void count_ports();
  void find_attacks();
  void judge_episode(const Reply* first, const Reply* last);

  double dark_addresses_;
  // One number a packet: source, class, tool mark and port, so that sorting brings together what
  // has to be counted. In order of time but for the periods already closed, which are sorted.
  std::vector<uint64_t> keys_;
  std::vector<Reply> replies_;
  std::unordered_map<IpAddress, uint64_t> ipv6_numbers_;
  std::vector<IpAddress> ipv6_addresses_;
  Period window_{Duration::minutes(5), {}, 0}, hour_{Duration::hours(1), {}, 0},
      day_{Duration::days(1), {}, 0};
  GroundTruth truth_;
};

// As JSON, one line for each element of a list. The options say how to make the same capture again;
// the population names the survey scanners and the campaign's share.
std::string truth_json(const GroundTruth& truth, const GenerateOptions& options,
                       const Population& population);

}  // namespace yagura::generate
