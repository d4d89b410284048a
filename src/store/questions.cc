// SPDX-License-Identifier: Apache-2.0
#include "store/questions.h"

#include <fmt/format.h>

namespace yagura::store {

Result<void> cancel_questions(Engine& engine) {
  TRY(const auto connection, engine.connect());  // without the mark: this query is none of them
  return connection->execute(
      fmt::format("KILL QUERY WHERE Settings['log_comment'] = '{}' ASYNC", question_mark));
}

}  // namespace yagura::store
