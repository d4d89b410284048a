// SPDX-License-Identifier: Apache-2.0
//
// Every setting of the program, declared once: the flag, the key in the config file, its bounds,
// the lines of `yagura config show` and the table in docs/operations.md come from the same
// declaration. The default is the value in a fresh `Settings`. Plain values; no thread rules.
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "state/sensors.h"
#include "telescope/synchrony_window.h"

namespace yagura::app {

// A sensor as the config file seeds it.
struct SensorSetting {
  std::string name;
  std::vector<state::DarkPrefix> dark_space;
  // Where `yagura serve` gets its packets from: an interface with a filter in BPF, a folder into
  // which captures are put, or neither.
  std::string interface, filter;
  std::filesystem::path spool;
};

struct Settings {
  std::filesystem::path data = "yagura-data";
  std::string home_country;
  std::filesystem::path geo_country;           // empty = search
  std::vector<std::filesystem::path> geo_asn;  // empty = search
  uint64_t store_memory = 1'000'000'000;
  std::filesystem::path store_library;  // empty = search
  bool archive = false;
  bool decapsulate = false;
  uint64_t ring = 64ULL << 20;
  Duration commit_interval = Duration::seconds(60);
  std::string http_address = "127.0.0.1";
  uint64_t http_port = 8787;                         // 0 = one that is free
  std::string http_host;                             // the name people call it by
  std::filesystem::path http_certificate, http_key;  // PEM; empty = no TLS
  Duration http_request_timeout = Duration::seconds(30);
  // Synchrony of scanning hosts: ports that do not count, windows that the usual is learned from.
  std::string synchrony_left_out = std::string(telescope::usual_left_out);
  uint64_t synchrony_history = 432;
  // Warnings to members, and the notices of them.
  Duration warning_silence = Duration::days(1);
  Duration warning_new_for = Duration::hours(1);
  Duration notice_spacing = Duration::minutes(5);
  Duration digest_interval = Duration::days(1);
  std::string relay;
  bool relay_tls = true;
  std::string relay_user;
  std::filesystem::path relay_password_file;
  std::string mail_from = "yagura@localhost";
  std::filesystem::path authorities;  // PEM; empty = the system's
  Duration notify_first_wait = Duration::seconds(10);
  Duration notify_expiry = Duration::days(3);
  // How long rows are kept, from the day they were stored; 0 = for ever.
  Duration keep_activity = Duration::days(30);
  Duration keep_synchrony = Duration::days(30);
  Duration keep_samples = Duration::days(30);
  Duration keep_five_minutes = Duration::days(30);
  Duration keep_hours = Duration::days(730);
  Duration keep_days;
  Duration keep_source_days;

  std::vector<SensorSetting> sensors;  // not a flag: [[sensor]] tables of the config file
};

using SettingMember =
    std::variant<std::filesystem::path Settings::*, std::vector<std::filesystem::path> Settings::*,
                 std::string Settings::*, uint64_t Settings::*, bool Settings::*,
                 Duration Settings::*>;

enum class SettingUnit { plain, bytes, country };

struct Setting {
  std::string_view key;   // in the config file: "store.memory"
  std::string_view flag;  // "--memory"
  SettingMember member;
  std::string_view help;
  SettingUnit unit = SettingUnit::plain;
  // Of whole numbers; of durations in seconds, where a `min` of 0 also allows "forever".
  uint64_t min = 0;
  uint64_t max = std::numeric_limits<int64_t>::max();
};

std::span<const Setting> all_settings();
const Setting& setting(std::string_view key);  // CHECKs that it exists

// What a value looks like: "folder or file", "size such as 500M", "duration such as 30d" …
std::string_view value_shape(const Setting& setting);
// Reads one value; a list setting gets `text` as a further element. Errors name what is accepted.
Result<void> set_value(const Setting& setting, Settings& settings, std::string_view text);
bool is_list(const Setting& setting);
void clear_list(const Setting& setting, Settings& settings);
// As it would be written in a config file: "\"JP\"", "1000000000", "\"30d\"".
std::string value_text(const Setting& setting, const Settings& settings);

// The settings as a Markdown table, for the manual.
std::string settings_markdown();

}  // namespace yagura::app
