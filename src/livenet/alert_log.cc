// SPDX-License-Identifier: Apache-2.0
#include "livenet/alert_log.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>

#include "base/text.h"

namespace yagura::livenet {

static_assert(sizeof(AlertRow) == 40);

namespace {

tl::unexpected<Error> too_many() {
  return failure(fmt::format("more than the {} alerts that are judged at a time: give fewer days",
                             format_count(AlertLog::most_alerts)));
}

// By the number that a name has in `from`, the one it gets in `to`.
std::vector<uint32_t> renumbered(const Names& from, Names& to) {
  std::vector<uint32_t> numbers;
  numbers.reserve(from.size());
  for (uint32_t i = 0; i < from.size(); ++i) numbers.push_back(to.number(from.name(i)));
  return numbers;
}

}  // namespace

uint32_t Names::number(std::string_view name) {
  const auto known = numbers_.find(name);
  if (known != numbers_.end()) return known->second;
  const auto number = static_cast<uint32_t>(names_.size());
  names_.push_back(&numbers_.emplace(name, number).first->first);
  // The node, its bucket and the pointer to it; a short text is within it.
  constexpr size_t each = 96, within = 15;
  bytes_ += each + (name.size() > within ? name.size() + 1 : 0);
  return number;
}

Result<void> AlertLog::add(const model::Alert& alert, uint16_t file, uint32_t line) {
  if (rows_.size() == most_alerts) return too_many();
  rule_ = model::detector_names[static_cast<size_t>(alert.detector)];
  rule_ += ' ';
  rule_ += alert.rule;
  AlertRow& row = rows_.emplace_back();
  row.time = alert.time;
  row.rule = rules_.number(rule_);
  row.host = hosts_.number(alert.host);
  row.text = texts_.number(alert.text);
  row.source = sources_.number(alert.source);
  row.line = line;
  row.file = file;
  row.severity = alert.severity;
  row.fingerprint = fingerprint_of(alert);
  return check_names();
}

Result<void> AlertLog::check_names() const {
  if (rules_.bytes() + hosts_.bytes() + texts_.bytes() + sources_.bytes() <= name_bytes_) return {};
  return failure(
      fmt::format("the names and texts of the alerts take more than {} MiB: give fewer "
                  "days",
                  name_bytes_ >> 20));
}

// Of all that the alert says, each text with its end, so that no two join to the same.
uint64_t AlertLog::fingerprint_of(const model::Alert& alert) {
  said_.assign(reinterpret_cast<const char*>(&alert.time.nanoseconds), sizeof(int64_t));
  said_ += static_cast<char>(alert.severity);
  for (const std::string_view text : {std::string_view(rule_), std::string_view(alert.host),
                                      std::string_view(alert.text), std::string_view(alert.source)})
    said_.append(text) += '\0';
  return XXH3_64bits(said_.data(), said_.size());
}

uint64_t AlertLog::fingerprint(size_t count) const {
  uint64_t sum = 0;
  for (const AlertRow& row : rows().first(count)) sum += row.fingerprint;
  return sum;
}

void AlertLog::sort() {
  std::stable_sort(rows_.begin(), rows_.end(),
                   [](const AlertRow& a, const AlertRow& b) { return a.time < b.time; });
}

Result<void> AlertLog::take(AlertLog other) {
  if (other.rows_.size() > most_alerts - rows_.size()) return too_many();
  const auto rules = renumbered(other.rules_, rules_);
  const auto hosts = renumbered(other.hosts_, hosts_);
  const auto texts = renumbered(other.texts_, texts_);
  const auto sources = renumbered(other.sources_, sources_);
  for (AlertRow& row : other.rows_) {
    row.rule = rules[row.rule];
    row.host = hosts[row.host];
    row.text = texts[row.text];
    row.source = sources[row.source];
  }
  if (rows_.empty())
    rows_ = std::move(other.rows_);
  else
    rows_.insert(rows_.end(), other.rows_.begin(), other.rows_.end());
  return check_names();
}

void AlertLog::put_first(Timestamp time, const std::function<bool(const AlertRow&)>& is_first) {
  const auto begin =
      std::find_if(rows_.begin(), rows_.end(), [&](const auto& row) { return row.time == time; });
  const auto end =
      std::find_if(begin, rows_.end(), [&](const auto& row) { return row.time != time; });
  std::stable_partition(begin, end, is_first);
}

}  // namespace yagura::livenet
