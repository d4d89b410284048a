// SPDX-License-Identifier: Apache-2.0
//
// Names of autonomous systems, a hundred thousand of them in two blocks of memory: loading them
// must not take longer than reading a short capture. Filled, sealed, then read only; reading is
// thread-safe.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace yagura::enrich {

class AsnNames {
 public:
  // Of several names for a number the first one given stays. Names are cut at 65,535 bytes.
  void add(uint32_t asn, std::string_view name) {
    name = name.substr(0, UINT16_MAX);
    entries_.push_back({text_.size(), asn, static_cast<uint16_t>(name.size())});
    text_ += name;
    sealed_ = false;
  }

  // Makes what was added ready for find().
  void seal() {
    const auto before = [](const Entry& a, const Entry& b) { return a.asn < b.asn; };
    const auto same = [](const Entry& a, const Entry& b) { return a.asn == b.asn; };
    std::stable_sort(entries_.begin(), entries_.end(), before);
    entries_.erase(std::unique(entries_.begin(), entries_.end(), same), entries_.end());
    sealed_ = true;
  }

  // Empty if unknown.
  std::string_view find(uint32_t asn) const {
    CHECK(sealed_);
    const auto it = std::lower_bound(entries_.begin(), entries_.end(), asn,
                                     [](const Entry& entry, uint32_t n) { return entry.asn < n; });
    if (it == entries_.end() || it->asn != asn) return {};
    return std::string_view(text_).substr(it->offset, it->size);
  }

 private:
  struct Entry {
    uint64_t offset;  // in text_
    uint32_t asn;
    uint16_t size;
  };

  std::vector<Entry> entries_;
  std::string text_;
  bool sealed_ = true;
};

}  // namespace yagura::enrich
