// SPDX-License-Identifier: Apache-2.0
//
// For tests that need the real engine: a store in a folder of its own, open for one test suite.
#pragma once

#include <gtest/gtest.h>

#include <cstdio>
#include <memory>
#include <optional>

#include "base/result_for_tests.h"
#include "base/temporary_folder_for_tests.h"
#include "store/chdb_abi.h"
#include "store/engine.h"
#include "store/schema.h"

namespace yagura::store {

class StoreTest : public testing::Test {
 protected:
  static constexpr uint64_t memory_ceiling = 400'000'000;

  static void SetUpTestSuite() {
    if (const auto library = chdb::load({}); !library) {
      why_not() = library.error().message();
      return;
    }
    folder().emplace();
    auto opened = open_embedded(
        {.folder = folder()->path(), .memory_ceiling_bytes = memory_ceiling, .library = {}});
    ASSERT_TRUE(opened) << opened.error().message();
    engine() = std::move(*opened);
  }
  // libchdb must be closed before main ends.
  static void TearDownTestSuite() {
    engine().reset();
    folder().reset();
  }

  void SetUp() override {
    if (engine() == nullptr) {
      std::fprintf(stderr, "SKIPPED, NOT TESTED: %s\n", why_not().c_str());
      GTEST_SKIP() << why_not();
    }
    connection_ = value(engine()->connect());
    succeeded(migrate(*connection_));
  }

  static std::unique_ptr<Engine>& engine() {
    static std::unique_ptr<Engine> the_engine;
    return the_engine;
  }
  static std::optional<TemporaryFolder>& folder() {
    static std::optional<TemporaryFolder> the_folder;
    return the_folder;
  }
  Connection& connection() { return *connection_; }

  uint64_t number(const std::string& sql, const Parameters& parameters = {}) {
    const Block block = value(connection_->query(sql, parameters));
    EXPECT_EQ(block.rows, 1u) << sql;
    return block.rows == 1 ? block.columns[0].unsigned_at(0) : 0;
  }

 private:
  static std::string& why_not() {
    static std::string reason;
    return reason;
  }
  std::unique_ptr<Connection> connection_;
};

}  // namespace yagura::store
