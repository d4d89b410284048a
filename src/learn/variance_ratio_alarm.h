// SPDX-License-Identifier: Apache-2.0
//
// Which values of a series stand out: those whose removal makes the variance fall.
//
// The rule is that of Dark-GLASSO for densities (Han et al., Dark-TRACER, IEEE Access 2022; the
// authors' R code, online_portinfo.r): while the variance without the largest value is at most
// `threshold` times the variance with it, that value is alarmed and taken away. Values alarmed in
// one run are left out of the series in the next: as many of the largest as there were alarms.
//
// Not thread-safe: one belongs to one series.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace yagura::learn {

struct VarianceRatioOptions {
  size_t history = 432;     // values kept: three days of ten minutes, as the authors advise
  double threshold = 0.98;  // the authors'; nearer to 1 alarms more
};

class VarianceRatioAlarm {
 public:
  explicit VarianceRatioAlarm(VarianceRatioOptions options = {});

  // Takes the series' next value in and says which are alarmed now, the largest first (of equals
  // the oldest): how many calls of `add` ago each came, 0 for `value` itself. Nothing is alarmed
  // before `history` - 1 values are there. `value` is finite.
  std::vector<uint64_t> add(double value);

  // Values that are kept.
  size_t size() const { return values_.size(); }

  void save(ByteWriter& out) const;
  // A series saved under the same history, or what is wrong with the bytes.
  static Result<VarianceRatioAlarm> load(ByteReader& in, VarianceRatioOptions options = {});

 private:
  struct Value {
    uint64_t number = 0;  // of the call of add
    double value = 0;
  };

  void forget_alarmed();
  size_t count_alarms(const std::vector<Value>& falling) const;

  VarianceRatioOptions options_;
  std::vector<Value> values_;  // oldest first
  uint64_t added_ = 0;
  size_t alarms_ = 0;  // of the last run
};

}  // namespace yagura::learn
