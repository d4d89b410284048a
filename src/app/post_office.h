// SPDX-License-Identifier: Apache-2.0
//
// Empties the outbox: sends what is due, tries again what failed, gives up what nobody takes.
//
// A letter that failed waits `first_wait`, then twice as long each time, up to `most_wait`. One
// that the receiver refused for good, or whose time is over, is dead: it stays to be seen, and can
// be tried again by hand. Belongs to one thread, but for the counts.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "base/result.h"
#include "base/time.h"
#include "notify/sender.h"
#include "state/database.h"

namespace yagura::app {

struct PostOfficeOptions {
  Duration first_wait = Duration::seconds(10), most_wait = Duration::hours(1);
};

class PostOffice {
 public:
  // `database` outlives it.
  PostOffice(state::Database& database, std::unique_ptr<notify::Sender> sender,
             PostOfficeOptions options);

  // Starts what is due by `now` and writes down what became of what was under way; waits up to
  // `most` for the latter. Fails where state.db cannot be read or written: what is not written down
  // is sent again.
  Result<void> work(Timestamp now, Duration most);

  // Since the start; from any thread.
  uint64_t sent() const { return sent_; }
  uint64_t failed() const { return failed_; }  // attempts

 private:
  Result<void> start_due(Timestamp now);
  Result<void> write_down(const notify::Delivery& delivery, Timestamp now);

  state::Database& database_;
  std::unique_ptr<notify::Sender> sender_;
  PostOfficeOptions options_;
  std::vector<notify::Delivery> done_;  // not written down yet
  std::atomic<uint64_t> sent_ = 0, failed_ = 0;
};

}  // namespace yagura::app
