// SPDX-License-Identifier: Apache-2.0
#include "telescope/attacks.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "telescope/captures_for_tests.h"
#include "telescope/classify.h"

namespace yagura::telescope {
namespace {

constexpr int64_t second = 1'000'000'000;

IpAddress address(uint32_t i) { return IpAddress::from_v4(0x09000000 + i); }

struct VictimPacket {
  IpAddress victim;
  WindowPacket packet;
};

struct Record {
  AttackRow row;
  std::vector<uint16_t> ports;
  std::vector<uint32_t> port_packets;
};

std::string text(const Record& record) {
  const AttackRow& r = record.row;
  std::string out = r.victim.to_string();
  const auto add = [&](const char* name, auto value) {
    out += std::string(" ") + name + "=" + std::to_string(value);
  };
  add("id", r.id);
  add("sensor", r.sensor);
  add("protocol", r.protocol);
  add("record", static_cast<int>(r.record));
  add("time", r.time);
  add("start", r.start);
  add("end", r.end);
  add("packets", r.packets);
  add("bytes", r.bytes);
  add("dark", r.dark_addresses);
  add("max", r.max_packets_per_minute);
  add("port_count", r.port_count);
  for (size_t i = 0; i < record.ports.size(); ++i) {
    add("port", record.ports[i]);
    add("x", record.port_packets[i]);
  }
  return out;
}

class Collected {
 public:
  Attacks::Sink sink() {
    return [this](const AttackRow& row) {
      records.push_back({row,
                         {row.ports.begin(), row.ports.end()},
                         {row.port_packets.begin(), row.port_packets.end()}});
    };
  }
  std::vector<std::string> texts() const {
    std::vector<std::string> out;
    for (const Record& record : records) out.push_back(text(record));
    std::sort(out.begin(), out.end());
    return out;
  }
  std::vector<Record> records;
};

void process(Attacks& analyser, const std::vector<VictimPacket>& packets, int64_t window_end,
             const Attacks::Sink& sink) {
  std::map<IpAddress, std::vector<WindowPacket>> victims;
  for (const VictimPacket& p : packets) victims[p.victim].push_back(p.packet);
  analyser.begin({window_end});
  for (const auto& [victim, group] : victims) analyser.add({victim, group}, sink);
  analyser.end(sink);
}

VictimPacket answer(uint32_t victim, int64_t time, uint32_t dark = 1) {
  VictimPacket p;
  p.victim = address(victim);
  p.packet.time = time;
  p.packet.dark = dark;
  p.packet.length = 44;
  p.packet.class_ = PacketClass::backscatter_tcp;
  p.packet.protocol = 6;
  p.packet.service_port = p.packet.attacked_port = 80;
  return p;
}

AttackOptions slash16() {
  AttackOptions options;
  options.sensor = 2;
  options.dark_addresses = 65536;
  return options;
}

TEST(Attacks, StartUpdateAndEnd) {
  Attacks analyser(slash16());
  Collected got;
  std::vector<VictimPacket> packets;
  // One every 10 s for 10 minutes from 1000 s on: the 25th packet at 1240 s fulfils the rule.
  for (int64_t i = 0; i <= 60; ++i)
    packets.push_back(answer(1, (1000 + i * 10) * second, static_cast<uint32_t>(i)));
  process(analyser, packets, 1600 * second, got.sink());
  ASSERT_EQ(got.records.size(), 2u);
  const AttackRow start = got.records[0].row;
  EXPECT_EQ(start.record, AttackRecord::start);
  EXPECT_EQ(start.sensor, 2);
  EXPECT_EQ(start.victim, address(1));
  EXPECT_EQ(start.protocol, 6);
  EXPECT_EQ(start.time, 1240 * second);
  EXPECT_EQ(start.start, 1000 * second);
  EXPECT_EQ(start.end, 1240 * second);
  EXPECT_EQ(start.packets, 25u);
  EXPECT_EQ(start.bytes, 25u * 44);
  EXPECT_EQ(start.dark_addresses, 25u);
  EXPECT_EQ(start.max_packets_per_minute, 6u);
  EXPECT_EQ(got.records[0].ports, std::vector<uint16_t>{80});
  EXPECT_EQ(got.records[0].port_packets, std::vector<uint32_t>{25});
  const AttackRow update = got.records[1].row;
  EXPECT_EQ(update.record, AttackRecord::update);
  EXPECT_EQ(update.time, 1540 * second);
  EXPECT_EQ(update.end, 1530 * second) << "what came before";
  EXPECT_EQ(update.packets, 54u);
  process(analyser, {}, 1900 * second, got.sink());
  EXPECT_EQ(got.records.size(), 2u) << "silent for just as long as allowed";
  analyser.report_open(got.sink());
  ASSERT_EQ(got.records.size(), 3u);
  EXPECT_EQ(got.records[2].row.record, AttackRecord::update);
  EXPECT_EQ(got.records[2].row.time, 1600 * second);
  EXPECT_EQ(got.records[2].row.packets, 61u);
  process(analyser, {}, 1900 * second + 1, got.sink());
  ASSERT_EQ(got.records.size(), 4u);
  const AttackRow end = got.records[3].row;
  EXPECT_EQ(end.record, AttackRecord::end);
  EXPECT_EQ(end.time, 1900 * second);
  EXPECT_EQ(end.end, 1600 * second);
  EXPECT_EQ(end.packets, 61u);
  for (const Record& record : got.records) EXPECT_EQ(record.row.id, start.id);
}

TEST(Attacks, NeedTwentyFivePacketsOverAMinute) {
  struct Case {
    int packets;
    int64_t seconds;
    bool attack;
  };
  for (const Case& c : {Case{25, 60, true}, Case{24, 60, false}, Case{25, 59, false},
                        Case{1000, 59, false}, Case{25, 300, true}}) {
    Attacks analyser(slash16());
    Collected got;
    std::vector<VictimPacket> packets;
    for (int i = 0; i < c.packets; ++i)
      packets.push_back(answer(1, i * c.seconds * second / (c.packets - 1)));
    process(analyser, packets, 4000 * second, got.sink());
    EXPECT_EQ(got.records.size(), c.attack ? 2u : 0u) << c.packets << " in " << c.seconds << " s";
  }
}

TEST(Attacks, ScaleTheRateWithTheDarkSpace) {
  // A /8 wants 30 packets in 60 s, a quarter of it 8 (7.5), a /13 none.
  for (const auto& [dark, rate] : {std::pair{16777216.0, 30}, {4194304.0, 8}, {524288.0, 0}}) {
    for (const int in_a_minute : {29, 30, 7, 8, 1}) {
      AttackOptions options;
      options.dark_addresses = dark;
      Attacks analyser(options);
      Collected got;
      std::vector<VictimPacket> packets;
      for (int i = 0; i < 40; ++i) packets.push_back(answer(1, i * 100 * second));
      // A burst that ends up in one 60 s: with the packet of every 100 s, `in_a_minute`.
      for (int i = 1; i < in_a_minute; ++i) packets.push_back(answer(1, 3900 * second + i));
      process(analyser, packets, 9000 * second, got.sink());
      EXPECT_EQ(!got.records.empty(), in_a_minute >= rate) << dark << " " << in_a_minute;
    }
  }
}

TEST(Attacks, AreKeptApartByProtocolAndCountBackscatterOnly) {
  Attacks analyser(slash16());
  Collected got;
  std::vector<VictimPacket> packets;
  for (int i = 0; i < 30; ++i)
    for (int class_ = 1; class_ <= 9; ++class_) {
      VictimPacket p = answer(1, i * 3 * second);
      p.packet.class_ = static_cast<PacketClass>(class_);
      if (p.packet.class_ == PacketClass::backscatter_udp) p.packet.protocol = 17;
      if (p.packet.class_ == PacketClass::backscatter_icmp) p.packet.attacked_port = 0;
      packets.push_back(p);
    }
  process(analyser, packets, 4000 * second, got.sink());
  ASSERT_EQ(got.records.size(), 4u);  // TCP with the ICMP errors about it, and UDP
  EXPECT_EQ(got.records[1].row.record, AttackRecord::end);
  EXPECT_EQ(got.records[1].row.protocol, 6);
  EXPECT_EQ(got.records[1].row.packets, 60u);
  EXPECT_EQ(got.records[1].port_packets, std::vector<uint32_t>{30}) << "an error has no port here";
  EXPECT_EQ(got.records[3].row.protocol, 17);
  EXPECT_EQ(got.records[3].row.packets, 30u);
}

TEST(Attacks, GiveUpCandidatesPastTheirMemoryAndKeepTheAttack) {
  AttackOptions options = slash16();
  options.memory_bytes = 2 << 20;
  Attacks analyser(options);
  Collected got;
  uint32_t victim = 100;
  for (int64_t i = 0; i < 60; ++i) {
    std::vector<VictimPacket> packets = {answer(1, i * 10 * second)};
    for (int k = 0; k < 1000; ++k) packets.push_back(answer(victim++, i * 10 * second + k));
    process(analyser, packets, (i + 1) * 10 * second, got.sink());
    EXPECT_LE(analyser.memory_bytes(), 8u << 20);
  }
  process(analyser, {}, 9000 * second, got.sink());
  ASSERT_EQ(got.records.size(), 3u);
  EXPECT_EQ(got.records[2].row.packets, 60u);
}

// --- The slow twin ---

struct SlowAttack {
  std::vector<WindowPacket> packets;
  bool reported = false;
  int64_t next_update = 0;

