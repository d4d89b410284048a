// SPDX-License-Identifier: Apache-2.0
#include <malloc.h>

#include <csignal>

#include "app/session.h"

int main(int count, char** arguments) {
  // A reader that closes the pipe shows as a failed write, which Output understands.
  std::signal(SIGPIPE, SIG_IGN);
  // Buffers of the packet road are large and used again for every window: given back to the kernel
  // in between, they cost 5 % of a read in page faults.
  mallopt(M_MMAP_THRESHOLD, 32 << 20);  // the most there can be
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  return static_cast<int>(
      yagura::app::run_program(std::vector<std::string>(arguments + 1, arguments + count)));
}
