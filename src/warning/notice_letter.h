// SPDX-License-Identifier: Apache-2.0
//
// A notice as what is sent to a contact: a mail with its files, the JSON of a webhook, or lines of
// syslog. Pure.
#pragma once

#include <string>

#include "base/result.h"
#include "state/contacts.h"
#include "state/outbox.h"
#include "warning/notice.h"

namespace yagura::warning {

struct LetterOptions {
  std::string from;                     // mailbox that mails come from
  std::string host;                     // name of this service in syslog
  Duration expiry = Duration::days(3);  // after which it is no longer tried
};

// The letter for the outbox, to be sent from `notice.made` on. Fails on a contact whose target
// cannot be read.
Result<state::Letter> letter_of(const Notice& notice, const state::Contact& contact,
                                const LetterOptions& options);

}  // namespace yagura::warning
