// SPDX-License-Identifier: Apache-2.0
#include "warning/watch.h"

#include <algorithm>

#include "state/members.h"

namespace yagura::warning {
namespace {

using model::Mark;
using state::WarningState;

// A packet has them as bits; what has no bit is found over several packets.
constexpr size_t packet_marks = 16;

// The marks of a packet, as a row has them: each with the one packet that shows it.
struct PacketMarks {
  explicit PacketMarks(uint16_t bits) {
    for (size_t i = 1; i < packet_marks; ++i)
      if ((bits >> i & 1) != 0) marks[size++] = static_cast<Mark>(i);
    ones.fill(1);
  }
  std::array<Mark, packet_marks> marks{};
  std::array<uint32_t, packet_marks> ones{};
  size_t size = 0;
};

bool has_ports(const model::DarkPacket& packet) {
  constexpr uint8_t tcp = 6, udp = 17;
  const uint8_t protocol = packet.classified.protocol;
  return packet.classified.class_ != model::PacketClass::other &&
         (protocol == tcp || protocol == udp);
}

}  // namespace

size_t Watch::KeyHash::operator()(const Key& key) const {
  const uint64_t mixed = (key.address.high() * 0x9e3779b97f4a7c15ULL) ^ key.address.low();
  return static_cast<size_t>((mixed * 0xff51afd7ed558ccdULL) >> 7) ^
         static_cast<size_t>(key.traffic);
}

Watch::Share& Watch::share_of(Open& open, uint16_t sensor) {
  for (Share& share : open.shares)
    if (share.sensor == sensor) return share;
  open.shares.push_back({sensor, {}, false});
  return open.shares.back();
}

// Without shares it stays as it was written.
void Watch::tell_story(const Key& key, Open& open) {
  if (open.shares.empty()) return;
  Story story;
  for (const Share& share : open.shares) story.add(share.story);
  ByteWriter out;
  story.save(out);
  open.story = out.bytes();
  const Episode episode = story.episode(open.member, key.address, key.traffic);
  open.kind = episode.kind;
  open.severity = severity_of(episode);
}

void Watch::note_change(const Key& key, const Open& open) {
  if (changes_.size() < most_changes)
    changes_.push_back(
        {open.warning, open.member, key.address, open.kind, open.severity, open.state});
}

// Within a transaction, so that what is written next is about members that are there.
Result<void> Watch::read_members(state::Database& database) {
  TRY(const int64_t changes, state::member_changes(database));
  if (changes == member_changes_) return {};
  TRY(const auto blocks, state::member_blocks(database));
  space_ = MemberSpace(blocks);
  member_changes_ = changes;
  for (auto it = open_.begin(); it != open_.end();) {
    if (space_.owner(it->first.address) == it->second.member) {
      ++it;
      continue;
    }
    // One that was written down is resolved; where its member is gone, so is it.
    if (it->second.warning != 0) TRY_VOID(resolve(database, it->first, it->second));
    it = open_.erase(it);
  }
  std::erase_if(gone_, [&](const auto& gone) {
    return gone.second.warning == 0 && space_.owner(gone.first.address) != gone.second.member;
  });
  return {};
}

Result<void> Watch::load(state::Database& database, std::set<uint16_t> sensors) {
  sensors_ = std::move(sensors);
  std::unordered_map<int64_t, Key> keys;
  TRY(const auto warnings, state::open_warnings(database));
  for (const state::Warning& warning : warnings) {
    const Key key{warning.address, static_cast<Traffic>(warning.traffic)};
    Open& open = open_[key];
    open.member = warning.member;
    open.warning = warning.id;
    open.first = warning.first;
    open.last = warning.last;
    open.story = warning.story;
    open.severity = static_cast<Severity>(warning.severity);
    open.state = warning.state;
    keys[warning.id] = key;
  }
  TRY(const auto shares, state::warning_shares(database));
  for (const state::WarningShare& share : shares) {
    const auto key = keys.find(share.warning);
    if (key == keys.end()) continue;
    TRY(Story story, Story::load(share.story));
    open_[key->second].shares.push_back({share.sensor, std::move(story), false});
  }
  return database.transaction([&] { return read_members(database); });
}

void Watch::add(std::span<const model::DarkPacket> packets) {
  if (!space_.empty()) {
    for (const model::DarkPacket& packet : packets) {
      const MemberId member = space_.owner(packet.classified.accounted);
      if (member != 0) count(packet, member);
    }
  }
  if (!packets.empty()) {
    Timestamp& clock = clocks_[packets.back().sensor->id];
    clock = std::max(clock, packets.back().packet->time);
  }
}

void Watch::count(const model::DarkPacket& packet, MemberId member) {
  const model::Classified& classified = packet.classified;
  const Timestamp time = packet.packet->time;
  Traffic traffic = Traffic::to_others;
  if (model::is_backscatter(classified.class_))
    traffic = Traffic::backscatter;
  else if (space_.dark_owner(packet.packet->destination) == member)
    traffic = Traffic::to_own_dark;
  const Key key{classified.accounted, traffic};
  const auto known = open_.find(key);
  if (known != open_.end() && time - known->second.last > options_.silence) {
    gone_.emplace_back(key, std::move(known->second));
    open_.erase(known);
  }
  if (open_.size() >= options_.most_open && !open_.contains(key)) {
    ++left_out_;
    return;
  }
  Open& open = open_[key];
  if (open.member == 0) {
    open.member = member;
    open.first = open.last = time;
    began_.push_back(key);
  }
  open.last = std::max(open.last, time);
  Share& share = share_of(open, packet.sensor->id);
  const PacketMarks marks(classified.marks);
  const uint32_t one = 1;
  Sighting sighting;
  sighting.first = sighting.last = time;
  sighting.class_ = classified.class_;
  sighting.packets = 1;
  sighting.bytes = packet.packet->ip_length;
  sighting.dark_addresses = 1;
  sighting.dark = static_cast<uint64_t>(packet.sensor->id) << 32 | packet.position;
  if (has_ports(packet)) {
    sighting.ports = std::span(&classified.service_port, 1);
    sighting.port_packets = std::span(&one, 1);
  }
  sighting.marks = std::span(marks.marks).first(marks.size);
  sighting.mark_packets = std::span(marks.ones).first(marks.size);
  share.story.add(sighting);
  share.changed = true;
}

Result<void> Watch::write_down(state::Database& database, const Key& key, Open& open) {
  if (open.warning != 0) return {};
  tell_story(key, open);
  state::Warning warning;
  warning.member = open.member;
  warning.address = key.address;
  warning.traffic = static_cast<uint8_t>(key.traffic);
  warning.first = open.first;
  warning.last = open.last;
  warning.severity = static_cast<uint8_t>(open.severity);
  warning.story = open.story;
  TRY(open.warning, state::begin_warning(database, warning));
  note_change(key, open);
  return {};
}

Result<void> Watch::tick(state::Database& database) {
  TRY(const int64_t changes, state::member_changes(database));
  open_count_ = open_.size();
  if (changes == member_changes_ && began_.empty()) return {};
  return database.transaction([&]() -> Result<void> {
    TRY_VOID(read_members(database));  // from here on nobody changes them
    for (const Key& key : began_)
      if (const auto it = open_.find(key); it != open_.end())
        TRY_VOID(write_down(database, key, it->second));
    began_.clear();
    return {};
  });
}

Result<void> Watch::update(state::Database& database, const Key& key, Open& open,
                           WarningState state) {
  tell_story(key, open);
  state::Warning warning;
  warning.id = open.warning;
  warning.last = open.last;
  warning.state = state;
  warning.severity = static_cast<uint8_t>(open.severity);
  warning.story = open.story;
  if (std::exchange(open.state, state) != state) note_change(key, open);
  return state::update_warning(database, warning);
}

// Its shares go with it, those of other sensors too: what these have seen and not committed lies
// further back than the silence.
Result<void> Watch::resolve(state::Database& database, const Key& key, Open& open) {
  TRY_VOID(write_down(database, key, open));
  TRY_VOID(update(database, key, open, WarningState::resolved));
  return state::delete_shares(database, open.warning);
}

Result<void> Watch::write_shares(state::Database& database, uint16_t sensor, const Key& key,
                                 Open& open, bool& changed) {
  for (Share& share : open.shares) {
    if (share.sensor != sensor || !share.changed) continue;
    ByteWriter out;
    share.story.save(out);
    TRY_VOID(state::put_share(database, {sensor, key.address, static_cast<uint8_t>(key.traffic),
                                         open.warning, out.bytes()}));
    share.changed = false;
    changed = true;
  }
  return {};
}

// As the sensor that commits sees it, and every other one that saw the address and still observes.
bool Watch::is_over(const Open& open, uint16_t sensor) const {
  const auto is_silent = [&](uint16_t each) {
    const auto clock = clocks_.find(each);
    return clock != clocks_.end() && clock->second - open.last > options_.silence;
  };
  return is_silent(sensor) &&
         std::all_of(open.shares.begin(), open.shares.end(), [&](const Share& share) {
           return !sensors_.contains(share.sensor) || is_silent(share.sensor);
         });
}

Result<void> Watch::commit(state::Database& database, uint16_t sensor) {
  TRY_VOID(read_members(database));
  for (auto& [key, open] : gone_) TRY_VOID(resolve(database, key, open));
  gone_.clear();
  for (auto it = open_.begin(); it != open_.end();) {
    auto& [key, open] = *it;
    if (is_over(open, sensor)) {
      TRY_VOID(resolve(database, key, open));
      it = open_.erase(it);
      continue;
    }
    TRY_VOID(write_down(database, key, open));
    bool changed = false;
    TRY_VOID(write_shares(database, sensor, key, open, changed));
    if (changed) {
      const bool goes_on = open.last - open.first >= options_.new_for;
      TRY_VOID(
          update(database, key, open, goes_on ? WarningState::continuing : WarningState::new_));
    }
    ++it;
  }
  open_count_ = open_.size();
  return {};
}

}  // namespace yagura::warning
