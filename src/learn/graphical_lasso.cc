// SPDX-License-Identifier: Apache-2.0
//
// How it is found: block coordinate descent on the covariance W = T^-1 (Friedman, Hastie,
// Tibshirani, Biostatistics 2008), one row after the other, each a lasso of its own; with
//
// - identical variables merged. m variables with the same samples have, by symmetry and strict
//   convexity, the same row in T, so one row stands for all: T enters as m_i m_j T_ij. All that
//   changes is the diagonal. Between two of the same group W_ij is variance - penalty while T_ij is
//   not 0 (T_ij > 0 would make two rows of W the same), else in between; so the mean of the group's
//   block of W, which is what is kept as the diagonal, has a closed form (see `own_covariance`).
// - components. Where |S_ij| <= penalty holds between two sets of variables, T is 0 between them
//   and each is solved alone (Witten, Friedman, Simon 2011; Mazumder, Hastie 2012).
// - warm starts. (W - S) / penalty of one penalty is allowed for each smaller one, and S plus a
//   smaller multiple of it is positive definite, being a mean of W and S.
// - active sets. A row's lasso first only moves what is not 0; then all others are checked.
//
// W is allowed in the dual problem at all times, so that it gives a lower bound of the objective,
// and the T it implies an upper one, if that is positive definite.
#include "learn/graphical_lasso.h"

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <optional>
#include <string>

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

// What is known of a solution: W and, in its row i, the lasso of variable i on the others. From
// these, T_ij = -coefficients_ij T_ii.
struct State {
  Matrix<double> covariance, coefficients;
};

// The mean of W over the block of a group of `copies` variables, if `explained` is how much of it
// the other variables explain. Alone, it is variance + penalty. Where the group's T_ij is not 0,
// W_ij = variance - penalty off the diagonal; it is 0 from where W_ij would have to be below what
// is explained: there log det W, whose group has copies - 1 eigenvalues W_ii - W_ij and one copies
// (mean - explained), is largest.
double own_covariance(double variance, double penalty, double copies, double explained) {
  const double least = variance - penalty;
  return least + 2 * penalty / copies + (copies - 1) / copies * std::max(0.0, explained - least);
}

struct Bounds {
  double upper = 0, lower = 0;
};

// One component under one penalty.
class Component {
 public:
  Component(const Matrix<double>& covariance, std::vector<double> copies, double penalty,
            State state)
      : s_(covariance),
        copies_(std::move(copies)),
        penalty_(penalty),
        w_(std::move(state.covariance)),
        beta_(std::move(state.coefficients)),
        diagonal_(s_.rows()),
        fitted_(s_.rows()) {}

  // Sweeps until the gap is at most `tolerance`; how often it swept.
  size_t solve(double tolerance, size_t max_sweeps);
  Bounds bounds() const { return bounds_; }
  size_t edges() const;
  const Matrix<double>& w() const { return w_; }
  const Matrix<double>& beta() const { return beta_; }

 private:
  size_t size() const { return s_.rows(); }
  void update(size_t i);
  void descend(size_t i, std::vector<Index>& active);
  void fit(size_t i, const std::vector<Index>& active);
  bool add_violators(size_t i, std::vector<Index>& active) const;
  void take_over(size_t i);
  double precision(size_t i, size_t j) const;
  void measure();
  double upper_bound() const;
  double lower_bound() const;

  const Matrix<double>& s_;
  std::vector<double> copies_;
  double penalty_;
  Matrix<double> w_, beta_;
  std::vector<double> diagonal_;  // of T, or rather of copies^2 T
  std::vector<double> fitted_;    // W times the coefficients of the variable at work
  Bounds bounds_;
};

double soft(double value, double threshold) {
  return value > threshold ? value - threshold : value < -threshold ? value + threshold : 0;
}

