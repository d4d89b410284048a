// SPDX-License-Identifier: Apache-2.0
//
// For tests: what is in a result, or a failure of the test.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "base/result.h"

namespace yagura {

// The value of a result; the test fails with its error if there is none.
template <typename T>
T value(Result<T> result) {
  EXPECT_TRUE(result) << result.error().message();
  return result ? std::move(*result) : T{};
}

inline void succeeded(const Result<void>& result) {
  EXPECT_TRUE(result) << result.error().message();
}

// Empty if the result is no error.
template <typename T>
std::string error_of(const Result<T>& result) {
  return result ? "" : result.error().message();
}

}  // namespace yagura
