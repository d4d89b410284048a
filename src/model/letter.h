// SPDX-License-Identifier: Apache-2.0
//
// A notice on its way to one contact: as the outbox keeps it and as it is sent.
#pragma once

#include <cstdint>
#include <string>

#include "base/time.h"

namespace yagura::model {

enum class LetterState : uint8_t { waiting = 1, sent = 2, dead = 3 };

struct Letter {
  int64_t id = 0;
  int64_t contact = 0;
  std::string message_id;
  std::string subject;  // for people who look at the outbox
  std::string body;     // all that is sent
  LetterState state = LetterState::waiting;
  Timestamp made, next, expires;  // next: not tried before
  uint64_t attempts = 0;
  std::string error;  // why it was not sent the last time
  // Of its contact.
  std::string target, secret, member;
};

}  // namespace yagura::model
