// SPDX-License-Identifier: Apache-2.0
//
// Standard output, with its failures: a reader that has seen enough (| head) is no error, a full
// disk is. One per process; not thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace yagura::app {

class Output {
 public:
  explicit Output(int descriptor = 1) : descriptor_(descriptor) {}

  // Once the reader has gone, everything further is dropped and `closed()` says so.
  Result<void> write(std::string_view text);
  bool closed() const { return closed_; }

  // Of the terminal it leads to, for the layout of tables; elsewhere `otherwise`. Never under 60.
  size_t width(size_t otherwise = 100) const;

 private:
  int descriptor_;
  bool closed_ = false;
};

// True if people look at standard error.
bool error_is_terminal();
// Writes to standard error; what goes wrong there can be told to nobody.
void write_error(std::string_view text);

}  // namespace yagura::app
