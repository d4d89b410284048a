// SPDX-License-Identifier: Apache-2.0
#include "telescope/source_merge.h"

#include <algorithm>
#include <numeric>

namespace yagura::telescope {

Result<SourceMerge> SourceMerge::open(const std::vector<std::filesystem::path>& files) {
  std::vector<Head> heads;
  for (const auto& file : files) {
    TRY(auto reader, RunFileReader::open(file));
    heads.push_back({std::move(reader), heads.size(), {}});
  }
  return SourceMerge(std::move(heads));
}

SourceMerge::SourceMerge(std::vector<Head> heads)
    : heads_(std::move(heads)), sources_(heads_.size()), used_(heads_.size()) {
  std::iota(used_.begin(), used_.end(), size_t{0});
}

void SourceMerge::drop_ended() {
  std::erase_if(heads_, [](const Head& head) { return head.rows.empty(); });
  sources_.clear();
  for (const Head& head : heads_) sources_.push_back(head.rows[0].source);
}

Result<bool> SourceMerge::next() {
  bool ended = false;
  for (const size_t i : used_) {
    Head& head = heads_[i];
    TRY(head.rows, head.reader->next());
    if (head.rows.empty())
      ended = true;
    else
      sources_[i] = head.rows[0].source;
  }
  if (ended) drop_ended();
  used_.clear();
  parts_.clear();
  if (heads_.empty()) return false;
  const IpAddress smallest = *std::min_element(sources_.begin(), sources_.end());
  for (size_t i = 0; i < sources_.size(); ++i) {
    if (sources_[i] != smallest) continue;
    used_.push_back(i);
    parts_.push_back(heads_[i].rows);
  }
  return true;
}

}  // namespace yagura::telescope
