// SPDX-License-Identifier: Apache-2.0
#include "warning/wording.h"

#include <fmt/format.h>

#include <array>

#include "base/text.h"

namespace yagura::warning {
namespace {

using model::Language;
using model::Tool;

constexpr uint8_t icmp = 1, tcp = 6, udp = 17;

std::string scan_in_english(const Episode& episode, std::string_view packets) {
  const std::string_view of = episode.kind == Kind::internal ? "the own organisation" : "others";
  std::string text;
  if (episode.dark_addresses > 1)
    text = fmt::format("{} to at least {} unused addresses of {}", packets,
                       format_count(episode.dark_addresses), of);
  else
    text = fmt::format("{} to unused addresses of {}", packets, of);
  text += "; nobody has a reason to send there.";
  if (episode.tool != Tool::none)
    text += fmt::format(" They look like those of {}.", tool_text(episode.tool));
  return text + " The address is probably infected, or scans.";
}

std::string in_english(const Episode& episode) {
  const std::string packets =
      fmt::format("{} packet{}", format_count(episode.packets), episode.packets == 1 ? "" : "s");
  switch (episode.kind) {
    case Kind::under_attack:
      return packets +
             " in answer to packets that somebody sent with forged sources: the address is the "
             "target of a flood, not infected.";
    case Kind::misconfiguration:
      return packets +
             " to one service of one unused address, steadily and slowly: most likely a setting "
             "that names a wrong or an old address.";
    case Kind::external:
    case Kind::internal:
      break;
  }
  return scan_in_english(episode, packets);
}

std::string scan_in_japanese(const Episode& episode, std::string_view packets) {
  std::string text =
      episode.kind == Kind::internal ? "自組織の未使用アドレス" : "他組織の未使用アドレス";
  if (episode.dark_addresses > 1)
    text += fmt::format("(少なくとも{}個)", format_count(episode.dark_addresses));
  text += fmt::format(
      "宛てのパケットを{}個観測しました。通常、そこへ送信する正当な理由はありません。", packets);
  if (episode.tool != Tool::none)
    text += fmt::format("パケットの特徴は{}のものに似ています。", tool_text(episode.tool));
  return text + "このアドレスの機器は、感染しているか、スキャンを行っていると考えられます。";
}

std::string in_japanese(const Episode& episode) {
  const std::string packets = format_count(episode.packets);
  switch (episode.kind) {
    case Kind::under_attack:
      return fmt::format(
          "第三者が送信元を偽って送ったパケットへの応答を{}個観測しました。このアドレスはフラッド"
          "攻撃の標的であり、感染ではないと考えられます。",
          packets);
    case Kind::misconfiguration:
      return fmt::format(
          "一つの未使用アドレスの一つのサービス宛てに、ゆっくりと続けて送られたパケットを{}個"
          "観測しました。設定に、誤ったアドレスまたは古いアドレスが残っていると考えられます。",
          packets);
    case Kind::external:
    case Kind::internal:
      break;
  }
  return scan_in_japanese(episode, packets);
}

}  // namespace

std::string explanation_of(const Episode& episode, Language language) {
  const bool japanese = language == Language::japanese;
  std::string text = japanese ? in_japanese(episode) : in_english(episode);
  if (episode.packets != 1) return text;
  return text + (japanese ? "ただし、1パケットだけでは確かなことは言えません。第三者が送信元を"
                            "偽った可能性があります。"
                          : " A single packet proves little: its source may have been forged by "
                            "somebody else.");
}

std::string_view protocol_name(uint8_t protocol) {
  switch (protocol) {
    case icmp:
      return "icmp";
    case tcp:
      return "tcp";
    case udp:
      return "udp";
    default:
      return "";
  }
}

bool has_port(const Service& service) { return service.protocol == tcp || service.protocol == udp; }

std::string service_text(const Service& service) {
  if (has_port(service)) return fmt::format("{}/{}", service.port, protocol_name(service.protocol));
  return service.protocol == icmp ? "icmp" : "other";
}

std::string_view tool_text(Tool tool) {
  static constexpr std::array<std::string_view, model::tool_count> names = {
      "", "Mirai", "ZMap", "masscan", "masscan (2023)", "Nmap", "Unicornscan"};
  return names[static_cast<size_t>(tool)];
}

Timestamp to_second(Timestamp time) { return time.floor(Duration::seconds(1)); }

}  // namespace yagura::warning
