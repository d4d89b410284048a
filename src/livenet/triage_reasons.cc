// SPDX-License-Identifier: Apache-2.0
#include "livenet/triage_reasons.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/text.h"

namespace yagura::livenet {
namespace {

// A mean of few alerts as a person would say it: "1", "2.5", "410".
std::string usual_text(double value) {
  if (value >= 10) return format_count(static_cast<uint64_t>(std::llround(std::min(value, 1e15))));
  return fmt::format("{:.2g}", value);
}

// What is new speaks for itself, whichever features the model named.
std::vector<std::string> new_texts(const Facts& facts) {
  std::vector<std::string> texts;
  if (facts.key_metas == 0)
    texts.emplace_back(facts.rule_metas == 0 ? "rule never seen before"
                                             : "rule never seen on this host before");
  if (facts.usual_host_rules == 0) texts.emplace_back("host never seen before");
  return texts;
}

// These are empty where new_texts says it, or where what was is no more than usual.
std::string rarity_text(std::string_view of, uint64_t before, uint64_t metas) {
  if (before == 0) return {};
  return fmt::format("rule{} {} of {} meta-alerts so far", of, format_count(before),
                     format_count(metas));
}

std::string silence_text(const Facts& facts) {
  if (facts.key_metas == 0) return {};
  const std::string silence = format_duration(facts.silence);
  if (facts.usual_silence.nanoseconds == 0)
    return fmt::format("silent here for {} before", silence);
  const std::string usual = format_duration(facts.usual_silence);
  if (silence == usual) return {};
  return fmt::format("silent here for {} before, usually {}", silence, usual);
}

std::string host_text(const Facts& facts) {
  if (facts.usual_host_rules == 0 ||
      static_cast<double>(facts.host_rules) <= facts.usual_host_rules)
    return {};
  return fmt::format("{} {} on host within the hour, usually {}", facts.host_rules,
                     facts.host_rules == 1 ? "rule" : "rules", usual_text(facts.usual_host_rules));
}

// `alerts` are those that it has now.
std::string count_text(const Facts& facts, uint64_t alerts) {
  if (facts.count == 1 || static_cast<double>(facts.count) <= facts.usual_count) return {};
  const std::string count = format_count(facts.count);
  const std::string text = facts.count < alerts
                               ? fmt::format("already {} alerts when it stood out", count)
                               : fmt::format("{} alerts", count);
  return facts.usual_count == 0 ? text : text + ", usually " + usual_text(facts.usual_count);
}

std::string reason_text(Feature feature, const Facts& facts, uint64_t alerts) {
  switch (feature) {
    case Feature::silence:
    case Feature::silence_change:
      return silence_text(facts);
    case Feature::rule_rarity:
      return rarity_text(" was", facts.rule_metas, facts.metas);
    case Feature::key_rarity:
      return rarity_text(" on this host", facts.key_metas, facts.metas);
    case Feature::host_load:
    case Feature::host_rules:
      return host_text(facts);
    case Feature::count:
    case Feature::duration:
    case Feature::burst:
      break;
  }
  return count_text(facts, alerts);
}

}  // namespace

std::string reasons_text(std::span<const Feature> reasons, const Facts& facts, uint64_t alerts) {
  if (reasons.empty()) return {};
  std::vector<std::string> texts = new_texts(facts);
  for (const Feature reason : reasons) {
    std::string text = reason_text(reason, facts, alerts);
    if (!text.empty() && std::find(texts.begin(), texts.end(), text) == texts.end())
      texts.push_back(std::move(text));
  }
  if (texts.empty()) return "nothing by itself, but all of it together";
  return fmt::format("{}", fmt::join(texts, "; "));
}

}  // namespace yagura::livenet
