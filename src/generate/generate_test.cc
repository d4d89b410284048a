// SPDX-License-Identifier: Apache-2.0
#include "generate/generate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "generate/capture_for_tests.h"
#include "generate/command.h"

namespace yagura::generate {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// The bytes of a capture with these options.
std::string capture_of(const GenerateOptions& options) {
  const std::string path =
      testing::TempDir() + fmt::format("yagura_generate_test_{}.pcap", getpid());
  const auto summary = run_generate(options, path, "");
  EXPECT_TRUE(summary.has_value()) << summary.error().message();
  std::string bytes = read_file(path);
  std::remove(path.c_str());
  EXPECT_EQ(summary ? summary->bytes : 0, bytes.size());
  return bytes;
}

uint64_t fnv_1a(std::string_view bytes) {
  uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : bytes) hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3ULL;
  return hash;
}

// Every kind, an attack, a campaign, IPv6, both sides of a day's end.
GenerateOptions everything() {
  GenerateOptions options;
  options.packets = 40'000;
  options.sources = 3'000;
  options.start = Timestamp::from_seconds(1'767'225'600 - 1'800);
  options.dark = *Prefix::parse("198.18.64.0/22");
  options.shares[static_cast<size_t>(Kind::ipv6)] = 50;
  options.campaign.sources = 200;
  options.campaign.packets_per_minute = 100;
  return options;
}

GenerateOptions only(Kind kind) {
  GenerateOptions options;
  options.packets = 5'000;
  options.sources = 300;
  options.attacks.victims = 0;
  options.shares = {};
  options.shares[static_cast<size_t>(kind)] = 1;
  return options;
}

// The recorded hashes hold on every machine and with every compiler; they change only with a change
// of what is generated, which then belongs in the change log: people compare captures by seed.
TEST(Generator, MakesTheSameBytesForASeedEverywhere) {
  const std::string bytes = capture_of(everything());
  EXPECT_EQ(fnv_1a(bytes), 9997365927177266065ULL);
  EXPECT_EQ(capture_of(everything()), bytes);
  GenerateOptions options = everything();
  options.seed = 2;
  EXPECT_EQ(fnv_1a(capture_of(options)), 1204377976491148484ULL);
}

TEST(Generator, WritesWholePacketsWithRightChecksumsInOrderOfTime) {
  GenerateOptions options = everything();
  for (const bool nanoseconds : {false, true}) {
    options.nanoseconds = nanoseconds;
    const CaptureForTests capture(capture_of(options));
    EXPECT_THAT(capture.problems, IsEmpty());
    ASSERT_EQ(capture.packets.size(), options.packets);
    EXPECT_GE(capture.packets.front().time, options.start);
    EXPECT_LT(capture.packets.back().time, options.start + options.duration);
    for (const SeenPacket& packet : capture.packets) {
      const bool v4 = packet.source.is_v4();
      ASSERT_TRUE((v4 ? options.dark : options.dark_ipv6).contains(packet.destination));
      ASSERT_EQ(scope_of(packet.source), AddressScope::global) << packet.source.to_string();
    }
  }
}

TEST(Generator, EverySourceSendsAndNoOtherDoes) {
  for (const uint64_t skew : {0U, 1U, 3U}) {
    GenerateOptions options = everything();
    options.skew = skew;
    std::set<IpAddress> hosts;
    for (const SeenPacket& packet : CaptureForTests(capture_of(options)).packets)
      hosts.insert(packet.accounted);
    EXPECT_EQ(hosts.size(), options.sources) << "skew " << skew;
  }
}

