// SPDX-License-Identifier: Apache-2.0
//
// Judges packets as they come: which addresses of members are in the dark now.
//
// A warning begins with the first packet, goes on, and is resolved once the address has been silent
// for a while, by the clock of each sensor that saw it and still observes: the time of its packets,
// since one may read captures of long ago while another hears the present. It is written down at
// once; what was seen of it is written within the commits of the sensors, so that after a crash the
// packets that are read again count once (state/warnings.h).
//
// Everything but the two counts is called on the thread that observes.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/result.h"
#include "model/dark_packet.h"
#include "state/warnings.h"
#include "warning/episode.h"
#include "warning/member_space.h"

namespace yagura::warning {

struct WatchOptions {
  Duration silence = Duration::days(1);   // that resolves a warning
  Duration new_for = Duration::hours(1);  // after which it is no longer new
  size_t most_open = 200'000;             // warnings at a time; further ones are left out
};

// A warning that began, goes on for long, or was resolved.
struct WarningChange {
  int64_t warning = 0;  // its number
  MemberId member = 0;
  IpAddress address;
  Kind kind = Kind::external;
  Severity severity = Severity::low;
  state::WarningState state = state::WarningState::new_;
};

class Watch {
 public:
  explicit Watch(WatchOptions options = {}) : options_(options) {}

  // Reads the members, and the warnings that were open when the database was written last.
  // `sensors` are those that observe.
  Result<void> load(state::Database& database, std::set<uint16_t> sensors);
  void add(std::span<const model::DarkPacket> packets);
  // Writes down the warnings that began, and reads the members anew if they were changed.
  Result<void> tick(state::Database& database);
  // To be called within the commit of a sensor.
  Result<void> commit(state::Database& database, uint16_t sensor);

  // What was written down since the last call; beyond `most_changes` only the database has it.
  std::vector<WarningChange> take_changes() { return std::exchange(changes_, {}); }

  // As of the last tick or commit; from any thread.
  uint64_t open() const { return open_count_; }
  uint64_t left_out() const { return left_out_; }  // packets of warnings beyond `most_open`

 private:
  struct Key {
    IpAddress address;
    Traffic traffic = Traffic::to_others;
    bool operator==(const Key&) const = default;
  };
  struct KeyHash {
    size_t operator()(const Key& key) const;
  };
  struct Share {
    uint16_t sensor = 0;
    Story story;
    bool changed = false;
  };
  struct Open {
    MemberId member = 0;
    int64_t warning = 0;  // its id; 0: not written down yet
    Timestamp first, last;
    std::vector<Share> shares;  // none: written down, but not committed by any sensor
    // As they were written last.
    std::string story;
    Kind kind = Kind::external;
    Severity severity = Severity::low;
    state::WarningState state = state::WarningState::new_;
  };

  Result<void> read_members(state::Database& database);
  void count(const model::DarkPacket& packet, MemberId member);
  Result<void> write_down(state::Database& database, const Key& key, Open& open);
  Result<void> write_shares(state::Database& database, uint16_t sensor, const Key& key, Open& open,
                            bool& changed);
  Result<void> resolve(state::Database& database, const Key& key, Open& open);
  Result<void> update(state::Database& database, const Key& key, Open& open,
                      state::WarningState state);
  bool is_over(const Open& open, uint16_t sensor) const;
  static Share& share_of(Open& open, uint16_t sensor);
  static void tell_story(const Key& key, Open& open);
  void note_change(const Key& key, const Open& open);

  WatchOptions options_;
  MemberSpace space_{{}};
  int64_t member_changes_ = -1;  // as the members were read
  std::unordered_map<Key, Open, KeyHash> open_;
  std::vector<Key> began_;
  std::vector<std::pair<Key, Open>> gone_;  // ended by the packet of a warning that follows
  static constexpr size_t most_changes = 1'000;
  std::vector<WarningChange> changes_;
  std::set<uint16_t> sensors_;
  std::map<uint16_t, Timestamp> clocks_;  // by sensor: its latest packet
  std::atomic<uint64_t> open_count_ = 0, left_out_ = 0;
};

}  // namespace yagura::warning
