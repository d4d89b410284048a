// SPDX-License-Identifier: Apache-2.0
//
// For tests: what is in an outcome, and what a rule refused.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "state/outcome.h"

namespace yagura::state {

// The value of an outcome; the test fails with its error if there is none.
template <typename T>
T value(Outcome<T> outcome) {
  EXPECT_TRUE(outcome) << outcome.error().message();
  return outcome ? std::move(*outcome) : T{};
}
inline void succeeded(const Outcome<void>& outcome) {
  EXPECT_TRUE(outcome) << outcome.error().message();
}
// Why a rule refused it; the test fails if none of that kind did.
template <typename T>
std::string refused(StateError::Kind kind, const Outcome<T>& outcome) {
  if (outcome) {
    ADD_FAILURE() << "was not refused";
    return "";
  }
  EXPECT_EQ(static_cast<int>(outcome.error().kind()), static_cast<int>(kind))
      << outcome.error().message();
  return outcome.error().message();
}

}  // namespace yagura::state
