// SPDX-License-Identifier: Apache-2.0
#include "learn/streaming_detector.h"

#include <algorithm>
#include <cmath>

namespace yagura::learn {
namespace {

// Of the widened band: what must be new for an alarm. By view; a bare value keeps to its band more
// closely than what is computed from two or more, and the difference of two means least.
constexpr std::array<double, stream_views> margins{0.025, 0.05, 0.05, 0.05, 0.1};
// Values before a view is judged: two make no band.
constexpr uint64_t first_values = 20;
// Of rows: half a year of ten minutes.
constexpr double band_half_life = 26'280;
const double drawn_in = 1 - std::exp2(-1 / band_half_life);
// After an alarm, so many rows are told only if they score so many times as high.
constexpr uint64_t rest_rows = 100;
constexpr double rest_factor = 4;
// Weight of a row in the slow mean: about the last 300 rows.
constexpr double slow_weight = 0.003;
// Relative to a value, the error of arithmetic, which is no news.
constexpr double arithmetic_error = 1e-9;
constexpr Duration day = Duration::days(1);
// The row a day before may be older than a day by this, where rows are rare or missing.
constexpr Duration day_slack = Duration::hours(1);
constexpr Timestamp last_time = Timestamp::from_seconds(0xffff'ffff);

// What a view may show: the difference of two values.
constexpr double largest_shown = 2 * StreamingDetector::largest_value;

bool possible(Timestamp time) { return time >= Timestamp{} && time <= last_time; }

void move_towards(double& mean, double value, double weight, uint64_t seen) {
  mean += std::max(weight, 1 / static_cast<double>(seen)) * (value - mean);
}

bool get(ByteReader& in, uint64_t& count) {
  count = in.get<uint64_t>();
  return count <= most_seen;
}

bool get(ByteReader& in, double& value, double largest) {
  value = in.get<double>();
  return std::abs(value) <= largest;  // false for NaN
}

}  // namespace

double StreamingDetector::Band::share_that_is_new(double shown) const {
  if (seen < first_values) return 0;
  const double beyond = std::max({shown - high, low - shown, 0.0});
  if (beyond <= arithmetic_error * std::abs(shown)) return 0;
  return beyond / (high - low + beyond);
}

void StreamingDetector::Band::take_in(double shown) {
  if (seen++ == 0) {
    low = high = mean = shown;
    return;
  }
  move_towards(mean, shown, drawn_in, seen);
  low += (mean - low) * drawn_in;
  high += (mean - high) * drawn_in;
  low = std::min(low, shown);
  high = std::max(high, shown);
}

void StreamingDetector::judge(StreamView view, double shown, StreamScore& best) const {
  const auto index = static_cast<size_t>(view);
  const Band& band = bands_[index];
  const double score = band.share_that_is_new(shown) / margins[index];
  if (score > best.score) best = {score, false, view, shown, band.low, band.high};
}

void StreamingDetector::take_in(StreamView view, double shown) {
  bands_[static_cast<size_t>(view)].take_in(shown);
}

void StreamingDetector::judge_and_take_in(StreamView view, double shown, StreamScore& best) {
  judge(view, shown, best);
  take_in(view, shown);
}

void StreamingDetector::judge_smoothed(StreamView view, Smoothed& smoothed, double value,
                                       StreamScore& best) {
  const double shown = smoothed.mean.add(value);
  if (!smoothed.mean.full()) return;
  judge(view, shown, best);
  double& oldest = smoothed.means[smoothed.seen++ % smoothed_rows];
  if (smoothed.seen > smoothed_rows) take_in(view, oldest);
  oldest = shown;
}

const double* StreamingDetector::day_before(Timestamp time) {
  const Timestamp wanted = time - day;
  while (day_.size() > 1 && day_[1].time <= wanted) day_.pop_front();
  if (day_.empty() || day_.front().time > wanted || wanted - day_.front().time > day_slack)
    return nullptr;
  return &day_.front().value;
}

bool StreamingDetector::is_told(double score) {
  const bool rests = alarm_score_ > 0 && rows_ - alarm_row_ <= rest_rows;
  if (score < 1 || (rests && score <= rest_factor * alarm_score_)) return false;
  alarm_row_ = rows_;
  alarm_score_ = score;
  return true;
}

StreamScore StreamingDetector::add(Timestamp time, double value) {
  CHECK(possible(time) && std::abs(value) <= largest_value);
  StreamScore result;
  judge_and_take_in(StreamView::value, value, result);
  if (rows_ > 0) judge_and_take_in(StreamView::departure, value - slow_mean_, result);
  move_towards(slow_mean_, value, slow_weight, rows_ + 1);
  double& some_rows_before = latest_[rows_ % step_rows];
  if (rows_ >= step_rows) judge_and_take_in(StreamView::step, value - some_rows_before, result);
  some_rows_before = value;
  judge_smoothed(StreamView::level, level_, value, result);
  if (const double* before = day_before(time))
    judge_smoothed(StreamView::day, day_difference_, value - *before, result);
  day_.push_back({time, value});
  if (day_.size() > day_rows_max) day_.pop_front();
  result.alarm = is_told(result.score);
  ++rows_;
  return result;
}

void StreamingDetector::save(ByteWriter& out) const {
  out.put(rows_);
  out.put(slow_mean_);
  for (const double value : latest_) out.put(value);
  for (const Smoothed* smoothed : {&level_, &day_difference_}) {
    smoothed->mean.save(out);
    for (const double mean : smoothed->means) out.put(mean);
    out.put(smoothed->seen);
  }
  for (const Band& band : bands_) {
    out.put(band.seen);
    for (const double value : {band.low, band.high, band.mean}) out.put(value);
  }
  out.put(alarm_row_);
  out.put(alarm_score_);
  out.put(static_cast<uint64_t>(day_.size()));
  for (const Row& row : day_) {
    out.put(row.time.nanoseconds);
    out.put(row.value);
  }
}

Result<void> StreamingDetector::load(ByteReader& in) {
  bool sound = get(in, rows_);
  sound &= get(in, slow_mean_, largest_value);
  for (double& value : latest_) sound &= get(in, value, largest_value);
  for (Smoothed* smoothed : {&level_, &day_difference_}) {
    TRY_VOID(smoothed->mean.load(in, largest_shown));
    for (double& mean : smoothed->means) sound &= get(in, mean, largest_shown);
    sound &= get(in, smoothed->seen);
  }
  for (Band& band : bands_) {
    sound &= get(in, band.seen);
    for (double* value : {&band.low, &band.high, &band.mean})
      sound &= get(in, *value, largest_shown);
    sound &= band.low <= band.high;
  }
  sound &= get(in, alarm_row_);
  sound &= get(in, alarm_score_, 1 / margins[0]) && alarm_score_ >= 0;
  const uint64_t rows = in.get_count(sizeof(int64_t) + sizeof(double));
  if (!in.ok() || !sound || rows > day_rows_max)
    return failure("the state of a stream's detector is damaged");
  day_.clear();
  for (uint64_t i = 0; i < rows; ++i) {
    Row row{{in.get<int64_t>()}};
    sound &= get(in, row.value, largest_value) && possible(row.time);
    day_.push_back(row);
  }
  if (!sound) return failure("a day in the state of a stream's detector is damaged");
  return {};
}

}  // namespace yagura::learn
