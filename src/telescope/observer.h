// SPDX-License-Identifier: Apache-2.0
//
// The part of a service that observes: one thread that owns the telescope's writing side (its
// connection, its database, its registry) and lets the feeds take turns.
//
// Nobody starves: in each round every feed takes one step, which handles at most a batch. Where no
// feed has anything the thread waits for the first that has. At every commit interval what came in
// is made true, and what is still open is shown to questions; a feed in the middle of a file
// follows at the file's end. Days that several sensors saw are counted again once they are over.
//
// Other threads may call start(), stop(), feeds(), at_rest() and follow_registry(); what they pass
// in runs on the thread that observes. Between start() and stop() nobody else may use the
// telescope's database(), connection() and registry().
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "base/result.h"
#include "telescope/feed.h"
#include "telescope/telescope.h"

namespace yagura::telescope {

struct ObserverOptions {
  Duration commit_interval = Duration::seconds(60);
  std::function<Clocks()> clocks;
  // Called some ten times a second; must not block. What it fails with ends the observing. May be
  // empty.
  std::function<Result<void>(Clocks, std::span<const FeedStatus>)> tick;
  // Called every `upkeep_interval`, at rest. May be empty.
  std::function<Result<void>(Telescope&)> upkeep;
  Duration upkeep_interval = Duration::hours(1);
  // Called once, when the store cannot be written: the thread has ended, stop() returns the error.
  std::function<void()> on_failure;
};

class Observer {
 public:
  Observer(Telescope& telescope, ObserverOptions options);
  ~Observer();  // stops
  Observer(const Observer&) = delete;
  Observer& operator=(const Observer&) = delete;

  void add(std::unique_ptr<Feed> feed);  // before start()
  Result<void> start();
  // Ends every feed with all of it written and the thread. Returns what made it end before that, if
  // something did. A second call returns the same.
  Result<void> stop();

  // In the order in which they were added.
  std::vector<FeedStatus> feeds() const;
  // Runs `work` on the thread that observes once everything that came in has been made true, and
  // returns its result. Fails if nobody observes (any more). Not from `work` or a tick.
  Result<void> at_rest(std::function<Result<void>(Telescope&)> work);

  // After a change of the registry of survey scanners: from here on what comes in is judged by it,
  // and what is stored is corrected to it, the latest day first, one day at a time between the
  // steps of the feeds. Returns what changed once all days follow. Fails if nobody observes (any
  // more), and once `given_up`, asked now and then, says so; the correcting goes on then, and what
  // a stop leaves of it the next opening of the telescope does.
  Result<RegistryChange> follow_registry(const std::function<bool()>& given_up);

 private:
  struct Request {
    std::function<Result<void>(Telescope&)> work;
    std::optional<Result<void>> result;
  };

  void run();
  Result<void> observe();
  Result<bool> step_all(Clocks now);
  Result<void> make_true(Clocks now);
  Result<void> show_open();
  Result<void> serve_requests();
  Result<void> keep_up(Clocks now);
  Result<void> judge_anew(Telescope& telescope);
  Result<void> correct_stored();
  Timestamp start_of_open_day(Clocks now) const;
  Result<void> finish_all();
  Result<void> tick(Clocks now);
  void wait(Clocks now);
  void wake();
  bool stopping() const;

  Telescope& telescope_;
  ObserverOptions options_;
  std::vector<std::unique_ptr<Feed>> feeds_;
  Timestamp next_tick_, next_commit_, next_upkeep_;
  Timestamp next_show_{INT64_MIN};            // of what is open, at the earliest
  Duration show_pause_;                       // after a show that takes too long
  std::optional<RegistryChange> correcting_;  // so far, while stored days are corrected
  Timestamp next_correction_;
  int wake_ = -1;  // an eventfd that ends waiting
  std::thread thread_;

  mutable Mutex mutex_;
  Condition answered_;
  bool stop_ YAGURA_GUARDED_BY(mutex_) = false;
  bool ended_ YAGURA_GUARDED_BY(mutex_) = true;
  std::optional<Error> error_ YAGURA_GUARDED_BY(mutex_);
  std::deque<Request*> requests_ YAGURA_GUARDED_BY(mutex_);
  std::optional<RegistryChange> corrected_ YAGURA_GUARDED_BY(mutex_);  // none while correcting
  std::vector<FeedStatus> statuses_ YAGURA_GUARDED_BY(mutex_);
};

}  // namespace yagura::telescope
