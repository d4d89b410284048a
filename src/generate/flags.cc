// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <array>
#include <charconv>

#include "generate/command.h"

namespace yagura::generate {
namespace {

using O = GenerateOptions;

template <size_t kind>
constexpr Flag share(std::string_view help) {
  return {kind_names[kind], "share", help, [](O& o) -> FlagTarget { return &o.shares[kind]; }};
}

constexpr std::array flags = {
    Flag{"packets", "count", "Packets in all (20M, 400k)",
         [](O& o) -> FlagTarget { return &o.packets; }},
    Flag{"sources", "count", "Distinct source hosts in all; each sends at least one packet",
         [](O& o) -> FlagTarget { return &o.sources; }},
    Flag{"seed", "number", "The same seed and flags give the same bytes",
         [](O& o) -> FlagTarget { return &o.seed; }},
    Flag{"start", "time", "Time of the first packets, UTC",
         [](O& o) -> FlagTarget { return &o.start; }},
    Flag{"duration", "duration", "Length of the capture",
         [](O& o) -> FlagTarget { return &o.duration; }},
    Flag{"dark", "prefix", "The dark IPv4 addresses", [](O& o) -> FlagTarget { return &o.dark; }},
    Flag{"dark-ipv6", "prefix", "The dark IPv6 addresses, for --ipv6",
         [](O& o) -> FlagTarget { return &o.dark_ipv6; }},
    Flag{"ports", "random|bots",
         "Scanned ports: each packet draws its own, or each source keeps one to three",
         [](O& o) -> FlagTarget { return &o.ports; }},
    Flag{"skew", "0-3", "How unevenly packets fall on the sources of a kind; 0 is evenly",
         [](O& o) -> FlagTarget { return &o.skew; }},
    Flag{"precision", "us|ns", "Of the packets' times",
         [](O& o) -> FlagTarget { return Choice{&o.nanoseconds, "us", "ns"}; }},
    Flag{"victims", "count", "Victims of denial of service, seen by their backscatter",
         [](O& o) -> FlagTarget { return &o.attacks.victims; }},
    Flag{"attack-rate", "count", "Packets per minute of each attack",
         [](O& o) -> FlagTarget { return &o.attacks.packets_per_minute; }},
    Flag{"attack-duration", "duration", "Length of each attack",
         [](O& o) -> FlagTarget { return &o.attacks.duration; }},
    Flag{"campaign-sources", "count", "Sources of a campaign that sets in; 0 is no campaign",
         [](O& o) -> FlagTarget { return &o.campaign.sources; }},
    Flag{"campaign-port", "port", "The TCP port it scans",
         [](O& o) -> FlagTarget { return &o.campaign.port; }},
    Flag{"campaign-start", "duration", "When it sets in, after the start of the capture",
         [](O& o) -> FlagTarget { return &o.campaign.start; }},
    Flag{"campaign-duration", "duration", "How long it lasts; 0s is to the end of the capture",
         [](O& o) -> FlagTarget { return &o.campaign.duration; }},
    Flag{"campaign-rate", "count", "Its packets per minute",
         [](O& o) -> FlagTarget { return &o.campaign.packets_per_minute; }},
    Flag{"campaign-rhythm", "steady|synchronised",
         "Whether its sources are loud and quiet in the same minutes",
         [](O& o) -> FlagTarget {
           return Choice{&o.campaign.synchronised, "steady", "synchronised"};
         }},
    Flag{"survey-scanners", "count", "Survey scanners, among whom --survey is divided",
         [](O& o) -> FlagTarget { return &o.survey_scanners; }},
    share<0>("Mirai: SYNs whose sequence number is the destination"),
    share<1>("IoT bots on Telnet and router ports without Mirai's mark"),
    share<2>("SYN scanners without a tool's mark; 1 in 40 sends NULL, FIN or Xmas"),
    share<3>("ZMap up to 4.0"),
    share<4>("masscan before November 2023"),
    share<5>("masscan since November 2023"),
    share<6>("Nmap -sS"),
    share<7>("Unicornscan"),
    share<8>("Survey scanners: many ports each"),
    share<9>("UDP scans"),
    share<10>("Probes for amplifiers: DNS, NTP, SNMP, CLDAP, SSDP, memcached"),
    share<11>("Ping scans"),
    share<12>("Stray TCP backscatter: SYN-ACK and RST"),
    share<13>("Stray UDP backscatter: answers of DNS, NTP, SSDP, memcached"),
    share<14>("Stray ICMP backscatter: errors and echo replies"),
    share<15>("Bare ACKs, data, GRE, ESP, SCTP, later fragments"),
    share<16>("SYN, echo and UDP scans over IPv6"),
};

// "20000000", "400k", "20M", "1G"; the suffixes are powers of 1,000.
Result<uint64_t> parse_count(std::string_view text) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const std::string_view suffix = text.substr(static_cast<size_t>(end - text.data()));
  uint64_t factor = suffix.empty() ? 1 : 0;
  if (suffix == "k") factor = 1'000;
  if (suffix == "M") factor = 1'000'000;
  if (suffix == "G") factor = 1'000'000'000;
  if (error != std::errc() || factor == 0 || value > UINT64_MAX / factor)
    return failure(fmt::format("'{}' is no count; write it as 400000 or 400k", text));
  return value * factor;
}

Result<bool> parse_choice(std::string_view text, std::string_view no, std::string_view yes) {
  if (text == no || text == yes) return text == yes;
  return failure(fmt::format("'{}' is neither '{}' nor '{}'", text, no, yes));
}

Result<void> set(uint64_t* target, std::string_view text) {
  TRY(*target, parse_count(text));
  return {};
}
Result<void> set(uint16_t* target, std::string_view text) {
  TRY(const uint64_t value, parse_count(text));
  if (value > 65535) return failure(fmt::format("{} is above 65535", value));
  *target = static_cast<uint16_t>(value);
  return {};
}
Result<void> set(Duration* target, std::string_view text) {
  TRY(*target, parse_duration(text));
  return {};
}
Result<void> set(Timestamp* target, std::string_view text) {
  TRY(*target, parse_time(text));
  return {};
}
Result<void> set(Prefix* target, std::string_view text) {
  TRY(*target, Prefix::parse(text));
  return {};
}
Result<void> set(PortMix* target, std::string_view text) {
  TRY(const bool bots, parse_choice(text, "random", "bots"));
  *target = bots ? PortMix::bots : PortMix::random;
  return {};
}
Result<void> set(const Choice& target, std::string_view text) {
  TRY(*target.value, parse_choice(text, target.no, target.yes));
  return {};
}

std::string show(const uint64_t* value) { return std::to_string(*value); }
std::string show(const uint16_t* value) { return std::to_string(*value); }
std::string show(const Timestamp* value) { return format_time(*value); }
std::string show(const Prefix* value) { return value->to_string(); }
std::string show(const PortMix* value) { return *value == PortMix::bots ? "bots" : "random"; }
std::string show(const Choice& choice) {
  return std::string(*choice.value ? choice.yes : choice.no);
}
// In the largest unit that leaves no rest, as parse_duration() reads it.
std::string show(const Duration* value) {
  const int64_t seconds = value->nanoseconds / 1'000'000'000;
  if (seconds != 0 && seconds % 86'400 == 0) return fmt::format("{}d", seconds / 86'400);
  if (seconds != 0 && seconds % 3'600 == 0) return fmt::format("{}h", seconds / 3'600);
  if (seconds != 0 && seconds % 60 == 0) return fmt::format("{}m", seconds / 60);
  return fmt::format("{}s", seconds);
}

}  // namespace

