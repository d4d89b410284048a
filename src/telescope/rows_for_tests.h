// SPDX-License-Identifier: Apache-2.0
//
// For tests only: rows of any kind as text, so that what two ways give can be compared, and a sink
// that keeps them.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "telescope/row_sink.h"

namespace yagura::telescope {

template <typename T>
std::string value_text(const T& value) {
  if constexpr (std::is_same_v<T, IpAddress>) {
    return value.to_string();
  } else if constexpr (std::is_enum_v<T>) {
    return fmt::format("{}", static_cast<int>(value));
  } else if constexpr (std::is_same_v<T, std::string_view>) {
    std::string text = "'";
    for (const char c : value) text += fmt::format("{:02x}", static_cast<uint8_t>(c));
    return text + "'";
  } else if constexpr (std::is_floating_point_v<T>) {
    return fmt::format("{:a}", value);  // to the bit
  } else if constexpr (std::is_integral_v<T>) {
    return fmt::format("{}", value);
  } else {
    std::string text = "[";
    for (const auto& element : value) text += value_text(element) + ' ';
    return text + "]";
  }
}

// Every column but `commit`, after the name of the table.
template <typename Row>
std::string row_text(const Row& row) {
  std::string text(Row::table);
  std::apply(
      [&](const auto&... column) {
        ((column.name == "commit"
              ? void()
              : void(text += fmt::format(" {}={}", column.name, value_text(row.*column.member)))),
         ...);
      },
      Row::columns());
  return text;
}

// Keeps the text of each row, and by kind those that tests count with.
class CollectingSink : public RowSink {
 public:
  void add(const ActivityRow& row) override { keep(row); }
  void add(const SourceDayRow& row) override { keep(row); }
  void add(const NumbersRow& row) override {
    keep(row);
    numbers.push_back(row);
  }
  void add(const EventRow& row) override { keep(row); }
  void add(const AttackRow& row) override { keep(row); }
  void add(const SynchronyRow& row) override {
    keep(row);
    synchrony.push_back(row);
  }
  void add(const SynchronyTotalRow& row) override { keep(row); }
  void add(const AlarmRow& row) override { keep(row); }
  void add(const SampleRow& row) override {
    keep(row);
    samples.push_back(row);
    samples.back().payload = {};
  }
  void add_survey_finding(uint32_t day, IpAddress source) override {
    findings.emplace_back(day, source);
  }
  Result<void> status() override { return {}; }

  std::vector<std::string> of_table(std::string_view table) const {
    std::vector<std::string> rows;
    for (const std::string& row : texts)
      if (row.starts_with(table) && row[table.size()] == ' ') rows.push_back(row);
    return rows;
  }
  std::vector<std::string> sorted() const {
    std::vector<std::string> rows = texts;
    std::sort(rows.begin(), rows.end());
    return rows;
  }
  // Takes over everything that `later` was given.
  void append(const CollectingSink& later) {
    texts.insert(texts.end(), later.texts.begin(), later.texts.end());
    numbers.insert(numbers.end(), later.numbers.begin(), later.numbers.end());
    samples.insert(samples.end(), later.samples.begin(), later.samples.end());
    synchrony.insert(synchrony.end(), later.synchrony.begin(), later.synchrony.end());
    findings.insert(findings.end(), later.findings.begin(), later.findings.end());
  }

  std::vector<std::string> texts;
  std::vector<NumbersRow> numbers;
  std::vector<SampleRow> samples;
  std::vector<SynchronyRow> synchrony;
  std::vector<std::pair<uint32_t, IpAddress>> findings;

 private:
  template <typename Row>
  void keep(const Row& row) {
    texts.push_back(row_text(row));
  }
};

// What one list has and the other has not, a few lines of it: "" if they are equal.
inline std::string difference(std::vector<std::string> expected, std::vector<std::string> actual) {
  std::sort(expected.begin(), expected.end());
  std::sort(actual.begin(), actual.end());
  std::vector<std::string> missing, surplus;
  std::set_difference(expected.begin(), expected.end(), actual.begin(), actual.end(),
                      std::back_inserter(missing));
  std::set_difference(actual.begin(), actual.end(), expected.begin(), expected.end(),
                      std::back_inserter(surplus));
  if (missing.empty() && surplus.empty()) return "";
  constexpr size_t shown = 6;
  std::string text = fmt::format("{} missing, {} surplus\n", missing.size(), surplus.size());
  for (size_t i = 0; i < std::min(shown, missing.size()); ++i) text += "- " + missing[i] + '\n';
  for (size_t i = 0; i < std::min(shown, surplus.size()); ++i) text += "+ " + surplus[i] + '\n';
  return text;
}

}  // namespace yagura::telescope
