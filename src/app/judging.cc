// SPDX-License-Identifier: Apache-2.0
#include "app/judging.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "base/log.h"

namespace yagura::app {
namespace {

// Written together, at most a week; when a service is killed, what was not written is judged again.
constexpr size_t windows_at_once = 1008;
constexpr std::chrono::milliseconds look_again(2000), breath(100);

}  // namespace

Result<telescope::SynchronyOptions> synchrony_options(const Settings& settings) {
  telescope::SynchronyOptions options;
  options.history = settings.synchrony_history;
  TRY(options.left_out,
      within("synchrony.left_out", telescope::parse_ports(settings.synchrony_left_out)));
  return options;
}

Result<std::unique_ptr<Judging>> Judging::create(const TelescopeData& data,
                                                 JudgingOptions options) {
  TRY(auto synchrony, synchrony_options(data.settings));
  telescope::SynchronyDetector detector(data.telescope->key(), std::move(synchrony));
  std::unique_ptr<Judging> made(
      new Judging(std::move(detector), std::move(options), data.settings.commit_interval));
  TRY(made->reader_, data.telescope->engine().connect());
  TRY(made->database_, state::Database::open(data.telescope->folder() / "state.db"));
  return made;
}

Judging::~Judging() { stop(); }

void Judging::start() {
  CHECK(!thread_.joinable());
  thread_ = std::thread([this] { run(); });
}

void Judging::stop() {
  stop_soon();
  if (thread_.joinable()) thread_.join();
}

// Trouble passes or is seen in the log: what is due stays due.
void Judging::run() {
  std::string last_trouble;
  while (!stops_) {
    const Result<bool> busy = turn();
    if (busy) last_trouble.clear();
    if (!busy && !stops_ && busy.error().message() != last_trouble) {
      last_trouble = busy.error().message();
      log_error("looking for synchrony: " + last_trouble);
    }
    if (!busy || !*busy) wait();
  }
}

void Judging::wait() const {
  for (auto waited = breath; waited <= look_again && !stops_; waited += breath)
    std::this_thread::sleep_for(breath);
}

// Whether there was anything to do.
Result<bool> Judging::turn() {
  const auto end = std::chrono::steady_clock::now() + std::chrono::nanoseconds(turn_.nanoseconds);
  bool is_first = true;  // which is judged however long it took to get there
  const auto judged = detector_.judge(*reader_, *database_, windows_at_once, [&] {
    const bool is_over = !is_first && std::chrono::steady_clock::now() >= end;
    is_first = false;
    return stops_ || is_over;
  });
  due_ = detector_.due();
  if (!judged) {
    detector_.forget_all();
    return failure(judged.error());
  }
  if (judged->empty()) return false;
  std::vector<telescope::JudgedWindow> news;
  uint64_t alarms = 0;
  for (const telescope::JudgedWindow& window : judged->windows) {
    if (window.facts.votes == 0) continue;
    ++alarms;
    if (window.facts.time >= judged->news_from.seconds()) news.push_back(window);
  }
  const auto written = options_.at_rest([&](telescope::Telescope& telescope) -> Result<void> {
    TRY_VOID(telescope::write_findings(telescope.connection(), *judged));
    options_.tell(news);
    return {};
  });
  if (!written) {
    detector_.forget_all();
    return failure(written.error());
  }
  judged_ += judged->windows.size();
  alarms_ += alarms;
  return true;
}

void Judging::count(http::Metrics& metrics) {
  using http::MetricKind;
  metrics.watch(MetricKind::counter, "yagura_synchrony_windows_total",
                "Windows of ten minutes that were judged for synchrony.", {},
                [this] { return static_cast<double>(judged_); });
  metrics.watch(MetricKind::counter, "yagura_synchrony_alarms_total",
                "Those of them that are alarms.", {},
                [this] { return static_cast<double>(alarms_); });
  metrics.watch(MetricKind::gauge, "yagura_synchrony_behind_seconds",
                "Observed time that is over and not judged yet, of all sensors together.", {},
                [this] { return static_cast<double>(due_ * telescope::judged_seconds); });
}

}  // namespace yagura::app
