// SPDX-License-Identifier: Apache-2.0
#include "learn/network.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <xxhash.h>

#include <algorithm>
#include <cmath>

#include "base/bytes.h"
#include "base/random.h"
#include "learn/model_text.h"

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

// The weights of a saved network, in doubles, one after the other.
struct PlainNetwork {
  bool probability = false;
  std::vector<size_t> widths;
  std::vector<double> numbers;  // of each layer: the weights input after input, then the biases

  explicit PlainNetwork(const Network& network) {
    const std::string model = network.save();
    ByteReader in(*unseal_model(model, "network", 1));
    probability = in.get<uint8_t>() == 1;
    widths.resize(in.get<uint64_t>());
    for (size_t& width : widths) width = in.get<uint32_t>();
    while (in.remaining() > 0) numbers.push_back(in.get<float>());
  }

  std::vector<double> outputs(std::span<const float> row) const {
    std::vector<double> values(row.begin(), row.end());
    const double* at = numbers.data();
    for (size_t l = 1; l < widths.size(); ++l) {
      std::vector<double> sums(at + widths[l - 1] * widths[l],
                               at + (widths[l - 1] + 1) * widths[l]);
      for (size_t i = 0; i < widths[l - 1]; ++i)
        for (size_t j = 0; j < widths[l]; ++j) sums[j] += values[i] * at[i * widths[l] + j];
      at += (widths[l - 1] + 1) * widths[l];
      if (l + 1 < widths.size())
        for (double& sum : sums) sum = std::max(sum, 0.0);
      values = sums;
    }
    return values;
  }

  // Cross-entropy, or half the mean squared error.
  double loss(MatrixView<float> rows, MatrixView<float> targets) const {
    double sum = 0;
    for (size_t i = 0; i < rows.rows(); ++i) {
      const std::vector<double> out = outputs(rows.row(i));
      for (size_t j = 0; j < out.size(); ++j) {
        const double y = targets(i, j);
        sum += probability ? std::log1p(std::exp(out[j])) - y * out[j]
                           : (out[j] - y) * (out[j] - y) / 2;
      }
    }
    return sum / static_cast<double>(targets.numbers().size());
  }

  // The slow and obvious descent: gradients by finite differences, then Adam.
  void descend(MatrixView<float> rows, MatrixView<float> targets, const NetworkOptions& options) {
    std::vector<double> m(numbers.size()), v(numbers.size()), gradient(numbers.size());
    for (uint32_t step = 0; step < options.epochs; ++step) {
      for (size_t i = 0; i < numbers.size(); ++i) {
        const double at = std::exchange(numbers[i], numbers[i] + 1e-6);
        const double above = loss(rows, targets);
        numbers[i] = at - 1e-6;
        gradient[i] = (above - loss(rows, targets)) / 2e-6;
        numbers[i] = at;
      }
      const double rate = options.learning_rate * (1 - static_cast<double>(step) / options.epochs);
      for (size_t i = 0; i < numbers.size(); ++i) {
        m[i] = 0.9 * m[i] + 0.1 * gradient[i];
        v[i] = 0.999 * v[i] + 0.001 * gradient[i] * gradient[i];
        const double corrected = std::sqrt(v[i] / (1 - std::pow(0.999, step + 1)));
        numbers[i] -= rate * m[i] / (1 - std::pow(0.9, step + 1)) / (corrected + 1e-8);
      }
    }
  }
};

// Rows of small random numbers, none of them 0, and the same as sparse rows.
struct Numbers {
  Matrix<float> rows, targets;
  SparseRows sparse{5};
  std::vector<uint8_t> labels;

  Numbers() {
    Random random(11);
    for (size_t i = 0; i < 30; ++i) {
      std::vector<float> row(5), target(3);
      std::vector<SparseEntry> entries;
      for (uint32_t j = 0; j < 5; ++j) {
        row[j] = static_cast<float>(2 * random.unit() - 1);
        entries.push_back({j, row[j]});
      }
      for (float& number : target) number = static_cast<float>(random.unit());
      rows.add_row(row);
      targets.add_row(target);
      sparse.add_row(entries);
      labels.push_back(random.one_in(2));
    }
  }
};

NetworkOptions five_steps() {
  NetworkOptions options;
  options.hidden = {7, 6};
  options.epochs = 5;
  options.batch_size = 30;
  options.learning_rate = 0.01F;
  options.held_out = 0;
  return options;
}

void expect_near(const PlainNetwork& a, const PlainNetwork& b) {
  ASSERT_EQ(a.numbers.size(), b.numbers.size());
  for (size_t i = 0; i < a.numbers.size(); ++i) EXPECT_NEAR(a.numbers[i], b.numbers[i], 2e-5) << i;
}

