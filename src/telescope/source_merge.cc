// SPDX-License-Identifier: Apache-2.0
#include "telescope/source_merge.h"

#include <algorithm>

namespace yagura::telescope {

Result<SourceMerge> SourceMerge::open(const std::vector<std::filesystem::path>& files) {
  std::vector<Head> heads;
  for (const auto& file : files) {
    TRY(auto reader, RunFileReader::open(file));
    heads.push_back({std::move(reader), {}});
  }
  return SourceMerge(std::move(heads));
}

Result<bool> SourceMerge::next() {
  if (!started_) {
    started_ = true;
    for (size_t i = 0; i < heads_.size(); ++i) {
      files_.push_back(i);
      used_.push_back(i);
    }
  }
  bool ended = false;
  for (const size_t i : used_) {
    TRY(heads_[i].rows, heads_[i].reader->next());
    ended |= heads_[i].rows.empty();
  }
  if (ended) {
    for (size_t i = heads_.size(); i > 0; --i) {
      if (!heads_[i - 1].rows.empty()) continue;
      heads_.erase(heads_.begin() + static_cast<ptrdiff_t>(i - 1));
      files_.erase(files_.begin() + static_cast<ptrdiff_t>(i - 1));
    }
  }
  used_.clear();
  parts_.clear();
  if (heads_.empty()) return false;
  IpAddress smallest = heads_[0].rows[0].source;
  for (const Head& head : heads_) smallest = std::min(smallest, head.rows[0].source);
  for (size_t i = 0; i < heads_.size(); ++i) {
    if (heads_[i].rows[0].source != smallest) continue;
    used_.push_back(i);
    parts_.push_back(heads_[i].rows);
  }
  return true;
}

}  // namespace yagura::telescope
