// SPDX-License-Identifier: Apache-2.0
//
// How it is found: block coordinate descent on the covariance W = T^-1 (Friedman, Hastie,
// Tibshirani, Biostatistics 2008), one row after the other, each a lasso of its own; with
//
// - identical variables merged. m variables with the same samples have, by symmetry and strict
//   convexity, the same row in T, so one row stands for all: T enters as m_i m_j T_ij. All that
//   changes is the diagonal. Between two of the same group W_ij is variance - penalty while T_ij is
//   not 0 (T_ij > 0 would make two rows of W the same), else in between; so the mean of the group's
//   block of W, which is what is kept as the diagonal, has a closed form (`own_covariance` in
//   lasso_component.cc).
// - components. Where |S_ij| <= penalty holds between two sets of variables, T is 0 between them
//   and each is solved alone (Witten, Friedman, Simon 2011; Mazumder, Hastie 2012).
// - warm starts. (W - S) / penalty of one penalty is allowed for each smaller one, and S plus a
//   smaller multiple of it is positive definite, being a mean of W and S.
// - active sets. A row's lasso first only moves what is not 0; then all others are checked. What is
//   not 0 is found by coordinate descent and solved for exactly (small_lasso.h).
//
// W is allowed in the dual problem at all times, so that it gives a lower bound of the objective,
// and the T it implies an upper one, if that is positive definite: the gap between them.
#include "learn/graphical_lasso.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <string>
#include <utility>

#include "learn/lasso_component.h"

namespace yagura::learn {
namespace {

using Index = uint32_t;

// The distinct variables, and how often each is there.
struct Variables {
  Matrix<double> covariance;
  std::vector<double> copies;
};

std::vector<std::vector<double>> columns_of(MatrixView<double> samples) {
  std::vector<std::vector<double>> columns(samples.columns(), std::vector<double>(samples.rows()));
  for (size_t i = 0; i < samples.rows(); ++i)
    for (size_t j = 0; j < samples.columns(); ++j) columns[j][i] = samples(i, j);
  return columns;
}

void center(std::vector<double>& values) {
  const double mean =
      std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  for (double& value : values) value -= mean;
}

Variables merge(MatrixView<double> samples) {
  std::map<std::vector<double>, size_t> places;
  std::vector<std::vector<double>> distinct;
  Variables variables;
  for (const std::vector<double>& column : columns_of(samples)) {
    const auto [place, is_new] = places.emplace(column, distinct.size());
    if (is_new) {
      distinct.push_back(column);
      variables.copies.push_back(0);
    }
    ++variables.copies[place->second];
  }
  for (auto& column : distinct) center(column);
  const size_t count = distinct.size();
  variables.covariance = Matrix<double>(count, count);
  for (size_t i = 0; i < count; ++i) {
    for (size_t j = i; j < count; ++j) {
      const double sum =
          std::inner_product(distinct[i].begin(), distinct[i].end(), distinct[j].begin(), 0.0);
      variables.covariance(i, j) = variables.covariance(j, i) =
          sum / static_cast<double>(samples.rows());
    }
  }
  return variables;
}

// The sets of variables that covariances above the penalty connect.
std::vector<std::vector<Index>> components(const Matrix<double>& covariance, double penalty) {
  const auto count = static_cast<Index>(covariance.rows());
  std::vector<std::vector<Index>> found;
  std::vector<bool> seen(count);
  for (Index start = 0; start < count; ++start) {
    if (seen[start]) continue;
    std::vector<Index> members{start};
    seen[start] = true;
    for (size_t at = 0; at < members.size(); ++at) {
      const auto row = covariance.row(members[at]);
      for (Index j = 0; j < count; ++j) {
        if (seen[j] || std::abs(row[j]) <= penalty) continue;
        seen[j] = true;
        members.push_back(j);
      }
    }
    std::sort(members.begin(), members.end());
    found.push_back(std::move(members));
  }
  return found;
}

// Finds the solution under one penalty after the other.
class Path {
 public:
  explicit Path(const Variables& variables);
  // `penalty` is not above the last one.
  Result<LassoPoint> solve(double penalty, const GraphicalLassoOptions& options);

 private:
  void shrink(double penalty);

