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

std::string rarity_text(std::string_view of, uint64_t before, uint64_t metas) {
  if (before == 0) return fmt::format("rule never seen{} before", of);
  return fmt::format("rule{} {} of {} meta-alerts so far", of.empty() ? " was" : of,
                     format_count(before), format_count(metas));
}

std::string silence_text(const Facts& facts) {
  if (facts.key_metas == 0) return rarity_text(" on this host", 0, facts.metas);
  if (facts.usual_silence.nanoseconds == 0)
    return fmt::format("silent here for {} before", format_duration(facts.silence));
  return fmt::format("silent here for {} before, usually {}", format_duration(facts.silence),
                     format_duration(facts.usual_silence));
}

std::string reason_text(Feature feature, const Facts& facts) {
  switch (feature) {
    case Feature::silence:
    case Feature::silence_change:
      return silence_text(facts);
    case Feature::rule_rarity:
      return rarity_text("", facts.rule_metas, facts.metas);
    case Feature::key_rarity:
      return rarity_text(" on this host", facts.key_metas, facts.metas);
    case Feature::host_load:
    case Feature::host_rules:
      return facts.usual_host_rules == 0
                 ? "host never seen before"
                 : fmt::format("{} {} on host within the hour, usually {}", facts.host_rules,
                               facts.host_rules == 1 ? "rule" : "rules",
                               usual_text(facts.usual_host_rules));
    case Feature::count:
    case Feature::duration:
    case Feature::burst:
      break;
  }
  // It may have got more since it was judged so.
  const std::string alerts = fmt::format("when it had {} {}", format_count(facts.count),
                                         facts.count == 1 ? "alert" : "alerts");
  return facts.usual_count == 0 ? alerts : alerts + ", usually " + usual_text(facts.usual_count);
}

}  // namespace

std::string reasons_text(std::span<const Feature> reasons, const Facts& facts) {
  std::vector<std::string> texts;
  for (const Feature reason : reasons) {
    std::string text = reason_text(reason, facts);
    if (std::find(texts.begin(), texts.end(), text) == texts.end())
      texts.push_back(std::move(text));
  }
  // Never seen at all says more than never seen here.
  if (facts.rule_metas == 0 && texts.size() > 1)
    std::erase(texts, rarity_text(" on this host", 0, facts.metas));
  return fmt::format("{}", fmt::join(texts, "; "));
}

}  // namespace yagura::livenet
