// SPDX-License-Identifier: Apache-2.0
#include "telescope/feed_spool.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/log.h"

namespace yagura::telescope {
namespace {

constexpr Duration retry_interval = Duration::seconds(3);
// While files are handled the folder is looked at this often.
constexpr Duration look_interval = Duration::milliseconds(100);
// Files that overlap in time are open at once.
constexpr size_t group_files = 64;

}  // namespace

SpoolFeed::SpoolFeed(Telescope& telescope, state::Sensor sensor, FeedWatchers watchers,
                     const std::filesystem::path& folder, capture::DecodeOptions decode)
    : ingest_(telescope, std::move(sensor), std::move(watchers)),
      path_(std::filesystem::absolute(folder)),
      decode_(decode) {
  batch_.reserve(capture::batch_capacity);
  status_.sensor = ingest_.sensor().name;
  status_.kind = FeedKind::spool;
  status_.name = path_.string();
}

Result<bool> SpoolFeed::step(Clocks now) {
  TRY_VOID(watch(now));
  TRY(const bool busy, find_work());
  update_waiting();
  if (status_.state != FeedState::failed)
    status_.state = busy ? FeedState::running : FeedState::waiting;
  return busy;
}

// One piece of work, if there is any: the next file is not read before those that may precede it
// are known.
Result<bool> SpoolFeed::find_work() {
  if (scanner_ && !scanner_->step()) {
    capture::InputScan scan = scanner_->take();
    scanner_.reset();
    TRY_VOID(scanned(std::move(scan)));
  } else if (scanner_) {
    return true;
  } else if (!found_.empty()) {
    TRY_VOID(scan_next());
  } else if (source_) {
    TRY_VOID(read_some());
  } else if (!waiting_.empty()) {
    TRY_VOID(open_group());
  } else {
    return false;
  }
  return true;
}

Result<void> SpoolFeed::watch(Clocks now) {
  const bool idle = folder_ && found_.empty() && !scanner_ && !source_ && waiting_.empty();
  if (!idle && now.steady < look_) return {};
  look_ = now.steady + look_interval;
  if (!folder_) {
    auto opened = SpoolFolder::open(path_);
    if (!opened) {
      fail(opened.error().message(), now);
      return {};
    }
    folder_.emplace(std::move(*opened));
    if (status_.state == FeedState::failed) log_info("watching " + status_.name + " again");
    status_.state = FeedState::waiting;
    status_.detail.clear();
    TRY_VOID(state::forget_spool_files(
        ingest_.telescope().database(), path_.string() + "/",
        [](const std::string& path) { return spool_file(path).has_value(); }));
  }
  const auto complete = folder_->complete(now.steady);
  if (!complete) {
    folder_.reset();
    fail(complete.error().message(), now);
    return {};
  }
  found_.insert(found_.end(), complete->begin(), complete->end());
  return {};
}

// Says so once; the folder is looked for again. What was found in it is still read.
void SpoolFeed::fail(const std::string& why, Clocks now) {
  look_ = now.steady + retry_interval;
  if (status_.state != FeedState::failed) log_error(fmt::format("{}; trying again", why));
  status_.state = FeedState::failed;
  status_.detail = why;
}

Result<void> SpoolFeed::scan_next() {
  const std::filesystem::path path = std::move(found_.front());
  found_.pop_front();
  const auto file = spool_file(path);
  const bool waits = file && std::any_of(waiting_.begin(), waiting_.end(),
                                         [&](const auto& other) { return other.file == *file; });
  if (!file || waits) return {};
  TRY(const auto known, state::spool_outcome(ingest_.telescope().database(), *file));
  if (known) return {};
  auto scanner = capture::InputScanner::open(path);
  if (!scanner) {
    return spool_file(path) ? put_aside(*file, scanner.error().message()) : Result<void>{};
  }
  scanning_ = *file;
  scanner_.emplace(std::move(*scanner));
  return {};
}

Result<void> SpoolFeed::scanned(capture::InputScan scan) {
  Waiting waiting{scanning_, std::move(scan), {}};
  // What stands before the fault counts.
  std::swap(waiting.scan.failure, waiting.failure);
  if (!waiting.scan.first) {
    return waiting.failure.empty() ? done(waiting.file, state::SpoolOutcome::read)
                                   : put_aside(waiting.file, waiting.failure);
  }
  const auto place = std::upper_bound(
      waiting_.begin(), waiting_.end(), waiting,
      [](const Waiting& a, const Waiting& b) { return *a.scan.first < *b.scan.first; });
  waiting_.insert(place, std::move(waiting));
  return {};
}

// The file whose packets come first, with those that overlap it.
std::vector<SpoolFeed::Waiting> SpoolFeed::take_group() {
  size_t count = 1;
  Timestamp until = *waiting_[0].scan.last;
  while (count < waiting_.size() && count < group_files && *waiting_[count].scan.first < until)
    until = std::max(until, *waiting_[count++].scan.last);
  const auto end = waiting_.begin() + static_cast<ptrdiff_t>(count);
  std::vector<Waiting> group(std::make_move_iterator(waiting_.begin()),
                             std::make_move_iterator(end));
  waiting_.erase(waiting_.begin(), end);
  return group;
}

Result<void> SpoolFeed::open_group() {
  state::Database& database = ingest_.telescope().database();
  std::vector<capture::InputSpecification> inputs;
  for (Waiting& waiting : take_group()) {
    TRY(const auto known,
        state::find_input(database, ingest_.sensor().id, waiting.scan.content_hash));
    const bool twice = std::any_of(group_.begin(), group_.end(), [&](const Waiting& other) {
      return other.scan.content_hash == waiting.scan.content_hash;
    });
    if ((known || twice) && !waiting.failure.empty()) {
      TRY_VOID(put_aside(waiting.file, waiting.failure));  // as it should have been then
    } else if (known || twice) {
      log_info(fmt::format("{}: the same packets were read before", waiting.file.path));
      TRY_VOID(done(waiting.file, state::SpoolOutcome::read_before));
    } else {
      TRY(const bool accepted, ingest_.accepts(*waiting.scan.first, *waiting.scan.last));
      if (!accepted) {
        TRY_VOID(put_aside(waiting.file, ingest_.refusal()));
        continue;
      }
      inputs.push_back({waiting.file.path, 0, waiting.scan});
      group_.push_back(std::move(waiting));
    }
  }
  if (group_.empty()) return {};
  auto source = capture::open_files(std::move(inputs), {.decode = decode_});
  if (!source) return end_group(source.error().message());
  source_ = std::move(*source);
  return {};
}

Result<void> SpoolFeed::read_some() {
  if (const auto read = source_->next(batch_); !read) return end_group(read.error().message());
  TRY_VOID(ingest_.add(batch_, true));
  if (!ingest_.refusal().empty()) return end_group(ingest_.refusal());
  status_.frames = frames_before_;
  for (const auto& summary : source_->summaries()) status_.frames += summary.counts.frames;
  status_.dark_packets = ingest_.dark_packets();
  status_.late = ingest_.late();
  status_.last_packet = ingest_.last();
  return source_->finished() ? end_group({}) : Result<void>{};
}

// Makes true what was read of the group. With a `failure`, only a part of it could be read.
Result<void> SpoolFeed::end_group(const std::string& failure) {
  std::vector<capture::InputSummary> summaries;
  if (source_) summaries = source_->summaries();
  source_.reset();
  frames_before_ = status_.frames;
  for (const capture::InputSummary& summary : summaries)
    if (summary.first) ingest_.note(input_record(summary, ingest_.sensor().id));
  TRY_VOID(ingest_.checkpoint());
  for (Waiting& waiting : std::exchange(group_, {})) {
    const std::string& why = failure.empty() ? waiting.failure : failure;
    if (!waiting.scan.warning.empty())
      log_warning(fmt::format("{}: {}", waiting.file.path, waiting.scan.warning));
    if (!why.empty())
      TRY_VOID(put_aside(waiting.file, why + "; what stands before it counts"));
    else
      TRY_VOID(done(waiting.file, state::SpoolOutcome::read));
  }
  return {};
}

Result<void> SpoolFeed::put_aside(const state::SpoolFile& file, const std::string& why) {
  const auto moved = set_aside(file.path);
  // The reason names the file itself, or does not.
  const std::string reason =
      why.find(file.path) != std::string::npos ? why : fmt::format("{}: {}", file.path, why);
  if (moved) {
    log_warning(fmt::format("set aside in {}: {}", moved->parent_path().string(), reason));
  } else {
    log_warning(
        fmt::format("left out, but not set aside ({}): {}", moved.error().message(), reason));
  }
  ++status_.files_set_aside;
  if (moved) return {};
  return state::note_spool_file(ingest_.telescope().database(), file,
                                state::SpoolOutcome::set_aside);
}

Result<void> SpoolFeed::done(const state::SpoolFile& file, state::SpoolOutcome outcome) {
  ++status_.files_done;
  if (outcome == state::SpoolOutcome::read_before) ++status_.files_read_before;
  return state::note_spool_file(ingest_.telescope().database(), file, outcome);
}

void SpoolFeed::update_waiting() {
  status_.files_waiting = found_.size() + (scanner_ ? 1 : 0) + waiting_.size() + group_.size();
}

Result<void> SpoolFeed::finish() {
  // What was begun is ended: a part of a file cannot be made true.
  while (source_) TRY_VOID(read_some());
  TRY_VOID(ingest_.finish());
  status_.state = FeedState::ended;
  return {};
}

}  // namespace yagura::telescope
