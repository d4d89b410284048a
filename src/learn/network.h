// SPDX-License-Identifier: Apache-2.0
//
// A network of dense layers (a multilayer perceptron), fitted by gradient descent.
//
// Between layers stands max(0, x) (ReLU). A network either tells two kinds of rows apart (one
// output, the probability that a row is of kind 1; fitted by cross-entropy) or gives numbers (as
// many outputs as the targets have columns; fitted by squared error). Fitting goes in mini-batches
// by Adam, with a learning rate that falls linearly to 0 over the epochs; weights begin as Glorot
// and Bengio (2010) have it. With a share held out, fitting ends once that share is predicted no
// better for a while, and the best weights count.
//
// The first layer of sparse rows adds up the weights of those inputs that are not 0, and a step
// moves only the weights of inputs that are in its batch.
//
// The same rows, options and seed give the same network on any x86-64 machine (dense_kernels.h).
// A fitted network is a value; predicting is thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "learn/dense_kernels.h"
#include "learn/matrix.h"
#include "learn/sparse_rows.h"

namespace yagura::learn {

struct NetworkOptions {
  std::vector<uint32_t> hidden{200, 100};  // units of each hidden layer
  uint32_t epochs = 200;                   // at most this many times over all rows
  uint32_t batch_size = 128;
  float learning_rate = 0.001F;
  float weight_decay = 0;     // of the weights, not the biases
  float dropout = 0;          // the share of hidden units that a step leaves out, in 256ths
  float label_smoothing = 0;  // of a label, given to the other one in equal parts
  double held_out = 0.1;      // the share of rows that decides when to stop; 0: all epochs run
  uint32_t patience = 10;     // epochs without a better prediction before the end
  uint64_t seed = 1;
};

class Network {
 public:
  // The bounds of a network, fitted or loaded.
  static constexpr size_t max_layers = 16, max_units = 1 << 14, max_inputs = 1 << 22;
  static constexpr size_t max_rows = size_t{1} << 31;
  static constexpr size_t max_weights = size_t{1} << 27;  // half a GiB

  // Fails if there are no rows, if a number is not finite, if the network would be too large, or if
  // its weights grow without end. A label is 0 or 1, one for each row.
  static Result<Network> fit(MatrixView<float> rows, std::span<const uint8_t> labels,
                             const NetworkOptions& options);
  static Result<Network> fit(const SparseRows& rows, std::span<const uint8_t> labels,
                             const NetworkOptions& options);
  static Result<Network> fit(MatrixView<float> rows, MatrixView<float> targets,
                             const NetworkOptions& options);

  size_t inputs() const { return layers_.front().inputs; }
  size_t outputs() const { return layers_.back().outputs; }
  bool gives_probability() const { return probability_; }

  // outputs() numbers for each row, in order. The rows have inputs() columns.
  std::vector<float> predict(MatrixView<float> rows) const;
  std::vector<float> predict(const SparseRows& rows) const;

  // What each of a row's entries does: the log-odds of kind 1 (the number, of one that gives
  // numbers; of the first output) with it, less those without it. In the row's order.
  std::vector<float> effects(std::span<const SparseEntry> row) const;

  std::string save() const;
  static Result<Network> load(std::string_view model);

 private:
  template <typename Batch>
  friend class NetworkFit;

  struct Layer {
    Layer(size_t from, size_t to)
        : inputs(from),
          outputs(to),
          stride(padded(to)),
          weights(padded(from) * stride),
          biases(stride) {}

    size_t inputs, outputs;
    size_t stride;   // of a row of weights, and of the layer's outputs
    Floats weights;  // input after input
    Floats biases;
  };
  // Fails where `widths`, from the inputs to the outputs, are past the bounds.
  static Result<Network> create(std::span<const size_t> widths, bool probability);
  template <typename Rows>
  static Result<Network> fitted(const Rows& rows, MatrixView<float> targets, bool probability,
                                const NetworkOptions& options);
  bool is_finite() const;  // all weights
  // The outputs before they become probabilities.
  template <typename Rows>
  std::vector<float> raw(const Rows& rows) const;

  std::vector<Layer> layers_;
  bool probability_ = true;
};

}  // namespace yagura::learn
