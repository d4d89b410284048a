// SPDX-License-Identifier: Apache-2.0
//
// The sentences of mails to members, in each language. Private to notice_text.cc. Constants.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "model/language.h"

namespace yagura::warning {

// What the reader is asked to do, which depends on more than the kind.
enum class Advice : uint8_t { search, spreading, mirai, single, attack, setting };
inline constexpr size_t advice_count = 6;

// Lists of changes, severities and kinds are indexed by their numbers, 0 being none. What stands in
// the place of {0} and the following is named behind.
struct MailWords {
  std::string_view to;                          // member
  std::array<std::string_view, 4> one_subject;  // severity, address, what it did
  std::array<std::string_view, 5> did;
  std::string_view many_subject;  // how many, highest severity, member
  std::string_view test_subject;

  std::string_view test;
  std::string_view intro_one;
  std::string_view intro_many;                 // how many
  std::array<std::string_view, 5> what_kinds;  // of warnings there are
  std::array<std::string_view, 5> kinds, short_kinds;
  std::array<std::string_view, 4> severities;

  std::array<std::string_view, 4> one_heading;   // number of the warning
  std::array<std::string_view, 4> many_heading;  // how many
  std::string_view address, what, kind, severity, first, last, packets, services, attacked, tool;
  std::string_view more;  // how many
  std::string_view short_last;
  std::string_view left_out, beyond;

  std::string_view why, to_do, about;
  std::string_view one_ended, many_ended;  // what follows for the reader
  std::array<std::string_view, advice_count> advice_headings;
  std::array<std::vector<std::string_view>, advice_count> advice;
  std::string_view no_dark_address, quote;  // the latter: the notice's id
};

const MailWords& mail_words(model::Language language);

}  // namespace yagura::warning
