// SPDX-License-Identifier: Apache-2.0
//
// The ground truth against a recount of the bytes: maps and sets over packets that were read back
// and judged by capture_for_tests.h.
#include "generate/ground_truth.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "generate/capture_for_tests.h"
#include "generate/command.h"

namespace yagura::generate {
namespace {

using nlohmann::json;

std::string take_file(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  std::remove(path.c_str());
  return text.str();
}

struct Made {
  std::vector<SeenPacket> packets;
  json truth;
};

Made make(const GenerateOptions& options) {
  const std::string base = testing::TempDir() + fmt::format("yagura_truth_test_{}", getpid());
  const std::string capture = base + ".pcap", truth = base + ".json";
  const auto summary = run_generate(options, capture, truth);
  if (!summary) throw std::runtime_error(summary.error().message());
  const CaptureForTests read(take_file(capture));
  EXPECT_TRUE(read.problems.empty());
  return {read.packets, json::parse(take_file(truth))};
}

bool is_scan(const std::string& c) { return c.starts_with("scan_") || c.starts_with("probe_"); }

// Packets and hosts by any key.
template <typename Key>
class Recount {
 public:
  void add(const Key& key, const SeenPacket& packet) {
    auto& [packets, hosts] = counts_[key];
    ++packets;
    hosts.insert(packet.accounted);
  }
  json of(const Key& key) const {
    const auto it = counts_.find(key);
    if (it == counts_.end()) return {{"packets", 0}, {"hosts", 0}};
    return {{"packets", it->second.first}, {"hosts", it->second.second.size()}};
  }
  const auto& all() const { return counts_; }

