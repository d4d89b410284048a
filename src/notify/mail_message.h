// SPDX-License-Identifier: Apache-2.0
//
// Writes a mail as it goes over the wire: RFC 5322 with MIME (RFC 2045-2047), every text in UTF-8.
// Pure.
#pragma once

#include <string>
#include <vector>

#include "base/time.h"
#include "model/language.h"

namespace yagura::notify {

struct Attachment {
  std::string name;     // printable ASCII without quotes
  std::string type;     // "text/csv"
  std::string content;  // UTF-8
};

struct MailMessage {
  std::string from, to;    // mailboxes
  std::string message_id;  // left part: [A-Za-z0-9.-]+; the right one is the domain of `from`
  std::string subject;
  Timestamp date;
  model::Language language = model::Language::english;
  std::string text;
  std::vector<Attachment> attachments;
};

// The lines end in CRLF; no line is longer than 998 bytes, whatever is in the message.
std::string mail_text(const MailMessage& message);

}  // namespace yagura::notify
