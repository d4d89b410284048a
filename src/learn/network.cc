// SPDX-License-Identifier: Apache-2.0
#include "learn/network.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/bytes.h"
#include "learn/logistic.h"
#include "learn/model_text.h"

namespace yagura::learn {
namespace {

constexpr std::string_view kind = "network";
constexpr uint32_t version = 1;

// Rows that go through all layers together: their activations stay in the first cache.
constexpr size_t block = 32;

// The first layer's sums of the rows from `first` on, `count` of them.
struct FirstLayer {
  const float* weights;
  const float* biases;
  size_t stride;
  float* result;

  void operator()(MatrixView<float> rows, size_t first, size_t count, Floats& copy) const {
    const size_t width = padded(rows.columns());
    copy.assign(block * width, 0);
    for (size_t i = 0; i < count; ++i) {
      const std::span<const float> row = rows.row(first + i);
      std::copy(row.begin(), row.end(), copy.begin() + static_cast<std::ptrdiff_t>(i * width));
    }
    kernels().multiply({.left = copy.data(),
                        .left_row = width,
                        .right = weights,
                        .right_row = stride,
                        .start = biases,
                        .result = result,
                        .result_row = stride,
                        .rows = (count + 3) / 4 * 4,
                        .depth = rows.columns(),
                        .columns = stride});
  }
  void operator()(const SparseRows& rows, size_t first, size_t count, Floats& /*copy*/) const {
    for (size_t i = 0; i < count; ++i)
      kernels().gather(rows.row(first + i), weights, stride, biases, result + i * stride);
  }
};

}  // namespace

Result<Network> Network::create(std::span<const size_t> widths, bool probability) {
  if (widths.size() > max_layers + 1)
    return failure(fmt::format("a network has at most {} layers", max_layers));
  if (widths.front() > max_inputs)
    return failure(fmt::format("a network has at most {} inputs", max_inputs));
  size_t weights = 0;
  for (size_t i = 0; i < widths.size(); ++i) {
    if (widths[i] == 0) return failure("a layer of a network is empty");
    if (i > 0 && widths[i] > max_units)
      return failure(fmt::format("a layer of a network has at most {} units", max_units));
    if (i > 0) weights += padded(widths[i - 1]) * padded(widths[i]);
  }
  if (weights > max_weights)
    return failure(
        fmt::format("a network has at most {} weights, and not {}", max_weights, weights));
  Network network;
  network.probability_ = probability;
  for (size_t i = 1; i < widths.size(); ++i) network.layers_.emplace_back(widths[i - 1], widths[i]);
  return network;
}

template <typename Rows>
std::vector<float> Network::raw(const Rows& rows) const {
  CHECK(rows.columns() == inputs());
  size_t widest = 0;
  for (const Layer& layer : layers_) widest = std::max(widest, layer.stride);
  std::array<Floats, 2> activations{Floats(block * widest), Floats(block * widest)};
  Floats copy;
  std::vector<float> result;
  result.reserve(rows.rows() * outputs());
  for (size_t first = 0; first < rows.rows(); first += block) {
    const size_t count = std::min(block, rows.rows() - first);
    const Layer& front = layers_.front();
    FirstLayer{front.weights.data(), front.biases.data(), front.stride, activations[0].data()}(
        rows, first, count, copy);
    for (size_t l = 1; l < layers_.size(); ++l) {
      const Layer& before = layers_[l - 1];
      kernels().rectify(activations[0].data(), count * before.stride);
      kernels().multiply({.left = activations[0].data(),
                          .left_row = before.stride,
                          .right = layers_[l].weights.data(),
                          .right_row = layers_[l].stride,
                          .start = layers_[l].biases.data(),
                          .result = activations[1].data(),
                          .result_row = layers_[l].stride,
                          .rows = (count + 3) / 4 * 4,
                          .depth = before.outputs,
                          .columns = layers_[l].stride});
      std::swap(activations[0], activations[1]);
    }
    for (size_t i = 0; i < count; ++i)
      result.insert(result.end(), &activations[0][i * layers_.back().stride],
                    &activations[0][i * layers_.back().stride] + outputs());
  }
  return result;
}

std::vector<float> Network::predict(MatrixView<float> rows) const {
  std::vector<float> result = raw(rows);
  if (probability_) std::transform(result.begin(), result.end(), result.begin(), logistic);
  return result;
}

std::vector<float> Network::predict(const SparseRows& rows) const {
  std::vector<float> result = raw(rows);
  if (probability_) std::transform(result.begin(), result.end(), result.begin(), logistic);
  return result;
}

std::vector<float> Network::effects(std::span<const SparseEntry> row) const {
  SparseRows rows(inputs());
  rows.add_row(row);
  std::vector<SparseEntry> rest;
  for (size_t without = 0; without < row.size(); ++without) {
    rest.assign(row.begin(), row.end());
    rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(without));
    rows.add_row(rest);
  }
  const std::vector<float> numbers = raw(rows);
  std::vector<float> result;
  for (size_t i = 1; i < rows.rows(); ++i) result.push_back(numbers[0] - numbers[i * outputs()]);
  return result;
}

std::string Network::save() const {
  ByteWriter out;
  out.put(static_cast<uint8_t>(probability_));
  out.put(static_cast<uint64_t>(layers_.size() + 1));
  out.put(static_cast<uint32_t>(inputs()));
  for (const Layer& layer : layers_) out.put(static_cast<uint32_t>(layer.outputs));
  for (const Layer& layer : layers_) {
    for (size_t i = 0; i < layer.inputs; ++i)
      out.put_bytes(&layer.weights[i * layer.stride], layer.outputs * sizeof(float));
    out.put_bytes(layer.biases.data(), layer.outputs * sizeof(float));
  }
  return seal_model(kind, version, out.bytes());
}

bool Network::is_finite() const {
  const auto finite = [](float number) { return std::isfinite(number); };
  return std::all_of(layers_.begin(), layers_.end(), [&](const Layer& layer) {
    return std::all_of(layer.weights.begin(), layer.weights.end(), finite) &&
           std::all_of(layer.biases.begin(), layer.biases.end(), finite);
  });
}

Result<Network> Network::load(std::string_view model) {
  TRY(const std::string_view bytes, unseal_model(model, kind, version));
  ByteReader in(bytes);
  const auto probability = in.get<uint8_t>();
  std::vector<size_t> widths(in.get_count(sizeof(uint32_t)));
  for (size_t& width : widths) width = in.get<uint32_t>();
  if (!in.ok() || widths.size() < 2 || probability > 1 || (probability == 1 && widths.back() != 1))
    return failure("the model is damaged: it is no network");
  if (widths.size() > max_layers + 1) return failure("the model is damaged: too many layers");
  size_t numbers = 0;
  for (size_t i = 1; i < widths.size(); ++i) numbers += (widths[i - 1] + 1) * widths[i];
  // Before memory is taken for it. What is so large that this sum overflows, create() refuses.
  if (numbers * sizeof(float) != in.remaining())
    return failure("the model is damaged: its size is not that of its network");
  TRY(Network network, create(widths, probability == 1));
  for (Layer& layer : network.layers_) {
    for (size_t i = 0; i < layer.inputs; ++i)
      in.get_bytes(&layer.weights[i * layer.stride], layer.outputs * sizeof(float));
    in.get_bytes(layer.biases.data(), layer.outputs * sizeof(float));
  }
  if (!network.is_finite()) return failure("the model is damaged: a weight is not a number");
  return network;
}

}  // namespace yagura::learn
