// SPDX-License-Identifier: Apache-2.0
//
// Decides what members are told, and when.
//
// Each contact is told once that a warning began and once that it ended, and what goes on in a
// digest now and then. The first notice goes at once; what happens within `spacing` of one comes
// together in the next, and while that goes on the spacing doubles, so that neither one address
// with many packets nor many addresses make many notices. A warning
// that becomes more severe than it was told makes the digest due. Warnings of low severity wait
// while a contact's quiet hours last, those of muted addresses while they are muted.
//
// All is decided from what state.db says, and in the transaction that writes it there, so a crash
// loses and repeats nothing. Time is that of the clock, not of packets.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "enrich/places.h"
#include "state/database.h"
#include "warning/notice_letter.h"

namespace yagura::warning {

struct DecideOptions {
  Duration spacing = Duration::minutes(5), most_spacing = Duration::hours(1);
  Duration digest_interval = Duration::days(1);
  LetterOptions letter;
  const enrich::Places* places = nullptr;  // outlives what it is used for
};

// Puts the notices that are due into the outbox; returns how many.
Result<uint64_t> decide_notices(state::Database& database, const DecideOptions& options,
                                Timestamp now);

// Puts a test notice to one contact into the outbox; its message id begins with `test_prefix`.
inline constexpr std::string_view test_prefix = "test-";
Result<void> post_test_notice(state::Database& database, const state::Contact& contact,
                              const LetterOptions& options, Timestamp now);

}  // namespace yagura::warning
