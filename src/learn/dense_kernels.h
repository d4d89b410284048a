// SPDX-License-Identifier: Apache-2.0
//
// The arithmetic that a network spends its time in.
//
// There are two versions of each kernel: one for SSE, which every x86-64-v2 has, and one for AVX2,
// chosen at run time. Both give the same bits: a sum runs over its terms in order, however many
// sums run side by side, and no multiplication is fused with an addition. So a network fitted on
// one machine equals that fitted on another. On a core of an AMD EPYC (Zen 4) the matrix product
// does 31 (g++) to 41 (clang) thousand million multiplications a second with AVX2, a third of that
// with SSE, which is why no BLAS is used.
//
// Rows of matrices are padded with zeros to a multiple of 16 columns, so that no kernel has a rest
// to care for. Pure, hence thread-safe.
#pragma once

#include <cstddef>
#include <new>
#include <span>
#include <vector>

#include "learn/sparse_rows.h"

namespace yagura::learn {

// Where a kernel finds whole cache lines.
template <typename T>
struct CacheLineAllocator {
  using value_type = T;
  static constexpr std::align_val_t alignment{64};

  CacheLineAllocator() = default;
  template <typename U>
  explicit CacheLineAllocator(const CacheLineAllocator<U>& /*other*/) {}
  T* allocate(size_t n) { return static_cast<T*>(::operator new(n * sizeof(T), alignment)); }
  void deallocate(T* p, size_t /*n*/) { ::operator delete(p, alignment); }
  bool operator==(const CacheLineAllocator&) const = default;
};
using Floats = std::vector<float, CacheLineAllocator<float>>;

constexpr size_t padded(size_t columns) { return (columns + 15) / 16 * 16; }

// result(i, j) = start(j) + the sum over k of left(i, k) right(k, j). `rows` is a multiple of 4,
// `columns` of 16; left(i, k) stands at left[i * left_row + k * left_step], so that a matrix can be
// taken as it is or transposed.
struct MatrixProduct {
  const float* left = nullptr;
  size_t left_row = 0, left_step = 1;
  const float* right = nullptr;
  size_t right_row = 0;
  const float* start = nullptr;  // null: zeros
  float* result = nullptr;
  size_t result_row = 0;
  size_t rows = 0, depth = 0, columns = 0;
};

// Counts of numbers are multiples of 16.
struct Kernels {
  void (*multiply)(const MatrixProduct&);
  // result = start + the sum over the entries of value * rows[column], each of `columns` numbers.
  void (*gather)(std::span<const SparseEntry> entries, const float* rows, size_t columns,
                 const float* start, float* result);
  // rows[column] += value * row, for each entry.
  void (*scatter)(std::span<const SparseEntry> entries, const float* row, size_t columns,
                  float* rows);
  // numbers = max(numbers, 0).
  void (*rectify)(float* numbers, size_t n);
  // numbers = 0 where the byte is below `bound`, else numbers * factor.
  void (*thin)(const uint8_t* bytes, uint8_t bound, float factor, float* numbers, size_t n);
  // numbers = 0 where the output is not above 0, else numbers * factor.
  void (*pass_back)(const float* outputs, float factor, float* numbers, size_t n);
  // sums += each row.
  void (*add_rows)(const float* rows, size_t count, size_t columns, float* sums);
};

const Kernels& narrow_kernels();
const Kernels* wide_kernels();  // null on a machine without AVX2
const Kernels& kernels();       // the widest there are

// A step of Adam (Kingma, Ba 2015, algorithm 1, with the constants they recommend), with decoupled
// weight decay (Loshchilov, Hutter 2019).
class Adam {
 public:
  static constexpr float first_decay = 0.9F, second_decay = 0.999F, epsilon = 1e-8F;

  // Begins the next step.
  void next(float learning_rate);
  // Moves `n` weights, a multiple of 4, against their gradient.
  void move(size_t n, float weight_decay, const float* gradient, float* first_moment,
            float* second_moment, float* weights) const;

 private:
  double first_power_ = 1, second_power_ = 1;
  float learning_rate_ = 0, rate_ = 0, epsilon_ = 0;
};

}  // namespace yagura::learn