  const Variables& variables_;
  // The solution under `penalty_`; between components W and the coefficients are 0.
  LassoState state_;
  double penalty_ = 0;
};

// Under the least penalty that leaves no edge between different variables.
Path::Path(const Variables& variables) : variables_(variables) {
  const Matrix<double>& s = variables.covariance;
  const size_t count = s.rows();
  state_ = {Matrix<double>(count, count), Matrix<double>(count, count)};
  for (size_t i = 0; i < count; ++i)
    for (size_t j = 0; j < i; ++j) penalty_ = std::max(penalty_, std::abs(s(i, j)));
  for (size_t i = 0; i < count; ++i)  // any mean of the group's W that is allowed
    state_.covariance(i, i) = s(i, i) + penalty_ / variables.copies[i];
}

// Makes W allowed under a smaller penalty. It stays positive definite: it becomes a mean of W and
// S.
void Path::shrink(double penalty) {
  const double factor = penalty_ > penalty ? penalty / penalty_ : 1;
  const auto s = variables_.covariance.numbers();
  const auto w = state_.covariance.numbers();
  for (size_t i = 0; i < s.size(); ++i) w[i] = s[i] + factor * (w[i] - s[i]);
  penalty_ = penalty;
}

Matrix<double> part(const Matrix<double>& from, const std::vector<Index>& members) {
  Matrix<double> to(members.size(), members.size());
  for (size_t i = 0; i < members.size(); ++i)
    for (size_t j = 0; j < members.size(); ++j) to(i, j) = from(members[i], members[j]);
  return to;
}

void put_back(const Matrix<double>& from, const std::vector<Index>& members, Matrix<double>& to) {
  for (size_t i = 0; i < members.size(); ++i)
    for (size_t j = 0; j < members.size(); ++j) to(members[i], members[j]) = from(i, j);
}

Result<LassoPoint> Path::solve(double penalty, const GraphicalLassoOptions& options) {
  shrink(penalty);
  const size_t count = variables_.copies.size();
  const LassoState start =
      std::exchange(state_, {Matrix<double>(count, count), Matrix<double>(count, count)});
  LassoPoint point{penalty, 0, 0, 0, 0};
  for (const auto& members : components(variables_.covariance, penalty)) {
    const Matrix<double> s = part(variables_.covariance, members);
    std::vector<double> copies;
    for (const Index i : members) copies.push_back(variables_.copies[i]);
    LassoComponent component(s, std::move(copies), penalty,
                             {part(start.covariance, members), part(start.coefficients, members)});
    const size_t sweeps = component.solve(options.tolerance, options.max_sweeps);
    point.sweeps = std::max(point.sweeps, sweeps);
    point.edges += component.edges();
    point.objective += component.objective();
    point.gap += component.gap();
    put_back(component.state().covariance, members, state_.covariance);
    put_back(component.state().coefficients, members, state_.coefficients);
  }
  if (!std::isfinite(point.gap))
    return failure("graphical lasso: penalty " + std::to_string(penalty) +
                   " is too small beside the variances to be solved for");
  return point;
}

Result<void> check(MatrixView<double> samples, std::span<const double> penalties) {
  if (samples.rows() == 0 || samples.columns() == 0)
    return failure("graphical lasso: there are no samples or no variables");
  if (samples.columns() > max_lasso_variables)
    return failure("graphical lasso: " + std::to_string(samples.columns()) +
                   " variables, at most " + std::to_string(max_lasso_variables) + " are possible");
  for (const double value : samples.numbers())
    if (!std::isfinite(value)) return failure("graphical lasso: a sample is not a finite number");
  for (const double penalty : penalties)
    if (!std::isfinite(penalty) || penalty <= 0)
      return failure("graphical lasso: a penalty must be a finite number above 0");
  return {};
}

}  // namespace

Result<std::vector<LassoPoint>> graphical_lasso_path(MatrixView<double> samples,
                                                     std::span<const double> penalties,
                                                     const GraphicalLassoOptions& options) {
  TRY_VOID(check(samples, penalties));
  const Variables variables = merge(samples);
  Path path(variables);
  std::vector<size_t> order(penalties.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return penalties[a] > penalties[b]; });
  std::vector<LassoPoint> points(penalties.size());
  for (const size_t i : order) {
    TRY(points[i], path.solve(penalties[i], options));
  }
  return points;
}

double graph_density(size_t edges, size_t variables) {
  if (variables < 2) return 0;
  const auto count = static_cast<double>(variables);
  return static_cast<double>(edges) / (count * (count - 1));
}

double log_of_count(double count) { return std::log(count == 0 ? 0.1 : count); }

}  // namespace yagura::learn
