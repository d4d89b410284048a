// SPDX-License-Identifier: Apache-2.0
//
// For tests of this room: accounts that are quick to make.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "state/accounts.h"
#include "state/login.h"
#include "state/outcome_for_tests.h"
#include "state/state_for_tests.h"

namespace yagura::state {

inline const std::string good_password = "correct horse";
inline const IpAddress home = IpAddress::from_v4(0xc6336407);  // 198.51.100.7

inline Timestamp at(int64_t seconds) { return Timestamp::from_seconds(1'790'000'000 + seconds); }

class AccountsStateTest : public StateTest {
 protected:
  Account make(const std::string& name, Role role = Role::analyst) {
    return value(
        create_account(database(), {name, role, good_password}, at(0), PasswordCost::least()));
  }
  Account now_of(const Account& account) {
    const auto found = value(find_account(database(), account.id));
    EXPECT_TRUE(found) << account.name;
    return found.value_or(Account{});
  }
};

}  // namespace yagura::state
