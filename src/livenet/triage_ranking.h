// SPDX-License-Identifier: Apache-2.0
//
// What a person is given of a triage: the list of what to look at, the most unusual first, and what
// they said of earlier ones taken into account.
//
// A mark never hides anything. What an important mark covers is in the list whatever the model
// says, also on days that are only learnt from, ahead of everything else; what only unimportant
// marks cover stands at the end. An important mark outweighs any unimportant one.
//
// Pure functions of their arguments.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/table.h"
#include "livenet/triage.h"
#include "state/alert_marks.h"

namespace yagura::livenet {

enum class Mark : uint8_t { important, none, unimportant };  // in the order of the list

class Marks {
 public:
  Marks() = default;
  explicit Marks(std::span<const state::AlertMark> marks);
  Mark of(std::string_view rule, std::string_view host) const;

 private:
  std::unordered_map<std::string, bool> important_;  // by rule, line end, host
};

// Whether it is a rule's name as AlertLog makes them: a detector and an id.
bool is_rule_name(std::string_view name);
// Those of `marks` that no meta-alert of the triage bears out: a rule or a host may be mistyped.
std::vector<state::AlertMark> unmatched(std::span<const state::AlertMark> marks,
                                        const Triage& triage, const AlertLog& log);
// "suricata 2013504 on mail", "suricata 2013504 on every host"
std::string mark_text(const state::AlertMark& mark);

struct RankedMeta {
  uint32_t meta = 0;
  Mark mark = Mark::none;
};
// Of what is shown, or marked important, in the order in which to look at it: by mark, then by
// MetaVerdict::standing; of equal ones the earlier first.
std::vector<RankedMeta> rank(const Triage& triage, const AlertLog& log, const Marks& marks);

// The first `limit` of them, with reasons in words.
Table ranking_table(std::span<const RankedMeta> ranking, const Triage& triage, const AlertLog& log,
                    size_t limit);
// The alerts of the log that one meta-alert is made of. `files` are those that were read.
Table members_table(uint32_t meta, const Triage& triage, const AlertLog& log,
                    std::span<const std::string> files);
Table marks_table(std::span<const state::AlertMark> marks);

}  // namespace yagura::livenet
