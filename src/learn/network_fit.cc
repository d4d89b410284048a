// SPDX-License-Identifier: Apache-2.0
//
// Fitting of a network, as network.h says it, by back-propagation.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>

#include "base/random.h"
#include "learn/folds.h"
#include "learn/logistic.h"
#include "learn/network.h"

namespace yagura::learn {
namespace {

// Streams of the seed.
constexpr uint64_t weights_stream = 1, split_stream = 2, dropout_stream = 3, first_epoch_stream = 4;

size_t four_up(size_t n) { return (n + 3) / 4 * 4; }

bool finite(std::span<const float> numbers) {
  return std::all_of(numbers.begin(), numbers.end(), [](float x) { return std::isfinite(x); });
}
bool finite(MatrixView<float> rows) { return finite(rows.numbers()); }
bool finite(const SparseRows& rows) {
  for (size_t i = 0; i < rows.rows(); ++i)
    for (const SparseEntry& entry : rows.row(i))
      if (!std::isfinite(entry.value)) return false;
  return true;
}

Matrix<float> picked(MatrixView<float> rows, std::span<const uint32_t> wanted) {
  Matrix<float> result;
  for (const uint32_t i : wanted) result.add_row(rows.row(i));
  return result;
}
std::vector<float> predicted(const Network& network, const Matrix<float>& rows) {
  return network.predict(rows.view());
}
std::vector<float> predicted(const Network& network, const SparseRows& rows) {
  return network.predict(rows);
}

// What a step needs of a layer beside its weights.
struct LayerState {
  LayerState(size_t batch, size_t inputs, size_t stride, size_t weights)
      : outputs(batch * stride),
        deltas(batch * stride),
        transposed(inputs * stride),
        gradient(weights),
        first_moment(weights),
        second_moment(weights),
        bias_gradient(stride),
        bias_first_moment(stride),
        bias_second_moment(stride) {}

  Floats outputs;     // of a batch
  Floats deltas;      // the loss's gradient by the layer's sums, before ReLU
  Floats transposed;  // the weights, output after output; not of the first layer
  Floats gradient, first_moment, second_moment;
  Floats bias_gradient, bias_first_moment, bias_second_moment;
};

// The rows of a batch, dense: copied, padded.
class DenseBatch {
 public:
  explicit DenseBatch(MatrixView<float> rows) : rows_(rows), stride_(padded(rows.columns())) {}

  void take(std::span<const uint32_t> batch) {
    numbers_.assign(four_up(batch.size()) * stride_, 0);
    for (size_t i = 0; i < batch.size(); ++i) {
      const std::span<const float> row = rows_.row(batch[i]);
      std::copy(row.begin(), row.end(), &numbers_[i * stride_]);
    }
    size_ = four_up(batch.size());
  }
  void forward(const float* weights, const float* biases, size_t columns, float* result) const {
    kernels().multiply({.left = numbers_.data(),
                        .left_row = stride_,
                        .right = weights,
                        .right_row = columns,
                        .start = biases,
                        .result = result,
                        .result_row = columns,
                        .rows = size_,
                        .depth = rows_.columns(),
                        .columns = columns});
  }
  // Moves the weights against their gradient.
  void descend(const Adam& adam, float weight_decay, size_t columns, LayerState& state,
               Floats& weights) const {
    kernels().multiply({.left = numbers_.data(),
                        .left_row = 1,
                        .left_step = stride_,
                        .right = state.deltas.data(),
                        .right_row = columns,
                        .result = state.gradient.data(),
                        .result_row = columns,
                        .rows = stride_,
                        .depth = size_,
                        .columns = columns});
    adam.move(weights.size(), weight_decay, state.gradient.data(), state.first_moment.data(),
              state.second_moment.data(), weights.data());
  }

 private:
  MatrixView<float> rows_;
  size_t stride_ = 0;
  size_t size_ = 0;  // rows in the batch, up to a multiple of 4
  Floats numbers_;
};

// The rows of a batch, sparse: where they are.
class SparseBatch {
 public:
  explicit SparseBatch(const SparseRows& rows) : rows_(rows), touched_(rows.columns()) {}

