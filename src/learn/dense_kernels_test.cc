// SPDX-License-Identifier: Apache-2.0
#include "learn/dense_kernels.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "base/random.h"

namespace yagura::learn {
namespace {

Floats random_numbers(size_t n, Random& random) {
  Floats numbers(n);
  for (float& number : numbers) number = static_cast<float>(2 * random.unit() - 1);
  return numbers;
}

std::vector<SparseEntry> random_entries(size_t n, uint32_t columns, Random& random) {
  std::vector<SparseEntry> entries;
  for (size_t i = 0; i < n; ++i)
    entries.push_back({random.below(columns), static_cast<float>(random.unit())});
  return entries;
}

// Both versions: what a machine has not is passed over.
std::vector<const Kernels*> all_kernels() {
  std::vector<const Kernels*> all{&narrow_kernels()};
  if (wide_kernels() != nullptr) all.push_back(wide_kernels());
  return all;
}

TEST(DenseKernels, MultiplyToTheLastBitLikeThreeLoops) {
  Random random(1);
  for (const bool transposed : {false, true})
    for (const bool starts : {false, true})
      for (const size_t depth : {size_t{1}, size_t{3}, size_t{17}}) {
        const size_t rows = 8, columns = 32, row = transposed ? 1 : depth;
        const size_t step = transposed ? rows : 1;
        const Floats left = random_numbers(rows * depth, random);
        const Floats right = random_numbers(depth * columns, random);
        const Floats start = random_numbers(columns, random);
        Floats expected(rows * columns);
        for (size_t i = 0; i < rows; ++i)
          for (size_t j = 0; j < columns; ++j) {
            float sum = starts ? start[j] : 0;
            for (size_t k = 0; k < depth; ++k)
              sum += left[i * row + k * step] * right[k * columns + j];
            expected[i * columns + j] = sum;
          }
        for (const Kernels* kernels : all_kernels()) {
          Floats result(rows * columns, NAN);
          kernels->multiply({.left = left.data(),
                             .left_row = row,
                             .left_step = step,
                             .right = right.data(),
                             .right_row = columns,
                             .start = starts ? start.data() : nullptr,
                             .result = result.data(),
                             .result_row = columns,
                             .rows = rows,
                             .depth = depth,
                             .columns = columns});
          EXPECT_EQ(result, expected);
        }
      }
}

TEST(DenseKernels, GatherAndScatterToTheLastBitLikeTwoLoops) {
  Random random(2);
  const size_t columns = 48;
  const uint32_t rows = 20;
  for (const size_t n : {size_t{0}, size_t{1}, size_t{30}}) {
    const auto entries = random_entries(n, rows, random);
    const Floats numbers = random_numbers(rows * columns, random);
    const Floats row = random_numbers(columns, random);
    Floats gathered = row, scattered = numbers;
    for (const SparseEntry& entry : entries)
      for (size_t j = 0; j < columns; ++j) {
        gathered[j] += entry.value * numbers[entry.column * columns + j];
        scattered[entry.column * columns + j] += entry.value * row[j];
      }
    for (const Kernels* kernels : all_kernels()) {
      Floats result(columns, NAN), sums = numbers;
      kernels->gather(entries, numbers.data(), columns, row.data(), result.data());
      kernels->scatter(entries, row.data(), columns, sums.data());
      EXPECT_EQ(result, gathered);
      EXPECT_EQ(sums, scattered);
    }
  }
}

TEST(DenseKernels, RectifyThinPassBackAndAddRowsLikeOneLoop) {
  Random random(4);
  const size_t columns = 16, rows = 3, n = rows * columns;
  const Floats numbers = random_numbers(n, random), outputs = random_numbers(n, random);
  std::vector<uint8_t> bytes(n);
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random.below(256));
  bytes[0] = 99, bytes[1] = 100, bytes[2] = 101, bytes[3] = 255;
  Floats rectified(n), thinned(n), passed(n), sums(columns, 1);
  for (size_t i = 0; i < n; ++i) {
    rectified[i] = numbers[i] > 0 ? numbers[i] : 0;
    thinned[i] = bytes[i] < 100 ? 0 : numbers[i] * 1.5F;
    passed[i] = outputs[i] > 0 ? numbers[i] * 1.5F : 0;
    sums[i % columns] += numbers[i];
  }
  for (const Kernels* kernels : all_kernels()) {
    Floats of_rectify = numbers, of_thin = numbers, of_pass = numbers, of_add(columns, 1);
    kernels->rectify(of_rectify.data(), n);
    kernels->thin(bytes.data(), 100, 1.5F, of_thin.data(), n);
    kernels->pass_back(outputs.data(), 1.5F, of_pass.data(), n);
    kernels->add_rows(numbers.data(), rows, columns, of_add.data());
    EXPECT_EQ(of_rectify, rectified);
    EXPECT_EQ(of_thin, thinned);
    EXPECT_EQ(of_pass, passed);
    EXPECT_EQ(of_add, sums);
  }
}

// Algorithm 1 of Kingma and Ba, in doubles.
TEST(DenseKernels, AdamMovesAsItsPaperSays) {
  Random random(3);
  const size_t n = 8;
  Floats weights = random_numbers(n, random), first(n), second(n);
  std::vector<double> expected(weights.begin(), weights.end()), m(n), v(n);
  Adam adam;
  for (int t = 1; t <= 50; ++t) {
    const Floats gradient = random_numbers(n, random);
    adam.next(0.01F);
    adam.move(n, 0.1F, gradient.data(), first.data(), second.data(), weights.data());
    for (size_t i = 0; i < n; ++i) {
      m[i] = 0.9 * m[i] + 0.1 * gradient[i];
      v[i] = 0.999 * v[i] + 0.001 * gradient[i] * gradient[i];
      const double m_hat = m[i] / (1 - std::pow(0.9, t)), v_hat = v[i] / (1 - std::pow(0.999, t));
      expected[i] = expected[i] * (1 - 0.01 * 0.1) - 0.01 * m_hat / (std::sqrt(v_hat) + 1e-8);
    }
  }
  for (size_t i = 0; i < n; ++i) EXPECT_NEAR(weights[i], expected[i], 1e-5);
}

}  // namespace
}  // namespace yagura::learn
