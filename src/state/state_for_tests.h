// SPDX-License-Identifier: Apache-2.0
//
// For tests of this room: a state.db in a folder of its own that can be closed and opened again.
#pragma once

#include <gtest/gtest.h>

#include <memory>

#include "state/database.h"
#include "state/temporary_folder.h"

namespace yagura::state {

class StateTest : public testing::Test {
 protected:
  StateTest() { reopen(); }

  // As after a crash: what was not committed is gone.
  void reopen() {
    database_.reset();
    auto opened = Database::open(file());
    ASSERT_TRUE(opened) << opened.error().message();
    database_ = std::move(*opened);
  }
  std::filesystem::path file() const { return folder_.path() / "state.db"; }
  Database& database() { return *database_; }

 private:
  TemporaryFolder folder_;
  std::unique_ptr<Database> database_;
};

// The value of a result; the test fails with its error if there is none.
template <typename T>
T value(Result<T> result) {
  EXPECT_TRUE(result) << result.error().message();
  return result ? std::move(*result) : T{};
}
inline void succeeded(const Result<void>& result) {
  EXPECT_TRUE(result) << result.error().message();
}
template <typename T>
std::string error_of(const Result<T>& result) {
  return result ? "" : result.error().message();
}

}  // namespace yagura::state