 private:
  std::map<Key, std::pair<uint64_t, std::set<IpAddress>>> counts_;
};

using ClassRecount = Recount<std::string>;

void add_classes(ClassRecount& recount, const SeenPacket& packet) {
  recount.add("any", packet);
  if (is_scan(packet.class_)) recount.add("scans", packet);
  recount.add(packet.class_, packet);
}

constexpr std::array<const char*, 11> all_classes = {"any",
                                                     "scans",
                                                     "scan_tcp",
                                                     "scan_udp",
                                                     "scan_icmp",
                                                     "probe_amplification",
                                                     "backscatter_tcp",
                                                     "backscatter_udp",
                                                     "backscatter_icmp",
                                                     "other_tcp",
                                                     "other"};

void expect_classes(const json& truth, const ClassRecount& recount) {
  for (const char* name : all_classes) EXPECT_EQ(truth.at(name), recount.of(name)) << name;
}

// An attack, every kind, IPv6, a campaign, two days, a skew, both precisions.
GenerateOptions two_days() {
  GenerateOptions options;
  options.packets = 60'000;
  options.sources = 2'500;
  options.start = Timestamp::from_seconds(1'767'225'600 - 5'000);
  options.duration = Duration::hours(3);
  options.dark = *Prefix::parse("198.18.64.0/24");
  options.survey_scanners = 3;
  options.skew = 2;
  options.shares[static_cast<size_t>(Kind::ipv6)] = 30;
  options.campaign.sources = 100;
  options.campaign.packets_per_minute = 50;
  return options;
}

TEST(GroundTruth, AgreesWithARecountOfClassesInEveryPeriod) {
  const Made made = make(two_days());
  ClassRecount total;
  for (const SeenPacket& packet : made.packets) add_classes(total, packet);
  expect_classes(made.truth.at("total"), total);
  EXPECT_EQ(made.truth.at("first"), format_time(made.packets.front().time));
  EXPECT_EQ(made.truth.at("last"), format_time(made.packets.back().time));

  for (const auto& [name, length] : {std::pair{"windows", Duration::minutes(5)},
                                     {"hours", Duration::hours(1)},
                                     {"days", Duration::days(1)}}) {
    std::map<Timestamp, ClassRecount> periods;
    for (const SeenPacket& packet : made.packets)
      add_classes(periods[packet.time.floor(length)], packet);
    ASSERT_EQ(made.truth.at(name).size(), periods.size()) << name;
    size_t i = 0;
    for (const auto& [start, recount] : periods) {
      const json& period = made.truth.at(name).at(i++);
      EXPECT_EQ(period.at("start"), format_time(start));
      expect_classes(period, recount);
    }
  }
}

TEST(GroundTruth, AgreesWithARecountOfEveryPort) {
  GenerateOptions options = two_days();
  options.ports = PortMix::random;
  const Made made = make(options);
  for (const auto& [name, protocol] : {std::pair{"tcp_ports", 6}, {"udp_ports", 17}}) {
    Recount<uint16_t> ports;
    for (const SeenPacket& packet : made.packets)
      if (is_scan(packet.class_) && packet.protocol == protocol)
        ports.add(packet.service_port, packet);
    ASSERT_EQ(made.truth.at(name).size(), ports.all().size());
    for (const json& port : made.truth.at(name)) {
      const json expected = ports.of(port.at("port").get<uint16_t>());
      EXPECT_EQ(port.at("packets"), expected.at("packets"));
      EXPECT_EQ(port.at("hosts"), expected.at("hosts"));
    }
  }
}

TEST(GroundTruth, AgreesWithARecountOfToolsByThePublishedThresholds) {
  GenerateOptions options = two_days();
  options.skew = 3;  // so that some hosts stay under the thresholds
  const Made made = make(options);
  std::map<std::string, std::map<IpAddress, std::vector<const SeenPacket*>>> days;
  for (const SeenPacket& packet : made.packets)
    if (!packet.tool.empty()) days[format_day(packet.time)][packet.accounted].push_back(&packet);
  ASSERT_EQ(made.truth.at("tools").size(), days.size());
  for (const json& day : made.truth.at("tools")) {
    std::map<std::string, uint64_t> hosts, packets;
    for (const auto& [source, syns] : days.at(day.at("day"))) {
      std::map<std::string, uint64_t> marks;
      std::map<uint32_t, uint64_t> keys;
      for (const SeenPacket* syn : syns) {
        ++marks[syn->tool];
        ++keys[syn->unicornscan_key];
      }
      marks.erase("none");
      for (const auto& [key, count] : keys)
        if (count >= 3 && source.is_v4()) marks["unicornscan"] = count;
      for (const auto& [tool, count] : marks) {
        if (count < (tool == "mirai" ? 2U : 3U) || count * 10 < syns.size() * 8) continue;
        ++hosts[tool];
        packets[tool] += count;
      }
    }
    for (const char* tool : {"mirai", "zmap", "masscan", "masscan_2023", "nmap", "unicornscan"}) {
      EXPECT_EQ(day.at(tool).at("hosts"), hosts[tool]) << tool;
      EXPECT_EQ(day.at(tool).at("packets"), packets[tool]) << tool;
      EXPECT_GT(hosts[tool], 0U) << tool;
    }
  }
}

// Five packets a minute pass where the rate is not tested and where 3.75 are asked for, and fail
// where 7.5 are.
TEST(GroundTruth, AgreesWithARecountOfAttacks) {
  GenerateOptions options = two_days();
  for (const char* dark : {"198.18.64.0/24", "44.0.0.0/11", "44.0.0.0/10"}) {
    options.dark = *Prefix::parse(dark);
    options.attacks = {.victims = 12, .packets_per_minute = 5, .duration = Duration::minutes(30)};
    const Made made = make(options);
    std::map<std::pair<IpAddress, int>, std::vector<const SeenPacket*>> replies;
    for (const SeenPacket& packet : made.packets)
      if (packet.class_.starts_with("backscatter"))
        replies[{packet.accounted, packet.protocol}].push_back(&packet);
    const double least = 30 * options.dark.address_count() / (1 << 24);
    json expected = json::array();
    for (const auto& [victim, packets] : replies) {
      for (size_t first = 0, next; first < packets.size(); first = next) {
        next = first + 1;
        while (next < packets.size() &&
               packets[next]->time - packets[next - 1]->time < Duration::seconds(300))
          ++next;
        const Timestamp start = packets[first]->time, end = packets[next - 1]->time;
        if (next - first < 25 || end - start < Duration::seconds(60)) continue;
        uint64_t most = 0;
        std::set<IpAddress> addresses;
        for (size_t i = first; i < next; ++i) {
          addresses.insert(packets[i]->destination);
          for (int64_t ten = 0; ten < 6; ++ten) {
            const Timestamp from =
                packets[i]->time.floor(Duration::seconds(10)) - Duration::seconds(10 * ten);
            uint64_t count = 0;
            for (size_t j = first; j < next; ++j)
              count += from <= packets[j]->time && packets[j]->time < from + Duration::minutes(1);
            most = std::max(most, count);
          }
        }
        if (least >= 1 && static_cast<double>(most) < least) continue;
        expected.push_back({{"victim", victim.first.to_string()},
                            {"protocol", victim.second},
                            {"start", format_time(start)},
                            {"end", format_time(end)},
                            {"packets", next - first},
                            {"dark_addresses", addresses.size()}});
      }
    }
    EXPECT_EQ(made.truth.at("attacks"), expected) << dark;
    EXPECT_EQ(expected.size() >= 12, least < 5) << dark;
  }
}

TEST(GroundTruth, NamesTheSurveyScannersAndWhoBehavesLikeOne) {
  GenerateOptions options = two_days();
  const Made made = make(options);
  std::map<std::string, std::map<IpAddress, std::pair<uint64_t, std::set<uint32_t>>>> days;
  for (const SeenPacket& packet : made.packets) {
    if (!is_scan(packet.class_)) continue;
    auto& [packets, ports] = days[format_day(packet.time)][packet.accounted];
    ++packets;
    if (packet.class_ != "scan_icmp")
      ports.insert(uint32_t{packet.protocol} << 16 | packet.service_port);
  }
  json expected = json::array();
  std::set<std::string> addresses;
  for (const auto& [day, sources] : days)
    for (const auto& [source, counts] : sources)
      if (counts.second.size() >= 30 && counts.first >= 256) {
        addresses.insert(source.to_string());
        expected.push_back({{"day", day},
                            {"address", source.to_string()},
                            {"packets", counts.first},
                            {"ports", counts.second.size()}});
      }
  EXPECT_EQ(made.truth.at("survey_behaviour"), expected);
  EXPECT_EQ(made.truth.at("survey_scanners").get<std::set<std::string>>(), addresses);
  EXPECT_EQ(addresses.size(), options.survey_scanners);
}

TEST(GroundTruth, SharesAreKeptToThePacket) {
  GenerateOptions options;
  options.packets = 99'991;
  options.sources = 1'000;
  options.attacks.victims = 0;
  options.shares = {};
  options.shares[static_cast<size_t>(Kind::mirai)] = 3;
  options.shares[static_cast<size_t>(Kind::amplification)] = 2;
  options.shares[static_cast<size_t>(Kind::icmp_echo)] = 1;
  options.shares[static_cast<size_t>(Kind::backscatter_icmp)] = 1;
  const json total = make(options).truth.at("total");
  // 99,991 / 7 = 14,284.43: what rounding leaves goes to the largest remainders.
  EXPECT_EQ(total.at("scan_tcp").at("packets"), 42'853);
  EXPECT_EQ(total.at("probe_amplification").at("packets"), 28'569);
  EXPECT_EQ(total.at("scan_icmp").at("packets"), 14'285);
  EXPECT_EQ(total.at("backscatter_icmp").at("packets"), 14'284);
  EXPECT_EQ(total.at("any").at("hosts"), 1'000);
}

TEST(GroundTruth, CarriesTheCommandThatMakesTheCaptureAgain) {
  GenerateOptions options = two_days();
  const json truth = make(options).truth;
  EXPECT_EQ(truth.at("synthetic"), true);
  EXPECT_EQ(truth.at("command"), command_line(options));
  EXPECT_EQ(truth.at("campaign").at("port"), options.campaign.port);
  EXPECT_EQ(truth.at("campaign").at("sources"), 100);
  EXPECT_EQ(truth.at("campaign").at("end"), format_time(options.start + options.duration));
}

}  // namespace
}  // namespace yagura::generate
