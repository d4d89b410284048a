// SPDX-License-Identifier: Apache-2.0
//
// The rows of a pipeline against slow twins: maps and sets over the classified packets.
#include <gtest/gtest.h>

#include <array>
#include <map>
#include <set>
#include <tuple>

#include "telescope/pipeline_for_tests.h"
#include "telescope/tools.h"

namespace yagura::telescope {
namespace {

struct DarkPacket {
  capture::Packet packet;
  Classified classified;
  uint32_t position;
};

class PipelineTwinTest : public PipelineTest {
 protected:
  std::vector<DarkPacket> dark_packets(std::span<const TrafficFrame> frames) const {
    std::vector<DarkPacket> packets;
    for (const TrafficFrame& frame : frames) {
      DarkPacket p{packet_of(frame), {}, 0};
      p.classified = classify(p.packet);
      const DarkDay day = dark_space_.on(frame.time.floor(Duration::days(1)));
      if (day.find(p.packet.destination, p.position)) packets.push_back(p);
    }
    return packets;
  }
  static uint32_t bucket(const DarkPacket& p, int64_t seconds) {
    return static_cast<uint32_t>(p.packet.time.seconds() / seconds * seconds);
  }
};

// What a source did in a bucket.
struct SourceTwin {
  struct Class {
    uint64_t packets = 0, bytes = 0;
    uint32_t first = UINT32_MAX, last = 0;
    int ttl_min = 255, ttl_max = 0;
    std::set<uint32_t> windows, dark;
    std::map<uint16_t, uint32_t> ports;
    std::map<Mark, uint32_t> marks;
  };
  std::map<PacketClass, Class> classes;