TEST(Network, DescendsAlongTheFiniteDifferencesOfItsLoss) {
  const Numbers data;
  NetworkOptions options = five_steps(), none = five_steps();
  none.epochs = 0;  // the weights as they begin
  PlainNetwork numbers(*Network::fit(data.rows.view(), data.targets.view(), none));
  numbers.descend(data.rows.view(), data.targets.view(), options);
  expect_near(PlainNetwork(*Network::fit(data.rows.view(), data.targets.view(), options)), numbers);

  Matrix<float> labels(30, 1);
  std::copy(data.labels.begin(), data.labels.end(), labels.numbers().begin());
  PlainNetwork probability(*Network::fit(data.sparse, data.labels, none));
  probability.descend(data.rows.view(), labels.view(), options);
  expect_near(PlainNetwork(*Network::fit(data.rows.view(), data.labels, options)), probability);
  expect_near(PlainNetwork(*Network::fit(data.sparse, data.labels, options)), probability);
}

TEST(Network, AFitThatRunsAwayFails) {
  Matrix<float> rows(200, 2);
  for (size_t i = 0; i < rows.rows(); ++i) {
    rows(i, 0) = i % 2 != 0 ? 1e30F : -1e30F;
    rows(i, 1) = i % 3 != 0 ? 1e30F : -1e30F;
  }
  NetworkOptions options;
  options.hidden = {16, 8};
  for (const double held_out : {0.0, 0.1}) {
    options.held_out = held_out;
    const auto network = Network::fit(rows.view(), rows.view(), options);
    ASSERT_FALSE(network.has_value()) << held_out;
    EXPECT_NE(network.error().message().find("grew without end"), std::string::npos);
  }
}

TEST(Network, PredictsLikeThreeLoops) {
  const Numbers data;
  const auto network = Network::fit(data.rows.view(), data.targets.view(), five_steps());
  ASSERT_TRUE(network);
  const std::vector<float> predicted = network->predict(data.rows.view());
  const PlainNetwork plain(*network);
  for (size_t i = 0; i < 30; ++i) {
    const std::vector<double> expected = plain.outputs(data.rows.row(i));
    for (size_t j = 0; j < 3; ++j) EXPECT_NEAR(predicted[i * 3 + j], expected[j], 1e-6);
  }
  const auto of_labels = Network::fit(data.sparse, data.labels, five_steps());
  const std::vector<float> dense = of_labels->predict(data.rows.view());
  const std::vector<float> sparse = of_labels->predict(data.sparse);
  for (size_t i = 0; i < 30; ++i) EXPECT_NEAR(dense[i], sparse[i], 1e-6);
}

TEST(Network, SaysWhatEachEntryDoes) {
  const Xor data(400);
  const auto network = Network::fit(data.sparse, data.labels, small());
  ASSERT_TRUE(network);
  const std::vector<SparseEntry> both{{0, 1}, {1, 1}};
  const std::vector<float> effects = network->effects(both);
  ASSERT_EQ(effects.size(), 2u);
  SparseRows rows(2);
  rows.add_row(both);
  rows.add_row(std::vector<SparseEntry>{{1, 1}});
  const std::vector<float> predicted = network->predict(rows);
  const auto log_odds = [](double p) { return std::log(p / (1 - p)); };
  EXPECT_NEAR(effects[0], log_odds(predicted[0]) - log_odds(predicted[1]), 1e-2);
  EXPECT_LT(effects[0], 0);  // without it, exactly one would be there
  EXPECT_TRUE(network->effects({}).empty());
}

TEST(Network, IsTheSameForTheSameSeedAndAnotherForAnother) {
  const Xor data(300);
  NetworkOptions options = small();
  options.dropout = 0.2F;
  options.epochs = 5;
  const std::string model = Network::fit(data.sparse, data.labels, options)->save();
  EXPECT_EQ(Network::fit(data.sparse, data.labels, options)->save(), model);
  // On every machine and by every compiler: recorded here, from g++ 12 with AVX2; clang 19 and SSE
  // give the same.
  EXPECT_EQ(XXH3_64bits(model.data(), model.size()), 5896302937393873342U);
  options.seed = 2;
  EXPECT_NE(Network::fit(data.sparse, data.labels, options)->save(), model);
}

TEST(Network, StopsWhenTheRowsHeldOutArePredictedNoBetter) {
  Random random(5);
  Matrix<float> rows(200, 20);
  std::vector<uint8_t> labels;
  for (float& number : rows.numbers()) number = static_cast<float>(random.unit());
  for (size_t i = 0; i < 200; ++i) labels.push_back(random.one_in(2));  // nothing to learn
  NetworkOptions options = small();
  const auto mean_distance = [&] {
    const auto network = Network::fit(rows.view(), labels, options);
    double sum = 0;
    for (const float p : network->predict(rows.view())) sum += std::abs(p - 0.5);
    return sum / 200;
  };
  options.held_out = 0.2;
  EXPECT_LT(mean_distance(), 0.2);
  options.held_out = 0;
  EXPECT_GT(mean_distance(), 0.25);
}

