// SPDX-License-Identifier: Apache-2.0
//
// Standard output, with its failures: a reader that has seen enough (| head) is no error, a full
// disk is. One per process, or one per question that is answered for another process
// (owner_socket.h); not thread-safe.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace yagura::app {

class Output {
 public:
  using Sink = std::function<Result<void>(std::string_view)>;

  explicit Output(int descriptor = 1) : descriptor_(descriptor) {}
  // Hands on what is written; `width` is that of the terminal where it ends up, 0 = none.
  Output(Sink sink, size_t width) : descriptor_(-1), sink_(std::move(sink)), sink_width_(width) {}

  // Once the reader has gone, everything further is dropped and `closed()` says so.
  Result<void> write(std::string_view text);
  bool closed() const { return closed_; }

  // Of the terminal it leads to, for the layout of tables; elsewhere `otherwise`. Never under 60.
  size_t width(size_t otherwise = 100) const;
  // The same, 0 where it leads to no terminal.
  size_t terminal_width() const;

 private:
  int descriptor_;
  Sink sink_;
  size_t sink_width_ = 0;
  bool closed_ = false;
};

// True if people look at standard error.
bool error_is_terminal();
// Writes to standard error; what goes wrong there can be told to nobody.
void write_error(std::string_view text);

}  // namespace yagura::app
