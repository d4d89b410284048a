// SPDX-License-Identifier: Apache-2.0
#include "notify/mail_message.h"

#include <gmock/gmock.h>

#include <sstream>

#include "notify/base64.h"

namespace yagura::notify {
namespace {

using testing::HasSubstr;

MailMessage message() {
  MailMessage mail;
  mail.from = "warning@yagura.example";
  mail.to = "soc@city.example";
  mail.message_id = "7f01";
  mail.subject = "A warning";
  mail.date = Timestamp::from_seconds(1'767'268'800);
  mail.text = "Hello\n";
  return mail;
}

TEST(MailText, OfAPlainMailIsThis) {
  EXPECT_EQ(mail_text(message()),
            "From: Yagura <warning@yagura.example>\r\n"
            "To: soc@city.example\r\n"
            "Subject: A warning\r\n"
            "Date: Thu, 1 Jan 2026 12:00:00 +0000\r\n"
            "Message-ID: <7f01@yagura.example>\r\n"
            "Auto-Submitted: auto-generated\r\n"
            "Content-Language: en\r\n"
            "MIME-Version: 1.0\r\n"
            "Content-Type: text/plain; charset=utf-8\r\n"
            "Content-Transfer-Encoding: base64\r\n"
            "\r\n"
            "SGVsbG8K\r\n");
}

TEST(MailText, PutsFilesBesideTheText) {
  MailMessage mail = message();
  mail.attachments.push_back({"a.csv", "text/csv", "x\n"});
  EXPECT_THAT(mail_text(mail), HasSubstr("Content-Type: multipart/mixed; boundary=\"=_7f01\"\r\n"
                                         "\r\n"
                                         "--=_7f01\r\n"
                                         "Content-Type: text/plain; charset=utf-8\r\n"
                                         "Content-Transfer-Encoding: base64\r\n"
                                         "Content-Disposition: inline\r\n"
                                         "\r\n"
                                         "SGVsbG8K\r\n"
                                         "--=_7f01\r\n"
                                         "Content-Type: text/csv; charset=utf-8\r\n"
                                         "Content-Transfer-Encoding: base64\r\n"
                                         "Content-Disposition: attachment; filename=\"a.csv\"\r\n"
                                         "\r\n"
                                         "eAo=\r\n"
                                         "--=_7f01--\r\n"));
}

TEST(MailText, EncodesWhatAHeaderCannotHoldInWholeLetters) {
  MailMessage mail = message();
  mail.subject = "x";
  for (int i = 0; i < 40; ++i) mail.subject += "\xE8\xAD\xA6";  // 警
  const std::string text = mail_text(mail);
  std::string word = "x";
  for (int i = 0; i < 12; ++i) word += "\xE8\xAD\xA6";
  EXPECT_THAT(text, HasSubstr("Subject: =?UTF-8?B?" + base64(word) + "?=\r\n =?UTF-8?B?"));
  mail.subject = "a\r\nBcc: everybody@city.example";
  EXPECT_THAT(mail_text(mail), testing::Not(HasSubstr("Bcc")));
}

TEST(MailText, HasNoLineThatAServerWouldCut) {
  MailMessage mail = message();
  mail.subject = std::string(2'000, 'x');
  mail.text = std::string(100'000, 'y');
  mail.attachments.push_back({"a.xml", "application/xml", std::string(100'000, 'z')});
  std::istringstream lines(mail_text(mail));
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 78u);
}

}  // namespace
}  // namespace yagura::notify
