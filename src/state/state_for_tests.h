// SPDX-License-Identifier: Apache-2.0
//
// For tests of this room: a state.db in a folder of its own that can be closed and opened again.
#pragma once

#include <gtest/gtest.h>

#include <memory>

#include "base/result_for_tests.h"
#include "base/temporary_folder_for_tests.h"
#include "state/database.h"

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

}  // namespace yagura::state