TEST(Network, GrowsLessSureWithSmoothedLabelsAndSmallerWithWeightDecay) {
  const Xor data(400);
  NetworkOptions options = small();
  options.held_out = 0;
  const auto weights = [&] {
    const PlainNetwork plain(*Network::fit(data.sparse, data.labels, options));
    double sum = 0;
    for (const double number : plain.numbers) sum += number * number;
    return sum;
  };
  const double free = weights();
  options.weight_decay = 0.3F;
  EXPECT_LT(weights(), 0.8 * free);
  options.weight_decay = 0;
  options.label_smoothing = 0.2F;
  const auto smoothed = Network::fit(data.sparse, data.labels, options);
  const std::vector<float> predicted = smoothed->predict(data.sparse);
  for (size_t i = 0; i < predicted.size(); ++i)
    EXPECT_NEAR(predicted[i], data.labels[i] != 0 ? 0.9 : 0.1, 0.03);
}

TEST(Network, LeavesOutUnitsAtRandomAndStillLearns) {
  const Xor data(400);
  NetworkOptions options = small();
  options.hidden = {64, 32};
  options.held_out = 0;
  const auto plain = Network::fit(data.sparse, data.labels, options);
  options.dropout = 0.3F;
  const auto thinned = Network::fit(data.sparse, data.labels, options);
  EXPECT_NE(thinned->save(), plain->save());
  const std::vector<float> predicted = thinned->predict(data.sparse);
  for (size_t i = 0; i < predicted.size(); ++i) EXPECT_NEAR(predicted[i], data.labels[i], 0.1);
}

TEST(Network, IsNotFittedToNothingNorToWhatIsNotANumber) {
  const Xor data(8);
  EXPECT_FALSE(Network::fit(SparseRows(2), {}, small()));
  Matrix<float> rows(1, 2, NAN);
  EXPECT_FALSE(Network::fit(rows.view(), std::vector<uint8_t>{1}, small()));
  NetworkOptions options = small();
  options.hidden = {Network::max_units + 1};
  EXPECT_FALSE(Network::fit(data.sparse, data.labels, options));
  options.hidden = {Network::max_units, Network::max_units};
  EXPECT_FALSE(Network::fit(data.sparse, data.labels, options));  // too many weights
  options.hidden.assign(Network::max_layers, 2);
  EXPECT_FALSE(Network::fit(data.sparse, data.labels, options));
  options.hidden.pop_back();
  EXPECT_TRUE(Network::fit(data.sparse, data.labels, options));
}

TEST(Network, IsGivenBackByLoading) {
  const Numbers data;
  const auto network = Network::fit(data.rows.view(), data.targets.view(), five_steps());
  const auto loaded = Network::load(network->save());
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->save(), network->save());
  EXPECT_EQ(loaded->predict(data.rows.view()), network->predict(data.rows.view()));
}

struct Model {
  uint8_t probability = 1;
  std::vector<uint32_t> widths{2, 1};
  std::vector<float> numbers{1, 2, 3};

  Result<Network> load() const {
    ByteWriter out;
    out.put(probability);
    out.put(static_cast<uint64_t>(widths.size()));
    for (const uint32_t width : widths) out.put(width);
    for (const float number : numbers) out.put(number);
    return Network::load(seal_model("network", 1, out.bytes()));
  }
};

TEST(Network, IsNotLoadedFromWhatIsNone) {
  EXPECT_TRUE(Model{}.load());
  EXPECT_FALSE((Model{.numbers = {1, 2}}.load()));
  EXPECT_FALSE((Model{.numbers = {1, 2, 3, 4}}.load()));
  EXPECT_FALSE((Model{.numbers = {1, NAN, 3}}.load()));
  EXPECT_FALSE((Model{.numbers = {1, 2, INFINITY}}.load()));
  EXPECT_FALSE((Model{.probability = 2}.load()));
  EXPECT_FALSE((Model{.widths = {1, 2}, .numbers = {1, 2, 3, 4}}.load()));  // two probabilities
  EXPECT_TRUE((Model{.probability = 0, .widths = {1, 2}, .numbers = {1, 2, 3, 4}}.load()));
  EXPECT_FALSE((Model{.widths = {2}, .numbers = {}}.load()));
  EXPECT_FALSE((Model{.widths = {}, .numbers = {}}.load()));
  EXPECT_FALSE((Model{.widths = {0, 1}, .numbers = {1}}.load()));
  // 2^32 numbers, as far as 32 bits would see: none.
  EXPECT_FALSE((Model{.widths = {0xFFFFFFFF, 0x80000000, 1}, .numbers = {}}.load()));
  EXPECT_FALSE((Model{.widths = std::vector<uint32_t>(100, 1), .numbers = {}}.load()));
}

}  // namespace
}  // namespace yagura::learn
