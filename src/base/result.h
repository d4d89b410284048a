// SPDX-License-Identifier: Apache-2.0
//
// How Yagura speaks of failure.
//
// Trouble that comes from outside (a file, a packet, a setting, the store) is a value, `Result<T>`,
// passed up with `TRY` and given context on the way with `within`. A broken invariant of our own is
// `CHECK`: it stays on in release builds, says where, and aborts.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace yagura {

// What failed, on what, why, and what to do: one line for a person, lower case, no full stop.
// `message()` reads outermost context first: "reading a.pcap: offset 24: not a capture".
class Error {
 public:
  explicit Error(std::string message) : message_(std::move(message)) {}

  const std::string& message() const { return message_; }

  // The same error, said to have happened while doing `context`.
  Error within(std::string_view context) const {
    std::string message(context);
    message += ": ";
    message += message_;
    return Error(std::move(message));
  }

 private:
  std::string message_;
};

template <typename T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> failure(std::string message) {
  return tl::unexpected<Error>(Error(std::move(message)));
}
inline tl::unexpected<Error> failure(Error error) {
  return tl::unexpected<Error>(std::move(error));
}

// `result`, its error (if any) put within `context`.
template <typename T>
Result<T> within(std::string_view context, Result<T> result) {
  if (!result) return failure(result.error().within(context));
  return result;
}

// The text of `errno` value `code`, thread-safe.
std::string errno_text(int code);

namespace internal {
[[noreturn]] void check_failed(const char* condition, const char* file, int line);
}

}  // namespace yagura

#define YAGURA_CONCAT_(a, b) a##b
#define YAGURA_CONCAT(a, b) YAGURA_CONCAT_(a, b)
#define YAGURA_TRY_(temporary, target, expression)                        \
  auto temporary = (expression);                                          \
  if (!temporary) return ::yagura::failure(std::move(temporary).error()); \
  target = std::move(*temporary)

// `TRY(auto x, f());` gives x the value of f(), or returns f()'s error from this function.
#define TRY(target, expression) \
  YAGURA_TRY_(YAGURA_CONCAT(try_result_, __COUNTER__), target, expression)

// `TRY_VOID(f());` the same for a function that returns Result<void>.
#define YAGURA_TRY_VOID_(temporary, expression)                             \
  do {                                                                      \
    auto temporary = (expression);                                          \
    if (!temporary) return ::yagura::failure(std::move(temporary).error()); \
  } while (false)
#define TRY_VOID(expression) YAGURA_TRY_VOID_(YAGURA_CONCAT(try_result_, __COUNTER__), expression)

#define CHECK(condition)                                                \
  do {                                                                  \
    if (!(condition)) [[unlikely]]                                      \
      ::yagura::internal::check_failed(#condition, __FILE__, __LINE__); \
  } while (false)
