// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <array>

#include "base/text.h"
#include "warning/exchange_formats.h"
#include "warning/wording.h"

namespace yagura::warning {
namespace {

// With a backslash before each of `special`; line ends as \n, and no other control characters.
std::string escaped(std::string_view text, std::string_view special) {
  std::string out;
  for (const char c : text) {
    if (c == '\n' || c == '\r') {
      out += "\\n";
      continue;
    }
    if (special.find(c) != std::string_view::npos) out += '\\';
    const auto byte = static_cast<uint8_t>(c);
    out += byte < 0x20 || byte == 0x7f ? ' ' : c;
  }
  return out;
}

// A head holds no line end, an extension may.
std::string head(std::string_view version, std::string_view id, std::string_view name,
                 int severity) {
  return fmt::format("CEF:0|Yagura|Yagura|{}|{}|{}|{}|", escaped(version, "\\|"), id, name,
                     severity);
}

class Extensions {
 public:
  void put(std::string_view key, std::string_view value) {
    text_ += fmt::format("{}{}={}", text_.empty() ? "" : " ", key, escaped(value, "\\="));
  }
  void put(std::string_view key, uint64_t value) { put(key, std::to_string(value)); }
  void put(std::string_view key, Timestamp time) {
    constexpr int64_t milliseconds = 1'000;
    put(key, std::to_string(time.seconds() * milliseconds));
  }
  // One of the fields that take their meaning from a label.
  void put_labelled(std::string_view key, std::string_view label, std::string_view value) {
    put(fmt::format("{}Label", key), label);
    put(key, value);
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

std::string_view event_name(Kind kind) {
  constexpr std::array<std::string_view, kind_names.size()> names = {
      "", "Packets to unused addresses of others",
      "Packets to unused addresses of the organisation", "Target of a flood with forged sources",
      "Steady requests to an unused address"};
  return names[static_cast<size_t>(kind)];
}

// CEF calls 0 to 3 low, 4 to 6 medium, 7 and 8 high.
int cef_severity(Severity severity) {
  constexpr std::array<int, severity_names.size()> numbers = {0, 3, 5, 8};
  return numbers[static_cast<size_t>(severity)];
}

// CEF:0 keeps src and dst for IPv4.
void put_address(Extensions& extensions, const Episode& episode) {
  const bool victim = episode.kind == Kind::under_attack;
  const std::string address = episode.address.to_string();
  if (episode.address.is_v4())
    extensions.put(victim ? "dst" : "src", address);
  else if (victim)
    extensions.put_labelled("c6a3", "Destination IPv6 Address", address);
  else
    extensions.put_labelled("c6a2", "Source IPv6 Address", address);
}

void put_services(Extensions& extensions, const Episode& episode) {
  if (episode.services.empty()) return;
  const Service& most = episode.services.front();
  if (has_port(most)) extensions.put("dpt", most.port);
  std::string protocol;
  for (const char c : protocol_name(most.protocol)) protocol += static_cast<char>(c - 'a' + 'A');
  if (!protocol.empty()) extensions.put("proto", protocol);
  std::string services;
  for (const Service& service : episode.services)
    services += (services.empty() ? "" : ",") + service_text(service);
  extensions.put_labelled("cs2", "Services", services);
}

void put_notice(Extensions& extensions, const Notice& notice) {
  if (!notice.id.empty()) extensions.put_labelled("cs4", "Notice", notice.id);
  if (!notice.member.empty()) extensions.put_labelled("cs5", "Member", notice.member);
}

}  // namespace

std::string cef_line(const Told& told, const Notice& notice, const CefOptions& options) {
  const Episode& episode = told.episode;
  Extensions extensions;
  extensions.put("rt", notice.made);
  extensions.put("start", episode.first);
  extensions.put("end", episode.last);
  extensions.put("externalId", std::to_string(told.warning));
  put_address(extensions, episode);
  put_services(extensions, episode);
  extensions.put("cnt", episode.packets);
  if (episode.tool != model::Tool::none)
    extensions.put_labelled("cs1", "Tool", model::tool_names[static_cast<size_t>(episode.tool)]);
  if (!told.country.empty()) extensions.put_labelled("cs3", "Country", told.country);
  put_notice(extensions, notice);
  extensions.put_labelled("cs6", "Change", change_names[static_cast<size_t>(told.change)]);
  if (told.asn != 0) extensions.put_labelled("cn1", "ASN", std::to_string(told.asn));
  extensions.put_labelled("cn2", "Dark addresses", std::to_string(episode.dark_addresses));
  extensions.put("msg", explanation_of(episode, options.language));
  return head(options.version, name_of(episode.kind), event_name(episode.kind),
              cef_severity(severity_of(episode))) +
         extensions.text();
}

std::string cef_test_line(const Notice& notice, const CefOptions& options) {
  Extensions extensions;
  extensions.put("rt", notice.made);
  put_notice(extensions, notice);
  return head(options.version, "test", "Test of the delivery of warnings", 0) + extensions.text();
}

}  // namespace yagura::warning
