// SPDX-License-Identifier: Apache-2.0
//
// What a member is told at once: one notice, about one address or a table of them.
//
// Plain values, made when it is decided that something is told (decide.h) and turned into texts
// and files by notice_text.h and exchange_formats.h. What is in one goes out: it holds no dark
// address, and nothing of other members.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "model/language.h"
#include "warning/episode.h"

namespace yagura::warning {

// What happened to a warning since its member was told of it last. The names go out.
enum class Change : uint8_t { began = 1, continues = 2, ended = 3 };
inline constexpr std::array<std::string_view, 4> change_names = {"", "new", "continuing",
                                                                 "resolved"};

// A warning as it stands, with what is known of its address.
struct Told {
  int64_t warning = 0;  // its number
  Change change = Change::began;
  Episode episode;
  uint32_t asn = 0;     // of the address; 0 where it is not known
  std::string country;  // ISO 3166-1 alpha-2; empty where it is not known
};

struct Notice {
  std::string id;      // the same whenever it is sent again; [A-Za-z0-9.-]+
  std::string member;  // the organisation's name
  Timestamp made;
  bool test = false;       // that it arrives; without warnings
  std::vector<Told> told;  // began before continues before ended, the most severe first
  uint64_t left_out = 0;   // warnings beyond `most_told`
  static constexpr size_t most_told = 5'000;
};

}  // namespace yagura::warning