// Coordinate descent among the active ones alone.
void Component::descend(size_t i, std::vector<Index>& active) {
  const auto beta = beta_.row(i);
  const size_t count = active.size();
  std::vector<double> gradient(count);
  for (size_t a = 0; a < count; ++a) {
    const auto row = w_.row(active[a]);
    double sum = s_(i, active[a]);
    for (const Index b : active) sum -= row[b] * beta[b];
    gradient[a] = sum;
  }
  for (size_t round = 0; round < 1'000; ++round) {
    double largest = 0;
    for (size_t a = 0; a < count; ++a) {
      const Index j = active[a];
      const auto row = w_.row(j);
      const double next = soft(gradient[a] + row[j] * beta[j], penalty_) / row[j];
      const double step = next - beta[j];
      if (step == 0) continue;
      beta[j] = next;
      largest = std::max(largest, std::abs(step) * row[j]);
      for (size_t b = 0; b < count; ++b) gradient[b] -= step * row[active[b]];
    }
    if (largest <= 1e-10 * penalty_) break;
  }
}

void Component::fit(size_t i, const std::vector<Index>& active) {
  std::fill(fitted_.begin(), fitted_.end(), 0);
  for (const Index j : active) {
    const double factor = beta_(i, j);
    if (factor == 0) continue;
    const auto row = w_.row(j);
    for (size_t k = 0; k < size(); ++k) fitted_[k] += factor * row[k];
  }
}

bool Component::add_violators(size_t i, std::vector<Index>& active) const {
  const size_t before = active.size();
  const auto s = s_.row(i);
  const double most = penalty_ * (1 + 1e-10);
  std::vector<bool> is_active(size());
  for (const Index j : active) is_active[j] = true;
  for (size_t j = 0; j < size(); ++j)
    if (j != i && !is_active[j] && std::abs(fitted_[j] - s[j]) > most)
      active.push_back(static_cast<Index>(j));
  return active.size() > before;
}

void Component::take_over(size_t i) {
  const auto beta = beta_.row(i);
  const auto s = s_.row(i);
  double explained = 0;
  for (size_t j = 0; j < size(); ++j) {
    if (j == i) continue;
    // On the bound exactly where there is an edge.
    const double value = beta[j] > 0   ? s[j] - penalty_
                         : beta[j] < 0 ? s[j] + penalty_
                                       : std::clamp(fitted_[j], s[j] - penalty_, s[j] + penalty_);
    w_(i, j) = w_(j, i) = value;
    explained += value * beta[j];
  }
  w_(i, i) = own_covariance(s[i], penalty_, copies_[i], explained);
  diagonal_[i] = 1 / (w_(i, i) - explained);
}

void Component::update(size_t i) {
  std::vector<Index> active;
  for (size_t j = 0; j < size(); ++j)
    if (beta_(i, j) != 0) active.push_back(static_cast<Index>(j));
  do {
    descend(i, active);
    fit(i, active);
  } while (add_violators(i, active));
  take_over(i);
}

// As the later of both rows says.
double Component::precision(size_t i, size_t j) const {
  const size_t later = std::max(i, j);
  return later == i && i == j ? diagonal_[i] : -beta_(later, std::min(i, j)) * diagonal_[later];
}

using Map =
    Eigen::Map<const Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>;

std::optional<double> log_determinant(const Matrix<double>& matrix) {
  const auto size = static_cast<Eigen::Index>(matrix.rows());
  const Eigen::LLT<Eigen::MatrixXd> factor(Map(matrix.numbers().data(), size, size));
  if (factor.info() != Eigen::Success) return std::nullopt;
  return 2 * factor.matrixLLT().diagonal().array().log().sum();
}

double Component::upper_bound() const {
  Matrix<double> t(size(), size());
  for (size_t i = 0; i < size(); ++i)
    for (size_t j = 0; j < size(); ++j) t(i, j) = precision(i, j);
  const auto determinant = log_determinant(t);
  if (!determinant) return std::numeric_limits<double>::infinity();
  double sum = -*determinant;
  for (size_t i = 0; i < size(); ++i) {
    for (size_t j = 0; j < size(); ++j)
      if (i != j) sum += s_(i, j) * t(i, j) + penalty_ * std::abs(t(i, j));
    const double m = copies_[i], within = t(i, i) / m;
    const double apart = std::max(within, 1 / (2 * penalty_));  // T_ii - T_ij in the group
    sum += s_(i, i) * t(i, i) + std::log(m) - (m - 1) * std::log(apart) +
           penalty_ * (within + (m - 1) * (2 * apart - within));
  }
  return sum;
}