  void add(const DarkPacket& p) {
    Class& c = classes[p.classified.class_];
    const auto second = static_cast<uint32_t>(p.packet.time.seconds());
    ++c.packets;
    c.bytes += p.packet.ip_length;
    c.first = std::min(c.first, second);
    c.last = std::max(c.last, second);
    c.ttl_min = std::min<int>(c.ttl_min, p.packet.ttl);
    c.ttl_max = std::max<int>(c.ttl_max, p.packet.ttl);
    c.windows.insert(second / 300);
    c.dark.insert(p.position);
    ++c.ports[p.classified.service_port];
    for (int mark = 1; mark < 16; ++mark)
      if ((p.classified.marks >> mark & 1) != 0) ++c.marks[static_cast<Mark>(mark)];
  }
  Tool tool() const {
    const auto it = classes.find(PacketClass::scan_tcp);
    if (it == classes.end()) return Tool::none;
    MarkCounts counts{};
    for (const auto& [mark, n] : it->second.marks) counts[static_cast<size_t>(mark)] = n;
    return tool_of(syn_count(it->second.packets, counts), counts);
  }
  bool behaves(double dark_addresses) const {
    std::set<std::pair<bool, uint16_t>> ports;
    uint64_t packets = 0;
    for (const auto& [class_, c] : classes) {
      if (class_ != PacketClass::scan_tcp && class_ != PacketClass::scan_udp &&
          class_ != PacketClass::probe_amplification)
        continue;
      packets += c.packets;
      for (const auto& [port, n] : c.ports) ports.insert({class_ == PacketClass::scan_tcp, port});
    }
    return ports.size() >= 30 && static_cast<double>(packets) >= dark_addresses;
  }
};
using Buckets = std::map<std::pair<uint32_t, IpAddress>, SourceTwin>;

// 20 sources each send hundreds of packets a day, some to many ports: some behave like a survey.
TrafficOptions busy_traffic(uint64_t seed) {
  return {.seed = seed, .packets = 24'000, .sources = 60, .length = Duration::hours(6)};
}

TEST_F(PipelineTwinTest, EveryClassComesUp) {
  std::map<PacketClass, int> packets;
  const Traffic traffic(busy_traffic(6));
  for (const DarkPacket& p : dark_packets(traffic.frames)) ++packets[p.classified.class_];
  for (int c = 1; c <= 9; ++c) EXPECT_GT(packets[static_cast<PacketClass>(c)], 50) << c;
}

TEST_F(PipelineTwinTest, NumbersEqualSetsOfHostsOverThePackets) {
  const Traffic traffic(busy_traffic(7));
  const auto packets = dark_packets(traffic.frames);
  const Outcome outcome = run(traffic.frames);

  using Key = std::tuple<Level, uint32_t, Dimension, uint32_t, PacketClass, uint16_t>;
  std::map<Key, std::pair<int64_t, std::set<IpAddress>>> twin;
  std::set<std::pair<uint32_t, IpAddress>> findings;
  const std::array<std::pair<Level, int64_t>, 3> levels = {
      {{Level::five_minutes, 300}, {Level::hour, 3600}, {Level::day, 86'400}}};
  for (const auto& [level, seconds] : levels) {
    Buckets buckets;
    for (const DarkPacket& p : packets)
      buckets[{bucket(p, seconds), p.classified.accounted}].add(p);
    for (const auto& [key, source] : buckets) {
      const auto& [time, address] = key;
      const Timestamp day = Timestamp::from_seconds(time).floor(Duration::days(1));
      uint16_t organisation = registry_.on(day)->find(address).organisation;
      if (level == Level::day && organisation == 0 &&
          source.behaves(dark_space_.on(day).addresses())) {
        organisation = unknown_organisation;
        findings.insert({time, address});
      }
      const auto place = places_.find(address);
      for (const auto& [class_, c] : source.classes) {
        const auto count = [&](Dimension d, uint32_t value, PacketClass as, uint64_t n) {
          auto& number = twin[{level, time, d, value, as, organisation}];
          number.first += static_cast<int64_t>(n);
          number.second.insert(address);
        };
        for (const PacketClass as : {class_, PacketClass::any, PacketClass::scans}) {
          if (as == PacketClass::scans && !is_scan(class_)) continue;
          count(Dimension::total, 0, as, c.packets);
          count(Dimension::country, 0, as, c.packets);
          count(Dimension::asn, place.asn, as, c.packets);
          if (source.tool() != Tool::none)
            count(Dimension::tool, static_cast<uint32_t>(source.tool()), as, c.packets);
          if (organisation != 0) count(Dimension::organisation, organisation, as, c.packets);
        }
        for (const auto& [port, n] : c.ports) {
          using enum PacketClass;
          if (class_ == scan_tcp || class_ == backscatter_tcp || class_ == other_tcp)
            count(Dimension::tcp_port, port, class_, n);
          if (class_ == scan_udp || class_ == probe_amplification || class_ == backscatter_udp)
            count(Dimension::udp_port, port, class_, n);
          if (class_ == scan_udp || class_ == probe_amplification)
            count(Dimension::udp_port, port, scans, n);
        }
      }
    }
  }
  std::vector<std::string> expected;
  for (const auto& [key, number] : twin) {
    NumbersRow row;
    std::tie(row.level, row.time, row.dimension, row.value, row.class_, row.organisation) = key;
    row.packets = number.first;
    row.hosts = static_cast<int64_t>(number.second.size());
    expected.push_back(row_text(row));
  }
  std::vector<std::string> actual = outcome.rows.of_table("numbers");
  const auto tail = outcome.tail.of_table("numbers");
  actual.insert(actual.end(), tail.begin(), tail.end());
  EXPECT_EQ(difference(expected, actual), "");
  auto found = outcome.rows.findings;
  found.insert(found.end(), outcome.tail.findings.begin(), outcome.tail.findings.end());
  EXPECT_EQ(std::set(found.begin(), found.end()), findings);
  EXPECT_EQ(found.size(), findings.size());
  EXPECT_FALSE(findings.empty()) << "the traffic is to have sources that behave like a survey";
}

// The arrays of a row in vectors.
struct Arrays {
  std::vector<uint16_t> ports;
  std::vector<uint32_t> port_packets, mark_packets;
  std::vector<Mark> marks;

  explicit Arrays(const SourceTwin::Class& c) {
    for (const auto& [port, n] : c.ports) ports.push_back(port), port_packets.push_back(n);
    for (const auto& [mark, n] : c.marks) marks.push_back(mark), mark_packets.push_back(n);
  }
  template <typename Row>
  void point(Row& row) const {
    row.ports = ports;
    row.port_packets = port_packets;
    row.marks = marks;
    row.mark_packets = mark_packets;
  }
};

TEST_F(PipelineTwinTest, SourceDaysEqualTheirTwin) {
  const Traffic traffic(busy_traffic(8));
  Buckets days;
  for (const DarkPacket& p : dark_packets(traffic.frames))
    days[{bucket(p, 86'400), p.classified.accounted}].add(p);
  std::vector<std::string> expected;
  for (const auto& [key, source] : days) {
    const auto& [time, address] = key;
    const Timestamp day = Timestamp::from_seconds(time);
    SurveyVerdict verdict = registry_.on(day)->find(address);
    if (verdict.organisation == 0 && source.behaves(dark_space_.on(day).addresses()))
      verdict = {unknown_organisation, SurveyEvidence::behaviour};
    for (const auto& [class_, c] : source.classes) {
      const Arrays arrays(c);
      SourceDayRow row;
      row.day = static_cast<uint16_t>(time / 86'400);
      row.source = address;
      row.class_ = class_;
      row.scope = scope_of(address);
      row.packets = c.packets;
      row.bytes = c.bytes;
      row.first = c.first;
      row.last = c.last;
      row.windows = static_cast<uint16_t>(c.windows.size());
      arrays.point(row);
      row.tool = source.tool();
      row.organisation = verdict.organisation;
      row.survey_evidence = verdict.evidence;
      row.country = places_.find(address).country;
      row.asn = places_.find(address).asn;
      expected.push_back(row_text(row));
    }
  }
  for (const size_t window_packets_max : {size_t{4} << 20, size_t{100}}) {
    const Outcome outcome = run(traffic.frames, {}, window_packets_max);
    auto actual = outcome.rows.of_table("source_day");
    EXPECT_GT(actual.size(), 100u);
    const auto tail = outcome.tail.of_table("source_day");
    EXPECT_GT(tail.size(), 100u);
    actual.insert(actual.end(), tail.begin(), tail.end());
    EXPECT_EQ(difference(expected, actual), "");
  }
}

TEST_F(PipelineTwinTest, ActivityEqualsItsTwin) {
  const Traffic traffic(busy_traffic(9));
  Buckets windows;
  for (const DarkPacket& p : dark_packets(traffic.frames))
    windows[{bucket(p, 300), p.classified.accounted}].add(p);
  const Outcome outcome = run(traffic.frames, {}, 100);
  // The hash of a lone dark address is checked for what it is for, not for its value.
  const auto without_hash = [](std::string text) {
    const size_t at = text.find(" dark_hash=");
    return text.erase(at, text.find(' ', at + 1) - at);
  };
  std::vector<std::string> expected, actual;
  for (const auto& [key, source] : windows) {
    for (const auto& [class_, c] : source.classes) {
      const Arrays arrays(c);
      ActivityRow row;
      row.window = key.first;
      row.sensor = 1;
      row.source = key.second;
      row.class_ = class_;
      row.scope = scope_of(key.second);
      row.packets = static_cast<uint32_t>(c.packets);
      row.bytes = c.bytes;
      row.dark_addresses = static_cast<uint32_t>(c.dark.size());
      row.first_second = static_cast<uint16_t>(c.first - row.window);
      row.last_second = static_cast<uint16_t>(c.last - row.window);
      row.ttl_min = static_cast<uint8_t>(c.ttl_min);
      row.ttl_max = static_cast<uint8_t>(c.ttl_max);
      arrays.point(row);
      expected.push_back(without_hash(row_text(row)));
    }
  }
  for (const std::string& text : outcome.all()) {
    if (!text.starts_with("activity ")) continue;
    actual.push_back(without_hash(text));
    EXPECT_EQ(text.find(" dark_addresses=1 ") != std::string::npos,
              text.find(" dark_hash=0 ") == std::string::npos)
        << text;
  }
  EXPECT_EQ(difference(expected, actual), "");
}

}  // namespace
}  // namespace yagura::telescope
