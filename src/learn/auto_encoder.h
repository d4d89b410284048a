// SPDX-License-Identifier: Apache-2.0
//
// A stacked auto-encoder: a network that must give back its input through layers too narrow to
// carry it (Hinton, Salakhutdinov 2006), so that it gives back well what it has often seen and
// badly what is unlike it. How badly is the score of a row; how badly for each feature, the reason.
//
// Columns are standardised by the mean and standard deviation of the rows it is fitted to (a
// column that does not vary there is only centred). In a row to be scored a feature counts as at
// most `farthest` deviations from its mean.
//
// The same rows, options and seed give the same model on any x86-64 machine. A fitted one is a
// value; scoring is thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "learn/matrix.h"
#include "learn/network.h"

namespace yagura::learn {

struct AutoEncoderOptions {
  std::vector<uint32_t> hidden{6, 3, 6};  // units of each layer between input and output
  uint32_t epochs = 100;
  uint32_t batch_size = 128;
  float learning_rate = 0.003F;
  double held_out = 0.1;  // the share of rows that decides when to stop; 0: all epochs run
  uint32_t patience = 10;
  uint64_t seed = 1;
};

class AutoEncoder {
 public:
  static constexpr double farthest = 1e4;

  // Fails if there are no rows, if a number is not finite, or if the network would be too large.
  static Result<AutoEncoder> fit(MatrixView<double> rows, const AutoEncoderOptions& options);

  size_t columns() const { return means_.size(); }

  // The squared error of each feature of each row, in squared standard deviations. The rows are
  // finite and have columns() columns.
  Matrix<double> errors(MatrixView<double> rows) const;
  // The mean of a row's errors, for each row.
  std::vector<double> score(MatrixView<double> rows) const;

  std::string save() const;
  static Result<AutoEncoder> load(std::string_view model);

 private:
  explicit AutoEncoder(Network network) : network_(std::move(network)) {}
  static Matrix<float> standardise(MatrixView<double> rows, const std::vector<double>& means,
                                   const std::vector<double>& deviations);

  Network network_;
  std::vector<double> means_, deviations_;  // by column; no deviation is 0
};

}  // namespace yagura::learn
