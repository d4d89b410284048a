// SPDX-License-Identifier: Apache-2.0
//
// Warnings as they are kept: what members' addresses did, from the first packet to a silence.
//
// What was seen is told apart by sensor (shares), because each sensor's packets become true with
// commits of its own: a share changes only within a commit of its sensor, so that after a crash
// the packets that are read again meet the share as it was. A warning is its shares together.
//
// `traffic`, `severity` and `story` are the words of who judges (warning/episode.h) and mean
// nothing here. Threads: as the Database they are given.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ip_address.h"
#include "base/time.h"
#include "state/database.h"
#include "state/outcome.h"

namespace yagura::state {

// New until it has gone on for a while, resolved once the address is silent.
enum class WarningState : uint8_t { new_ = 1, continuing = 2, resolved = 3 };

struct Warning {
  int64_t id = 0;  // 1, 2, …
  int64_t member = 0;
  IpAddress address;
  uint8_t traffic = 0;
  Timestamp first, last;
  WarningState state = WarningState::new_;
  uint8_t severity = 1;  // of the story
  std::string story;
  // What people did with it.
  std::optional<Timestamp> acknowledged;
  std::string acknowledged_by;  // name of an account
  std::optional<Timestamp> muted_until;
  uint64_t comments = 0, member_comments = 0;  // all; those of the member's own people
};

struct WarningShare {
  uint16_t sensor = 0;
  IpAddress address;
  uint8_t traffic = 0;
  int64_t warning = 0;
  std::string story;
};

// Keeps a warning that begins, with no share yet, and returns its id. One of the same address,
// traffic and first packet is the same warning.
Result<int64_t> begin_warning(Database& database, const Warning& warning);
// Writes last, state, severity and story of a warning.
Result<void> update_warning(Database& database, const Warning& warning);
Result<void> put_share(Database& database, const WarningShare& share);
Result<void> delete_shares(Database& database, int64_t warning);

Result<std::vector<Warning>> open_warnings(Database& database);
Result<std::vector<WarningShare>> warning_shares(Database& database);

struct WarningQuery {
  std::optional<int64_t> member;
  bool open = true, resolved = false;
  int64_t limit = 1000;
};
// The latest first.
Result<std::vector<Warning>> warnings(Database& database, const WarningQuery& query);
Result<std::optional<Warning>> find_warning(Database& database, int64_t id);
// Refused: a warning that does not exist.
Outcome<void> acknowledge_warning(Database& database, int64_t id, std::string_view by,
                                  Timestamp now);

inline constexpr size_t longest_comment = 2'000, most_comments = 1'000;  // characters; of a warning
struct Comment {
  Timestamp time;
  std::string by;          // name of an account
  bool of_member = false;  // which is of the member's own people
  std::string text;
};
// The earliest first.
Result<std::vector<Comment>> comments(Database& database, int64_t warning);
// Refused: a warning that does not exist, an empty or too long text, too many of them.
Outcome<void> add_comment(Database& database, int64_t warning, const Comment& comment);

}  // namespace yagura::state
