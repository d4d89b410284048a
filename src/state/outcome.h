// SPDX-License-Identifier: Apache-2.0
//
// Errors that tell a rule's refusal from trouble.
//
// A name that is taken is for the person who asked to mend; a disk that is full is not. Functions
// that may refuse return an Outcome: its StateError is an Error that also says which it was. TRY
// passes it on, from an Outcome function with its kind, from a Result function as a plain Error.
// Whatever the kind, nothing was changed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <utility>

#include "base/result.h"
#include "state/database.h"

namespace yagura::state {

class StateError : public Error {
 public:
  enum class Kind : uint8_t {
    trouble,   // no rule: the disk, the memory, a damaged file
    invalid,   // what was given can never be accepted
    conflict,  // it cannot be done as things are
    absent,    // what it is about does not exist
  };

  // Implicit, so that TRY can pass on the error of a Result.
  StateError(Error error)  // NOLINT(google-explicit-constructor)
      : Error(std::move(error)) {}
  StateError(Kind kind, std::string message) : Error(std::move(message)), kind_(kind) {}

  Kind kind() const { return kind_; }

 private:
  Kind kind_ = Kind::trouble;
};

template <typename T>
using Outcome = tl::expected<T, StateError>;

inline tl::unexpected<StateError> refusal(StateError::Kind kind, std::string message) {
  return tl::unexpected<StateError>(StateError(kind, std::move(message)));
}

// Database::transaction for work that may refuse.
template <typename Work>
Outcome<void> transaction(Database& database, const Work& work) {
  Outcome<void> outcome;
  const Result<void> done = database.transaction([&]() -> Result<void> {
    outcome = work();
    if (!outcome) return tl::unexpected<Error>(outcome.error());
    return {};
  });
  if (!done && (outcome || outcome.error().kind() == StateError::Kind::trouble)) {
    return tl::unexpected<StateError>(done.error());
  }
  return outcome;
}

}  // namespace yagura::state

namespace yagura {

// What TRY calls; with it a StateError keeps its kind on the way.
inline tl::unexpected<state::StateError> failure(state::StateError error) {
  return tl::unexpected<state::StateError>(std::move(error));
}

}  // namespace yagura