  uint32_t max_packets_per_minute = 0;

  void add(const WindowPacket& p) {
    packets.push_back(p);
    // The 60 s that end with this packet's ten seconds, counted anew.
    const int64_t first = p.time / (10 * second) - 5;
    uint32_t minute = 0;
    for (size_t i = packets.size(); i > 0 && packets[i - 1].time / (10 * second) >= first; --i)
      ++minute;
    max_packets_per_minute = std::max(max_packets_per_minute, minute);
  }
};

Record slow_record(const SlowAttack& attack, IpAddress victim, uint8_t protocol, AttackRecord kind,
                   int64_t time, uint16_t sensor) {
  Record out;
  std::set<uint32_t> dark;
  std::map<uint16_t, uint32_t> ports;
  for (const WindowPacket& p : attack.packets) {
    dark.insert(p.dark);
    if (p.attacked_port != 0) ++ports[p.attacked_port];
    out.row.bytes += p.length;
  }
  out.row.victim = victim;
  out.row.protocol = protocol;
  out.row.sensor = sensor;
  out.row.record = kind;
  out.row.time = time;
  out.row.start = attack.packets.front().time;
  out.row.end = attack.packets.back().time;
  out.row.packets = attack.packets.size();
  out.row.dark_addresses = static_cast<uint32_t>(dark.size());
  out.row.max_packets_per_minute = attack.max_packets_per_minute;
  out.row.port_count = static_cast<uint32_t>(ports.size());
  std::vector<std::pair<int64_t, uint16_t>> order;
  for (const auto& [port, count] : ports) order.emplace_back(-int64_t{count}, port);
  std::sort(order.begin(), order.end());
  for (size_t i = 0; i < order.size() && i < ports_reported; ++i) {
    out.ports.push_back(order[i].second);
    out.port_packets.push_back(static_cast<uint32_t>(-order[i].first));
  }
  return out;
}

std::vector<Record> slow_attacks(const std::vector<VictimPacket>& packets,
                                 const AttackOptions& options) {
  std::map<std::pair<IpAddress, uint8_t>, std::vector<WindowPacket>> keys;
  for (const VictimPacket& p : packets)
    if (is_backscatter(p.packet.class_)) keys[{p.victim, p.packet.protocol}].push_back(p.packet);
  std::vector<Record> out;
  const double rate = 30 * options.dark_addresses / 16777216;
  for (const auto& [key, all] : keys) {
    SlowAttack attack;
    const auto record = [&](AttackRecord kind, int64_t time) {
      out.push_back(slow_record(attack, key.first, key.second, kind, time, options.sensor));
    };
    for (const WindowPacket& p : all) {
      if (!attack.packets.empty() && p.time - attack.packets.back().time > 300 * second) {
        if (attack.reported) record(AttackRecord::end, attack.packets.back().time + 300 * second);
        attack = {};
      }
      if (attack.reported && p.time >= attack.next_update) {
        record(AttackRecord::update, attack.next_update);
        attack.next_update += 300 * second;
      }
      attack.add(p);
      if (!attack.reported && attack.packets.size() >= 25 &&
          p.time - attack.packets.front().time >= 60 * second &&
          (rate < 1 || attack.max_packets_per_minute >= rate)) {
        attack.reported = true;
        attack.next_update = p.time + 300 * second;
        record(AttackRecord::start, p.time);
      }
    }
    if (attack.reported) record(AttackRecord::end, attack.packets.back().time + 300 * second);
  }
  return out;
}

std::vector<VictimPacket> random_packets(std::minstd_rand& random) {
  const auto below = [&](uint32_t n) { return static_cast<uint32_t>(random()) % n; };
  std::vector<VictimPacket> packets;
  int64_t time = below(100'000) * second;
  const uint32_t victims = 1 + below(6), pace = 1 + below(60), count = 100 + below(1200);
  for (uint32_t i = 0; i < count; ++i) {
    time += below(5) == 0 ? 0 : below(pace) * second + below(3);
    if (below(200) == 0) time += 299 * second + below(3) * second;
    VictimPacket p = answer(below(victims), time, below(below(2) == 0 ? 5 : 500));
    if (below(20) == 0) p.packet.class_ = static_cast<PacketClass>(1 + below(9));
    if (below(10) == 0) p.packet.protocol = 17;
    p.packet.attacked_port = static_cast<uint16_t>(below(60));
    packets.push_back(p);
  }
  return packets;
}

TEST(Attacks, AreTheSameHoweverThePacketsAreCutIntoCalls) {
  std::minstd_rand random(11);
  const auto below = [&](uint32_t n) { return static_cast<uint32_t>(random()) % n; };
  size_t records = 0, updates = 0;
  for (int round = 0; round < 150; ++round) {
    const auto packets = random_packets(random);
    AttackOptions options = slash16();
    if (below(2) == 0) options.dark_addresses = 4e6;
    Collected expected, got;
    expected.records = slow_attacks(packets, options);
    auto analyser = std::make_unique<Attacks>(options);
    const uint32_t longest = below(4) == 0 ? 2000 : 1 + below(60);
    for (size_t at = 0; at < packets.size();) {
      const size_t until = std::min(packets.size(), at + 1 + below(longest));
      const std::vector<VictimPacket> call(packets.begin() + static_cast<ptrdiff_t>(at),
                                           packets.begin() + static_cast<ptrdiff_t>(until));
      int64_t end = call.back().packet.time;
      if (until < packets.size()) end += (packets[until].packet.time - end) * below(5) / 4;
      process(*analyser, call, end, got.sink());
      if (below(8) == 0) {
        ByteWriter out;
        analyser->save(out);
        analyser = std::make_unique<Attacks>(options);
        ByteReader in(out.bytes());
        ASSERT_TRUE(analyser->load(in).has_value());
        ASSERT_EQ(in.remaining(), 0u);
      }
      at = until;
    }
    process(*analyser, {}, packets.back().packet.time + 400 * second, got.sink());
    std::map<std::string, std::set<uint64_t>> ids;  // of an attack
    for (Record& record : got.records) {
      ids[record.row.victim.to_string() + " " + std::to_string(record.row.protocol) + " " +
          std::to_string(record.row.start)]
          .insert(record.row.id);
      record.row.id = 0;
      updates += record.row.record == AttackRecord::update;
    }
    std::set<uint64_t> all;
    for (const auto& [attack, its] : ids) {
      EXPECT_EQ(its.size(), 1u) << attack;
      EXPECT_TRUE(all.insert(*its.begin()).second) << attack;
    }
    ASSERT_EQ(got.texts(), expected.texts()) << "round " << round;
    records += got.records.size();
  }
  EXPECT_GT(records, 1000u) << "the test has hardly tested anything";
  EXPECT_GT(updates, 300u);
}

TEST(Attacks, RefuseDamagedState) {
  Attacks analyser(slash16());
  Collected got;
  std::vector<VictimPacket> packets;
  for (uint32_t i = 0; i < 300; ++i) packets.push_back(answer(i % 7, i * second, i));
  process(analyser, packets, 300 * second, got.sink());
  ByteWriter out;
  analyser.save(out);
  std::minstd_rand random(9);
  for (size_t size = 0; size < out.bytes().size(); size += 1 + random() % 40) {
    Attacks other(slash16());
    ByteReader in(std::string_view(out.bytes()).substr(0, size));
    EXPECT_FALSE(other.load(in).has_value()) << size;
  }
  for (int i = 0; i < 2000; ++i) {  // no crash, whatever the bytes
    std::string bytes = out.bytes();
    bytes[random() % bytes.size()] = static_cast<char>(random() % 256);
    Attacks other(slash16());
    ByteReader in(bytes);
    if (other.load(in).has_value()) process(other, packets, 9000 * second, got.sink());
  }
}

// --- The real capture ---

// Golden numbers, computed with tshark: one victim, and of its 13 episodes four with at
// least 25 packets and 60 s.
TEST(AttacksRealCapture, FindsTheOneVictimAndItsFourEpisodes) {
  const CaptureForTests capture(shipped_capture("backscatter_2009.pcap"));
  AttackOptions options;
  options.dark_addresses = 512;
  Attacks analyser(options);
  Collected got;
  std::vector<VictimPacket> window;
  std::set<uint32_t> dark;
  constexpr int64_t length = 300 * second;
  int64_t end = 0;
  for (const capture::Packet& p : capture.packets()) {
    if ((p.destination.v4() >> 9) != (0xc096ba00 >> 9)) continue;
    if (p.time.nanoseconds >= end) {
      process(analyser, window, end, got.sink());
      window.clear();
      end = p.time.floor({length}).nanoseconds + length;
    }
    const Classified c = classify(p);
    VictimPacket v;
    v.victim = c.accounted;
    v.packet.time = p.time.nanoseconds;
    v.packet.dark = p.destination.v4() - 0xc096ba00;
    v.packet.attacked_port = c.attacked_port;
    v.packet.length = p.ip_length;
    v.packet.class_ = c.class_;
    v.packet.protocol = c.protocol;
    dark.insert(v.packet.dark);
    window.push_back(v);
  }
  process(analyser, window, end, got.sink());
  process(analyser, {}, end + 1000 * second, got.sink());
  EXPECT_EQ(dark.size(), 511u);
  std::vector<std::pair<uint64_t, int64_t>> episodes;  // packets, seconds
  int starts = 0;
  for (const Record& record : got.records) {
    EXPECT_EQ(record.row.victim.to_string(), "202.229.120.98");
    EXPECT_EQ(record.row.protocol, 6);
    EXPECT_EQ(record.ports, std::vector<uint16_t>{80});
    EXPECT_LE(record.row.max_packets_per_minute, 11u);
    starts += record.row.record == AttackRecord::start;
    if (record.row.record == AttackRecord::end)
      episodes.emplace_back(record.row.packets,
                            (record.row.end - record.row.start + second / 2) / second);
  }
  EXPECT_EQ(starts, 4);
  EXPECT_EQ(episodes, (std::vector<std::pair<uint64_t, int64_t>>{
                          {3265, 66064}, {44, 1808}, {28, 2097}, {37, 3296}}));
}

}  // namespace
}  // namespace yagura::telescope
