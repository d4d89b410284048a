// SPDX-License-Identifier: Apache-2.0
#include "app/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/overloaded.h"
#include "base/text.h"
#include "enrich/places.h"

namespace yagura::app {
namespace {

constexpr uint64_t day_seconds = 86'400;
constexpr uint64_t century_seconds = 36'525 * day_seconds;

constexpr Setting kept(std::string_view key, std::string_view flag, Duration Settings::* member,
                       std::string_view help) {
  return {key, flag, member, help, SettingUnit::plain, 0, century_seconds};
}

const std::array declarations = {
    Setting{"data", "--data", &Settings::data, "folder that holds everything Yagura stores"},
    Setting{"home_country", "--home-country", &Settings::home_country,
            "country whose hosts reports show apart", SettingUnit::country},
    Setting{"geo.country", "--geo-country", &Settings::geo_country,
            "mmdb file of countries; without it the one installed with Yagura"},
    Setting{"geo.asn", "--geo-asn", &Settings::geo_asn,
            "mmdb or CSV files of autonomous systems; without them those installed with Yagura"},
    Setting{"store.memory", "--memory", &Settings::store_memory,
            "most memory the store may use for its own work", SettingUnit::bytes, 200'000'000,
            1ULL << 44},
    Setting{"store.library", "--store-library", &Settings::store_library,
            "libchdb.so; without it the one installed with Yagura"},
    Setting{"archive.packets", "--archive", &Settings::archive,
            "keep the packets to dark addresses too, for `yagura telescope packets`"},
    Setting{"capture.decapsulate", "--decapsulate", &Settings::decapsulate,
            "look inside GRE, IP-in-IP and VXLAN for the packet to a dark address"},
    Setting{"capture.ring", "--ring", &Settings::ring, "kernel buffer of a live capture",
            SettingUnit::bytes, 1ULL << 20, 1ULL << 34},
    Setting{"capture.commit_interval", "--commit-interval", &Settings::commit_interval,
            "how often what was captured is made safe: a crash loses at most this",
            SettingUnit::plain, 1, 3600},
    Setting{"http.address", "--address", &Settings::http_address,
            "address that `yagura serve` listens on; 0.0.0.0 or :: for all"},
    Setting{"http.port", "--port", &Settings::http_port, "its port; 0 for one that is free",
            SettingUnit::plain, 0, 65'535},
    Setting{"http.host", "--host", &Settings::http_host,
            "name that people call the service by, if it is not its address"},
    Setting{"http.certificate", "--certificate", &Settings::http_certificate,
            "PEM file of the certificate and its chain, to speak TLS"},
    Setting{"http.key", "--key", &Settings::http_key, "PEM file of its key"},
    Setting{"http.request_timeout", "--request-timeout", &Settings::http_request_timeout,
            "how long a request may take to arrive", SettingUnit::plain, 1, 3600},
    Setting{"synchrony.left_out", "--left-out", &Settings::synchrony_left_out,
            "TCP ports that all the world scans all the time, where no synchrony is looked for"},
    Setting{"synchrony.history", "--history", &Settings::synchrony_history,
            "windows of ten minutes that the usual is learned from; at least 144 are advised",
            SettingUnit::plain, 12, 4320},
    Setting{"warning.silence", "--warning-silence", &Settings::warning_silence,
            "how long an address is silent until its warning is resolved", SettingUnit::plain, 60,
            365 * day_seconds},
    Setting{"warning.new_for", "--warning-new-for", &Settings::warning_new_for,
            "how long a warning is new, before it is continuing", SettingUnit::plain, 1,
            365 * day_seconds},
    Setting{"warning.notice_spacing", "--notice-spacing", &Settings::notice_spacing,
            "least time between two notices to a contact; it doubles, up to an hour, while they "
            "follow each other",
            SettingUnit::plain, 1, 7 * day_seconds},
    Setting{"warning.digest_interval", "--digest-interval", &Settings::digest_interval,
            "how often a contact is told what goes on", SettingUnit::plain, 1, 365 * day_seconds},
    Setting{"notify.relay", "--relay", &Settings::relay,
            "mail server that takes notices: smtp://mail.example:587 or smtps://mail.example; "
            "without it no mail is sent"},
    Setting{"notify.relay_tls", "--relay-tls", &Settings::relay_tls,
            "refuse an smtp:// relay that does not offer TLS"},
    Setting{"notify.relay_user", "--relay-user", &Settings::relay_user,
            "name to log in with at the relay"},
    Setting{"notify.relay_password_file", "--relay-password-file", &Settings::relay_password_file,
            "file that holds the password, alone on its first line"},
    Setting{"notify.from", "--mail-from", &Settings::mail_from, "address that mails come from"},
    Setting{"notify.authorities", "--authorities", &Settings::authorities,
            "PEM file of the authorities to trust for relay, webhooks and syslog; without it the "
            "system's"},
    Setting{"notify.first_wait", "--first-wait", &Settings::notify_first_wait,
            "how long a notice that could not be sent waits; twice as long each further time, up "
            "to an hour",
            SettingUnit::plain, 1, 3600},
    Setting{"notify.expiry", "--notice-expiry", &Settings::notify_expiry,
            "how long it is tried to send a notice", SettingUnit::plain, 60, 365 * day_seconds},
    kept("retention.activity", "--keep-activity", &Settings::keep_activity,
         "how long the 5-minute rows of every source are kept"),
    kept("retention.synchrony", "--keep-synchrony", &Settings::keep_synchrony,
         "how long the rows that campaigns are found by are kept"),
    kept("retention.samples", "--keep-samples", &Settings::keep_samples,
         "how long sample packets are kept"),
    kept("retention.five_minutes", "--keep-five-minutes", &Settings::keep_five_minutes,
         "how long 5-minute statistics are kept"),
    kept("retention.hours", "--keep-hours", &Settings::keep_hours,
         "how long hourly statistics are kept"),
    kept("retention.days", "--keep-days", &Settings::keep_days,
         "how long daily statistics are kept"),
    kept("retention.source_days", "--keep-source-days", &Settings::keep_source_days,
         "how long the daily rows of every source are kept"),
};

Result<uint64_t> within_bounds(const Setting& setting, uint64_t value) {
  if (value >= setting.min && value <= setting.max) return value;
  const auto shown = [&](uint64_t bound) {
    return setting.unit == SettingUnit::bytes ? format_bytes(bound) : std::to_string(bound);
  };
  return failure(fmt::format("{} is out of range; {} to {} is allowed", shown(value),
                             shown(setting.min), shown(setting.max)));
}

Result<uint64_t> whole_number(const Setting& setting, std::string_view text) {
  if (setting.unit == SettingUnit::bytes) {
    TRY(const uint64_t bytes, parse_bytes(text));
    return within_bounds(setting, bytes);
  }
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size())
    return failure(fmt::format("'{}' is not a whole number", text));
  return within_bounds(setting, value);
}

Result<Duration> duration_value(const Setting& setting, std::string_view text) {
  if (text == "forever" && setting.min == 0) return Duration{};
  TRY(const Duration duration, parse_duration(text));
  const double seconds = duration.as_seconds();
  if (seconds < static_cast<double>(std::max<uint64_t>(setting.min, 1)) ||
      seconds > static_cast<double>(setting.max))
    return failure(fmt::format(
        "{} is out of range; {} to {} is allowed{}", format_duration(duration),
        format_duration(
            Duration::seconds(static_cast<int64_t>(std::max<uint64_t>(setting.min, 1)))),
        format_duration(Duration::seconds(static_cast<int64_t>(setting.max))),
        setting.min == 0 ? ", or \"forever\"" : ""));
  return duration;
}

Result<bool> boolean_value(std::string_view text) {
  if (text == "true" || text == "yes" || text == "on") return true;
  if (text == "false" || text == "no" || text == "off") return false;
  return failure(fmt::format("'{}' is neither true nor false", text));
}

// The largest unit that divides it: "30d", "90s".
std::string duration_text(Duration duration) {
  const int64_t seconds = duration.nanoseconds / 1'000'000'000;
  if (seconds == 0) return "forever";
  constexpr std::array<std::pair<int64_t, char>, 3> units = {
      {{86'400, 'd'}, {3600, 'h'}, {60, 'm'}}};
  for (const auto& [length, letter] : units)
    if (seconds % length == 0) return fmt::format("{}{}", seconds / length, letter);
  return fmt::format("{}s", seconds);
}

}  // namespace

std::span<const Setting> all_settings() { return declarations; }

const Setting& setting(std::string_view key) {
  const auto it = std::find_if(declarations.begin(), declarations.end(),
                               [&](const Setting& s) { return s.key == key; });
  CHECK(it != declarations.end());
  return *it;
}

std::string_view value_shape(const Setting& setting) {
  if (setting.unit == SettingUnit::bytes) return "size such as 500M";
  if (setting.unit == SettingUnit::country) return "two letters such as JP";
  using Path = std::filesystem::path;
  return std::visit(
      Overloaded{[](Path Settings::*) { return std::string_view("file or folder"); },
                 [](std::vector<Path> Settings::*) { return std::string_view("list of files"); },
                 [](std::string Settings::*) { return std::string_view("text"); },
                 [](uint64_t Settings::*) { return std::string_view("whole number"); },
                 [](bool Settings::*) { return std::string_view("true or false"); },
                 [](Duration Settings::*) { return std::string_view("duration such as 30d"); }},
      setting.member);
}

Result<void> set_value(const Setting& setting, Settings& settings, std::string_view text) {
  using Path = std::filesystem::path;
  return std::visit(Overloaded{[&](Path Settings::* member) -> Result<void> {
                                 if (text.empty()) return failure("an empty path");
                                 settings.*member = Path(text);
                                 return {};
                               },
                               [&](std::vector<Path> Settings::* member) -> Result<void> {
                                 if (text.empty()) return failure("an empty path");
                                 (settings.*member).emplace_back(text);
                                 return {};
                               },
                               [&](std::string Settings::* member) -> Result<void> {
                                 settings.*member = std::string(text);
                                 if (setting.unit != SettingUnit::country || text.empty())
                                   return {};
                                 TRY(const enrich::CountryCode code, enrich::parse_country(text));
                                 settings.*member = enrich::country_text(code);
                                 return {};
                               },
                               [&](uint64_t Settings::* member) -> Result<void> {
                                 TRY(settings.*member, whole_number(setting, text));
                                 return {};
                               },
                               [&](bool Settings::* member) -> Result<void> {
                                 TRY(settings.*member, boolean_value(text));
                                 return {};
                               },
                               [&](Duration Settings::* member) -> Result<void> {
                                 TRY(settings.*member, duration_value(setting, text));
                                 return {};
                               }},
                    setting.member);
}

bool is_list(const Setting& setting) {
  return std::holds_alternative<std::vector<std::filesystem::path> Settings::*>(setting.member);
}

void clear_list(const Setting& setting, Settings& settings) {
  settings.*std::get<std::vector<std::filesystem::path> Settings::*>(setting.member) = {};
}

std::string value_text(const Setting& setting, const Settings& settings) {
  using Path = std::filesystem::path;
  return std::visit(
      Overloaded{
          [&](Path Settings::* member) { return json_quote((settings.*member).string()); },
          [&](std::vector<Path> Settings::* member) {
            std::string list;
            for (const Path& path : settings.*member)
              list += (list.empty() ? "" : ", ") + json_quote(path.string());
            return "[" + list + "]";
          },
          [&](std::string Settings::* member) { return json_quote(settings.*member); },
          [&](uint64_t Settings::* member) { return std::to_string(settings.*member); },
          [&](bool Settings::* member) { return std::string(settings.*member ? "true" : "false"); },
          [&](Duration Settings::* member) { return json_quote(duration_text(settings.*member)); }},
      setting.member);
}

std::string settings_markdown() {
  const Settings defaults;
  std::string out = "| key | flag | value | default | meaning |\n|---|---|---|---|---|\n";
  for (const Setting& s : declarations)
    out += fmt::format("| `{}` | `{}` | {} | `{}` | {} |\n", s.key, s.flag, value_shape(s),
                       value_text(s, defaults), s.help);
  return out;
}

}  // namespace yagura::app
