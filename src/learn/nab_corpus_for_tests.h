// SPDX-License-Identifier: Apache-2.0
//
// Reads the Numenta Anomaly Benchmark (github.com/numenta/NAB), for tests and the bench: the series
// that labels/combined_windows.json names, from data/.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "learn/nab_score.h"

namespace yagura::learn::testing {

struct NabSeries {
  std::string name;  // "realKnownCause/nyc_taxi.csv"
  std::vector<Timestamp> times;
  std::vector<double> values;
  std::vector<RowRange> windows;
};

inline size_t row_of(const NabSeries& series, const std::string& time) {
  const auto place = std::ranges::find(series.times, *parse_time(time));
  CHECK(place != series.times.end());
  return static_cast<size_t>(place - series.times.begin());
}

inline NabSeries read_nab_series(const std::filesystem::path& folder, const std::string& name) {
  NabSeries series;
  series.name = name;
  std::ifstream file(folder / "data" / name);
  CHECK(file.is_open());
  std::string line;
  std::getline(file, line);  // timestamp,value
  while (std::getline(file, line)) {
    const size_t comma = line.find(',');
    CHECK(comma != std::string::npos);
    series.times.push_back(*parse_time(line.substr(0, comma)));
    series.values.push_back(std::stod(line.substr(comma + 1)));
  }
  return series;
}

// The benchmark in the shared data folder, or an empty path if it is not there. `source`: the
// folder of the repository.
inline std::filesystem::path shared_nab(const std::filesystem::path& source) {
  const char* given = std::getenv("YAGURA_SHARED_DATA");
  const std::filesystem::path data =
      given != nullptr ? std::filesystem::path(given) : source / "../shared/data";
  const auto nab = data / "ml" / "nab";
  return std::filesystem::is_directory(nab) ? nab : std::filesystem::path();
}

// In order of their names.
inline std::vector<NabSeries> read_nab(const std::filesystem::path& folder) {
  std::ifstream file(folder / "labels" / "combined_windows.json");
  CHECK(file.is_open());
  const auto labels = nlohmann::json::parse(file);
  std::vector<NabSeries> corpus;
  for (const auto& [name, windows] : labels.items()) {
    corpus.push_back(read_nab_series(folder, name));
    for (const auto& window : windows)
      corpus.back().windows.push_back(
          {row_of(corpus.back(), window[0]), row_of(corpus.back(), window[1])});
  }
  return corpus;
}

// What a detector that gets row after row says. `start()` gives a fresh one for each series, to be
// called with time and value.
using RowScorer = std::function<double(Timestamp, double)>;
inline std::vector<DetectorOutput> run_detector(std::span<const NabSeries> corpus,
                                                const std::function<RowScorer()>& start) {
  std::vector<DetectorOutput> outputs;
  for (const NabSeries& series : corpus) {
    const RowScorer score = start();
    outputs.push_back({{}, series.windows});
    for (size_t i = 0; i < series.values.size(); ++i)
      outputs.back().scores.push_back(score(series.times[i], series.values[i]));
  }
  return outputs;
}

// The benchmark's own "windowed Gaussian" (nab/detectors/gaussian): one less the tail probability
// of the value under a normal distribution with the mean and deviation of the last 6,400 values,
// renewed every 100 rows once there are so many.
class WindowedGaussian {
 public:
  double add(double value) {
    const double score = values_.empty() ? 0 : 1 - tail(std::abs(value - mean_) / deviation_);
    values_.push_back(value);
    if (values_.size() <= window) {
      enter(value);
      renew();
    } else if ((values_.size() - window) % step == 0) {
      for (size_t i = values_.size() - step; i < values_.size(); ++i) enter(values_[i]);
      for (size_t i = 0; i < step; ++i) leave(values_[values_.size() - window - step + i]);
      renew();
    }
    return score;
  }

 private:
  static constexpr size_t window = 6400, step = 100;

  static double tail(double deviations) { return std::erfc(deviations / std::sqrt(2.0)) / 2; }
  // Welford's way, which does not subtract large sums.
  void enter(double value) {
    const double distance = value - running_mean_;
    running_mean_ += distance / ++count_;
    squares_ += distance * (value - running_mean_);
  }
  void leave(double value) {
    const double distance = value - running_mean_;
    running_mean_ -= distance / --count_;
    squares_ -= distance * (value - running_mean_);
  }
  void renew() {
    mean_ = running_mean_;
    deviation_ = std::sqrt(std::max(squares_ / count_, 0.0));
    if (deviation_ == 0) deviation_ = 1e-6;
  }

  std::vector<double> values_;
  double count_ = 0, running_mean_ = 0, squares_ = 0;
  double mean_ = 0, deviation_ = 1;  // as of the last renewal
};

}  // namespace yagura::learn::testing
