// SPDX-License-Identifier: Apache-2.0
//
// Where notices go, written as a URI:
//   mailto:soc@city.example            e-mail
//   https://hooks.example/yagura       a webhook; http:// too
//   syslog+tls://log.example:6514      syslog, RFC 5425; syslog+tcp:// (RFC 6587), syslog+udp://
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace yagura::model {

enum class Channel : uint8_t { mail, webhook, syslog_tls, syslog_tcp, syslog_udp };
inline constexpr std::array<std::string_view, 5> channel_names = {"mail", "webhook", "syslog+tls",
                                                                  "syslog+tcp", "syslog+udp"};
constexpr bool is_syslog(Channel channel) { return channel >= Channel::syslog_tls; }

struct ContactTarget {
  Channel channel = Channel::mail;
  std::string address;  // of mail the mailbox, of a webhook the URL, of syslog "host:port"
  bool operator==(const ContactTarget&) const = default;

  // Fails on what is none of these, on more than 500 bytes, on names and passwords in a URL, and on
  // every character beyond printable ASCII.
  static Result<ContactTarget> parse(std::string_view text);
};

// A target as it is shown to those who only look: the path of a webhook is left out, since who
// knows it can often write there.
std::string shown_target(const std::string& target);

}  // namespace yagura::model
