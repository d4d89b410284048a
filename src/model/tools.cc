// SPDX-License-Identifier: Apache-2.0
#include "model/tools.h"

#include <algorithm>

namespace yagura::model {
namespace {

struct Rule {
  Mark mark;
  Tool tool;
  uint64_t minimum;
};
// In the order in which equal counts win: the rule least likely to match by chance first.
constexpr std::array rules = {
    Rule{Mark::mirai, Tool::mirai, 2},
    Rule{Mark::unicornscan, Tool::unicornscan, 3},
    Rule{Mark::masscan_2023, Tool::masscan_2023, 3},
    Rule{Mark::masscan, Tool::masscan, 3},
    Rule{Mark::zmap, Tool::zmap, 3},
    Rule{Mark::nmap, Tool::nmap, 3},
};

constexpr size_t index(Mark mark) { return static_cast<size_t>(mark); }

}  // namespace

uint64_t syn_count(uint64_t scan_tcp, const MarkCounts& marks) {
  const uint64_t others =
      marks[index(Mark::null_scan)] + marks[index(Mark::fin_scan)] + marks[index(Mark::xmas_scan)];
  return scan_tcp - std::min(scan_tcp, others);
}

Tool tool_of(uint64_t syns, const MarkCounts& marks) {
  Tool tool = Tool::none;
  uint64_t most = 0;
  for (const Rule& rule : rules) {
    const uint64_t count = marks[index(rule.mark)];
    if (count < rule.minimum || count <= most) continue;
    if (static_cast<double>(count) < 0.8 * static_cast<double>(syns)) continue;
    tool = rule.tool;
    most = count;
  }
  return tool;
}

Tool tool_of(uint64_t scan_tcp, std::span<const Mark> marks, std::span<const uint32_t> packets) {
  MarkCounts counts{};
  for (size_t i = 0; i < marks.size() && i < packets.size(); ++i)
    if (index(marks[i]) < counts.size()) counts[index(marks[i])] += packets[i];
  return tool_of(syn_count(scan_tcp, counts), counts);
}

}  // namespace yagura::model
