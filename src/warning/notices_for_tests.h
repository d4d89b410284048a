// SPDX-License-Identifier: Apache-2.0
//
// For tests: warnings of each kind as they are told, and notices of them. The addresses are those
// that RFC 5737 and RFC 3849 keep for documents.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "base/result_for_tests.h"
#include "warning/notice.h"

namespace yagura::warning {

inline constexpr Timestamp noon = Timestamp::from_seconds(1'767'268'800);  // 2026-01-01 12:00

inline Told told_of(int64_t warning, Kind kind, std::string_view address) {
  Told told;
  told.warning = warning;
  told.asn = 64'500;
  told.country = "JP";
  told.episode.kind = kind;
  told.episode.address = value(IpAddress::parse(address));
  told.episode.first = noon + Duration::milliseconds(1'750);
  told.episode.last = noon + Duration::milliseconds(1'861'999);
  return told;
}

// A device with Mirai.
inline Told infected() {
  Told told = told_of(17, Kind::external, "198.51.100.7");
  told.episode.packets = 1'240;
  told.episode.bytes = 49'600;
  told.episode.dark_addresses = 256;
  told.episode.services = {{6, 23, 1'100}, {6, 2323, 130}, {0, 0, 10}};
  told.episode.tool = model::Tool::mirai;
  return told;
}

// One that searches its own network, over IPv6.
inline Told spreading() {
  Told told = told_of(18, Kind::internal, "2001:db8:1234:5678:9abc:def0:1234:5678");
  told.change = Change::continues;
  told.episode.packets = 3;
  told.episode.bytes = 180;
  told.episode.dark_addresses = 3;
  told.episode.services = {{6, 445, 2}, {1, 0, 1}};
  return told;
}

// The victim of a flood.
inline Told flooded() {
  Told told = told_of(19, Kind::under_attack, "203.0.113.80");
  told.asn = 0;
  told.country = "";
  told.episode.packets = 25'000;
  told.episode.bytes = 1'000'000;
  told.episode.dark_addresses = 4'000;
  told.episode.services = {{6, 443, 25'000}};
  return told;
}

// A device that asks a time server which is gone; it has stopped.
inline Told misled() {
  Told told = told_of(20, Kind::misconfiguration, "198.51.100.9");
  told.change = Change::ended;
  told.episode.packets = 60;
  told.episode.bytes = 4'560;
  told.episode.dark_addresses = 1;
  told.episode.services = {{17, 123, 60}};
  return told;
}

inline Notice notice_of(std::vector<Told> told) {
  Notice notice;
  notice.id = "20260101-7.1";
  notice.member = "City of A";
  notice.made = noon + Duration::milliseconds(3'600'500);
  notice.told = std::move(told);
  return notice;
}

inline Notice test_notice() {
  Notice notice = notice_of({});
  notice.test = true;
  return notice;
}

}  // namespace yagura::warning
