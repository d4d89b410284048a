// SPDX-License-Identifier: Apache-2.0
#include "http/worker_pool.h"

#include <fmt/format.h>

#include <csignal>
#include <system_error>
#include <utility>

namespace yagura::http {

void leave_signals_to_others() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

Result<std::unique_ptr<WorkerPool>> WorkerPool::create(size_t workers, size_t queue) {
  std::unique_ptr<WorkerPool> pool(new WorkerPool(queue));
  try {
    for (size_t i = 0; i < workers; ++i)
      pool->threads_.emplace_back([worker = i, raw = pool.get()] { raw->run(worker); });
  } catch (const std::system_error& error) {
    return failure(fmt::format("starting {} worker threads: {}; set fewer", workers, error.what()));
  }
  return pool;
}

WorkerPool::~WorkerPool() { stop(); }

bool WorkerPool::submit(Job job) {
  {
    const MutexLock lock(mutex_);
    if (stopping_ || queue_.size() >= queue_limit_) return false;
    queue_.push_back(std::move(job));
  }
  changed_.notify_one();
  return true;
}

size_t WorkerPool::waiting() const {
  const MutexLock lock(mutex_);
  return queue_.size();
}

void WorkerPool::drop_waiting() {
  std::deque<Job> jobs;
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    jobs.swap(queue_);
  }
  changed_.notify_all();
  for (const Job& job : jobs) job(dropped);
}

void WorkerPool::stop() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void WorkerPool::run(size_t worker) {
  leave_signals_to_others();
  while (true) {
    Job job;
    {
      const MutexLock lock(mutex_);
      while (queue_.empty() && !stopping_) changed_.wait(mutex_);
      if (queue_.empty()) return;
      job = std::move(queue_.front());
      queue_.pop_front();
    }
    job(worker);
  }
}

}  // namespace yagura::http
