// SPDX-License-Identifier: Apache-2.0
#include "store/readers.h"

#include <algorithm>
#include <utility>

namespace yagura::store {

Readers::Readers(std::vector<std::unique_ptr<Connection>> connections)
    : connections_(std::move(connections)) {
  for (const auto& connection : connections_)
    threads_.emplace_back([this, &connection] { work(*connection); });
}

Readers::~Readers() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

Result<void> Readers::run(Connection& own, std::span<const Job> jobs) {
  Batch batch;
  batch.jobs = jobs;
  batch.results.resize(jobs.size());
  {
    const MutexLock lock(mutex_);
    if (jobs.size() > 1) waiting_.push_back(&batch);
    changed_.notify_all();
    while (batch.begun < jobs.size()) run_next(batch, own);
    while (batch.ended < jobs.size()) changed_.wait(mutex_);
  }
  for (auto& result : batch.results) TRY_VOID(std::move(result));
  return {};
}

void Readers::work(Connection& connection) {
  const MutexLock lock(mutex_);
  while (!stopping_) {
    if (waiting_.empty())
      changed_.wait(mutex_);
    else
      run_next(*waiting_.front(), connection);
  }
}

void Readers::run_next(Batch& batch, Connection& connection) {
  const size_t job = batch.begun++;
  if (batch.begun == batch.jobs.size()) std::erase(waiting_, &batch);
  mutex_.unlock();
  Result<void> result = batch.jobs[job](connection);
  mutex_.lock();
  batch.results[job] = std::move(result);
  if (++batch.ended == batch.jobs.size()) changed_.notify_all();
}

}  // namespace yagura::store
