// SPDX-License-Identifier: Apache-2.0
#include "livenet/meta_alert.h"

#include <algorithm>

namespace yagura::livenet {

void Aggregation::resume(const MetaAlert& meta) {
  latest_[uint64_t{meta.rule} << 32 | meta.host] = static_cast<uint32_t>(metas_.size());
  metas_.push_back(meta);
}

uint32_t Aggregation::add(const AlertRow& row) {
  const uint64_t key = uint64_t{row.rule} << 32 | row.host;
  const auto next = static_cast<uint32_t>(metas_.size());
  const auto [latest, is_new] = latest_.try_emplace(key, next);
  if (!is_new && row.time - metas_[latest->second].last > gap_) latest->second = next;
  if (latest->second == next)
    metas_.push_back(
        {row.rule, row.host, row.text, row.source, row.severity, row.time, row.time, 0});
  MetaAlert& meta = metas_[latest->second];
  meta.last = row.time;
  meta.severity = std::max(meta.severity, row.severity);
  ++meta.count;
  memberships_.push_back(latest->second);
  return latest->second;
}

std::vector<size_t> Aggregation::members(uint32_t meta) const {
  std::vector<size_t> found;
  for (size_t i = 0; i < memberships_.size(); ++i)
    if (memberships_[i] == meta) found.push_back(i);
  return found;
}

}  // namespace yagura::livenet
