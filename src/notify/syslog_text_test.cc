// SPDX-License-Identifier: Apache-2.0
#include "notify/syslog_text.h"

#include <gtest/gtest.h>

namespace yagura::notify {
namespace {

TEST(SyslogLine, IsOfRfc5424) {
  EXPECT_EQ(syslog_line({SyslogSeverity::critical, Timestamp{1'767'268'800'900'000'000},
                         "a.example", "7f", "CEF:0|x"}),
            "<130>1 2026-01-01T12:00:00Z a.example yagura - 7f - \xEF\xBB\xBF"
            "CEF:0|x");
}

TEST(SyslogLine, StaysOneLineWithWholeFields) {
  EXPECT_EQ(syslog_line({SyslogSeverity::notice, Timestamp{}, "", "a b\n", "one\r\ntwo"}),
            "<133>1 1970-01-01T00:00:00Z - yagura - a_b_ - \xEF\xBB\xBF"
            "one  two");
}

TEST(SyslogFrames, CountOctets) {
  EXPECT_EQ(syslog_frames("abc\n\xE3\x81\x82\n"), "3 abc3 \xE3\x81\x82");
  EXPECT_EQ(syslog_frames("\nabc"), "3 abc");
  EXPECT_EQ(syslog_frames(""), "");
}

}  // namespace
}  // namespace yagura::notify
