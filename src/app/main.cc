// SPDX-License-Identifier: Apache-2.0
#include <csignal>

#include "app/session.h"
#include "store/engine.h"

int main(int count, char** arguments) {
  // A reader that closes the pipe shows as a failed write, which Output understands.
  std::signal(SIGPIPE, SIG_IGN);
  yagura::store::keep_freed_memory();
  return static_cast<int>(
      yagura::app::run_program(std::vector<std::string>(arguments + 1, arguments + count)));
}
