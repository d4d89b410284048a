// SPDX-License-Identifier: Apache-2.0
//
// Alerts of a record in memory: 40 bytes each, their texts once. Detectors do not write in order of
// time and records are made of several files, so all are read before any is judged; `sort` then
// puts them in order of time, those of one time as they were read.
//
// An alert has a fingerprint (XXH3, 64 bits, of all that it says), by which runs of the program
// know again what an earlier one has learnt from, whatever the files are called.
//
// Not thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "model/alert.h"

namespace yagura::livenet {

// Texts by number, each kept once, in the order in which they came.
class Names {
 public:
  Names() = default;
  Names(Names&&) = default;
  Names& operator=(Names&&) = default;

  uint32_t number(std::string_view name);
  const std::string& name(uint32_t number) const { return *names_[number]; }
  size_t size() const { return names_.size(); }
  // What they take of memory, about.
  size_t bytes() const { return bytes_; }

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  std::unordered_map<std::string, uint32_t, Hash, std::equal_to<>> numbers_;
  std::vector<const std::string*> names_;  // in numbers_, whose keys stay where they are
  size_t bytes_ = 0;
};

struct AlertRow {
  Timestamp time;
  uint32_t rule = 0;  // of AlertLog::rules: detector and id
  uint32_t host = 0, text = 0, source = 0;
  uint64_t fingerprint = 0;
  uint32_t line = 0;  // from 1
  uint16_t file = 0;
  model::Severity severity = model::Severity::unknown;
};

class AlertLog {
 public:
  // 880 MB with their memberships; a year of 50,000 a day.
  static constexpr size_t most_alerts = 20'000'000;
  // Of all their names and texts: these come from outside, and each may be another one.
  static constexpr size_t most_name_bytes = size_t{1} << 30;

  AlertLog() = default;
  explicit AlertLog(size_t name_bytes) : name_bytes_(name_bytes) {}

  // Fails past `most_alerts`, or where their names take too much memory.
  Result<void> add(const model::Alert& alert, uint16_t file, uint32_t line);
  void sort();
  // Takes over the alerts of `other`, as if they had been added here: a log that was read before it
  // was known which names a saved model has. Fails as `add` does.
  Result<void> take(AlertLog other);
  // Among the alerts of one time, puts those first that `is_first` holds of, which is asked once
  // of each.
  void put_first(Timestamp time, const std::function<bool(const AlertRow&)>& is_first);

  // The number of a name that a saved model knows, as if an alert had had it.
  uint32_t know_rule(std::string_view name) { return rules_.number(name); }
  uint32_t know_host(std::string_view name) { return hosts_.number(name); }
  uint32_t know_text(std::string_view text) { return texts_.number(text); }
  uint32_t know_source(std::string_view source) { return sources_.number(source); }

  std::span<const AlertRow> rows() const { return rows_; }
  // What tells the first `count` alerts from any others, in whatever order those of a time are.
  uint64_t fingerprint(size_t count) const;
  // "suricata 2013504"
  const std::string& rule_name(uint32_t rule) const { return rules_.name(rule); }
  const std::string& host_name(uint32_t host) const { return hosts_.name(host); }
  const std::string& text(uint32_t text) const { return texts_.name(text); }
  const std::string& source(uint32_t source) const { return sources_.name(source); }
  size_t rules() const { return rules_.size(); }
  size_t hosts() const { return hosts_.size(); }

 private:
  uint64_t fingerprint_of(const model::Alert& alert);
  Result<void> check_names() const;

  size_t name_bytes_ = most_name_bytes;
  Names rules_, hosts_, texts_, sources_;
  std::vector<AlertRow> rows_;
  std::string rule_, said_;  // kept between calls for their memory
};

}  // namespace yagura::livenet
