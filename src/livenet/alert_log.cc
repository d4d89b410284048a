// SPDX-License-Identifier: Apache-2.0
#include "livenet/alert_log.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace yagura::livenet {

uint32_t Names::number(std::string_view name) {
  const auto known = numbers_.find(name);
  if (known != numbers_.end()) return known->second;
  const auto number = static_cast<uint32_t>(names_.size());
  names_.emplace_back(name);
  numbers_.emplace(name, number);
  return number;
}

Result<void> AlertLog::add(const model::Alert& alert, uint16_t file, uint32_t line) {
  if (rows_.size() == most_alerts)
    return failure(fmt::format("more than the {} alerts that are judged at a time: give fewer days",
                               format_count(most_alerts)));
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
  return {};
}

void AlertLog::sort() {
  std::stable_sort(rows_.begin(), rows_.end(),
                   [](const AlertRow& a, const AlertRow& b) { return a.time < b.time; });
}

}  // namespace yagura::livenet
