// SPDX-License-Identifier: Apache-2.0
#include "learn/dense_kernels.h"

#include <xmmintrin.h>

#include <cmath>

namespace yagura::learn {
namespace {

// Vectors as g++ and clang know them. The bodies below are compiled twice, inlined into functions
// for one instruction set each; vectors pass between functions by reference alone, as their calling
// convention differs between the two.
template <size_t lanes>
struct Lanes {
  static constexpr size_t width = lanes;
  typedef float Vector __attribute__((vector_size(lanes * sizeof(float))));
  typedef float Unaligned
      __attribute__((vector_size(lanes * sizeof(float)), aligned(alignof(float)), may_alias));
  typedef int32_t Mask __attribute__((vector_size(lanes * sizeof(int32_t))));  // all bits, or none
  typedef uint8_t Bytes __attribute__((vector_size(lanes), aligned(1), may_alias));
};

template <typename L>
[[gnu::always_inline]] inline void load(const float* from, typename L::Vector& to) {
  to = *reinterpret_cast<const typename L::Unaligned*>(from);
}
template <typename L>
[[gnu::always_inline]] inline void store(const typename L::Vector& from, float* to) {
  *reinterpret_cast<typename L::Unaligned*>(to) = from;
}

// Four rows by two vectors: eight sums that wait for nothing but their own last addition.
template <typename L>
[[gnu::always_inline]] inline void multiply_block(const MatrixProduct& p, size_t i, size_t j) {
  constexpr size_t w = L::width;
  typename L::Vector start0 = {}, start1 = {};
  if (p.start != nullptr) {
    load<L>(p.start + j, start0);
    load<L>(p.start + j + w, start1);
  }
  typename L::Vector c00 = start0, c10 = start0, c20 = start0, c30 = start0;
  typename L::Vector c01 = start1, c11 = start1, c21 = start1, c31 = start1;
  const float* right = p.right + j;
  const float* left = p.left + i * p.left_row;
  for (size_t k = 0; k < p.depth; ++k, right += p.right_row, left += p.left_step) {
    typename L::Vector b0, b1;
    load<L>(right, b0);
    load<L>(right + w, b1);
    const float a0 = left[0], a1 = left[p.left_row];
    const float a2 = left[2 * p.left_row], a3 = left[3 * p.left_row];
    c00 += a0 * b0, c01 += a0 * b1;
    c10 += a1 * b0, c11 += a1 * b1;
    c20 += a2 * b0, c21 += a2 * b1;
    c30 += a3 * b0, c31 += a3 * b1;
  }
  float* result = p.result + i * p.result_row + j;
  store<L>(c00, result), store<L>(c01, result + w), result += p.result_row;
  store<L>(c10, result), store<L>(c11, result + w), result += p.result_row;
  store<L>(c20, result), store<L>(c21, result + w), result += p.result_row;
  store<L>(c30, result), store<L>(c31, result + w);
}

template <typename L>
[[gnu::always_inline]] inline void multiply_all(const MatrixProduct& p) {
  for (size_t j = 0; j < p.columns; j += 2 * L::width)
    for (size_t i = 0; i < p.rows; i += 4) multiply_block<L>(p, i, j);
}

template <typename L>
[[gnu::always_inline]] inline void gather_pair(std::span<const SparseEntry> entries,
                                               const float* rows, size_t columns,
                                               const float* start, float* result) {
  constexpr size_t w = L::width;
  typename L::Vector sum0, sum1, row0, row1;
  load<L>(start, sum0);
  load<L>(start + w, sum1);
  for (const SparseEntry& entry : entries) {
    const float* row = rows + entry.column * columns;
    load<L>(row, row0);
    load<L>(row + w, row1);
    sum0 += entry.value * row0;
    sum1 += entry.value * row1;
  }
  store<L>(sum0, result);
  store<L>(sum1, result + w);
}

template <typename L>
[[gnu::always_inline]] inline void gather_all(std::span<const SparseEntry> entries,
                                              const float* rows, size_t columns, const float* start,
                                              float* result) {
  for (size_t j = 0; j < columns; j += 2 * L::width)
    gather_pair<L>(entries, rows + j, columns, start + j, result + j);
}

template <typename L>
[[gnu::always_inline]] inline void scatter_all(std::span<const SparseEntry> entries,
                                               const float* row, size_t columns, float* rows) {
  for (const SparseEntry& entry : entries) {
    float* to = rows + entry.column * columns;
    for (size_t j = 0; j < columns; j += L::width) {
      typename L::Vector sum, summand;
      load<L>(to + j, sum);
      load<L>(row + j, summand);
      sum += entry.value * summand;
      store<L>(sum, to + j);
    }
  }
}

// The numbers where the mask is set, 0 elsewhere.
template <typename L>
[[gnu::always_inline]] inline void keep(const typename L::Mask& mask, typename L::Vector& numbers) {
  numbers =
      reinterpret_cast<typename L::Vector>(reinterpret_cast<typename L::Mask>(numbers) & mask);
}

template <typename L>
[[gnu::always_inline]] inline void rectify_all(float* numbers, size_t n) {
  for (size_t i = 0; i < n; i += L::width) {
    typename L::Vector x;
    load<L>(numbers + i, x);
    keep<L>(x > 0, x);
    store<L>(x, numbers + i);
  }
}

template <typename L>
[[gnu::always_inline]] inline void thin_all(const uint8_t* bytes, uint8_t bound, float factor,
                                            float* numbers, size_t n) {
  for (size_t i = 0; i < n; i += L::width) {
    typename L::Vector x;
    load<L>(numbers + i, x);
    x *= factor;
    const auto& random = *reinterpret_cast<const typename L::Bytes*>(bytes + i);
    keep<L>(__builtin_convertvector(random, typename L::Mask) >= int32_t{bound}, x);
    store<L>(x, numbers + i);
  }
}

template <typename L>
[[gnu::always_inline]] inline void pass_back_all(const float* outputs, float factor, float* numbers,
                                                 size_t n) {
  for (size_t i = 0; i < n; i += L::width) {
    typename L::Vector x, output;
    load<L>(numbers + i, x);
    load<L>(outputs + i, output);
    x *= factor;
    keep<L>(output > 0, x);
    store<L>(x, numbers + i);
  }
}

template <typename L>
[[gnu::always_inline]] inline void add_all_rows(const float* rows, size_t count, size_t columns,
                                                float* sums) {
  for (size_t j = 0; j < columns; j += L::width) {
    typename L::Vector sum, row;
    load<L>(sums + j, sum);
    for (size_t i = 0; i < count; ++i) {
      load<L>(rows + i * columns + j, row);
      sum += row;
    }
    store<L>(sum, sums + j);
  }
}

using Entries = std::span<const SparseEntry>;

struct Narrow {
  using L = Lanes<4>;
  static void multiply(const MatrixProduct& p) { multiply_all<L>(p); }
  static void gather(Entries entries, const float* rows, size_t columns, const float* start,
                     float* result) {
    gather_all<L>(entries, rows, columns, start, result);
  }
  static void scatter(Entries entries, const float* row, size_t columns, float* rows) {
    scatter_all<L>(entries, row, columns, rows);
  }
  static void rectify(float* numbers, size_t n) { rectify_all<L>(numbers, n); }
  static void thin(const uint8_t* bytes, uint8_t bound, float factor, float* numbers, size_t n) {
    thin_all<L>(bytes, bound, factor, numbers, n);
  }
  static void pass_back(const float* outputs, float factor, float* numbers, size_t n) {
    pass_back_all<L>(outputs, factor, numbers, n);
  }
  static void add_rows(const float* rows, size_t count, size_t columns, float* sums) {
    add_all_rows<L>(rows, count, columns, sums);
  }
};

// The same for AVX2. Without "fma": what is fused is rounded once and not twice, and would be
// another number.
struct Wide {
  using L = Lanes<8>;
  [[gnu::target("avx2")]] static void multiply(const MatrixProduct& p) { multiply_all<L>(p); }
  [[gnu::target("avx2")]] static void gather(Entries entries, const float* rows, size_t columns,
                                             const float* start, float* result) {
    gather_all<L>(entries, rows, columns, start, result);
  }
  [[gnu::target("avx2")]] static void scatter(Entries entries, const float* row, size_t columns,
                                              float* rows) {
    scatter_all<L>(entries, row, columns, rows);
  }
  [[gnu::target("avx2")]] static void rectify(float* numbers, size_t n) {
    rectify_all<L>(numbers, n);
  }
  [[gnu::target("avx2")]] static void thin(const uint8_t* bytes, uint8_t bound, float factor,
                                           float* numbers, size_t n) {
    thin_all<L>(bytes, bound, factor, numbers, n);
  }
  [[gnu::target("avx2")]] static void pass_back(const float* outputs, float factor, float* numbers,
                                                size_t n) {
    pass_back_all<L>(outputs, factor, numbers, n);
  }
  [[gnu::target("avx2")]] static void add_rows(const float* rows, size_t count, size_t columns,
                                               float* sums) {
    add_all_rows<L>(rows, count, columns, sums);
  }
};

template <typename Width>
constexpr Kernels kernels_of{.multiply = Width::multiply,
                             .gather = Width::gather,
                             .scatter = Width::scatter,
                             .rectify = Width::rectify,
                             .thin = Width::thin,
                             .pass_back = Width::pass_back,
                             .add_rows = Width::add_rows};

}  // namespace

const Kernels& narrow_kernels() { return kernels_of<Narrow>; }

const Kernels* wide_kernels() {
  return __builtin_cpu_supports("avx2") ? &kernels_of<Wide> : nullptr;
}

const Kernels& kernels() {
  static const Kernels& widest = wide_kernels() != nullptr ? *wide_kernels() : narrow_kernels();
  return widest;
}

void Adam::next(float learning_rate) {
  learning_rate_ = learning_rate;
  first_power_ *= first_decay;
  second_power_ *= second_decay;
  // The two corrections for moments that begin at zero, put into the rate and epsilon.
  const double root = std::sqrt(1 - second_power_);
  rate_ = static_cast<float>(learning_rate * root / (1 - first_power_));
  epsilon_ = static_cast<float>(epsilon * root);
}

void Adam::move(size_t n, float weight_decay, const float* gradient, float* first_moment,
                float* second_moment, float* weights) const {
  const __m128 b1 = _mm_set1_ps(first_decay), c1 = _mm_set1_ps(1 - first_decay);
  const __m128 b2 = _mm_set1_ps(second_decay), c2 = _mm_set1_ps(1 - second_decay);
  const __m128 rate = _mm_set1_ps(rate_), e = _mm_set1_ps(epsilon_);
  const __m128 kept = _mm_set1_ps(1 - learning_rate_ * weight_decay);
  for (size_t i = 0; i < n; i += 4) {
    const __m128 g = _mm_loadu_ps(gradient + i);
    const __m128 m = _mm_add_ps(_mm_mul_ps(b1, _mm_loadu_ps(first_moment + i)), _mm_mul_ps(c1, g));
    const __m128 v = _mm_add_ps(_mm_mul_ps(b2, _mm_loadu_ps(second_moment + i)),
                                _mm_mul_ps(c2, _mm_mul_ps(g, g)));
    const __m128 step = _mm_div_ps(_mm_mul_ps(rate, m), _mm_add_ps(_mm_sqrt_ps(v), e));
    _mm_storeu_ps(first_moment + i, m);
    _mm_storeu_ps(second_moment + i, v);
    _mm_storeu_ps(weights + i, _mm_sub_ps(_mm_mul_ps(kept, _mm_loadu_ps(weights + i)), step));
  }
}

}  // namespace yagura::learn
