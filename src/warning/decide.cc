// SPDX-License-Identifier: Apache-2.0
#include "warning/decide.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <vector>

#include "base/bytes.h"
#include "model/quiet_hours.h"
#include "state/members.h"
#include "state/outbox.h"
#include "state/telling.h"
#include "warning/kept.h"

namespace yagura::warning {
namespace {

// While a digest waits for the end of quiet hours or of a mute, it is looked at this often.
constexpr Duration held_look = Duration::minutes(1);

std::string notice_id(const Notice& notice, int64_t contact) {
  ByteWriter words;
  words.put(contact);
  words.put(notice.made.nanoseconds);
  for (const Told& told : notice.told) {
    words.put(told.warning);
    words.put(static_cast<uint8_t>(told.change));
  }
  const XXH128_hash_t hash = XXH3_128bits(words.bytes().data(), words.bytes().size());
  return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

// One contact and what it is due.
class Decision {
 public:
  Decision(state::Database& database, const DecideOptions& options, state::ContactNotices notices,
           Timestamp now)
      : database_(database), options_(options), notices_(std::move(notices)), now_(now) {}

  // Whether a notice was made.
  Result<bool> decide() {
    TRY(const auto quiet, model::QuietHours::parse(notices_.contact.quiet));
    least_severity_ = static_cast<uint8_t>(quiet.hold(now_) ? Severity::medium : Severity::low);
    const bool digest = notices_.next_digest && *notices_.next_digest <= now_;
    if (notices_.last && now_ - *notices_.last < spacing()) return false;
    TRY_VOID(take_backlog());
    if (digest) TRY_VOID(take_open());
    if (notice_.told.empty()) {
      if (digest) TRY_VOID(put_off());
      return false;
    }
    TRY_VOID(post());
    return true;
  }

 private:
  Duration spacing() const { return std::max(notices_.spacing, options_.spacing); }

  Result<void> add(const state::Warning& warning, Change change) {
    TRY(Told told, told_of(warning, change, options_.places));
    notice_.told.push_back(std::move(told));
    return {};
  }

  Result<void> take_backlog() {
    TRY(const auto untold,
        state::backlog(database_, notices_.contact, least_severity_, now_, Notice::most_told));
    for (const state::Untold& each : untold)
      TRY_VOID(add(each.warning, static_cast<Change>(each.change)));
    return {};
  }

  Result<void> take_open() {
    const size_t room = Notice::most_told - notice_.told.size();
    TRY(const auto open, state::known_open(database_, notices_.contact, least_severity_, now_,
                                           Notice::most_told + 1));
    for (size_t i = 0; i < open.size(); ++i) {
      if (i < room)
        TRY_VOID(add(open[i], Change::continues));
      else
        ++notice_.left_out;
    }
    return {};
  }

  // Nothing to tell now: what goes on is low in quiet hours or muted, and waits; where nothing does
  // there is no digest until something begins.
  Result<void> put_off() {
    notices_.next_digest.reset();
    TRY(const bool goes_on, state::has_open(database_, notices_.contact.member));
    if (goes_on) notices_.next_digest = now_ + held_look;
    return state::update_notices(database_, notices_);
  }

  Result<void> post() {
    std::stable_sort(notice_.told.begin(), notice_.told.end(), [](const Told& a, const Told& b) {
      return std::pair(a.change, severity_of(b.episode)) <
             std::pair(b.change, severity_of(a.episode));
    });
    TRY(const auto member, state::find_member(database_, notices_.contact.member));
    CHECK(member.has_value());
    notice_.member = member->name;
    notice_.made = now_;
    notice_.id = notice_id(notice_, notices_.contact.id);
    TRY(const state::Letter letter, letter_of(notice_, notices_.contact, options_.letter));
    TRY_VOID(state::post_letter(database_, letter));
    std::vector<int64_t> numbers;
    for (const Told& told : notice_.told) numbers.push_back(told.warning);
    TRY_VOID(state::told(database_, notices_.contact.id, numbers));
    const bool busy = notices_.last && now_ - *notices_.last < spacing() + spacing();
    notices_.spacing = busy ? std::min(spacing() + spacing(), options_.most_spacing) : Duration{};
    notices_.last = now_;
    const bool digest_due = !notices_.next_digest || *notices_.next_digest <= now_;
    if (digest_due) notices_.next_digest = now_ + options_.digest_interval;
    return state::update_notices(database_, notices_);
  }

  state::Database& database_;
  const DecideOptions& options_;
  state::ContactNotices notices_;
  Timestamp now_;
  uint8_t least_severity_ = 0;
  Notice notice_;
};

}  // namespace

Result<uint64_t> decide_notices(state::Database& database, const DecideOptions& options,
                                Timestamp now) {
  TRY(const bool anything, state::has_to_tell(database, now));
  if (!anything) return 0;
  uint64_t made = 0;
  TRY_VOID(database.transaction([&]() -> Result<void> {
    TRY_VOID(state::fill_backlogs(database, now));
    TRY(auto due, state::contacts_to_tell(database, now));
    for (state::ContactNotices& each : due) {
      TRY(const bool noticed, Decision(database, options, std::move(each), now).decide());
      made += noticed ? 1 : 0;
    }
    return {};
  }));
  return made;
}

Result<void> post_test_notice(state::Database& database, const state::Contact& contact,
                              const LetterOptions& options, Timestamp now) {
  TRY(const auto member, state::find_member(database, contact.member));
  if (!member) return failure("the contact's member is gone");
  Notice notice;
  notice.member = member->name;
  notice.made = now;
  notice.test = true;
  notice.id = fmt::format("{}{}", test_prefix, notice_id(notice, contact.id));
  TRY(const state::Letter letter, letter_of(notice, contact, options));
  return state::post_letter(database, letter);
}

}  // namespace yagura::warning
