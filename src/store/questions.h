// SPDX-License-Identifier: Apache-2.0
//
// Ending what people asked of the store and do not wait for any longer. Thread-safe.
#pragma once

#include <string_view>

#include "base/result.h"
#include "store/engine.h"

namespace yagura::store {

// A connection whose setting log_comment is this is for questions; read-only ones have it.
inline constexpr std::string_view question_mark = "question";

// Asks every query to end that runs on a connection for questions. Returns at once; they fail soon
// after. What is written, and read in order to write, goes on.
Result<void> cancel_questions(Engine& engine);

}  // namespace yagura::store
