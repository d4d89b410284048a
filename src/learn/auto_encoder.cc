// SPDX-License-Identifier: Apache-2.0
#include "learn/auto_encoder.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/bytes.h"
#include "learn/model_text.h"

namespace yagura::learn {
namespace {

constexpr std::string_view kind = "auto-encoder";
constexpr uint32_t version = 1;

struct Scale {
  std::vector<double> means, deviations;
};

// In two passes: rows of large numbers that differ little keep their deviation.
Scale scale_of(MatrixView<double> rows) {
  const auto n = static_cast<double>(rows.rows());
  Scale scale{std::vector<double>(rows.columns()), std::vector<double>(rows.columns())};
  for (size_t i = 0; i < rows.rows(); ++i)
    for (size_t j = 0; j < rows.columns(); ++j) scale.means[j] += rows(i, j) / n;
  for (size_t i = 0; i < rows.rows(); ++i)
    for (size_t j = 0; j < rows.columns(); ++j) {
      const double difference = rows(i, j) - scale.means[j];
      scale.deviations[j] += difference * difference / n;
    }
  for (size_t j = 0; j < rows.columns(); ++j) {
    const double deviation = std::sqrt(scale.deviations[j]);
    // What rounding leaves of a column that does not vary is no deviation.
    const bool varies = deviation > std::max(1e-12 * std::abs(scale.means[j]), 1e-300);
    scale.deviations[j] = varies ? deviation : 1;
  }
  return scale;
}

}  // namespace

Matrix<float> AutoEncoder::standardise(MatrixView<double> rows, const std::vector<double>& means,
                                       const std::vector<double>& deviations) {
  Matrix<float> result(rows.rows(), rows.columns());
  for (size_t i = 0; i < rows.rows(); ++i)
    for (size_t j = 0; j < rows.columns(); ++j) {
      const double away = (rows(i, j) - means[j]) / deviations[j];
      result(i, j) = static_cast<float>(std::clamp(away, -farthest, farthest));
    }
  return result;
}

Result<AutoEncoder> AutoEncoder::fit(MatrixView<double> rows, const AutoEncoderOptions& options) {
  if (rows.rows() == 0) return failure("there are no rows to fit an auto-encoder to");
  Scale scale = scale_of(rows);
  const auto finite = [](double number) { return std::isfinite(number); };
  if (!std::all_of(rows.numbers().begin(), rows.numbers().end(), finite) ||
      !std::all_of(scale.deviations.begin(), scale.deviations.end(), finite))
    return failure("an auto-encoder cannot be fitted to numbers that are not finite or too large");
  const Matrix<float> standard = standardise(rows, scale.means, scale.deviations);
  NetworkOptions network;
  network.hidden = options.hidden;
  network.epochs = options.epochs;
  network.batch_size = options.batch_size;
  network.learning_rate = options.learning_rate;
  network.held_out = options.held_out;
  network.patience = options.patience;
  network.seed = options.seed;
  TRY(Network fitted, Network::fit(standard.view(), standard.view(), network));
  AutoEncoder result(std::move(fitted));
  result.means_ = std::move(scale.means);
  result.deviations_ = std::move(scale.deviations);
  return result;
}

Matrix<double> AutoEncoder::errors(MatrixView<double> rows) const {
  CHECK(rows.columns() == columns());
  const Matrix<float> standard = standardise(rows, means_, deviations_);
  const std::vector<float> given_back = network_.predict(standard.view());
  Matrix<double> result(rows.rows(), rows.columns());
  for (size_t i = 0; i < given_back.size(); ++i) {
    const double difference = double{given_back[i]} - standard.numbers()[i];
    result.numbers()[i] = difference * difference;
  }
  return result;
}

std::vector<double> AutoEncoder::score(MatrixView<double> rows) const {
  const Matrix<double> all = errors(rows);
  std::vector<double> result(rows.rows());
  for (size_t i = 0; i < rows.rows(); ++i) {
    const std::span<const double> row = all.row(i);
    result[i] = std::accumulate(row.begin(), row.end(), 0.0) / static_cast<double>(row.size());
  }
  return result;
}

std::string AutoEncoder::save() const {
  ByteWriter out;
  out.put(static_cast<uint64_t>(columns()));
  for (const double mean : means_) out.put(mean);
  for (const double deviation : deviations_) out.put(deviation);
  out.put_text(network_.save());
  return seal_model(kind, version, out.bytes());
}

Result<AutoEncoder> AutoEncoder::load(std::string_view model) {
  TRY(const std::string_view bytes, unseal_model(model, kind, version));
  ByteReader in(bytes);
  const uint64_t columns = in.get_count(2 * sizeof(double));
  std::vector<double> means(columns), deviations(columns);
  for (double& mean : means) mean = in.get<double>();
  for (double& deviation : deviations) deviation = in.get<double>();
  const std::string_view network = in.get_text();
  if (!in.ok() || in.remaining() > 0) return failure("the model is damaged: it is no auto-encoder");
  for (size_t j = 0; j < columns; ++j)
    if (!std::isfinite(means[j]) || !std::isfinite(deviations[j]) || deviations[j] <= 0)
      return failure("the model is damaged: a column has no scale");
  TRY(Network loaded, Network::load(network));
  if (loaded.inputs() != columns || loaded.outputs() != columns)
    return failure("the model is damaged: its network is of another size");
  AutoEncoder result(std::move(loaded));
  result.means_ = std::move(means);
  result.deviations_ = std::move(deviations);
  return result;
}

}  // namespace yagura::learn
