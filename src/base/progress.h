// SPDX-License-Identifier: Apache-2.0
//
// How far a long command is: on a terminal one line that is drawn again twice a second, elsewhere a
// plain line every ten seconds. Written to standard error, so that results can be piped.
//
// Not thread-safe. The time since the start is given by the caller, so that it can be tested.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace yagura {

struct ProgressState {
  uint64_t done = 0;   // bytes of the inputs
  uint64_t total = 0;  // 0 = unknown (standard input)
  uint64_t items = 0;  // packets so far
  Duration elapsed;    // since the start
};

// "reading [=======>      ]  52 %  1,234,567 packets  2.1 M/s  1 min 5 s left"
std::string progress_line(std::string_view action, std::string_view items_name,
                          const ProgressState& state, size_t width);

class Progress {
 public:
  struct Options {
    std::string action = "reading";
    std::string items_name = "packets";
    bool terminal = false;
    size_t width = 80;
  };
  using Sink = std::function<void(std::string_view)>;

  Progress(Options options, Sink sink);

  // Cheap enough to be called with every batch.
  void update(const ProgressState& state);
  // Clears the line on a terminal.
  void finish();

 private:
  Options options_;
  Sink sink_;
  Duration next_;
  bool drawn_ = false;
};

}  // namespace yagura
