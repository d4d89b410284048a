// SPDX-License-Identifier: Apache-2.0
#include "model/contact_target.h"

#include <gmock/gmock.h>

#include "base/result_for_tests.h"

namespace yagura::model {
namespace {

TEST(ContactTarget, IsAMailboxAWebhookOrASyslogServer) {
  const std::pair<std::string_view, ContactTarget> cases[] = {
      {"mailto:soc@city.example", {Channel::mail, "soc@city.example"}},
      {"mailto:o'neil+x@a-b.example", {Channel::mail, "o'neil+x@a-b.example"}},
      {"https://hooks.example/a?b=c", {Channel::webhook, "https://hooks.example/a?b=c"}},
      {"http://[2001:db8::1]:8080/", {Channel::webhook, "http://[2001:db8::1]:8080/"}},
      {"syslog+tls://log.example:6514", {Channel::syslog_tls, "log.example:6514"}},
      {"syslog+tcp://[::1]:601", {Channel::syslog_tcp, "[::1]:601"}},
      {"syslog+udp://192.0.2.1:514", {Channel::syslog_udp, "192.0.2.1:514"}}};
  for (const auto& [text, expected] : cases) EXPECT_EQ(value(ContactTarget::parse(text)), expected);
}

TEST(ContactTarget, RefusesWhatAServerCouldMisunderstand) {
  for (const std::string_view text : {"",
                                      "soc@city.example",
                                      "mailto:",
                                      "mailto:a@b@",
                                      "mailto:a@b\r\nRCPT TO:<x@y>",
                                      "mailto:a b@c.example",
                                      "mailto:a@b>,<c@d",
                                      "mailto:\"a\"@b.example",
                                      "mailto:.a@b.example",
                                      "mailto:a@-b.example",
                                      "ftp://a/",
                                      "https://",
                                      "https://user:secret@host/",
                                      "https://h/#x",
                                      "https://h/<x>",
                                      "https://h:0/",
                                      "https://h:99999/",
                                      "file:///etc/passwd",
                                      "syslog+tls://host",
                                      "syslog+tls://host:6514/x",
                                      "syslog://host:1",
                                      "https://a\x01/",
                                      "https://\xe3\x81\x82/"}) {
    EXPECT_FALSE(ContactTarget::parse(text)) << text;
  }
  EXPECT_TRUE(ContactTarget::parse("https://h/" + std::string(490, 'x')));
  EXPECT_FALSE(ContactTarget::parse("https://h/" + std::string(491, 'x')));
}

TEST(ContactTarget, IsShownWithoutThePathOfAWebhook) {
  EXPECT_EQ(shown_target("https://hooks.example/secret?x"), "https://hooks.example/...");
  EXPECT_EQ(shown_target("https://hooks.example"), "https://hooks.example");
  EXPECT_EQ(shown_target("mailto:soc@city.example"), "mailto:soc@city.example");
}

}  // namespace
}  // namespace yagura::model
