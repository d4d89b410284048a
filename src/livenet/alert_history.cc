// SPDX-License-Identifier: Apache-2.0
#include "livenet/alert_history.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "livenet/alert_formats.h"

namespace yagura::livenet {
namespace {

constexpr Duration recent = Duration::hours(1);
constexpr Duration day = Duration::days(1);
constexpr double longest_silence = 30 * 86'400;
constexpr double least_deviation = 0.3;

double log_seconds(Duration duration) { return std::log1p(std::max(0.0, duration.as_seconds())); }
double size_of(uint64_t count) { return std::log2(static_cast<double>(count)); }
Duration seconds_of(double logarithm) {
  return {static_cast<int64_t>(std::min(std::expm1(logarithm), longest_silence) * 1e9)};
}

// What is saved in place of a number of those kept.
uint32_t place(const std::vector<uint32_t>& kept, uint32_t number) {
  const auto at = std::lower_bound(kept.begin(), kept.end(), number);
  CHECK(at != kept.end() && *at == number);
  return static_cast<uint32_t>(at - kept.begin());
}

void make_set(std::vector<uint32_t>& numbers) {
  std::sort(numbers.begin(), numbers.end());
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
}

template <typename T>
T& grown(std::vector<T>& all, size_t index) {
  if (index >= all.size()) all.resize(index + 1);
  return all[index];
}

}  // namespace

void AlertHistory::Usual::add(double value) {
  ++number;
  sum += value;
  squares += value * value;
}

double AlertHistory::Usual::deviation() const {
  if (number == 0) return 0;
  return std::sqrt(std::max(0.0, squares / static_cast<double>(number) - mean() * mean()));
}

bool AlertHistory::add(const MetaAlert& meta, Judgement& judgement) {
  const uint64_t name = uint64_t{meta.rule} << 32 | meta.host;
  if (keys_.size() >= most_keys_ && !keys_.contains(name)) forget_older_half();
  Key& key = keys_[name];
  Rule& rule = grown(rules_, meta.rule);
  const bool opens = meta.count == 1 || key.metas == 0;  // or was forgotten while it was open
  const bool new_day = key.last.floor(day) != meta.last.floor(day);
  if (opens) open(meta, key, rule);
  key.count = meta.count;
  key.last = meta.last;
  if (!opens && !new_day && !std::has_single_bit(meta.count)) return false;
  judge_key(meta, key, rule, judgement);
  judge_host(meta, judgement);
  return true;
}

void AlertHistory::forget(Timestamp time) {
  std::erase_if(keys_, [&](const auto& key) { return key.second.last < time; });
  std::vector<bool> rules(rules_.size()), hosts(hosts_.size());
  for (const auto& [name, key] : keys_) {
    rules[name >> 32] = true;
    hosts[name & 0xffffffff] = true;
  }
  for (size_t i = 0; i < rules_.size(); ++i)
    if (!rules[i]) rules_[i] = {};
  for (size_t i = 0; i < hosts_.size(); ++i)
    if (hosts[i])
      hosts_[i].drop_before(time);
    else
      hosts_[i] = {};
}

// With all that were last heard at the same time as the middle one.
void AlertHistory::forget_older_half() {
  std::vector<Timestamp> last;
  for (const auto& [name, key] : keys_) last.push_back(key.last);
  const auto middle = last.begin() + static_cast<ptrdiff_t>(last.size() / 2);
  std::nth_element(last.begin(), middle, last.end());
  forget(*middle + Duration{1});
}

KeptNames AlertHistory::known() const {
  KeptNames known;
  for (const auto& [name, key] : keys_) {
    known.rules.push_back(static_cast<uint32_t>(name >> 32));
    known.hosts.push_back(static_cast<uint32_t>(name & 0xffffffff));
  }
  make_set(known.hosts);
  for (const uint32_t host : known.hosts)
    for (size_t i = hosts_[host].begin; i < hosts_[host].judged.size(); ++i)
      known.rules.push_back(hosts_[host].judged[i].second);
  make_set(known.rules);
  return known;
}

void AlertHistory::Host::drop_before(Timestamp time) {
  for (; begin < judged.size() && judged[begin].first < time; ++begin) {
    const auto rule = rules.find(judged[begin].second);
    if (--rule->second == 0) rules.erase(rule);
  }
  if (begin <= judged.size() / 2) return;
  judged.erase(judged.begin(), judged.begin() + static_cast<ptrdiff_t>(begin));
  begin = 0;
}

void AlertHistory::open(const MetaAlert& meta, Key& key, Rule& rule) {
  if (key.metas > 0) {  // the one before is over
    if (key.silence >= 0) key.silences.add(key.silence);
    key.silence = log_seconds(meta.first - key.last);
    key.sizes.add(size_of(key.count));
    rule.sizes.add(size_of(key.count));
  }
  ++key.metas;
  ++rule.metas;
  ++metas_;
}

void AlertHistory::judge_key(const MetaAlert& meta, const Key& key, const Rule& rule,
                             Judgement& judgement) const {
  const auto rarity = [&](uint64_t metas) {
    return std::log(static_cast<double>(metas_) + 1) - std::log(static_cast<double>(metas));
  };
  const Usual& sizes = key.sizes.number > 0 ? key.sizes : rule.sizes;
  judgement.at(Feature::count) = size_of(meta.count);
  judgement.at(Feature::duration) = log_seconds(meta.last - meta.first);
  const double longest = std::log1p(longest_silence);
  judgement.at(Feature::silence) = key.silence < 0 ? longest : std::min(key.silence, longest);
  judgement.at(Feature::rule_rarity) = rarity(rule.metas);
  judgement.at(Feature::key_rarity) = rarity(key.metas);
  judgement.at(Feature::burst) = std::max(0.0, size_of(meta.count) - sizes.mean());
  judgement.at(Feature::silence_change) =
      key.silences.number == 0
          ? 0
          : (key.silence - key.silences.mean()) / (key.silences.deviation() + least_deviation);
  Facts& facts = judgement.facts;
  facts.metas = metas_ - 1;
  facts.rule_metas = rule.metas - 1;
  facts.key_metas = key.metas - 1;
  facts.count = meta.count;
  facts.usual_count = sizes.number > 0 ? std::exp2(sizes.mean()) : 0;
  facts.silence = key.silence < 0 ? Duration{} : seconds_of(key.silence);
  facts.usual_silence = key.silences.number > 0 ? seconds_of(key.silences.mean()) : Duration{};
}

void AlertHistory::judge_host(const MetaAlert& meta, Judgement& judgement) {
  Host& host = grown(hosts_, meta.host);
  host.drop_before(meta.last - recent);
  host.judged.emplace_back(meta.last, meta.rule);
  ++host.rules[meta.rule];
  const auto rules = static_cast<double>(host.rules.size());
  judgement.at(Feature::host_load) = std::log(static_cast<double>(host.judged.size() - host.begin));
  judgement.at(Feature::host_rules) = rules;
  judgement.facts.host_rules = host.rules.size();
  judgement.facts.usual_host_rules = host.rules_at_once.mean();
  host.rules_at_once.add(rules);
}

void AlertHistory::save_usual(ByteWriter& out, const Usual& usual) {
  out.put(usual.number);
  out.put(usual.sum);
  out.put(usual.squares);
}

AlertHistory::Usual AlertHistory::load_usual(ByteReader& in) {
  Usual usual;
  usual.number = in.get<uint64_t>();
  usual.sum = in.get<double>();
  usual.squares = in.get<double>();
  // Logarithms and counts of rules: far below. What is beyond could not be computed with.
  const double most = 1e6 * static_cast<double>(usual.number);
  if (!(usual.sum >= 0 && usual.sum <= most && usual.squares >= 0 && usual.squares <= 1e6 * most))
    in.skip(in.remaining() + 1);
  return usual;
}

void AlertHistory::save(ByteWriter& out, const KeptNames& kept) const {
  out.put(metas_);
  out.put(uint64_t{kept.rules.size()});
  for (const uint32_t number : kept.rules) {
    const Rule rule = number < rules_.size() ? rules_[number] : Rule();
    out.put(rule.metas);
    save_usual(out, rule.sizes);
  }
  std::vector<uint64_t> names;
  for (const auto& [name, key] : keys_) names.push_back(name);
  std::sort(names.begin(), names.end());
  out.put(uint64_t{names.size()});
  for (const uint64_t name : names) {
    const Key& key = keys_.at(name);
    out.put(uint64_t{place(kept.rules, static_cast<uint32_t>(name >> 32))} << 32 |
            place(kept.hosts, static_cast<uint32_t>(name & 0xffffffff)));
    out.put(key.metas);
    save_usual(out, key.sizes);
    save_usual(out, key.silences);
    out.put(key.count);
    out.put(key.last.nanoseconds);
    out.put(key.silence);
  }
  out.put(uint64_t{kept.hosts.size()});
  for (const uint32_t number : kept.hosts) {
    static const Host none;
    const Host& host = number < hosts_.size() ? hosts_[number] : none;
    save_usual(out, host.rules_at_once);
    out.put(uint64_t{host.judged.size() - host.begin});
    for (size_t i = host.begin; i < host.judged.size(); ++i) {
      out.put(host.judged[i].first.nanoseconds);
      out.put(place(kept.rules, host.judged[i].second));
    }
  }
}

bool AlertHistory::load(ByteReader& in, size_t rules, size_t hosts) {
  metas_ = in.get<uint64_t>();
  rules_.resize(in.get_count(32));
  for (Rule& rule : rules_) {
    rule.metas = in.get<uint64_t>();
    rule.sizes = load_usual(in);
  }
  for (uint64_t left = in.get_count(88); left > 0 && in.ok(); --left) {
    const auto name = in.get<uint64_t>();
    if (name >> 32 >= rules_.size() || (name & 0xffffffff) >= hosts) return false;
    Key& key = keys_[name];
    key.metas = in.get<uint64_t>();
    key.sizes = load_usual(in);
    key.silences = load_usual(in);
    key.count = in.get<uint64_t>();
    key.last = {in.get<int64_t>()};
    key.silence = in.get<double>();
    if (!is_event_time(key.last) || !(key.silence >= -1 && key.silence <= 100)) return false;
  }
  hosts_.resize(in.get_count(32));
  for (Host& host : hosts_) {
    host.rules_at_once = load_usual(in);
    for (uint64_t left = in.get_count(12); left > 0 && in.ok(); --left) {
      const Timestamp time{in.get<int64_t>()};
      const auto rule = in.get<uint32_t>();
      if (!is_event_time(time) || rule >= rules_.size()) return false;
      host.judged.emplace_back(time, rule);
      ++host.rules[rule];
    }
  }
  if (!in.ok() || rules_.size() > rules || hosts_.size() > hosts) return false;
  rules_.resize(rules);
  hosts_.resize(hosts);
  return true;
}

}  // namespace yagura::livenet
