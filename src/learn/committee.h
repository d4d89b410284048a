// SPDX-License-Identifier: Apache-2.0
//
// A few networks that were fitted to the same rows from other seeds, asked together: the mean of
// their probabilities. What one of them has learned by chance the others outvote, so that a
// committee of small networks errs less than one large network of the same cost.
//
// The same rows, options and seed give the same committee on any x86-64 machine. A fitted one is a
// value; predicting is thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "learn/network.h"
#include "learn/sparse_rows.h"

namespace yagura::learn {

class Committee {
 public:
  static constexpr size_t max_members = 64;

  // Fits from 1 to max_members networks, with seeds derived from that of the options. Fails as
  // Network::fit does.
  static Result<Committee> fit(const SparseRows& rows, std::span<const uint8_t> labels,
                               const NetworkOptions& options, size_t members);

  size_t inputs() const { return members_.front().inputs(); }
  size_t size() const { return members_.size(); }

  // The probability that a row's label is 1, for each row.
  std::vector<float> predict(const SparseRows& rows) const;
  // What each of a row's entries does, as Network::effects: the mean over the members.
  std::vector<float> effects(std::span<const SparseEntry> row) const;

  std::string save() const;
  static Result<Committee> load(std::string_view model);

 private:
  explicit Committee(std::vector<Network> members) : members_(std::move(members)) {}

  std::vector<Network> members_;
};

}  // namespace yagura::learn
