// SPDX-License-Identifier: Apache-2.0
#include "telescope/scan_events.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "telescope/activity.h"
#include "telescope/tools.h"

namespace yagura::telescope {
namespace {

constexpr int64_t second = 1'000'000'000;
constexpr uint16_t bit(Mark mark) { return static_cast<uint16_t>(1U << static_cast<int>(mark)); }

IpAddress address(uint32_t i) { return IpAddress::from_v4(0x09000000 + i); }

// An event with copies of what its spans pointed to.
struct Event {
  EventRow row;
  std::vector<uint16_t> ports;
  std::vector<uint32_t> port_packets;
};

// All that an analyst can see of an event, for comparison.
std::string text(const Event& e) {
  const EventRow& r = e.row;
  std::string out = r.source.to_string();
  const auto add = [&](const char* name, auto value) {
    out += std::string(" ") + name + "=" + std::to_string(value);
  };
  add("id", r.id);
  add("sensor", r.sensor);
  add("start", r.start);
  add("end", r.end);
  add("state", static_cast<int>(r.state));
  add("packets", r.packets);
  add("bytes", r.bytes);
  add("dark", r.dark_addresses);
  add("tcp", r.tcp_packets);
  add("udp", r.udp_packets);
  add("icmp", r.icmp_packets);
  add("port_count", r.port_count);
  for (size_t i = 0; i < e.ports.size(); ++i) {
    add("port", e.ports[i]);
    add("x", e.port_packets[i]);
  }
  add("tool", static_cast<int>(r.tool));
  add("rate", r.rate);
  add("internet", r.internet_rate);
  add("share", r.dark_share);
  return out;
}

struct SourcedPacket {
  IpAddress source;
  WindowPacket packet;
};

class Collected {
 public:
  ScanEvents::Sink sink() {
    return [this](const EventRow& row) {
      events.push_back({row,
                        {row.ports.begin(), row.ports.end()},
                        {row.port_packets.begin(), row.port_packets.end()}});
    };
  }
  std::vector<std::string> texts() const {
    std::vector<std::string> out;
    for (const Event& e : events) out.push_back(text(e));
    std::sort(out.begin(), out.end());
    return out;
  }
  std::vector<Event> events;
};

// One call for `packets`, grouped as the window stage does it.
void process(ScanEvents& analyser, const std::vector<SourcedPacket>& packets, int64_t window_end,
             const ScanEvents::Sink& sink) {
  ActivityBuilder builder(0);
  const auto window = [&](std::span<const SourcedPacket> part, int64_t end) {
    std::map<IpAddress, std::vector<WindowPacket>> sources;
    for (const SourcedPacket& p : part) sources[p.source].push_back(p.packet);
    analyser.begin({end});
    for (const auto& [source, group] : sources)
      analyser.add({source, group}, builder.build({source, group}), sink);
    analyser.end(sink);
  };
  std::span<const SourcedPacket> rest(packets);
  while (!rest.empty()) {  // in windows that no event can end inside of
    const int64_t until = rest[0].packet.time + 300 * second;
    size_t count = 1;
    while (count < rest.size() && rest[count].packet.time < until) ++count;
    if (count == rest.size()) break;
    window(rest.first(count), rest[count - 1].packet.time);
    rest = rest.subspan(count);
  }
  window(rest, window_end);
}

SourcedPacket syn(uint32_t source, int64_t time, uint32_t dark, uint16_t port = 23,
                  uint16_t marks = 0) {
  SourcedPacket p;
  p.source = address(source);
  p.packet.time = time;
  p.packet.dark = dark;
  p.packet.service_port = port;
  p.packet.class_ = PacketClass::scan_tcp;
  p.packet.protocol = 6;
  p.packet.length = 40;
  p.packet.marks = marks;
  return p;
}

ScanEventOptions slash16() {
  ScanEventOptions options;
  options.sensor = 3;
  options.dark_addresses = 65536;
  return options;
}

TEST(ScanSilence, FollowsTheSizeOfTheDarkSpace) {
  EXPECT_EQ(scan_silence(475'136), Duration::seconds(624));  // Merit's
  EXPECT_EQ(scan_silence(65536), Duration::seconds(3600));
  EXPECT_EQ(scan_silence(256), Duration::seconds(3600));
  EXPECT_EQ(scan_silence(0), Duration::seconds(3600));
  EXPECT_EQ(scan_silence(300'000), Duration::seconds(989));
  EXPECT_EQ(scan_silence(16'777'216), Duration::seconds(300));
}

TEST(ScanEvents, ReportsASourceOnceItHasBeenSilent) {
  ScanEvents analyser(slash16());
  Collected got;
  std::vector<SourcedPacket> sweep;
  for (uint32_t i = 0; i < 11; ++i) sweep.push_back(syn(1, i * second, i));
  process(analyser, sweep, 300 * second, got.sink());
  EXPECT_TRUE(got.events.empty());
  process(analyser, {}, (10 + 3600) * second, got.sink());  // silent for exactly as long as allowed
  EXPECT_TRUE(got.events.empty());
  process(analyser, {}, (10 + 3600) * second + 1, got.sink());
  ASSERT_EQ(got.events.size(), 1u);
  const EventRow& row = got.events[0].row;
  EXPECT_EQ(row.sensor, 3);
  EXPECT_EQ(row.source, address(1));
  EXPECT_EQ(row.start, 0);
  EXPECT_EQ(row.end, 10 * second);
  EXPECT_EQ(row.state, EventState::closed);
  EXPECT_EQ(row.packets, 11u);
  EXPECT_EQ(row.bytes, 440u);
  EXPECT_EQ(row.dark_addresses, 11u);
  EXPECT_EQ(row.port_count, 1u);
  EXPECT_EQ(got.events[0].ports, std::vector<uint16_t>{23});
  EXPECT_EQ(got.events[0].port_packets, std::vector<uint32_t>{11});
  EXPECT_DOUBLE_EQ(row.rate, 1.0);  // ten intervals in ten seconds
  EXPECT_DOUBLE_EQ(row.internet_rate, 65536.0);
  EXPECT_DOUBLE_EQ(row.dark_share, 11.0 / 65536);
  EXPECT_EQ(analyser.open_sources(), 0u);
}

TEST(ScanEvents, NeedsTenDarkAddressesOrOneInASmallDarkSpace) {
  for (const double dark : {65536.0, 256.0, 255.0, 16.0}) {
    ScanEventOptions options;
    options.dark_addresses = dark;
    ScanEvents analyser(options);
    Collected got;
    std::vector<SourcedPacket> packets;
    for (uint32_t i = 0; i < 30; ++i) {
      packets.push_back(syn(1, i, i % 9));
      packets.push_back(syn(2, i, i % 10));
    }
    process(analyser, packets, 30, got.sink());
    process(analyser, {}, 9000 * second, got.sink());
    EXPECT_EQ(got.events.size(), dark < 256 ? 2u : 1u) << dark;
  }
}

TEST(ScanEvents, CutsAtASilence) {
  ScanEvents analyser(slash16());
  Collected got;
  std::vector<SourcedPacket> packets;
  for (uint32_t i = 0; i < 10; ++i) packets.push_back(syn(1, i, i));
  for (uint32_t i = 0; i < 10; ++i) packets.push_back(syn(1, 3601 * second + i, i));
  process(analyser, packets, 3602 * second, got.sink());
  ASSERT_EQ(got.events.size(), 1u);
  EXPECT_EQ(got.events[0].row.end, 9);
  EXPECT_EQ(analyser.open_sources(), 1u);
  analyser.report_open(got.sink());
  ASSERT_EQ(got.events.size(), 2u);
  EXPECT_EQ(got.events[1].row.state, EventState::open);
  EXPECT_EQ(got.events[1].row.start, 3601 * second);
  EXPECT_NE(got.events[1].row.id, got.events[0].row.id);
}

TEST(ScanEvents, CountsScanAndProbeClassesOnly) {
  ScanEvents analyser(slash16());
  Collected got;
  std::vector<SourcedPacket> packets;
  for (uint32_t i = 0; i < 10; ++i)
    for (int class_ = 1; class_ <= 9; ++class_) {
      SourcedPacket p = syn(1, i, i, static_cast<uint16_t>(class_ * 100));
      p.packet.class_ = static_cast<PacketClass>(class_);
      packets.push_back(p);
    }
  process(analyser, packets, 10, got.sink());
  process(analyser, {}, 9000 * second, got.sink());
  ASSERT_EQ(got.events.size(), 1u);
  EXPECT_EQ(got.events[0].row.packets, 40u);
  EXPECT_EQ(got.events[0].row.tcp_packets, 10u);
  EXPECT_EQ(got.events[0].row.udp_packets, 20u);  // scan_udp and probe_amplification
  EXPECT_EQ(got.events[0].row.icmp_packets, 10u);
  EXPECT_EQ(got.events[0].ports, (std::vector<uint16_t>{100, 200, 400}));
}

TEST(ScanEvents, GivesTheToolOfTheEvent) {
  struct Case {
    uint16_t marks;
    int of_ten;
    Tool tool;
  };
  const Case cases[] = {{bit(Mark::mirai), 8, Tool::mirai},
                        {bit(Mark::mirai), 7, Tool::none},
                        {bit(Mark::zmap), 10, Tool::zmap},
                        {bit(Mark::masscan), 9, Tool::masscan},
                        {bit(Mark::masscan_2023), 9, Tool::masscan_2023},
                        {bit(Mark::nmap), 9, Tool::nmap},
                        {bit(Mark::null_scan), 10, Tool::none}};
  for (const Case& c : cases) {
    ScanEvents analyser(slash16());
    Collected got;
    // Over several calls, so that no single one has the packets for a verdict.
    for (int i = 0; i < 100; ++i)
      process(analyser, {syn(1, i, static_cast<uint32_t>(i), 23, i % 10 < c.of_ten ? c.marks : 0)},
              i + 1, got.sink());
    process(analyser, {}, 9000 * second, got.sink());
    ASSERT_EQ(got.events.size(), 1u);
    EXPECT_EQ(got.events[0].row.tool, c.tool) << c.marks << " " << c.of_ten;
  }
}

TEST(ScanEvents, FindsUnicornscanByItsKeyAcrossCalls) {
  ScanEvents analyser(slash16());
  Collected got;
  for (uint32_t i = 0; i < 50; ++i) {
    SourcedPacket p = syn(1, i, i);
    p.packet.unicornscan_key = i % 10 == 0 ? i + 1 : 0xabcdef;
    process(analyser, {p}, i + 1, got.sink());
  }
  process(analyser, {}, 9000 * second, got.sink());
  ASSERT_EQ(got.events.size(), 1u);
  EXPECT_EQ(got.events[0].row.tool, Tool::unicornscan);
}

// --- The bound of memory ---

TEST(ScanEvents, ClosesTheLongestSilentEarlyPastItsMemory) {
  ScanEventOptions options = slash16();
  options.memory_bytes = 24 << 20;
  ScanEvents analyser(options);
  Collected got;
  // 240,000 sources one after the other, each with 10 dark addresses: more than that can hold.
  uint32_t source = 0;
  for (int call = 0; call < 240; ++call) {
    std::vector<SourcedPacket> packets;
    for (int n = 0; n < 1000; ++n, ++source)
      for (uint32_t i = 0; i < 10; ++i)
        packets.push_back(syn(source, source * 1000 + i, source % 97 + i * 1000));
    process(analyser, packets, source * 1000, got.sink());
    EXPECT_LE(analyser.memory_bytes(), 40u << 20);  // the bound, and a chunk of each arena
  }
  ASSERT_GT(got.events.size(), 60'000u);
  for (size_t i = 0; i < got.events.size(); ++i) {
    EXPECT_EQ(got.events[i].row.state, EventState::truncated);
    EXPECT_EQ(got.events[i].row.packets, 10u);
    EXPECT_EQ(got.events[i].row.source, address(static_cast<uint32_t>(i))) << "oldest first";
  }
  EXPECT_EQ(got.events.size() + analyser.open_sources(), 240'000u);
  process(analyser, {}, 9000 * second, got.sink());
  EXPECT_EQ(got.events.size(), 240'000u);
}

TEST(ScanEvents, GivesTheSameAfterSavingWhereMemoryIsShort) {
  Collected straight, saved;
  ScanEventOptions options = slash16();
  options.memory_bytes = 1 << 20;
  options.minimum_dark_addresses = 1;
  ScanEvents a(options);
  auto b = std::make_unique<ScanEvents>(options);
  std::minstd_rand random(5);
  for (int call = 0; call < 25; ++call) {
    std::vector<SourcedPacket> packets;
    for (int64_t i = 0; i < 3000; ++i)
      packets.push_back(syn(static_cast<uint32_t>(random() % 20'000), call * 3000 + i,
                            static_cast<uint32_t>(random() % 65536)));
    process(a, packets, (call + 1) * 3000, straight.sink());
    process(*b, packets, (call + 1) * 3000, saved.sink());
    ByteWriter out;
    b->save(out);
    b = std::make_unique<ScanEvents>(options);
    ByteReader in(out.bytes());
    ASSERT_TRUE(b->load(in).has_value());
    ASSERT_EQ(a.open_sources(), b->open_sources());
  }
  EXPECT_GT(straight.events.size(), 0u);
  EXPECT_EQ(straight.texts(), saved.texts());
}

// --- The slow twin ---

void slow_event(const std::vector<WindowPacket>& packets, IpAddress source,
                const ScanEventOptions& options, std::vector<Event>& out) {
  std::set<uint32_t> dark;
  std::map<uint32_t, uint32_t> ports;
  Event e;
  MarkCounts marks{};
  uint64_t scan_tcp = 0;
  UnicornscanVote vote;
  for (const WindowPacket& p : packets) {
    dark.insert(p.dark);
    ++e.row.packets;
    e.row.bytes += p.length;
    if (p.class_ == PacketClass::scan_tcp) {
      ++scan_tcp;
      for (int i = 0; i < 16; ++i) marks[static_cast<size_t>(i)] += p.marks >> i & 1;
      const bool plain = (p.marks & (bit(Mark::null_scan) | bit(Mark::fin_scan))) == 0;
      if (plain) vote.add(p);
    }
    if (p.class_ == PacketClass::scan_icmp)
      ++e.row.icmp_packets;
    else if (p.class_ == PacketClass::scan_tcp)
      ++e.row.tcp_packets, ++ports[p.service_port];
    else
      ++e.row.udp_packets, ++ports[0x10000U | p.service_port];
  }
  if (dark.size() < options.minimum_dark_addresses) return;
  marks[static_cast<size_t>(Mark::unicornscan)] = vote.matching();
  e.row.source = source;
  e.row.sensor = options.sensor;
  e.row.start = packets.front().time;
  e.row.end = packets.back().time;
  e.row.state = EventState::closed;
  e.row.dark_addresses = static_cast<uint32_t>(dark.size());
  e.row.port_count = static_cast<uint32_t>(ports.size());
  e.row.tool = tool_of(syn_count(scan_tcp, marks), marks);
  std::vector<std::pair<int64_t, uint32_t>> top;
  for (const auto& [key, count] : ports) top.emplace_back(-static_cast<int64_t>(count), key);
  std::sort(top.begin(), top.end());
  for (size_t i = 0; i < top.size() && i < ports_reported; ++i) {
    e.ports.push_back(static_cast<uint16_t>(top[i].second));
    e.port_packets.push_back(static_cast<uint32_t>(-top[i].first));
  }
  const double duration = static_cast<double>(e.row.end - e.row.start) / 1e9;
  if (duration > 0) e.row.rate = static_cast<double>(e.row.packets - 1) / duration;
  e.row.internet_rate = e.row.rate * 4294967296.0 / options.dark_addresses;
  e.row.dark_share = e.row.dark_addresses / options.dark_addresses;
  out.push_back(e);
}

std::vector<Event> slow_events(const std::vector<SourcedPacket>& packets,
                               const ScanEventOptions& options) {
  std::map<IpAddress, std::vector<WindowPacket>> sources;
  for (const SourcedPacket& p : packets)
    if (is_scan(p.packet.class_)) sources[p.source].push_back(p.packet);
  const int64_t silence = scan_silence(options.dark_addresses).nanoseconds;
  std::vector<Event> out;
  for (const auto& [source, all] : sources) {
    std::vector<WindowPacket> one;
    for (const WindowPacket& p : all) {
      if (!one.empty() && p.time - one.back().time > silence) {
        slow_event(one, source, options, out);
        one.clear();
      }
      one.push_back(p);
    }
    slow_event(one, source, options, out);
  }
  return out;
}

std::vector<SourcedPacket> random_packets(std::minstd_rand& random) {
  const auto below = [&](uint32_t n) { return static_cast<uint32_t>(random()) % n; };
  std::vector<SourcedPacket> packets;
  int64_t time = below(1000) * second;
  const uint32_t pace = 1 + below(400);  // seconds between packets: few or many silences
  const uint32_t count = 200 + below(4000), sources = 1 + below(30);
  const uint32_t ports = 1 + below(32);  // TCP and UDP: at most 64, counted exactly
  const uint32_t darks = below(2) == 0 ? 40 : 65536;
  for (uint32_t i = 0; i < count; ++i) {
    time += below(8) == 0 ? 0 : below(pace) * second;
    const uint32_t source = below(sources);
    SourcedPacket p = syn(source, time, below(darks), static_cast<uint16_t>(below(ports)));
    if (source % 5 == 4) {
      p.source = IpAddress::from_halves(0x20010db8'00000000, source);
      p.packet.dark = static_cast<uint32_t>(random()) * 2654435761U;  // a hash
    }
    if (below(6) == 0) p.packet.class_ = static_cast<PacketClass>(1 + below(9));
    const Mark marks[] = {Mark::mirai, Mark::zmap, Mark::masscan, Mark::nmap, Mark::null_scan};
    if (below(7) != 0) p.packet.marks = bit(marks[source % 5]);
    if (p.packet.class_ == PacketClass::scan_tcp && p.packet.marks != bit(Mark::null_scan))
      p.packet.unicornscan_key = source % 7 == 0 ? 77 : static_cast<uint32_t>(random());
    p.packet.length = static_cast<uint16_t>(40 + below(30));
    packets.push_back(p);
  }
  return packets;
}

TEST(ScanEvents, GivesTheSameEventsHoweverThePacketsAreCutIntoWindows) {
  std::minstd_rand random(7);
  const auto below = [&](uint32_t n) { return static_cast<uint32_t>(random()) % n; };
  size_t events = 0;
  for (int round = 0; round < 80; ++round) {
    const auto packets = random_packets(random);
    ScanEventOptions options = slash16();
    options.dark_addresses = below(2) == 0 ? 65536 : 2'000'000;
    options.minimum_dark_addresses = 1 + below(12);
    Collected expected, got;
    expected.events = slow_events(packets, options);
    for (Event& e : expected.events) {
      // The id is a hash; that equal events have equal ids is what the cuts below test.
      e.row.id = 0;
    }
    auto analyser = std::make_unique<ScanEvents>(options);
    const uint32_t longest = below(4) == 0 ? 2000 : 1 + below(60);
    for (size_t at = 0; at < packets.size();) {
      const size_t until = std::min(packets.size(), at + 1 + below(longest));
      const std::vector<SourcedPacket> call(packets.begin() + static_cast<ptrdiff_t>(at),
                                            packets.begin() + static_cast<ptrdiff_t>(until));
      // The window ends anywhere between its last packet and the next one.
      int64_t end = call.back().packet.time;
      if (until < packets.size()) end += (packets[until].packet.time - end) * below(5) / 4;
      process(*analyser, call, end, got.sink());
      if (below(10) == 0) process(*analyser, {}, end, got.sink());
      if (below(8) == 0) {
        ByteWriter out;
        analyser->save(out);
        analyser = std::make_unique<ScanEvents>(options);
        ByteReader in(out.bytes());
        ASSERT_TRUE(analyser->load(in).has_value());
        ASSERT_EQ(in.remaining(), 0u);
      }
      at = until;
    }
    process(*analyser, {}, packets.back().packet.time + 4000 * second, got.sink());
    std::set<uint64_t> ids;
    for (Event& e : got.events) {
      EXPECT_TRUE(ids.insert(e.row.id).second);
      e.row.id = 0;
    }
    ASSERT_EQ(got.texts(), expected.texts()) << "round " << round;
    events += expected.events.size();
  }
  EXPECT_GT(events, 1500u) << "the test has hardly tested anything";
}

TEST(ScanEvents, RefusesDamagedState) {
  ScanEvents analyser(slash16());
  Collected got;
  std::vector<SourcedPacket> packets;
  for (uint32_t i = 0; i < 300; ++i) packets.push_back(syn(i % 7, i, i, static_cast<uint16_t>(i)));
  process(analyser, packets, 300, got.sink());
  ByteWriter out;
  analyser.save(out);
  std::minstd_rand random(9);
  for (size_t size = 0; size < out.bytes().size(); size += 1 + random() % 40) {
    ScanEvents other(slash16());
    ByteReader in(std::string_view(out.bytes()).substr(0, size));
    EXPECT_FALSE(other.load(in).has_value()) << size;
    EXPECT_EQ(other.open_sources(), 0u);
  }
  for (int i = 0; i < 2000; ++i) {  // no crash, whatever the bytes
    std::string bytes = out.bytes();
    bytes[random() % bytes.size()] = static_cast<char>(random() % 256);
    ScanEvents other(slash16());
    ByteReader in(bytes);
    if (other.load(in).has_value()) process(other, packets, 9000 * second, got.sink());
  }
}

}  // namespace
}  // namespace yagura::telescope
