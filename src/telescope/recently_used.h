// SPDX-License-Identifier: Apache-2.0
//
// Values by key, those that were asked for last, up to a bound of memory: of the values, which tell
// their bytes(), and of keeping them. Not thread-safe.
#pragma once

#include <cstddef>
#include <list>
#include <map>
#include <memory>
#include <utility>

namespace yagura::telescope {

template <typename Key, typename Value>
class RecentlyUsed {
 public:
  using Shared = std::shared_ptr<const Value>;

  explicit RecentlyUsed(size_t most_bytes) : most_bytes_(most_bytes) {}

  // Null where there is nothing.
  Shared find(const Key& key) {
    const auto found = kept_.find(key);
    if (found == kept_.end()) return nullptr;
    uses_.splice(uses_.begin(), uses_, found->second.use);
    return found->second.value;
  }

  // In place of what was there. What was asked for the longest ago goes, but never the newest.
  void keep(const Key& key, const Shared& value) {
    if (const auto known = kept_.find(key); known != kept_.end()) drop(known);
    uses_.push_front(key);
    kept_[key] = {value, uses_.begin()};
    bytes_ += size_of(*value);
    while (bytes_ > most_bytes_ && uses_.size() > 1) drop(kept_.find(uses_.back()));
  }

  // Drops what lies from one key on to before the other.
  void drop_between(const Key& from, const Key& until) {
    for (auto entry = kept_.lower_bound(from); entry != kept_.end() && entry->first < until;)
      entry = drop(entry);
  }
  void clear() {
    kept_.clear();
    uses_.clear();
    bytes_ = 0;
  }

 private:
  struct Kept {
    Shared value;
    typename std::list<Key>::iterator use;
  };

  // With the nodes of map and list.
  static size_t size_of(const Value& value) {
    constexpr size_t nodes = 2 * sizeof(Key) + sizeof(Kept) + sizeof(Value) + 8 * sizeof(void*);
    return value.bytes() + nodes;
  }
  auto drop(typename std::map<Key, Kept>::iterator entry) {
    bytes_ -= size_of(*entry->second.value);
    uses_.erase(entry->second.use);
    return kept_.erase(entry);
  }

  size_t most_bytes_;
  size_t bytes_ = 0;
  std::map<Key, Kept> kept_;
  std::list<Key> uses_;  // the last used first
};

}  // namespace yagura::telescope
