// SPDX-License-Identifier: Apache-2.0
#include "warning/episode.h"

#include <algorithm>
#include <bit>

namespace yagura::warning {
namespace {

using model::PacketClass;
using model::Tool;

constexpr uint8_t story_version = 1;
constexpr int64_t window_seconds = 300, hour_seconds = 3600;

// What counts as a machine that was told a wrong address: seen in half of the windows of an hour at
// least, for an hour at least, with ten packets a minute at most.
constexpr uint64_t steady_windows = 6;
constexpr Duration steady_time = Duration::hours(1);
constexpr uint64_t slow_packets = 50;  // a window

// Moore et al. take 25 packets of backscatter for an attack (USENIX Security 2001).
constexpr uint64_t attack_packets = 25, large_attack_packets = 10'000;
constexpr uint64_t many_dark = 10, many_packets = 1'000;

uint8_t protocol_of(PacketClass c) {
  constexpr uint8_t icmp = 1, tcp = 6, udp = 17;
  switch (c) {
    case PacketClass::scan_tcp:
    case PacketClass::backscatter_tcp:
    case PacketClass::other_tcp:
      return tcp;
    case PacketClass::scan_udp:
    case PacketClass::probe_amplification:
    case PacketClass::backscatter_udp:
      return udp;
    case PacketClass::scan_icmp:
    case PacketClass::backscatter_icmp:
      return icmp;
    default:
      return 0;
  }
}

}  // namespace

Severity severity_of(const Episode& episode) {
  switch (episode.kind) {
    case Kind::misconfiguration:
      return Severity::low;
    case Kind::under_attack:
      if (episode.packets >= large_attack_packets) return Severity::high;
      return episode.packets >= attack_packets ? Severity::medium : Severity::low;
    case Kind::external:
    case Kind::internal:
      break;
  }
  if (episode.packets == 1) return Severity::low;
  const bool busy = episode.dark_addresses >= many_dark || episode.packets >= many_packets;
  return busy || episode.tool == Tool::mirai ? Severity::high : Severity::medium;
}

void Story::count(uint8_t protocol, uint16_t port, uint64_t packets) {
  const auto it = std::find_if(services_.begin(), services_.end(), [&](const Service& service) {
    return service.protocol == protocol && service.port == port;
  });
  if (it != services_.end())
    it->packets += packets;
  else if (services_.size() < most_services)
    services_.push_back({protocol, port, packets});
  else
    elsewhere_ += packets;
}

void Story::note_dark(uint64_t dark) {
  const auto it = std::lower_bound(darks_.begin(), darks_.end(), dark);
  if ((it == darks_.end() || *it != dark) && darks_.size() < most_dark) darks_.insert(it, dark);
}

void Story::note_window(int64_t window) {
  constexpr int64_t windows_an_hour = hour_seconds / window_seconds;
  const int64_t hour = window / windows_an_hour;
  if (hour != hour_) {
    windows_ += static_cast<uint64_t>(std::popcount(hour_windows_));
    hour_windows_ = 0;
    hour_ = hour;
  }
  hour_windows_ |= 1u << (window % windows_an_hour);
}

void Story::add(const Sighting& sighting) {
  if (sighting.dark_addresses == 1) note_dark(sighting.dark);
  most_at_once_ = std::max(most_at_once_, sighting.dark_addresses);
  first_ = std::min(first_, sighting.first);
  last_ = std::max(last_, sighting.last);
  packets_ += sighting.packets;
  bytes_ += sighting.bytes;
  note_window(sighting.first.nanoseconds / Duration::seconds(window_seconds).nanoseconds);
  const uint8_t protocol = protocol_of(sighting.class_);
  if (sighting.ports.empty()) count(protocol, 0, sighting.packets);
  for (size_t i = 0; i < sighting.ports.size() && i < sighting.port_packets.size(); ++i)
    count(protocol, sighting.ports[i], sighting.port_packets[i]);
  if (sighting.class_ == PacketClass::scan_tcp) scan_tcp_ += sighting.packets;
  for (size_t i = 0; i < sighting.marks.size() && i < sighting.mark_packets.size(); ++i) {
    const auto mark = static_cast<size_t>(sighting.marks[i]);
    if (mark < marks_.size()) marks_[mark] += sighting.mark_packets[i];
  }
}

// Windows that both saw are counted twice where they lie in hours that are over: it matters for who
// asks one dark address alone, which no two sensors have.
void Story::add(const Story& other) {
  if (other.empty()) return;
  first_ = std::min(first_, other.first_);
  last_ = std::max(last_, other.last_);
  packets_ += other.packets_;
  bytes_ += other.bytes_;
  most_at_once_ = std::max(most_at_once_, other.most_at_once_);
  for (const uint64_t dark : other.darks_) note_dark(dark);
  windows_ += other.windows_;
  if (hour_ == other.hour_) {
    hour_windows_ |= other.hour_windows_;
  } else {
    windows_ += static_cast<uint64_t>(
        std::popcount(std::min(hour_, other.hour_) == hour_ ? hour_windows_ : other.hour_windows_));
    if (other.hour_ > hour_) hour_windows_ = other.hour_windows_;
    hour_ = std::max(hour_, other.hour_);
  }
  for (const Service& service : other.services_)
    count(service.protocol, service.port, service.packets);
  elsewhere_ += other.elsewhere_;
  scan_tcp_ += other.scan_tcp_;
  for (size_t i = 0; i < marks_.size(); ++i) marks_[i] += other.marks_[i];
}

void Story::save(ByteWriter& out) const {
  out.put(story_version);
  out.put(first_.nanoseconds);
  out.put(last_.nanoseconds);
  for (const uint64_t value : {packets_, bytes_, most_at_once_, windows_, elsewhere_, scan_tcp_})
    out.put(value);
  out.put(hour_);
  out.put(hour_windows_);
  out.put(static_cast<uint32_t>(darks_.size()));
  for (const uint64_t dark : darks_) out.put(dark);
  out.put(static_cast<uint32_t>(services_.size()));
  for (const Service& service : services_) {
    out.put(service.protocol);
    out.put(service.port);
    out.put(service.packets);
  }
  out.put(static_cast<uint32_t>(marks_.size()));
  for (const uint64_t packets : marks_) out.put(packets);
}

Result<Story> Story::load(std::string_view bytes) {
  ByteReader in(bytes);
  Story story;
  const bool known = in.get<uint8_t>() == story_version;
  story.first_.nanoseconds = in.get<int64_t>();
  story.last_.nanoseconds = in.get<int64_t>();
  for (uint64_t* value : {&story.packets_, &story.bytes_, &story.most_at_once_, &story.windows_,
                          &story.elsewhere_, &story.scan_tcp_})
    *value = in.get<uint64_t>();
  story.hour_ = in.get<int64_t>();
  story.hour_windows_ = in.get<uint32_t>();
  const auto darks = in.get<uint32_t>();
  for (uint32_t i = 0; in.ok() && i < darks && i < most_dark; ++i)
    story.darks_.push_back(in.get<uint64_t>());
  const auto services = in.get<uint32_t>();
  for (uint32_t i = 0; in.ok() && i < services && i < most_services; ++i) {
    Service& service = story.services_.emplace_back();
    service.protocol = in.get<uint8_t>();
    service.port = in.get<uint16_t>();
    service.packets = in.get<uint64_t>();
  }
  const auto marks = in.get<uint32_t>();
  for (uint32_t i = 0; in.ok() && i < marks && i < story.marks_.size(); ++i)
    story.marks_[i] = in.get<uint64_t>();
  const bool bounded = darks <= most_dark && services <= most_services &&
                       marks == story.marks_.size() &&
                       std::is_sorted(story.darks_.begin(), story.darks_.end());
  if (!known || !in.ok() || in.remaining() > 0 || !bounded || story.packets_ == 0)
    return failure("a saved warning is damaged, or of another version of Yagura");
  return story;
}

bool Story::is_steady() const {
  const uint64_t windows = windows_ + static_cast<uint64_t>(std::popcount(hour_windows_));
  return most_at_once_ == 1 && darks_.size() == 1 && services_.size() == 1 &&
         windows >= steady_windows && last_ - first_ >= steady_time &&
         packets_ <= windows * slow_packets;
}

Episode Story::episode(MemberId member, IpAddress address, Traffic traffic) const {
  Episode episode;
  episode.member = member;
  episode.address = address;
  episode.first = first_;
  episode.last = last_;
  episode.packets = packets_;
  episode.bytes = bytes_;
  episode.dark_addresses = std::max<uint64_t>(most_at_once_, darks_.size());
  episode.services = services_;
  std::stable_sort(episode.services.begin(), episode.services.end(),
                   [](const Service& a, const Service& b) { return a.packets > b.packets; });
  episode.packets_elsewhere = elsewhere_;
  if (traffic == Traffic::backscatter) {
    episode.kind = Kind::under_attack;
    return episode;
  }
  episode.tool = model::tool_of(model::syn_count(scan_tcp_, marks_), marks_);
  if (is_steady() && episode.tool == Tool::none)
    episode.kind = Kind::misconfiguration;
  else
    episode.kind = traffic == Traffic::to_own_dark ? Kind::internal : Kind::external;
  return episode;
}

}  // namespace yagura::warning
