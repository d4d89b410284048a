// SPDX-License-Identifier: Apache-2.0
//
// Threads that read beside the one that answers a question, each with a connection of its own: a
// question that needs several readings gets them at the same time.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "base/result.h"
#include "store/engine.h"

namespace yagura::store {

// Thread-safe. Made and destroyed in the thread that opens and closes connections (engine.h).
class Readers {
 public:
  // What a job touches it shares with no other that runs at the same time.
  using Job = std::function<Result<void>(Connection&)>;

  // A thread for each connection.
  explicit Readers(std::vector<std::unique_ptr<Connection>> connections);
  ~Readers();
  Readers(const Readers&) = delete;
  Readers& operator=(const Readers&) = delete;

  // Runs the jobs, the calling thread among the others, with `own`. Returns when all have ended:
  // the failure of the first that failed, in the order of the jobs. A job must not call this.
  Result<void> run(Connection& own, std::span<const Job> jobs);

 private:
  // The jobs of one question. Lives where it was asked until the last has ended.
  struct Batch {
    std::span<const Job> jobs;
    std::vector<Result<void>> results;
    size_t begun = 0;
    size_t ended = 0;
  };
  void work(Connection& connection);
  // Takes the next job of the batch and runs it, without the mutex.
  void run_next(Batch& batch, Connection& connection) YAGURA_REQUIRES(mutex_);

  std::vector<std::unique_ptr<Connection>> connections_;
  Mutex mutex_;
  Condition changed_;
  std::deque<Batch*> waiting_ YAGURA_GUARDED_BY(mutex_);  // have jobs that have not begun
  bool stopping_ YAGURA_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;  // last: they use the others
};

}  // namespace yagura::store
