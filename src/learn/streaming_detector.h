// SPDX-License-Identifier: Apache-2.0
//
// Says which values of a series are like none before: for series of counts and measures that come
// one by one for months, with a course of the day or without.
//
// Each value is seen in several views, and for each view the detector keeps the band of all that
// was seen. What leaves a band is a record. A series that goes on as before sets ever fewer records
// (the n-th of interchangeable values is one with a chance of 2 / n), of whatever distribution, so
// no distribution has to be assumed and false alarms become rarer by themselves. The score is how
// much of the widened band is new, in units of the view's margin: from 1 on it is an alarm. An
// event is told once: after an alarm the next rows alarm only if they score much higher.
//
// The views, and what each is there for:
//   value      beyond everything seen: spikes, silence
//   departure  from the slow mean of the rows before: spikes on a level that drifts
//   step       against some rows before: sudden rises and falls within the band
//   level      the mean of the latest rows: shifts too small for a single row to show
//   day        the mean of what the latest rows differ from the same time a day before: the wrong
//              course of the day
// The bands of the last two are of what was seen before the rows that are in the mean now: a mean
// moves little by little, and would widen its own band as it goes.
//
// Bands are drawn in slowly towards the view's mean, so that what was seen once is not accepted for
// ever. The numbers are round ones in a wide plain: see "Streams" in docs/learning.md, which says
// what was known when they were chosen and what others give.
//
// No verb of the program uses it yet: it is measured by bench/learn/streams.py and by tests.
//
// Bounded: about 70 KiB at most, of which the last day takes the most; a series with more rows a
// day than `day_rows_max` has no daily view. A value's score depends on it and those before alone,
// and in the last digit on the machine's libm.
// Not thread-safe: one detector belongs to one series.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"
#include "learn/moving_mean.h"

namespace yagura::learn {

enum class StreamView : uint8_t { value, departure, step, level, day };
inline constexpr size_t stream_views = 5;

struct StreamScore {
  double score = 0;    // from 1 on it is like nothing before
  bool alarm = false;  // and is told now
  // Why: the view that scores highest, what it shows and the band it was in until then.
  StreamView view = StreamView::value;
  double shown = 0, low = 0, high = 0;
};

class StreamingDetector {
 public:
  static constexpr double largest_value = 1e100;
  static constexpr size_t day_rows_max = 4096;

  // `time`: from 1970 to 2106; it may go back a little. `value`: of a magnitude up to
  // largest_value.
  StreamScore add(Timestamp time, double value);

  void save(ByteWriter& out) const;
  Result<void> load(ByteReader& in);

 private:
  // All that was seen in a view.
  struct Band {
    uint64_t seen = 0;
    double low = 0, high = 0, mean = 0;

    double share_that_is_new(double shown) const;
    void take_in(double shown);
  };
  struct Row {
    Timestamp time;
    double value = 0;
  };

  static constexpr size_t step_rows = 10;
  static constexpr size_t smoothed_rows = 30;
  // The mean of the latest rows, and the means of as many rows before, which are not yet in a band.
  struct Smoothed {
    MovingMean<smoothed_rows> mean;
    std::array<double, smoothed_rows> means{};  // by number
    uint64_t seen = 0;                          // means
  };

  // Keeps the view in `best` if it scores higher.
  void judge(StreamView view, double shown, StreamScore& best) const;
  void take_in(StreamView view, double shown);
  void judge_and_take_in(StreamView view, double shown, StreamScore& best);
  void judge_smoothed(StreamView view, Smoothed& smoothed, double value, StreamScore& best);
  // The value a day before `time`; null if there is none.
  const double* day_before(Timestamp time);
  bool is_told(double score);

  uint64_t rows_ = 0;
  double slow_mean_ = 0;
  std::array<double, step_rows> latest_{};  // by row number
  Smoothed level_, day_difference_;
  std::deque<Row> day_;  // from the row a day before on, oldest first
  std::array<Band, stream_views> bands_;
  uint64_t alarm_row_ = 0;  // the last one that was told
  double alarm_score_ = 0;  // 0: none yet
};

}  // namespace yagura::learn
