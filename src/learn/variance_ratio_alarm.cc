// SPDX-License-Identifier: Apache-2.0
#include "learn/variance_ratio_alarm.h"

#include <algorithm>
#include <cmath>
#include <span>

namespace yagura::learn {
namespace {

template <typename Value>
std::vector<Value> largest_first(std::vector<Value> values) {
  std::stable_sort(values.begin(), values.end(),
                   [](const Value& a, const Value& b) { return a.value > b.value; });
  return values;
}

// Of the population; NaN of nothing.
template <typename Value>
double variance(std::span<const Value> values) {
  const auto count = static_cast<double>(values.size());
  double mean = 0, sum = 0;
  for (const Value& value : values) mean += value.value / count;
  for (const Value& value : values) sum += (value.value - mean) * (value.value - mean);
  return sum / count;
}

}  // namespace

VarianceRatioAlarm::VarianceRatioAlarm(VarianceRatioOptions options) : options_(options) {
  CHECK(options.history >= 2);
}

// As many of the largest as were alarmed: these need not be the same ones, for the oldest value may
// have left the series in between. The authors' program does it so.
void VarianceRatioAlarm::forget_alarmed() {
  if (alarms_ == 0) return;
  values_ = largest_first(std::move(values_));
  values_.erase(values_.begin(), values_.begin() + static_cast<ptrdiff_t>(alarms_));
  std::sort(values_.begin(), values_.end(),
            [](const Value& a, const Value& b) { return a.number < b.number; });
}

size_t VarianceRatioAlarm::count_alarms(const std::vector<Value>& falling) const {
  std::span<const Value> left(falling);
  // R's var() of a single value is NA, which stops it, too.
  while (left.size() > 2) {
    const double with = variance(left), without = variance(left.subspan(1));
    if (with == 0 || !(without / with <= options_.threshold)) break;
    left = left.subspan(1);
  }
  return falling.size() - left.size();
}

std::vector<uint64_t> VarianceRatioAlarm::add(double value) {
  CHECK(std::isfinite(value));
  forget_alarmed();
  values_.push_back({added_++, value});
  if (values_.size() > options_.history) values_.erase(values_.begin());
  alarms_ = 0;
  if (values_.size() + 1 < options_.history) return {};
  const std::vector<Value> falling = largest_first(values_);
  alarms_ = count_alarms(falling);
  std::vector<uint64_t> alarmed;
  for (size_t i = 0; i < alarms_; ++i) alarmed.push_back(added_ - 1 - falling[i].number);
  return alarmed;
}

void VarianceRatioAlarm::save(ByteWriter& out) const {
  out.put(added_);
  out.put(uint64_t{alarms_});
  out.put(uint64_t{values_.size()});
  for (const Value& value : values_) {
    out.put(value.number);
    out.put(value.value);
  }
}

Result<VarianceRatioAlarm> VarianceRatioAlarm::load(ByteReader& in, VarianceRatioOptions options) {
  VarianceRatioAlarm alarm(options);
  alarm.added_ = in.get<uint64_t>();
  alarm.alarms_ = in.get<uint64_t>();
  const uint64_t count = in.get_count(sizeof(uint64_t) + sizeof(double));
  if (!in.ok() || count > options.history || alarm.alarms_ > count)
    return failure("a series of densities: damaged, or longer than it may be");
  uint64_t next = 0;  // the least number that may come
  for (uint64_t i = 0; i < count; ++i) {
    const auto number = in.get<uint64_t>();
    const auto value = in.get<double>();
    if (number < next || number >= alarm.added_ || !std::isfinite(value))
      return failure("a series of densities: value " + std::to_string(i) + " is damaged");
    alarm.values_.push_back({number, value});
    next = number + 1;
  }
  return alarm;
}

}  // namespace yagura::learn
