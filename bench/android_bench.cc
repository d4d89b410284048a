// SPDX-License-Identifier: Apache-2.0
//
// How well a committee of networks tells Android malware from other applications, and how fast:
//
//   android_bench FOLDS|unseen all|distinct SEEDS < ROWS
//
// ROWS is text: a line with the columns' names, then a line of numbers for each application, its
// label (1: malware) last. A number x enters as log2(1 + x), so that 0 and 1 stay what they are and
// counts of system calls come into reach. For each seed from 1 to SEEDS the rows are dealt into
// folds, and every row is judged by a committee that was fitted to the other folds. "distinct"
// keeps the first of each set of equal rows, and its label.
//
// A tenth of the rows (fold 0 of 10 of the seed `unseen_seed`) was kept from every choice of
// options; "unseen" judges them by a committee that was fitted to the other nine.
//
// Prints lines of a name and its values, one for each seed where it depends on the seed. Times are
// of the processor, on one thread.
#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <ctime>
#include <iostream>
#include <string>
#include <vector>

#include "base/random.h"
#include "learn/committee.h"
#include "learn/evaluation.h"
#include "learn/folds.h"
#include "learn/hashed_features.h"
#include "malware/application_model.h"

namespace yagura::bench {
namespace {

using namespace learn;
using malware::ApplicationModel;

constexpr uint64_t unseen_seed = 99;
constexpr uint32_t hashed_columns = 1 << 14;

double processor_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

struct Applications {
  std::vector<std::string> names;  // of the columns
  SparseRows rows{0};
  std::vector<uint8_t> labels;
};

// The numbers of a line, which is all commas and numbers.
void parse(const std::string& line, std::vector<double>& numbers) {
  numbers.clear();
  const char* at = line.data();
  const char* const end = at + line.size();
  while (at < end) {
    double number = 0;
    const auto [next, error] = std::from_chars(at, end, number);
    CHECK(error == std::errc{} && number >= 0);
    numbers.push_back(number);
    at = next < end ? next + 1 : next;
  }
}

Applications read_applications(std::istream& in) {
  Applications result;
  std::string line;
  CHECK(std::getline(in, line));
  for (size_t at = 0; at < line.size();) {
    const size_t comma = std::min(line.find(',', at), line.size());
    result.names.push_back(line.substr(at, comma - at));
    at = comma + 1;
  }
  result.names.pop_back();  // the label's
  result.rows = SparseRows(result.names.size());
  std::vector<double> numbers;
  std::vector<SparseEntry> entries;
  while (std::getline(in, line)) {
    parse(line, numbers);
    CHECK(numbers.size() == result.names.size() + 1);
    entries.clear();
    for (uint32_t column = 0; column < result.names.size(); ++column)
      if (numbers[column] > 0)
        entries.push_back({column, static_cast<float>(std::log2(1 + numbers[column]))});
    result.rows.add_row(entries);
    result.labels.push_back(numbers.back() != 0);
  }
  return result;
}

Committee fit(const SparseRows& rows, const std::vector<uint8_t>& labels, uint64_t seed) {
  auto committee = Committee::fit(rows, labels, ApplicationModel::network_options(seed),
                                  ApplicationModel::members);
  CHECK(committee.has_value());
  return std::move(*committee);
}

// What was said of some rows, and what they are.
struct Judged {
  std::vector<double> scores;
  std::vector<uint8_t> labels;

  void add(const std::vector<float>& predicted, const std::vector<uint8_t>& of) {
    scores.insert(scores.end(), predicted.begin(), predicted.end());
    labels.insert(labels.end(), of.begin(), of.end());
  }
};

// Lines of a name and a value for each seed.
class Measures {
 public:
  void add(const Judged& judged) {
    const Confusion counts = confusion(judged.scores, judged.labels, ApplicationModel::threshold);
    add("accuracy", counts.accuracy());
    add("f1", counts.f1());
    add("fpr", counts.false_positive_rate());
    add("auc", roc_auc(judged.scores, judged.labels));
  }
  void add(const std::string& name, double value) {
    for (auto& [known, values] : lines_)
      if (known == name) return values.push_back(value);
    lines_.push_back({name, {value}});
  }
  void print() const {
    for (const auto& [name, values] : lines_)
      fmt::print("{} {:.6f}\n", name, fmt::join(values, " "));
  }

