// SPDX-License-Identifier: Apache-2.0
#include "learn/network.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"

namespace yagura::learn {
namespace {

// Two inputs, labelled by whether exactly one of them is 1: no line parts them.
struct Xor {
  Matrix<float> rows;
  SparseRows sparse{2};
  std::vector<uint8_t> labels;

  explicit Xor(size_t n) {
    Random random(7);
    for (size_t i = 0; i < n; ++i) {
      const bool a = random.one_in(2), b = random.one_in(2);
      rows.add_row(std::vector<float>{a ? 1.0F : 0, b ? 1.0F : 0});
      std::vector<SparseEntry> entries;
      if (a) entries.push_back({0, 1});
      if (b) entries.push_back({1, 1});
      sparse.add_row(entries);
      labels.push_back(a != b);
    }
  }
};

NetworkOptions small() {
  NetworkOptions options;
  options.hidden = {16, 8};
  options.epochs = 60;
  options.batch_size = 32;
  options.learning_rate = 0.02F;
  return options;
}

TEST(Network, LearnsWhatNoLineParts) {
  const Xor data(400);
  const auto dense = Network::fit(data.rows.view(), data.labels, small());
  const auto sparse = Network::fit(data.sparse, data.labels, small());
  ASSERT_TRUE(dense && sparse);
  const std::vector<float> of_dense = dense->predict(data.rows.view());
  const std::vector<float> of_sparse = sparse->predict(data.sparse);
  for (size_t i = 0; i < data.labels.size(); ++i) {
    EXPECT_NEAR(of_dense[i], data.labels[i], 0.05);
    EXPECT_NEAR(of_sparse[i], data.labels[i], 0.05);
  }
}

}  // namespace
}  // namespace yagura::learn
