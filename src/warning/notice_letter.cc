// SPDX-License-Identifier: Apache-2.0
#include "warning/notice_letter.h"

#include <algorithm>

#include "model/contact_target.h"
#include "notify/mail_message.h"
#include "notify/syslog_text.h"
#include "warning/exchange_formats.h"
#include "warning/notice_text.h"

namespace yagura::warning {
namespace {

using model::Channel;

bool has_kind(const Notice& notice, bool under_attack) {
  return std::any_of(notice.told.begin(), notice.told.end(), [&](const Told& told) {
    return (told.episode.kind == Kind::under_attack) == under_attack;
  });
}

std::string mail_of(const Notice& notice, const state::Contact& contact, std::string_view mailbox,
                    const LetterOptions& options) {
  notify::MailMessage mail;
  mail.from = options.from;
  mail.to = mailbox;
  mail.message_id = notice.id;
  mail.subject = subject_of(notice, contact.language);
  mail.date = notice.made;
  mail.language = contact.language;
  mail.text = text_of(notice, contact.language);
  mail.attachments.push_back({"warning.xml", "application/xml", xml_of(notice, contact.language)});
  if (has_kind(notice, false))
    mail.attachments.push_back(
        {"event4_honeypot_darknet.csv", "text/csv", shadowserver_darknet_csv(notice.told)});
  if (has_kind(notice, true))
    mail.attachments.push_back(
        {"event4_honeypot_ddos_target.csv", "text/csv", shadowserver_ddos_target_csv(notice.told)});
  return notify::mail_text(mail);
}

notify::SyslogSeverity syslog_severity(const Told& told) {
  if (told.change == Change::ended) return notify::SyslogSeverity::informational;
  switch (severity_of(told.episode)) {
    case Severity::high:
      return notify::SyslogSeverity::critical;
    case Severity::medium:
      return notify::SyslogSeverity::warning;
    case Severity::low:
      break;
  }
  return notify::SyslogSeverity::notice;
}

std::string syslog_of(const Notice& notice, const state::Contact& contact,
                      const LetterOptions& options) {
  std::string lines;
  const auto add = [&](notify::SyslogSeverity severity, std::string text) {
    lines += notify::syslog_line({severity, notice.made, options.host, notice.id, std::move(text)});
    lines += '\n';
  };
  const CefOptions cef{YAGURA_VERSION, contact.language};
  for (const Told& told : notice.told) add(syslog_severity(told), cef_line(told, notice, cef));
  if (notice.test) add(notify::SyslogSeverity::informational, cef_test_line(notice, cef));
  return lines;
}

}  // namespace

Result<state::Letter> letter_of(const Notice& notice, const state::Contact& contact,
                                const LetterOptions& options) {
  TRY(const auto target, model::ContactTarget::parse(contact.target));
  state::Letter letter;
  letter.contact = contact.id;
  letter.message_id = notice.id;
  letter.subject = subject_of(notice, contact.language);
  letter.made = letter.next = notice.made;
  letter.expires = notice.made + options.expiry;
  if (target.channel == Channel::mail)
    letter.body = mail_of(notice, contact, target.address, options);
  else if (target.channel == Channel::webhook)
    letter.body = json_of(notice, contact.language);
  else
    letter.body = syslog_of(notice, contact, options);
  return letter;
}

}  // namespace yagura::warning