 private:
  std::vector<std::pair<std::string, std::vector<double>>> lines_;
};

void cross_validate(const Applications& all, uint32_t folds, uint64_t seed, Measures& measures) {
  const std::vector<uint32_t> fold_of_row = stratified_folds(all.labels, folds, seed);
  Judged judged;
  double fitting = 0;
  size_t copies = 0;
  for (uint32_t fold = 0; fold < folds; ++fold) {
    const Split split = split_by(fold_of_row, fold);
    copies += copies_in_fit(all.rows, split);
    const SparseRows rows = picked(all.rows, split.fit);
    const std::vector<uint8_t> labels = picked(all.labels, split.fit);
    const double before = processor_seconds();
    const Committee committee = fit(rows, labels, seed);
    fitting += processor_seconds() - before;
    judged.add(committee.predict(picked(all.rows, split.test)), picked(all.labels, split.test));
  }
  measures.add(judged);
  measures.add("copies_in_fit", static_cast<double>(copies) / static_cast<double>(all.rows.rows()));
  measures.add("fit_seconds", fitting / folds);
}

void judge_unseen(const Applications& all, uint64_t seed, Measures& measures) {
  const Split split = split_by(stratified_folds(all.labels, 10, unseen_seed), 0);
  const Committee committee = fit(picked(all.rows, split.fit), picked(all.labels, split.fit), seed);
  Judged judged;
  judged.add(committee.predict(picked(all.rows, split.test)), picked(all.labels, split.test));
  measures.add(judged);
}

// Rows a second: `score` judges all rows once.
template <typename Score>
double rows_a_second(size_t rows, const Score& score) {
  const double start = processor_seconds();
  size_t scored = 0;
  double seconds = 0;
  for (; seconds < 1; seconds = processor_seconds() - start) {
    score();
    scored += rows;
  }
  return static_cast<double>(scored) / seconds;
}

// From sparse rows, and from the names of what an application has: as an APK gives them.
void measure_speed(const Applications& all, Measures& measures) {
  const Committee committee = fit(all.rows, all.labels, 1);
  measures.add("rows_per_second", rows_a_second(all.rows.rows(), [&] {
                 CHECK(committee.predict(all.rows).size() == all.rows.rows());
               }));
  std::vector<std::vector<std::string_view>> words(all.rows.rows());
  for (size_t i = 0; i < words.size(); ++i)
    for (const SparseEntry& entry : all.rows.row(i)) words[i].push_back(all.names[entry.column]);
  const HashedFeatures features(hashed_columns);
  const auto hashed = [&] {
    SparseRows rows(hashed_columns);
    for (const auto& row : words) rows.add_row(features.row(row));
    return rows;
  };
  const Committee of_words = fit(hashed(), all.labels, 1);
  measures.add("hashed_rows_per_second", rows_a_second(words.size(), [&] {
                 CHECK(of_words.predict(hashed()).size() == words.size());
               }));
}

// `folds` 0: the tenth that no choice saw.
void run(uint32_t folds, bool distinct, uint64_t seeds) {
  Applications all = read_applications(std::cin);
  if (distinct) {
    const std::vector<uint32_t> first = distinct_rows(all.rows);
    all.rows = picked(all.rows, first);
    all.labels = picked(all.labels, first);
  }
  Measures measures;
  measures.add("rows", static_cast<double>(all.rows.rows()));
  for (uint64_t seed = 1; seed <= seeds; ++seed) {
    if (folds == 0)
      judge_unseen(all, seed, measures);
    else
      cross_validate(all, folds, seed, measures);
  }
  if (folds > 0) measure_speed(all, measures);
  measures.print();
}

}  // namespace
}  // namespace yagura::bench

int main(int count, char** arguments) {
  const std::vector<std::string> given(arguments + 1, arguments + count);
  if (given.size() != 3 || (given[1] != "all" && given[1] != "distinct")) {
    fmt::print(stderr, "usage: android_bench FOLDS|unseen all|distinct SEEDS < ROWS\n");
    return 2;
  }
  const auto folds = given[0] == "unseen" ? 0U : static_cast<uint32_t>(std::stoul(given[0]));
  yagura::bench::run(folds, given[1] == "distinct", std::stoull(given[2]));
  return 0;
}
