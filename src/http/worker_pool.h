// SPDX-License-Identifier: Apache-2.0
//
// The threads that run handlers, behind a queue with a bound; private to this room.
//
// A full queue refuses: who asks is told to come back, which beats waiting behind hundreds of
// others. All functions are thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "base/result.h"

namespace yagura::http {

class WorkerPool {
 public:
  // Must not fail with an exception. A job that is dropped is called in the thread that drops it,
  // with `dropped` for its worker.
  using Job = std::function<void(size_t worker)>;
  static constexpr size_t dropped = SIZE_MAX;

  // Fails where the system gives no more threads.
  static Result<std::unique_ptr<WorkerPool>> create(size_t workers, size_t queue);
  ~WorkerPool();  // stops
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // False where `queue` jobs wait already or the pool was stopped: `job` will not run.
  bool submit(Job job);
  size_t waiting() const;
  // Drops what waits, and what is submitted later.
  void drop_waiting();
  // Runs what waits and returns when it is done. Not from a worker, and not twice at a time.
  void stop();

 private:
  explicit WorkerPool(size_t queue) : queue_limit_(queue) {}
  void run(size_t worker);

  const size_t queue_limit_;
  mutable Mutex mutex_;
  Condition changed_;
  std::deque<Job> queue_ YAGURA_GUARDED_BY(mutex_);
  bool stopping_ YAGURA_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

// Called first in a thread of ours: signals are for the thread that waits for them.
void leave_signals_to_others();

}  // namespace yagura::http