double Component::lower_bound() const {
  const auto determinant = log_determinant(w_);
  CHECK(determinant.has_value());
  double sum = *determinant;
  for (size_t i = 0; i < size(); ++i) {
    const double m = copies_[i];
    sum += m + std::log(m);
    if (m > 1) sum += (m - 1) * std::log(m / (m - 1) * (s_(i, i) + penalty_ - w_(i, i)));
  }
  return sum;
}

void Component::measure() { bounds_ = {upper_bound(), lower_bound()}; }

size_t Component::solve(double tolerance, size_t max_sweeps) {
  const double variables = std::accumulate(copies_.begin(), copies_.end(), 0.0);
  size_t sweeps = 0;
  do {
    for (size_t i = 0; i < size(); ++i) update(i);
    measure();
    ++sweeps;
  } while (bounds_.upper - bounds_.lower > tolerance * variables && sweeps < max_sweeps);
  return sweeps;
}

size_t Component::edges() const {
  double count = 0;
  for (size_t i = 0; i < size(); ++i) {
    for (size_t j = 0; j < i; ++j)
      if (precision(i, j) != 0) count += copies_[i] * copies_[j];
    const double m = copies_[i];
    if (diagonal_[i] / m < 1 / (2 * penalty_)) count += m * (m - 1) / 2;
  }
  return static_cast<size_t>(count);
}

// What was found under one penalty, as far as it is of use under the next.
class Path {
 public:
  explicit Path(const Variables& variables)
      : variables_(variables), state_{variables.covariance, {}}, last_(0) {
    const size_t count = variables.copies.size();
    state_.coefficients = Matrix<double>(count, count);
    for (size_t i = 0; i < count; ++i)
      for (size_t j = 0; j < count; ++j)
        if (i != j) last_ = std::max(last_, std::abs(variables.covariance(i, j)));
    for (size_t i = 0; i < count; ++i)
      for (size_t j = 0; j < count; ++j)
        state_.covariance(i, j) =
            i != j ? 0 : variables.covariance(i, i) + last_ / variables.copies[i];
  }

  LassoPoint solve(double penalty, const GraphicalLassoOptions& options) {
    shrink(penalty);
    LassoPoint point{penalty, 0, 0, 0, 0};
    for (const auto& members : components(variables_.covariance, penalty)) {
      const Matrix<double> covariance = part(variables_.covariance, members);
      std::vector<double> copies;
      for (const Index i : members) copies.push_back(variables_.copies[i]);
      Component component(covariance, copies, penalty,
                          {part(state_.covariance, members), part(state_.coefficients, members)});
      const size_t sweeps = component.solve(options.tolerance, options.max_sweeps);
      point.sweeps = std::max(point.sweeps, sweeps);
      point.edges += component.edges();
      point.objective += component.bounds().upper;
      point.gap += component.bounds().upper - component.bounds().lower;
      put_back(component.w(), members, state_.covariance);
      put_back(component.beta(), members, state_.coefficients);
    }
    return point;
  }

 private:
  // W for a smaller penalty.
  void shrink(double penalty) {
    const double factor = last_ > penalty ? penalty / last_ : 1;
    const auto from = variables_.covariance.numbers();
    const auto to = state_.covariance.numbers();
    for (size_t i = 0; i < from.size(); ++i) to[i] = from[i] + factor * (to[i] - from[i]);
    last_ = penalty;
  }
  static Matrix<double> part(const Matrix<double>& from, const std::vector<Index>& members) {
    Matrix<double> to(members.size(), members.size());
    for (size_t i = 0; i < members.size(); ++i)
      for (size_t j = 0; j < members.size(); ++j) to(i, j) = from(members[i], members[j]);
    return to;
  }
  static void put_back(const Matrix<double>& from, const std::vector<Index>& members,
                       Matrix<double>& to) {
    for (size_t i = 0; i < members.size(); ++i)
      for (size_t j = 0; j < members.size(); ++j) to(members[i], members[j]) = from(i, j);
  }

  const Variables& variables_;
  State state_;
  double last_;
};

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
  for (const size_t i : order) points[i] = path.solve(penalties[i], options);
  return points;
}

double graph_density(size_t edges, size_t variables) {
  if (variables < 2) return 0;
  const auto count = static_cast<double>(variables);
  return static_cast<double>(edges) / (count * (count - 1));
}

double log_of_count(double count) { return std::log(count == 0 ? 0.1 : count); }

}  // namespace yagura::learn
