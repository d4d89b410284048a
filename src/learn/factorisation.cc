// SPDX-License-Identifier: Apache-2.0
#include "learn/factorisation.h"

#include <Eigen/SVD>
#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>

namespace yagura::learn {
namespace {

using Dense = Eigen::MatrixXd;
using Index = Eigen::Index;

constexpr double least_port_share = 0.3;
constexpr size_t least_port_hosts = 2;
constexpr size_t least_group = 2;
// Singular values this much smaller than the largest are zeros with the noise of arithmetic.
constexpr double zero_singular_value = 1e-10;
// Updates shrink an unwanted entry by a factor a round, without end; numbers too small to be held
// in full would slow the processor down by a hundred times.
constexpr double negligible = 1e-150;

Index index(size_t value) { return static_cast<Index>(value); }

// The matrix without what is in it twice. Hosts whose columns are multiples of each other keep the
// same ratio in every start and every update, so one column of the direction stands for all of
// them, weighted with the squares of their sizes: exact, and most hosts of a telescope send so
// little that there are few directions.
struct Directions {
  Dense columns;                     // a column per direction, its maximum 1
  Eigen::VectorXd weights;           // per direction: the sum of the squared sizes of its hosts
  std::vector<Index> of_host;        // the direction of each column of the matrix
  std::vector<double> size_of_host;  // its maximum; of a column of zeros 0
};

Directions directions_of(MatrixView<double> matrix) {
  Directions result;
  std::map<std::vector<double>, Index> known;
  std::vector<double> weights;
  for (size_t host = 0; host < matrix.columns(); ++host) {
    std::vector<double> column(matrix.rows());
    for (size_t row = 0; row < matrix.rows(); ++row) {
      column[row] = matrix(row, host);
      CHECK(column[row] >= 0 && std::isfinite(column[row]));
    }
    const double size = *std::ranges::max_element(column);
    if (size > 0)
      for (double& value : column) value /= size;
    const auto [place, is_new] = known.try_emplace(std::move(column), index(known.size()));
    if (is_new) weights.push_back(0);
    weights[static_cast<size_t>(place->second)] += size * size;
    result.of_host.push_back(place->second);
    result.size_of_host.push_back(size);
  }
  result.columns.resize(index(matrix.rows()), index(known.size()));
  for (const auto& [column, direction] : known)
    result.columns.col(direction) =
        Eigen::Map<const Eigen::VectorXd>(column.data(), index(column.size()));
  result.weights = Eigen::Map<const Eigen::VectorXd>(weights.data(), index(weights.size()));
  return result;
}

// What all ranks start from: the absolute singular vectors of the whole matrix, those on the right
// for one host of size 1 per direction.
struct Start {
  Dense left;   // rows × ranks
  Dense right;  // ranks × directions
};

Start start_of(const Directions& directions, size_t ranks) {
  // The matrix of all hosts and this one have the same product with their own transpose, hence the
  // same left vectors and values; the right vectors follow from these.
  const Dense weighted = directions.columns * directions.weights.cwiseSqrt().asDiagonal();
  const Eigen::JacobiSVD<Dense> svd(weighted.transpose(), Eigen::ComputeThinV);
  const auto& values = svd.singularValues();
  Index usable = 0;
  while (usable < std::min(index(ranks), values.size()) &&
         values(usable) > zero_singular_value * values(0))
    ++usable;
  Start start;
  start.left = svd.matrixV().leftCols(usable);
  start.right =
      values.head(usable).cwiseInverse().asDiagonal() * start.left.transpose() * directions.columns;
  start.left = start.left.cwiseAbs().eval();
  start.right = start.right.cwiseAbs().eval();
  return start;
}

// factor ∘ numerator / denominator; zero where the factor or the denominator is.
void update(Dense& factor, const Dense& numerator, const Dense& denominator) {
  factor = (denominator.array() == 0 || factor.array() < negligible)
               .select(0, factor.array() * numerator.array() / denominator.array());
}

// The factors of one rank, H per direction.
struct Fit {
  Dense w, h;
  double error = 0;
  size_t rounds = 0;
};

Fit fit(const Directions& directions, const Start& start, Index rank, double cells) {
  Fit fit{start.left.leftCols(rank), start.right.topRows(rank)};
  const Dense weighted = directions.columns * directions.weights.asDiagonal();
  const double total = weighted.cwiseProduct(directions.columns).sum();
  Dense gram = fit.w.transpose() * fit.w;
  while (fit.rounds < most_rounds) {
    update(fit.h, fit.w.transpose() * directions.columns, gram * fit.h);
    const Dense images = weighted * fit.h.transpose();
    const Dense shares = fit.h * directions.weights.asDiagonal() * fit.h.transpose();
    update(fit.w, images, fit.w * shares);
    gram = fit.w.transpose() * fit.w;
    // |V - WH|² multiplied out: the products are there already.
    const double squares =
        total - 2 * fit.w.cwiseProduct(images).sum() + gram.cwiseProduct(shares).sum();
    const double before = std::exchange(fit.error, std::max(squares, 0.0) / cells);
    ++fit.rounds;
    if (std::abs(before - fit.error) < settled_error) break;
  }
  return fit;
}

Factors spread_to_hosts(const Fit& fit, const Directions& directions) {
  const auto rows = static_cast<size_t>(fit.w.rows()), rank = static_cast<size_t>(fit.w.cols());
  const size_t hosts = directions.of_host.size();
  Factors factors{Matrix<double>(rows, rank), Matrix<double>(rank, hosts), fit.error, fit.rounds};
  for (size_t k = 0; k < rank; ++k) {
    for (size_t row = 0; row < rows; ++row) factors.w(row, k) = fit.w(index(row), index(k));
    for (size_t host = 0; host < hosts; ++host)
      factors.h(k, host) =
          fit.h(index(k), directions.of_host[host]) * directions.size_of_host[host];
  }
  return factors;
}

std::vector<size_t> hosts_to_look_at(MatrixView<double> packets, const GroupRules& rules) {
  std::vector<size_t> hosts;
  for (size_t host = 0; host < packets.columns(); ++host) {
    double sum = 0, most = 0;
    for (size_t row = 0; row < packets.rows(); ++row) {
      sum += packets(row, host);
      most = std::max(most, packets(row, host));
    }
    if (sum >= rules.least_packets && most <= rules.most_packets) hosts.push_back(host);
  }
  return hosts;
}

// The hosts, as columns of the factors, that stand out in a component.
std::vector<size_t> outstanding(const Factors& factors, size_t component, const GroupRules& rules) {
  double course = 0;
  for (size_t row = 0; row < factors.w.rows(); ++row) course += factors.w(row, component);
  const auto shares = factors.h.row(component);
  const double loudest = course * *std::ranges::max_element(shares);
  std::vector<size_t> hosts;
  for (size_t host = 0; host < shares.size(); ++host) {
    const double packets = course * shares[host];
    if (packets >= rules.active_packets && packets >= loudest * rules.share_of_loudest)
      hosts.push_back(host);
  }
  return hosts;
}

}  // namespace

std::vector<Factors> factorise(MatrixView<double> matrix) {
  if (matrix.rows() == 0 || matrix.columns() == 0) return {};
  const size_t smaller = std::min(matrix.rows(), matrix.columns());
  const size_t ranks = smaller >= largest_rank ? largest_rank : smaller - 1;
  const Directions directions = directions_of(matrix);
  const Start start = start_of(directions, ranks);
  const auto cells = static_cast<double>(matrix.rows() * matrix.columns());
  std::vector<Factors> factors;
  for (Index rank = 1; rank <= start.left.cols(); ++rank)
    factors.push_back(spread_to_hosts(fit(directions, start, rank, cells), directions));
  return factors;
}

std::vector<HostGroup> synchronous_groups(MatrixView<double> packets, const GroupRules& rules) {
  const std::vector<size_t> looked_at = hosts_to_look_at(packets, rules);
  Matrix<double> chosen(packets.rows(), looked_at.size());
  for (size_t row = 0; row < packets.rows(); ++row)
    for (size_t i = 0; i < looked_at.size(); ++i) chosen(row, i) = packets(row, looked_at[i]);
  std::vector<HostGroup> groups;
  std::set<std::vector<size_t>> known;
  for (const Factors& factors : factorise(chosen.view()))
    for (size_t component = 0; component < factors.h.rows(); ++component) {
      std::vector<size_t> hosts = outstanding(factors, component, rules);
      for (size_t& host : hosts) host = looked_at[host];
      if (hosts.size() >= least_group && known.insert(hosts).second)
        groups.push_back({factors.h.rows(), component, std::move(hosts)});
    }
  return groups;
}

std::vector<PortOfGroup> ports_of_group(const HostGroup& group,
                                        std::span<const std::vector<uint32_t>> ports_of_host) {
  std::map<uint32_t, size_t> hosts_of_port;
  for (const size_t host : group.hosts)
    for (const uint32_t port : ports_of_host[host]) ++hosts_of_port[port];
  const auto size = static_cast<double>(group.hosts.size());
  std::vector<PortOfGroup> ports;
  for (const auto& [port, hosts] : hosts_of_port)
    if (hosts >= least_port_hosts && static_cast<double>(hosts) >= least_port_share * size)
      ports.push_back({port, hosts});
  std::ranges::stable_sort(ports, std::ranges::greater{}, &PortOfGroup::hosts);
  return ports;
}

}  // namespace yagura::learn
