// SPDX-License-Identifier: Apache-2.0
//
// What is known of a meta-alert at the moment it is judged, as numbers: each is made of this and
// earlier alerts alone. There is no way to ask for anything later: the history holds nothing else.
//
// A meta-alert is judged when it opens, whenever its count has doubled since, and with its first
// alert of each further day (UTC): what a person who watches would want to be told.
//
//   count           binary logarithm of its alerts so far
//   duration        logarithm of the seconds since the first
//   silence         logarithm of the seconds that the rule was silent on this host before, at most
//                   30 days, which is also said where it had never been heard there
//   rule_rarity     how rare the rule is: -ln of its share of all meta-alerts so far
//   key_rarity      the same of the rule on this host
//   host_load       logarithm of the judgements on this host in the last hour
//   host_rules      distinct rules on this host in the last hour
//   burst           how many times it has doubled beyond what is usual for the rule on this host
//   silence_change  the silence against what is usual for the rule on this host, in deviations;
//                   0 where nothing is usual yet
//
// "Usual" is the mean of the logarithms over what is past; the deviation has 0.3 added, so that a
// clock's regularity does not make a second's delay a wonder.
//
// Memory is bounded: what was silent for long is forgotten when `forget` says so, and past
// `most_keys` rules on hosts the half that was silent longest. Not thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"
#include "livenet/meta_alert.h"

namespace yagura::livenet {

enum class Feature : uint8_t {
  count,
  duration,
  silence,
  rule_rarity,
  key_rarity,
  host_load,
  host_rules,
  burst,
  silence_change,
};
inline constexpr size_t feature_count = 9;
using Features = std::array<double, feature_count>;

// What a person is told of the same.
struct Facts {
  uint64_t metas = 0, rule_metas = 0, key_metas = 0;  // before this one
  uint64_t count = 0;
  double usual_count = 0;  // 0 where the rule had none before
  Duration silence;        // 0 where it had never been heard on the host
  Duration usual_silence;  // 0 where none is known
  uint64_t host_rules = 0;
  double usual_host_rules = 0;
};

struct Judgement {
  Features features{};
  Facts facts;

  double& at(Feature feature) { return features[static_cast<size_t>(feature)]; }
};

// Numbers of names that are kept, rising: each is saved as its place.
struct KeptNames {
  std::vector<uint32_t> rules, hosts;
};

class AlertHistory {
 public:
  // Rules on hosts, of some 250 bytes each: 50 rules on each of 10,000 hosts.
  static constexpr size_t most_keys = 500'000;

  AlertHistory() = default;
  explicit AlertHistory(size_t keys) : most_keys_(keys) {}

  // `meta` has just got an alert; the first one where its count is 1. In order of time. True if it
  // is to be judged now, by `judgement`.
  bool add(const MetaAlert& meta, Judgement& judgement);

  // Rules and hosts that were last heard together before `time` are as if they never had been.
  void forget(Timestamp time);
  // Those of which it knows something.
  KeptNames known() const;

  // `kept` has all that are known.
  void save(ByteWriter& out, const KeptNames& kept) const;
  // Softly: `in` says in the end whether it was whole. Numbers of rules are below `rules`, of hosts
  // below `hosts`, else nothing more is read.
  bool load(ByteReader& in, size_t rules, size_t hosts);

 private:
  // Sums over what is past, for a mean and a deviation.
  struct Usual {
    uint64_t number = 0;
    double sum = 0, squares = 0;

    void add(double value);
    double mean() const { return number > 0 ? sum / static_cast<double>(number) : 0; }
    double deviation() const;
  };
  struct Rule {
    uint64_t metas = 0;  // with the open one
    Usual sizes;         // of those that are over
  };
  struct Key {
    uint64_t metas = 0;
    Usual sizes, silences;  // of those that are over; before those, but the open one
    uint64_t count = 0;     // of the open one
    Timestamp last;         // its latest alert
    double silence = -1;    // before the open one, as a logarithm; -1: never heard before
  };
  struct Host {
    // Time and rule of what was judged; from `begin` on it is of the last hour.
    std::vector<std::pair<Timestamp, uint32_t>> judged;
    size_t begin = 0;
    std::unordered_map<uint32_t, uint32_t> rules;  // how often each is in the last hour
    Usual rules_at_once;

    void drop_before(Timestamp time);
  };

  void forget_older_half();
  void open(const MetaAlert& meta, Key& key, Rule& rule);
  void judge_host(const MetaAlert& meta, Judgement& judgement);
  void judge_key(const MetaAlert& meta, const Key& key, const Rule& rule,
                 Judgement& judgement) const;
  static void save_usual(ByteWriter& out, const Usual& usual);
  static Usual load_usual(ByteReader& in);

  size_t most_keys_ = most_keys;
  std::vector<Rule> rules_;
  std::unordered_map<uint64_t, Key> keys_;  // by rule and host
  std::vector<Host> hosts_;
  uint64_t metas_ = 0;
};

}  // namespace yagura::livenet
