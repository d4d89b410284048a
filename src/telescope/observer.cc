// SPDX-License-Identifier: Apache-2.0
#include "telescope/observer.h"

#include <fmt/core.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>

#include "base/log.h"

namespace yagura::telescope {
namespace {

constexpr Duration tick_interval = Duration::milliseconds(100);
constexpr Duration first_commit = Duration::seconds(5);
// An interface's ring of 64 MiB holds the frames of this long at 200,000 a second.
constexpr Duration longest_show = Duration::seconds(2);
constexpr Duration first_show_pause = Duration::seconds(300);
constexpr std::chrono::milliseconds given_up_interval{100};

}  // namespace

Observer::Observer(Telescope& telescope, ObserverOptions options)
    : telescope_(telescope), options_(std::move(options)), show_pause_(first_show_pause) {
  CHECK(options_.clocks);
}

Observer::~Observer() {
  if (const auto stopped = stop(); !stopped) log_error(stopped.error().message());
  if (wake_ >= 0) ::close(wake_);
}

void Observer::add(std::unique_ptr<Feed> feed) {
  const MutexLock lock(mutex_);
  CHECK(ended_);
  statuses_.push_back(feed->status());
  feeds_.push_back(std::move(feed));
}

Result<void> Observer::start() {
  CHECK(!thread_.joinable());
  wake_ = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (wake_ < 0) return failure(fmt::format("making an eventfd: {}", errno_text(errno)));
  TRY_VOID(telescope_.mirror_names());
  {
    const MutexLock lock(mutex_);
    ended_ = false;
  }
  thread_ = std::thread([this] { run(); });
  return {};
}

Result<void> Observer::stop() {
  {
    const MutexLock lock(mutex_);
    stop_ = true;
  }
  wake();
  if (thread_.joinable()) thread_.join();
  const MutexLock lock(mutex_);
  if (error_) return failure(*error_);
  return {};
}

std::vector<FeedStatus> Observer::feeds() const {
  const MutexLock lock(mutex_);
  return statuses_;
}

Result<void> Observer::at_rest(std::function<Result<void>(Telescope&)> work) {
  Request request{std::move(work), {}};
  const MutexLock lock(mutex_);
  if (ended_) return failure("the telescope is not observing");
  requests_.push_back(&request);
  wake();
  while (!request.result) answered_.wait(mutex_);
  return std::move(*request.result);
}

Result<RegistryChange> Observer::follow_registry(const std::function<bool()>& given_up) {
  TRY_VOID(at_rest([this](Telescope& telescope) { return judge_anew(telescope); }));
  const MutexLock lock(mutex_);
  while (!corrected_) {
    if (ended_) return failure("the telescope has stopped; the next start corrects the rest");
    if (given_up()) return failure("no longer waited for; the correcting goes on");
    answered_.wait_for(mutex_, given_up_interval);
  }
  return *corrected_;
}

void Observer::run() {
  auto result = observe();
  const bool failed = !result;
  {
    const MutexLock lock(mutex_);
    if (failed) error_ = result.error();
    ended_ = true;
    for (Request* request : requests_) request->result = failure("the telescope has stopped");
    requests_.clear();
    for (size_t i = 0; i < feeds_.size(); ++i) statuses_[i] = feeds_[i]->status();
    if (failed)
      for (FeedStatus& status : statuses_) {
        status.state = FeedState::failed;
        status.detail = result.error().message();
      }
  }
  answered_.notify_all();
  if (failed && options_.on_failure) options_.on_failure();
}

Result<void> Observer::observe() {
  Clocks now = options_.clocks();
  // The first one soon, so that who has just started it sees something.
  next_commit_ = now.steady + std::min(options_.commit_interval, first_commit);
  next_upkeep_ = now.steady + options_.upkeep_interval;
  while (!stopping()) {
    now = options_.clocks();
    TRY(const bool busy, step_all(now));
    TRY_VOID(serve_requests());
    if (now.steady >= next_commit_) TRY_VOID(make_true(now));
    if (now.steady >= next_upkeep_) TRY_VOID(keep_up(now));
    if (correcting_ && now.steady >= next_correction_) TRY_VOID(correct_stored());
    if (now.steady >= next_tick_) TRY_VOID(tick(now));
    if (!busy) wait(now);
  }
  return finish_all();
}

bool Observer::stopping() const {
  const MutexLock lock(mutex_);
  return stop_;
}

Result<bool> Observer::step_all(Clocks now) {
  bool wanted_at_rest = false;
  {
    const MutexLock lock(mutex_);
    wanted_at_rest = !requests_.empty();
  }
  bool busy = false;
  for (const auto& feed : feeds_) {
    // Who is at a boundary stays there until the others are.
    if (wanted_at_rest && feed->at_boundary() && feed->status().kind == FeedKind::spool) continue;
    TRY(const bool more, feed->step(now));
    busy = busy || more;
  }
  return busy;
}

Result<void> Observer::make_true(Clocks now) {
  next_commit_ = now.steady + options_.commit_interval;
  for (const auto& feed : feeds_)
    if (feed->at_boundary()) TRY_VOID(feed->checkpoint());
  return show_open();
}

// Costs what is open, up to the rows of a whole day. While that is much, an interface would have to
// wait too long: then it is tried again after a pause that doubles, since the next show may be
// quick again (the machine was busy, the day is over), and meanwhile questions see an hour once it
// has ended.
Result<void> Observer::show_open() {
  const Timestamp before = options_.clocks().steady;
  if (before < next_show_) return {};
  for (const auto& feed : feeds_)
    if (feed->at_boundary()) TRY_VOID(feed->show_open());
  const Timestamp after = options_.clocks().steady;
  if (after - before <= longest_show) {
    show_pause_ = first_show_pause;
    return {};
  }
  next_show_ = after + show_pause_;
  log_info(fmt::format("showing what is open took {:.1f} s; it is left out for {:.0f} minutes",
                       (after - before).as_seconds(), show_pause_.as_seconds() / 60));
  show_pause_ = show_pause_ + show_pause_;
  return {};
}

Result<void> Observer::serve_requests() {
  std::deque<Request*> requests;
  const bool boundary = std::all_of(feeds_.begin(), feeds_.end(),
                                    [](const auto& feed) { return feed->at_boundary(); });
  if (!boundary) return {};
  {
    const MutexLock lock(mutex_);
    requests = std::exchange(requests_, {});
  }
  if (requests.empty()) return {};
  const auto rested = make_true(options_.clocks());
  for (Request* request : requests) {
    auto result = rested ? request->work(telescope_) : rested;
    const MutexLock lock(mutex_);
    request->result = std::move(result);
  }
  answered_.notify_all();
  return rested;
}

// Days that several sensors saw, or that were counted before, are counted from the rows once no
// feed can add to them any more.
Result<void> Observer::keep_up(Clocks now) {
  next_upkeep_ = now.steady + options_.upkeep_interval;
  const bool boundary = std::all_of(feeds_.begin(), feeds_.end(),
                                    [](const auto& feed) { return feed->at_boundary(); });
  if (boundary) {
    TRY_VOID(make_true(now));
    TRY_VOID(telescope_.recount_stale_days(start_of_open_day(now)));
  }
  return options_.upkeep ? options_.upkeep(telescope_) : Result<void>{};
}

// The first day to which a feed may add.
Timestamp Observer::start_of_open_day(Clocks now) const {
  Timestamp open = now.wall;
  for (const auto& feed : feeds_)
    if (const auto last = feed->status().last_packet) open = std::min(open, *last);
  return open.floor(Duration::days(1));
}

// At rest: the days to which feeds may add are corrected at once, what is open among it, since a
// feed goes on from there by the new registry.
Result<void> Observer::judge_anew(Telescope& telescope) {
  for (const auto& feed : feeds_) TRY_VOID(feed->show_open());
  TRY_VOID(telescope.reload_registry());
  for (const auto& feed : feeds_) TRY_VOID(feed->follow_registry());
  if (!correcting_) correcting_.emplace();
  const Timestamp open = start_of_open_day(options_.clocks());
  for (bool more = true; more;) {
    TRY(more, telescope.correct_next_day(*correcting_, open));
  }
  next_correction_ = {};
  const MutexLock lock(mutex_);
  corrected_.reset();
  return {};
}

// One day that is over; then as long a pause as it took, so that an interface is not left waiting
// for all of them.
Result<void> Observer::correct_stored() {
  const Timestamp before = options_.clocks().steady;
  TRY(const bool more, telescope_.correct_next_day(*correcting_));
  const Timestamp after = options_.clocks().steady;
  next_correction_ = after + (after - before);
  if (more) return {};
  {
    const MutexLock lock(mutex_);
    corrected_ = *correcting_;
  }
  correcting_.reset();
  answered_.notify_all();
  return {};
}

Result<void> Observer::finish_all() {
  for (const auto& feed : feeds_) TRY_VOID(feed->finish());
  TRY_VOID(tick(options_.clocks()));
  TRY_VOID(telescope_.sweep_run_files());
  return telescope_.recount_stale_days();
}

Result<void> Observer::tick(Clocks now) {
  next_tick_ = now.steady + tick_interval;
  std::vector<FeedStatus> statuses;
  for (const auto& feed : feeds_) statuses.push_back(feed->status());
  Result<void> done;
  if (options_.tick) done = options_.tick(now, statuses);
  const MutexLock lock(mutex_);
  statuses_ = std::move(statuses);
  return done;
}

// Until a feed has something, somebody wakes us, or the next tick is due.
void Observer::wait(Clocks now) {
  std::vector<pollfd> descriptors = {{wake_, POLLIN, 0}};
  Duration longest = next_tick_ - now.steady;
  if (correcting_) longest = std::min(longest, next_correction_ - now.steady);
  for (const auto& feed : feeds_) {
    if (const int descriptor = feed->descriptor(); descriptor >= 0)
      descriptors.push_back({descriptor, POLLIN, 0});
    longest = std::min(longest, feed->idle_until(now) - now.wall);
  }
  constexpr int64_t millisecond = 1'000'000;
  const int64_t milliseconds = (longest.nanoseconds + millisecond - 1) / millisecond;
  const auto timeout = static_cast<int>(std::clamp<int64_t>(milliseconds, 0, 100));
  ::poll(descriptors.data(), descriptors.size(), timeout);
  uint64_t ignored = 0;
  if ((descriptors[0].revents & POLLIN) != 0 && ::read(wake_, &ignored, sizeof ignored) < 0)
    return;  // somebody else emptied it
}

void Observer::wake() {
  const uint64_t one = 1;
  if (wake_ >= 0 && ::write(wake_, &one, sizeof one) < 0) return;  // it is full: awake anyway
}

}  // namespace yagura::telescope
