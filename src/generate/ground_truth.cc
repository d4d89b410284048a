// SPDX-License-Identifier: Apache-2.0
#include "generate/ground_truth.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "base/result.h"
#include "capture/packet.h"

namespace yagura::generate {
namespace {

// --- The number that stands for a packet ---

constexpr int source_shift = 23, class_shift = 19, tool_shift = 16;
constexpr uint64_t ipv6_bit = uint64_t{1} << 32;  // set in the number of an IPv6 source

uint64_t key_of(uint64_t source, const PacketFacts& facts) {
  return source << source_shift | static_cast<uint64_t>(facts.class_) << class_shift |
         static_cast<uint64_t>(facts.tool) << tool_shift | facts.service_port;
}
uint64_t source_of(uint64_t key) { return key >> source_shift; }
TrafficClass class_of(uint64_t key) { return static_cast<TrafficClass>(key >> class_shift & 15); }
ToolMark tool_of(uint64_t key) { return static_cast<ToolMark>(key >> tool_shift & 7); }
uint16_t port_of(uint64_t key) { return static_cast<uint16_t>(key); }

// TCP and UDP ports as one number: UDP behind TCP.
constexpr uint32_t first_udp_port = 65536;
uint32_t scanned_port(uint64_t key) {
  return port_of(key) + (class_of(key) == TrafficClass::scan_tcp ? 0 : first_udp_port);
}
bool has_scanned_port(uint64_t key) {
  return is_scan(class_of(key)) && class_of(key) != TrafficClass::scan_icmp;
}

// Calls `visit(first, last)` for the keys of each source.
template <typename Visit>
void for_each_source(const uint64_t* first, const uint64_t* end, Visit visit) {
  while (first != end) {
    const uint64_t source = source_of(*first);
    const uint64_t* last =
        std::find_if(first, end, [source](uint64_t key) { return source_of(key) != source; });
    visit(first, last);
    first = last;
  }
}

ClassTallies count_classes(const uint64_t* first, const uint64_t* end) {
  ClassTallies tallies;
  for_each_source(first, end, [&](const uint64_t* from, const uint64_t* to) {
    std::array<uint64_t, traffic_class_count> packets{};
    for (const uint64_t* key = from; key != to; ++key)
      ++packets[static_cast<size_t>(class_of(*key))];
    uint64_t scans = 0;
    for (size_t c = 0; c < traffic_class_count; ++c) {
      tallies.classes[c].packets += packets[c];
      tallies.classes[c].hosts += packets[c] > 0;
      if (is_scan(static_cast<TrafficClass>(c))) scans += packets[c];
    }
    tallies.scans.packets += scans;
    tallies.scans.hosts += scans > 0;
    tallies.any.packets += static_cast<uint64_t>(to - from);
    ++tallies.any.hosts;
  });
  return tallies;
}

// --- The published thresholds ---

constexpr Duration attack_silence = Duration::seconds(300);
constexpr Duration attack_length = Duration::seconds(60);
constexpr uint64_t attack_packets = 25;
constexpr uint32_t survey_ports = 30;

bool counts_as(ToolMark tool, uint64_t marked, uint64_t syns) {
  const uint64_t least = tool == ToolMark::mirai ? 2 : 3;
  return marked >= least && marked * 10 >= syns * 8;
}

// Most packets in any 60 s whose beginning is a multiple of 10 s.
template <typename Reply>
uint64_t most_in_a_minute(const Reply* first, const Reply* last) {
  std::map<int64_t, uint64_t> tens;
  for (const Reply* reply = first; reply != last; ++reply)
    ++tens[reply->time.floor(Duration::seconds(10)).seconds()];
  uint64_t most = 0;
  for (const auto& ten : tens) {
    uint64_t sum = 0;
    for (auto it = tens.upper_bound(ten.first - 60); it != tens.upper_bound(ten.first); ++it)
      sum += it->second;
    most = std::max(most, sum);
  }
  return most;
}

}  // namespace

TruthCounter::TruthCounter(const GenerateOptions& options)
    : dark_addresses_(options.dark.address_count()) {
  keys_.reserve(options.packets);
}

uint64_t TruthCounter::source_number(IpAddress address) {
  if (address.is_v4()) return address.v4();
  const auto [it, is_new] = ipv6_numbers_.try_emplace(address, ipv6_addresses_.size());
  if (is_new) ipv6_addresses_.push_back(address);
  return ipv6_bit | it->second;
}

IpAddress TruthCounter::source_address(uint64_t number) const {
  if ((number & ipv6_bit) != 0) return ipv6_addresses_[number & ~ipv6_bit];
  return IpAddress::from_v4(static_cast<uint32_t>(number));
}

void TruthCounter::add(const PacketFacts& facts) {
  if (keys_.empty()) truth_.first = facts.time;
  truth_.last = facts.time;
  const auto roll = [&](Period& period, std::vector<PeriodTally>& tallies) {
    const Timestamp start = facts.time.floor(period.length);
    if (start == period.start) return false;
    if (!keys_.empty()) close(period, tallies);
    period.start = start;
    period.first_key = keys_.size();
    return true;
  };
  const size_t day_key = day_.first_key;
  const Timestamp day = day_.start;
  roll(window_, truth_.windows);
  roll(hour_, truth_.hours);
  if (roll(day_, truth_.days) && !keys_.empty()) count_day(day_key, day);
  const uint64_t source = source_number(facts.accounted);
  keys_.push_back(key_of(source, facts));
  if (is_backscatter(facts.class_))
    replies_.push_back(
        {source, facts.time, static_cast<uint32_t>(facts.dark.low()), facts.protocol});
}

void TruthCounter::close(const Period& period, std::vector<PeriodTally>& tallies) {
  const auto first = keys_.begin() + static_cast<ptrdiff_t>(period.first_key);
  if (!std::is_sorted(first, keys_.end())) std::sort(first, keys_.end());
  const uint64_t* keys = keys_.data();
  tallies.push_back({period.start, count_classes(keys + period.first_key, keys + keys_.size())});
}

void TruthCounter::count_day(size_t first_key, Timestamp day) {
  ToolDay tools{day, {}};
  const auto visit = [&](const uint64_t* first, const uint64_t* last) {
    std::array<uint64_t, tool_mark_count> marked{};
    uint64_t syns = 0, scans = 0;
    std::set<uint32_t> ports;
    for (const uint64_t* key = first; key != last; ++key) {
      if (tool_of(*key) != ToolMark::not_a_syn) {
        ++syns;
        ++marked[static_cast<size_t>(tool_of(*key))];
      }
      scans += is_scan(class_of(*key));
      if (has_scanned_port(*key)) ports.insert(scanned_port(*key));
    }
    for (size_t tool = 1; tool < tool_mark_count; ++tool) {
      if (!counts_as(static_cast<ToolMark>(tool), marked[tool], syns)) continue;
      tools.tools[tool].packets += marked[tool];
      ++tools.tools[tool].hosts;
    }
    if (ports.size() >= survey_ports && static_cast<double>(scans) >= dark_addresses_)
      truth_.survey_behaviour.push_back(
          {day, source_address(source_of(*first)), scans, static_cast<uint32_t>(ports.size())});
  };
  for_each_source(keys_.data() + first_key, keys_.data() + keys_.size(), visit);
  truth_.tools.push_back(tools);
}

void TruthCounter::count_ports() {
  std::vector<Tally> tallies(size_t{2} * first_udp_port);
  std::vector<uint64_t> last_source(tallies.size(), ~uint64_t{0});
  for (const uint64_t key : keys_) {  // sorted by source: a host's first packet to a port counts it
    if (!has_scanned_port(key)) continue;
    const uint32_t port = scanned_port(key);
    ++tallies[port].packets;
    if (last_source[port] != source_of(key)) ++tallies[port].hosts;
    last_source[port] = source_of(key);
  }
  for (uint32_t port = 0; port < tallies.size(); ++port) {
    if (tallies[port].packets == 0) continue;
    auto& list = port < first_udp_port ? truth_.tcp_ports : truth_.udp_ports;
    list.push_back({static_cast<uint16_t>(port), tallies[port]});
  }
}

void TruthCounter::judge_episode(const Reply* first, const Reply* last) {
  const auto packets = static_cast<uint64_t>(last - first);
  const Timestamp start = first->time, end = (last - 1)->time;
  if (packets < attack_packets || end - start < attack_length) return;
  const double least_in_a_minute = 30 * dark_addresses_ / 16'777'216;
  if (least_in_a_minute >= 1 &&
      static_cast<double>(most_in_a_minute(first, last)) < least_in_a_minute)
    return;
  std::vector<uint32_t> dark;
  for (const Reply* reply = first; reply != last; ++reply) dark.push_back(reply->dark);
  std::sort(dark.begin(), dark.end());
  const auto distinct = std::unique(dark.begin(), dark.end()) - dark.begin();
  truth_.attacks.push_back({source_address(first->source), first->protocol, start, end, packets,
                            static_cast<uint64_t>(distinct)});
}

void TruthCounter::find_attacks() {
  std::sort(replies_.begin(), replies_.end(), [](const Reply& a, const Reply& b) {
    return std::tie(a.source, a.protocol, a.time) < std::tie(b.source, b.protocol, b.time);
  });
  const Reply* end = replies_.data() + replies_.size();
  for (const Reply* first = replies_.data(); first != end;) {
    const Reply* last = first + 1;
    while (last != end && last->source == first->source && last->protocol == first->protocol &&
           last->time - (last - 1)->time < attack_silence)
      ++last;
    judge_episode(first, last);
    first = last;
  }
}

GroundTruth TruthCounter::finish() {
  if (!keys_.empty()) {
    close(window_, truth_.windows);
    close(hour_, truth_.hours);
    close(day_, truth_.days);
    count_day(day_.first_key, day_.start);
    if (!std::is_sorted(keys_.begin(), keys_.end())) std::sort(keys_.begin(), keys_.end());
    truth_.total = count_classes(keys_.data(), keys_.data() + keys_.size());
    count_ports();
    find_attacks();
  }
  return std::move(truth_);
}

}  // namespace yagura::generate