  void take(std::span<const uint32_t> batch) { batch_ = batch; }
  void forward(const float* weights, const float* biases, size_t columns, float* result) const {
    for (size_t i = 0; i < batch_.size(); ++i)
      kernels().gather(rows_.row(batch_[i]), weights, columns, biases, result + i * columns);
  }
  // Moves the weights of those inputs that the batch holds; the gradient is left at 0.
  void descend(const Adam& adam, float weight_decay, size_t columns, LayerState& state,
               Floats& weights) {
    for (size_t i = 0; i < batch_.size(); ++i)
      kernels().scatter(rows_.row(batch_[i]), &state.deltas[i * columns], columns,
                        state.gradient.data());
    for (const uint32_t i : batch_)
      for (const SparseEntry& entry : rows_.row(i)) touched_[entry.column] = 1;
    for (const uint32_t i : batch_)
      for (const SparseEntry& entry : rows_.row(i)) {
        if (std::exchange(touched_[entry.column], uint8_t{0}) == 0) continue;
        const size_t at = entry.column * columns;
        adam.move(columns, weight_decay, &state.gradient[at], &state.first_moment[at],
                  &state.second_moment[at], &weights[at]);
        std::fill_n(&state.gradient[at], columns, 0.0F);
      }
  }

 private:
  const SparseRows& rows_;
  std::span<const uint32_t> batch_;
  std::vector<uint8_t> touched_;  // by input
};

DenseBatch batch_of(MatrixView<float> rows) { return DenseBatch(rows); }
SparseBatch batch_of(const SparseRows& rows) { return SparseBatch(rows); }

}  // namespace

template <typename Batch>
class NetworkFit {
 public:
  NetworkFit(Network& network, Batch rows, MatrixView<float> targets, const NetworkOptions& options)
      : network_(network),
        rows_(std::move(rows)),
        targets_(targets),
        options_(options),
        dropout_(derive(options.seed, dropout_stream)),
        left_out_(static_cast<uint8_t>(options.dropout * 256)),
        grown_(256 / static_cast<float>(256 - left_out_)) {
    for (const Network::Layer& layer : network.layers_)
      states_.emplace_back(four_up(options.batch_size), states_.empty() ? 0 : padded(layer.inputs),
                           layer.stride, layer.weights.size());
    begin();
  }

  // Goes through the rows of `order` once; it is shuffled.
  void epoch(uint32_t number, std::span<uint32_t> order) {
    shuffle(order, derive(options_.seed, first_epoch_stream + number));
    for (size_t at = 0; at < order.size(); at += options_.batch_size, ++steps_) {
      const double all = std::ceil(static_cast<double>(order.size()) / options_.batch_size);
      const double left = 1 - static_cast<double>(steps_) / (all * options_.epochs);
      adam_.next(static_cast<float>(options_.learning_rate * left));
      step(order.subspan(at, std::min<size_t>(options_.batch_size, order.size() - at)));
    }
  }

 private:
  using Layer = Network::Layer;

  void begin() {
    Random random(derive(options_.seed, weights_stream));
    for (Layer& layer : network_.layers_) {
      const double bound = std::sqrt(6 / static_cast<double>(layer.inputs + layer.outputs));
      for (size_t i = 0; i < layer.inputs; ++i)
        for (size_t j = 0; j < layer.outputs; ++j)
          layer.weights[i * layer.stride + j] = static_cast<float>((2 * random.unit() - 1) * bound);
    }
  }

  void step(std::span<const uint32_t> batch) {
    const size_t last = states_.size() - 1;
    rows_.take(batch);
    forward(batch.size());
    measure(batch);
    for (size_t l = last; l > 0; --l) backward(l, batch.size());
    Layer& front = network_.layers_[0];
    move_biases(0, batch.size());
    rows_.descend(adam_, options_.weight_decay, front.stride, states_[0], front.weights);
  }