std::span<const Flag> all_flags() { return flags; }

Result<void> set_flag(const Flag& flag, GenerateOptions& options, std::string_view text) {
  return within(
      fmt::format("--{}", flag.name),
      std::visit([&](const auto& target) { return set(target, text); }, flag.target(options)));
}

std::string flag_text(const Flag& flag, const GenerateOptions& options) {
  GenerateOptions copy = options;  // targets are for writing too
  return std::visit([](const auto& target) { return show(target); }, flag.target(copy));
}

std::string command_line(const GenerateOptions& options) {
  std::string line = "yagura generate";
  for (const Flag& flag : flags)
    if (const std::string text = flag_text(flag, options); text != flag_text(flag, {}))
      line += fmt::format(" --{} {}", flag.name, text);
  return line;
}

std::string flags_markdown() {
  std::string table = "| flag | value | default | meaning |\n|---|---|---|---|\n";
  for (const Flag& flag : flags) {
    std::string value(flag.value);
    for (size_t at = 0; (at = value.find('|', at)) != std::string::npos; at += 2)
      value.insert(at, "\\");
    table += fmt::format("| `--{}` | {} | `{}` | {} |\n", flag.name, value, flag_text(flag, {}),
                         flag.help);
  }
  return table;
}

}  // namespace yagura::generate
