// SPDX-License-Identifier: Apache-2.0
#include "app/post_office.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "state/outbox.h"

namespace yagura::app {

PostOffice::PostOffice(state::Database& database, std::unique_ptr<notify::Sender> sender,
                       PostOfficeOptions options)
    : database_(database), sender_(std::move(sender)), options_(options) {}

// Those due are looked through beyond what can be sent at once, so that many to a host that does
// not answer hold up no others.
Result<void> PostOffice::start_due(Timestamp now) {
  constexpr int64_t looked_through = 2'000;
  if (sender_->is_full()) return {};
  TRY(const auto due, state::due_letters(database_, now, looked_through));
  for (const state::Letter& letter : due) {
    if (sender_->is_full()) break;
    const bool noted =
        std::any_of(done_.begin(), done_.end(),
                    [&](const notify::Delivery& delivery) { return delivery.letter == letter.id; });
    if (noted || sender_->is_sending(letter.id) ||
        sender_->beside(letter) >= notify::Sender::most_a_host)
      continue;
    TRY(const auto whole, state::find_letter(database_, letter.id));
    if (whole) sender_->start(*whole, now);
  }
  return {};
}

Result<void> PostOffice::write_down(const notify::Delivery& delivery, Timestamp now) {
  if (delivery.sent) return state::letter_sent(database_, delivery.letter);
  TRY(const auto letter, state::find_letter(database_, delivery.letter));
  if (!letter) return {};  // its contact was deleted in between
  if (delivery.refused) return state::letter_dead(database_, delivery.letter, delivery.error);
  Duration wait = options_.first_wait;
  for (uint64_t i = 0; i < letter->attempts && wait < options_.most_wait; ++i) wait = wait + wait;
  const Timestamp next = now + std::min(wait, options_.most_wait);
  if (next > letter->expires)
    return state::letter_dead(database_, delivery.letter,
                              fmt::format("given up: {}", delivery.error));
  return state::letter_failed(database_, delivery.letter, delivery.error, next);
}

Result<void> PostOffice::work(Timestamp now, Duration most) {
  TRY_VOID(start_due(now));
  for (notify::Delivery& delivery : sender_->wait(now, most)) done_.push_back(std::move(delivery));
  if (done_.empty()) return {};
  TRY_VOID(database_.transaction([&]() -> Result<void> {
    for (const notify::Delivery& delivery : done_) TRY_VOID(write_down(delivery, now));
    return {};
  }));
  for (const notify::Delivery& delivery : done_) {
    ++(delivery.sent ? sent_ : failed_);
    if (!delivery.sent)
      log_warning(fmt::format("sending notice {}: {}", delivery.letter, delivery.error));
  }
  done_.clear();
  return {};
}

}  // namespace yagura::app