  void forward(size_t batch) {
    const Layer& front = network_.layers_[0];
    rows_.forward(front.weights.data(), front.biases.data(), front.stride,
                  states_[0].outputs.data());
    for (size_t l = 1; l < states_.size(); ++l) {
      activate(l - 1, batch);
      const Layer& layer = network_.layers_[l];
      kernels().multiply({.left = states_[l - 1].outputs.data(),
                          .left_row = padded(layer.inputs),
                          .right = layer.weights.data(),
                          .right_row = layer.stride,
                          .start = layer.biases.data(),
                          .result = states_[l].outputs.data(),
                          .result_row = layer.stride,
                          .rows = four_up(batch),
                          .depth = layer.inputs,
                          .columns = layer.stride});
    }
  }

  // ReLU, and dropout: what is kept grows by what is left out.
  void activate(size_t l, size_t batch) {
    Floats& outputs = states_[l].outputs;
    const size_t n = batch * network_.layers_[l].stride;
    kernels().rectify(outputs.data(), n);
    if (left_out_ == 0) return;
    random_bytes_.resize(n);
    for (size_t i = 0; i < n; i += sizeof(uint64_t)) {
      const uint64_t bits = dropout_.next();
      std::memcpy(&random_bytes_[i], &bits, sizeof bits);
    }
    kernels().thin(random_bytes_.data(), left_out_, grown_, outputs.data(), n);
  }

  // The gradient of the mean loss by the outputs' sums: for cross-entropy of a probability as for
  // half the mean squared error of numbers it is prediction less target.
  void measure(std::span<const uint32_t> batch) {
    const Layer& layer = network_.layers_.back();
    LayerState& state = states_.back();
    const float share = 1 / static_cast<float>(batch.size() * layer.outputs);
    const float smoothing = network_.probability_ ? options_.label_smoothing : 0;
    for (size_t i = 0; i < batch.size(); ++i)
      for (size_t j = 0; j < layer.outputs; ++j) {
        const size_t at = i * layer.stride + j;
        const float sum = state.outputs[at];
        const float said = network_.probability_ ? logistic(sum) : sum;
        const float target = targets_(batch[i], j) * (1 - smoothing) + smoothing / 2;
        state.deltas[at] = (said - target) * share;
      }
    clear_rest(layer.stride, batch.size(), state.deltas);
  }

  // Rows up to a multiple of four are part of products, and add nothing.
  static void clear_rest(size_t stride, size_t batch, Floats& rows) {
    std::fill_n(&rows[0] + batch * stride, (four_up(batch) - batch) * stride, 0.0F);
  }

  void backward(size_t l, size_t batch) {
    Layer& layer = network_.layers_[l];
    LayerState &state = states_[l], &before = states_[l - 1];
    const size_t inputs = padded(layer.inputs);
    clear_rest(inputs, batch, before.outputs);
    kernels().multiply({.left = before.outputs.data(),
                        .left_row = 1,
                        .left_step = inputs,
                        .right = state.deltas.data(),
                        .right_row = layer.stride,
                        .result = state.gradient.data(),
                        .result_row = layer.stride,
                        .rows = inputs,
                        .depth = four_up(batch),
                        .columns = layer.stride});
    for (size_t i = 0; i < inputs; ++i)
      for (size_t j = 0; j < layer.outputs; ++j)
        state.transposed[j * inputs + i] = layer.weights[i * layer.stride + j];
    kernels().multiply({.left = state.deltas.data(),
                        .left_row = layer.stride,
                        .right = state.transposed.data(),
                        .right_row = inputs,
                        .result = before.deltas.data(),
                        .result_row = inputs,
                        .rows = four_up(batch),
                        .depth = layer.outputs,
                        .columns = inputs});
    kernels().pass_back(before.outputs.data(), grown_, before.deltas.data(), batch * inputs);
    clear_rest(inputs, batch, before.deltas);
    move_biases(l, batch);
    adam_.move(layer.weights.size(), options_.weight_decay, state.gradient.data(),
               state.first_moment.data(), state.second_moment.data(), layer.weights.data());
  }

  void move_biases(size_t l, size_t batch) {
    Layer& layer = network_.layers_[l];
    LayerState& state = states_[l];
    std::fill(state.bias_gradient.begin(), state.bias_gradient.end(), 0.0F);
    kernels().add_rows(state.deltas.data(), batch, layer.stride, state.bias_gradient.data());
    adam_.move(layer.stride, 0, state.bias_gradient.data(), state.bias_first_moment.data(),
               state.bias_second_moment.data(), layer.biases.data());
  }

