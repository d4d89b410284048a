// SPDX-License-Identifier: Apache-2.0
//
// A mutex whose use clang checks: what a member is guarded by is written beside it, and touching it
// without the lock does not compile there (-Wthread-safety). Other compilers see a plain mutex.
//
// A mutex is the last resort: stages own their state and talk through queues.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

#ifdef __clang__
#define YAGURA_THREAD_ANNOTATION(text) __attribute__((text))
#else
#define YAGURA_THREAD_ANNOTATION(text)
#endif
#define YAGURA_GUARDED_BY(mutex) YAGURA_THREAD_ANNOTATION(guarded_by(mutex))
#define YAGURA_REQUIRES(mutex) YAGURA_THREAD_ANNOTATION(requires_capability(mutex))

namespace yagura {

class YAGURA_THREAD_ANNOTATION(capability("mutex")) Mutex {
 public:
  void lock() YAGURA_THREAD_ANNOTATION(acquire_capability()) { mutex_.lock(); }
  void unlock() YAGURA_THREAD_ANNOTATION(release_capability()) { mutex_.unlock(); }

 private:
  friend class Condition;
  std::mutex mutex_;
};

// Holds a mutex for a scope.
class YAGURA_THREAD_ANNOTATION(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) YAGURA_THREAD_ANNOTATION(acquire_capability(mutex))
      : mutex_(mutex) {
    mutex_.lock();
  }
  ~MutexLock() YAGURA_THREAD_ANNOTATION(release_capability()) { mutex_.unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

// Waits for what another thread does under the same mutex.
class Condition {
 public:
  // Gives `mutex` up while it waits; may wake without cause, so it stands in a loop that looks.
  void wait(Mutex& mutex) YAGURA_REQUIRES(mutex) {
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    condition_.wait(lock);
    lock.release();
  }
  // The same for at most `longest`.
  void wait_for(Mutex& mutex, std::chrono::milliseconds longest) YAGURA_REQUIRES(mutex) {
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    condition_.wait_for(lock, longest);
    lock.release();
  }
  void notify_one() { condition_.notify_one(); }
  void notify_all() { condition_.notify_all(); }

 private:
  std::condition_variable condition_;
};

}  // namespace yagura
