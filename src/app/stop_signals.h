// SPDX-License-Identifier: Apache-2.0
//
// How a process that goes on until it is told to stop is told.
#pragma once

#include <unistd.h>

#include <csignal>
#include <initializer_list>

namespace yagura::app {

// SIGINT, SIGTERM and SIGHUP, held back from every thread that is started after it was made, so
// that the main thread can wait for one.
class StopSignals {
 public:
  StopSignals() {
    sigemptyset(&set_);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&set_, signal);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
  }
  void wait() const {
    int signal = 0;
    sigwait(&set_, &signal);
  }
  // Ends wait(), from any thread.
  static void send() { ::kill(::getpid(), SIGTERM); }

 private:
  sigset_t set_;
};

}  // namespace yagura::app