  Network& network_;
  Batch rows_;
  MatrixView<float> targets_;
  const NetworkOptions& options_;
  Random dropout_;
  uint8_t left_out_;  // of 256
  float grown_;
  std::vector<uint8_t> random_bytes_;
  std::vector<LayerState> states_;
  Adam adam_;
  uint64_t steps_ = 0;
};

namespace {

double squared_error(std::span<const float> numbers, std::span<const float> targets) {
  double sum = 0;
  for (size_t i = 0; i < numbers.size(); ++i)
    sum += (double{numbers[i]} - targets[i]) * (double{numbers[i]} - targets[i]);
  return sum;
}

// Fits the weights of `network`; `rows` are a MatrixView or SparseRows. False if no epoch had an
// error that is a number on what is held out: the weights ran away, and those that are left are
// the first ones.
template <typename Rows>
bool fit_weights(const Rows& rows, MatrixView<float> targets, const NetworkOptions& options,
                 Network& network) {
  std::vector<uint32_t> order(rows.rows());
  std::iota(order.begin(), order.end(), 0U);
  shuffle(order, derive(options.seed, split_stream));
  const auto held = static_cast<size_t>(static_cast<double>(order.size()) * options.held_out);
  const std::span<uint32_t> held_out = std::span(order).first(held);
  const std::span<uint32_t> fitted = std::span(order).subspan(held);
  const auto held_rows = picked(rows, held_out);
  const Matrix<float> held_targets = picked(targets, held_out);

  NetworkFit fit(network, batch_of(rows), targets, options);
  Network best = network;
  double least = std::numeric_limits<double>::infinity();
  for (uint32_t epoch = 0, since = 0; epoch < options.epochs && since <= options.patience;
       ++epoch) {
    fit.epoch(epoch, fitted);
    if (held == 0) continue;
    const double error = squared_error(predicted(network, held_rows), held_targets.numbers());
    since = error < least ? 0 : since + 1;
    if (error < least) {
      least = error;
      best = network;
    }
  }
  if (held == 0) return true;
  network = std::move(best);
  return options.epochs == 0 || std::isfinite(least);
}

Matrix<float> targets_of(std::span<const uint8_t> labels) {
  Matrix<float> targets(labels.size(), 1);
  std::copy(labels.begin(), labels.end(), targets.numbers().begin());
  return targets;
}

}  // namespace

template <typename Rows>
Result<Network> Network::fitted(const Rows& rows, MatrixView<float> targets, bool probability,
                                const NetworkOptions& options) {
  CHECK(rows.rows() == targets.rows() && options.batch_size > 0);
  CHECK(options.dropout >= 0 && options.dropout < 1);
  CHECK(options.held_out >= 0 && options.held_out < 1);
  if (rows.rows() == 0) return failure("there are no rows to fit a network to");
  if (rows.rows() > max_rows) return failure("there are too many rows to fit a network to");
  if (!finite(rows) || !finite(targets))
    return failure("a network cannot be fitted to what is not a number");
  std::vector<size_t> widths{rows.columns()};
  widths.insert(widths.end(), options.hidden.begin(), options.hidden.end());
  widths.push_back(targets.columns());
  TRY(Network network, create(widths, probability));
  if (!fit_weights(rows, targets, options, network) || !network.is_finite())
    return failure(
        "the network's weights grew without end; smaller numbers or a lower learning "
        "rate may help");
  return network;
}

Result<Network> Network::fit(MatrixView<float> rows, std::span<const uint8_t> labels,
                             const NetworkOptions& options) {
  return fitted(rows, targets_of(labels).view(), true, options);
}
Result<Network> Network::fit(const SparseRows& rows, std::span<const uint8_t> labels,
                             const NetworkOptions& options) {
  return fitted(rows, targets_of(labels).view(), true, options);
}
Result<Network> Network::fit(MatrixView<float> rows, MatrixView<float> targets,
                             const NetworkOptions& options) {
  return fitted(rows, targets, false, options);
}

}  // namespace yagura::learn