TEST(Generator, SendsOnePacketFromEachSourceIfThereAreNoMore) {
  GenerateOptions options = only(Kind::syn);
  options.packets = options.sources = 10'000;
  std::set<IpAddress> hosts;
  for (const SeenPacket& packet : CaptureForTests(capture_of(options)).packets)
    hosts.insert(packet.accounted);
  EXPECT_EQ(hosts.size(), 10'000U);
}

TEST(Generator, GivesEachToolThePublishedMark) {
  const std::vector<std::pair<Kind, std::string>> tools = {
      {Kind::mirai, "mirai"},     {Kind::zmap, "zmap"},
      {Kind::masscan, "masscan"}, {Kind::masscan_2023, "masscan_2023"},
      {Kind::nmap, "nmap"},       {Kind::telnet, "none"},
      {Kind::survey, "none"},     {Kind::unicornscan, "none"}};
  for (const PortMix mix : {PortMix::bots, PortMix::random}) {
    for (const auto& [kind, tool] : tools) {
      GenerateOptions options = only(kind);
      options.ports = mix;
      if (kind == Kind::survey) options.survey_scanners = options.sources;
      std::map<IpAddress, std::set<uint32_t>> keys;
      for (const SeenPacket& packet : CaptureForTests(capture_of(options)).packets) {
        if (kind == Kind::survey && packet.class_ == "scan_udp") continue;
        ASSERT_EQ(packet.class_, "scan_tcp");
        ASSERT_EQ(packet.tool, tool);
        keys[packet.accounted].insert(packet.unicornscan_key);
      }
      size_t with_one_key = 0;
      for (const auto& [source, of_source] : keys) with_one_key += of_source.size() == 1;
      if (kind == Kind::unicornscan)
        EXPECT_EQ(with_one_key, options.sources);
      else
        EXPECT_LT(with_one_key, options.sources / 10);  // sources with one packet
    }
  }
}

TEST(Generator, GivesEachKindItsClass) {
  const std::map<Kind, std::set<std::string>> classes = {
      {Kind::syn, {"scan_tcp"}},
      {Kind::udp, {"scan_udp"}},
      {Kind::amplification, {"probe_amplification"}},
      {Kind::icmp_echo, {"scan_icmp"}},
      {Kind::backscatter_tcp, {"backscatter_tcp"}},
      {Kind::backscatter_udp, {"backscatter_udp"}},
      {Kind::backscatter_icmp, {"backscatter_icmp"}},
      {Kind::other, {"other_tcp", "other"}},
      {Kind::ipv6, {"scan_tcp", "scan_icmp", "scan_udp"}}};
  for (const auto& [kind, expected] : classes) {
    const CaptureForTests capture(capture_of(only(kind)));
    EXPECT_THAT(capture.problems, IsEmpty());
    std::set<std::string> seen;
    for (const SeenPacket& packet : capture.packets) seen.insert(packet.class_);
    EXPECT_EQ(seen, expected) << kind_names[static_cast<size_t>(kind)];
  }
}

TEST(Generator, KeepsOneToThreePortsForEachBot) {
  GenerateOptions options = only(Kind::syn);
  std::map<IpAddress, std::set<uint16_t>> ports;
  std::map<size_t, int> sizes;
  for (const SeenPacket& packet : CaptureForTests(capture_of(options)).packets)
    ports[packet.accounted].insert(packet.service_port);
  for (const auto& [source, of_source] : ports) ++sizes[of_source.size()];
  EXPECT_EQ(sizes.rbegin()->first, 3U);
  options.ports = PortMix::random;
  ports.clear();
  for (const SeenPacket& packet : CaptureForTests(capture_of(options)).packets)
    ports[packet.accounted].insert(packet.service_port);
  size_t most = 0;
  for (const auto& [source, of_source] : ports) most = std::max(most, of_source.size());
  EXPECT_GT(most, 20U);
}

TEST(Generator, SurveyScannersScanManyPorts) {
  GenerateOptions options = only(Kind::survey);
  options.survey_scanners = options.sources = 5;
  std::map<IpAddress, std::set<uint16_t>> ports;
  for (const SeenPacket& packet : CaptureForTests(capture_of(options)).packets)
    ports[packet.accounted].insert(packet.service_port);
  ASSERT_EQ(ports.size(), 5U);
  for (const auto& [source, of_source] : ports) EXPECT_GT(of_source.size(), 300U);
}

TEST(Generator, ACampaignSetsInWithAllItsSourcesOnOnePort) {
  GenerateOptions options = only(Kind::udp);
  options.packets = 30'000;
  options.sources = 2'000;
  options.campaign.sources = 300;
  options.campaign.packets_per_minute = 500;
  options.campaign.port = 60'001;
  for (const bool synchronised : {true, false}) {
    options.campaign.synchronised = synchronised;
    const Timestamp onset = options.start + options.campaign.start;
    std::set<IpAddress> early, all;
    std::map<int64_t, uint64_t> minutes;
    for (const SeenPacket& packet : CaptureForTests(capture_of(options)).packets) {
      if (packet.class_ != "scan_tcp") continue;
      ASSERT_EQ(packet.service_port, 60'001);
      ASSERT_GE(packet.time, onset);
      all.insert(packet.accounted);
      if (packet.time < onset + Duration::minutes(4)) early.insert(packet.accounted);
      ++minutes[(packet.time - onset).nanoseconds / 60'000'000'000];
    }
    EXPECT_EQ(all.size(), 300U);
    EXPECT_EQ(early, all);
    uint64_t least = UINT64_MAX, most = 0;
    for (int64_t minute = 0; minute < 30; ++minute) {
      least = std::min(least, minutes[minute]);
      most = std::max(most, minutes[minute]);
    }
    if (synchronised)
      EXPECT_GT(most, least + 500);
    else
      EXPECT_EQ(most, least);
  }
}

TEST(Generator, ACampaignEndsWhenItsDurationIsOver) {
  GenerateOptions options = only(Kind::udp);
  options.packets = 30'000;
  options.sources = 2'000;
  options.campaign = {.sources = 100,
                      .start = Duration::minutes(10),
                      .duration = Duration::seconds(630),
                      .packets_per_minute = 400,
                      .synchronised = false};
  uint64_t packets = 0;
  Timestamp last;
  for (const SeenPacket& packet : CaptureForTests(capture_of(options)).packets) {
    if (packet.class_ != "scan_tcp") continue;
    ++packets;
    last = packet.time;
  }
  EXPECT_EQ(packets, 4'200U);
  const Timestamp end = options.start + Duration::seconds(1230);
  EXPECT_LT(last, end);
  EXPECT_GT(last, end - Duration::seconds(2));
}

TEST(Generator, AnAttackHasItsVictimRateAndDuration) {
  GenerateOptions options = only(Kind::syn);
  options.attacks = {.victims = 6, .packets_per_minute = 30, .duration = Duration::minutes(5)};
  std::map<IpAddress, std::vector<Timestamp>> replies;
  for (const SeenPacket& packet : CaptureForTests(capture_of(options)).packets)
    if (packet.class_.starts_with("backscatter")) replies[packet.accounted].push_back(packet.time);
  ASSERT_EQ(replies.size(), 6U);
  for (const auto& [victim, times] : replies) {
    EXPECT_EQ(times.size(), 150U);
    const Duration length = times.back() - times.front();
    EXPECT_GT(length, Duration::seconds(290));
    EXPECT_LE(length, Duration::minutes(5));
  }
}

TEST(Generator, MixesTheKindsEvenlyOverTime) {
  GenerateOptions options;
  options.packets = 100'000;
  options.sources = 5'000;
  options.attacks.victims = 0;
  const CaptureForTests capture(capture_of(options));
  for (size_t tenth = 0; tenth < 10; ++tenth) {
    int probes = 0;
    for (size_t i = tenth * 10'000; i < (tenth + 1) * 10'000; ++i)
      probes += capture.packets[i].class_ == "probe_amplification";
    EXPECT_NEAR(probes, 400, 80) << "tenth " << tenth;
  }
}

TEST(Generator, MemoryDoesNotGrowWithThePopulation) {
  GenerateOptions options = only(Kind::syn);
  options.packets = 3'000'000'000;
  options.sources = most_sources;
  auto generator = Generator::create(options);
  ASSERT_TRUE(generator.has_value()) << generator.error().message();
  uint8_t frame[largest_frame];
  PacketFacts facts;
  std::set<IpAddress> hosts;
  for (int i = 0; i < 10'000; ++i) {
    ASSERT_GT(generator->next(frame, facts), 0U);
    hosts.insert(facts.accounted);
  }
  EXPECT_GT(hosts.size(), 9'900U);
}

TEST(Generator, RefusesWhatDoesNotFitTogether) {
  const auto error_of = [](auto change) {
    GenerateOptions options;
    change(options);
    const auto generator = Generator::create(options);
    return generator ? std::string("accepted") : generator.error().message();
  };
  using O = GenerateOptions;
  EXPECT_THAT(error_of([](O& o) { o.packets = 0; }), HasSubstr("number of packets is 0"));
  EXPECT_THAT(error_of([](O& o) { o.packets = most_packets + 1; }), HasSubstr("packets"));
  EXPECT_THAT(error_of([](O& o) { o.packets = 10'000; }),
              HasSubstr("cannot come from 19996 sources"));
  EXPECT_THAT(error_of([](O& o) { o.sources = most_sources + 1; }), HasSubstr("sources"));
  EXPECT_THAT(error_of([](O& o) { o.sources = 10; }), HasSubstr("survey scanners"));
  EXPECT_THAT(error_of([](O& o) { o.shares = {}; }), HasSubstr("every share is 0"));
  EXPECT_THAT(error_of([](O& o) { o.shares[0] = most_share + 1; }), HasSubstr("share of mirai"));
  EXPECT_THAT(error_of([](O& o) { o.skew = 4; }), HasSubstr("skew"));
  EXPECT_THAT(error_of([](O& o) { o.attacks.victims = 19'999; }), HasSubstr("--packets"));
  EXPECT_THAT(error_of([](O& o) { o.attacks.duration = Duration::hours(2); }),
              HasSubstr("an attack must last"));
  EXPECT_THAT(error_of([](O& o) { o.duration = Duration{}; }), HasSubstr("duration"));
  EXPECT_THAT(error_of([](O& o) { o.start = Timestamp{INT64_MAX}; }), HasSubstr("1970"));
  EXPECT_THAT(error_of([](O& o) { o.dark = *Prefix::parse("2001:db8::/32"); }),
              HasSubstr("no IPv4 prefix"));
  EXPECT_THAT(error_of([](O& o) { o.dark = whole_ipv4(); }), HasSubstr("leaves 0 addresses"));
  EXPECT_THAT(error_of([](O& o) { o.dark_ipv6 = o.dark; }), HasSubstr("no IPv6 prefix"));
  EXPECT_THAT(error_of([](O& o) {
                o.campaign.sources = 1'000;
                o.campaign.start = Duration::hours(1);
              }),
              HasSubstr("start within the capture"));
  EXPECT_THAT(error_of([](O& o) {
                o.campaign.sources = 1'000;
                o.campaign.packets_per_minute = 1;
              }),
              HasSubstr("the campaign has"));
}

TEST(Apportion, AddsUpAndIsOffByLessThanOne) {
  std::array<uint64_t, kind_count> weights{};
  for (size_t i = 0; i < kind_count; ++i) weights[i] = i * i;
  for (const uint64_t total : {0UL, 1UL, 7UL, 1'000UL, 999'999'999'999UL}) {
    const auto parts = apportion(total, weights);
    uint64_t sum = 0;
    for (size_t i = 0; i < kind_count; ++i) {
      const double exact = static_cast<double>(total) * static_cast<double>(weights[i]) / 1496;
      EXPECT_NEAR(static_cast<double>(parts[i]), exact, 1);
      sum += parts[i];
    }
    EXPECT_EQ(sum, total);
  }
}

}  // namespace
}  // namespace yagura::generate
