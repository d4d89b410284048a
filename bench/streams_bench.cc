// SPDX-License-Identifier: Apache-2.0
//
// Measures the learning of streams for bench/learn/streams.py, and prints JSON:
//
//   streams_bench change FILE      ChangeFinder on Dark-TRACER's series: scores beside R's, speed
//   streams_bench window HOSTS SEED [BANDS]
//                                  a made-up half hour of a telescope as CSV, a row per minute,
//                                  with planted bands or without
//   streams_bench groups <CSV      the groups in such a window, what each rank left, time taken
//   streams_bench bands HOSTS SEEDS
//                                  how many planted bands are found in so many windows
//   streams_bench nab FOLDER       the Numenta Anomaly Benchmark
#include <array>
#include <chrono>
#include <cmath>
#include <fstream>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "learn/change_finder.h"
#include "learn/evaluation.h"
#include "learn/factorisation.h"
#include "learn/nab_corpus_for_tests.h"
#include "learn/streaming_detector.h"

namespace yagura::bench {
namespace {

using Json = nlohmann::json;
using learn::DetectorOutput;
using learn::Matrix;
using learn::MatrixView;

double seconds_of(const auto& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

std::vector<std::vector<std::string>> read_csv(std::istream& in) {
  std::vector<std::vector<std::string>> rows;
  for (std::string line; std::getline(in, line);) {
    rows.emplace_back();
    std::istringstream fields(line);
    for (std::string field; std::getline(fields, field, ',');) rows.back().push_back(field);
  }
  return rows;
}

// ---- ChangeFinder ----------------------------------------------------------------------------

// Columns: time, packets, hosts, R's score of the packets, of the hosts; one line of names on top.
Json change(const std::string& path) {
  std::ifstream file(path);
  const auto rows = read_csv(file);
  CHECK(rows.size() > 1);
  learn::ChangeFinder packets, hosts;
  double largest_difference = 0;
  Json alarms = Json::array();
  for (size_t i = 1; i < rows.size(); ++i) {
    const learn::ChangeScore found[] = {packets.add(std::stod(rows[i][1])),
                                        hosts.add(std::stod(rows[i][2]))};
    for (size_t k = 0; k < 2; ++k) {
      const double expected = std::stod(rows[i][3 + k]);
      if (expected != 0)
        largest_difference = std::max(largest_difference, std::abs(found[k].score / expected - 1));
    }
    if (found[0].alarm || found[1].alarm) alarms.push_back(rows[i][0]);
  }
  constexpr size_t values = 1'000'000;
  Random random(1);
  learn::ChangeFinder finder;
  double sum = 0;
  const double seconds = seconds_of([&] {
    for (size_t i = 0; i < values; ++i) sum += finder.add(random.unit()).score;
  });
  CHECK(std::isfinite(sum));
  return {{"rows", rows.size() - 1},
          {"largest_difference", largest_difference},
          {"alarms", alarms},
          {"per_second", values / seconds}};
}

// ---- groups ----------------------------------------------------------------------------------

constexpr size_t minutes = 30;
constexpr std::array<size_t, 3> band_sizes{5, 15, 40};

// Knuth's way; for small means.
double poisson(Random& random, double mean) {
  const double limit = std::exp(-mean);
  double product = random.unit(), count = 0;
  for (; product > limit; product *= random.unit()) ++count;
  return count;
}

double normal(Random& random) {
  double sum = -6;
  for (int i = 0; i < 12; ++i) sum += random.unit();
  return sum;
}

struct Window {
  Matrix<double> packets;
  std::vector<std::set<size_t>> bands;  // hosts
};

// Lone hosts send by chance, at rates that differ widely. The bands, the first hosts, besides that
// send together in four minutes of their own, 6 packets a minute on average. Hosts that the method
// does not look at (one packet, or more than 60 a minute) are drawn again.
Window make_window(size_t hosts, uint64_t seed, bool with_bands) {
  Random random(seed);
  Window window{Matrix<double>(minutes, hosts), {}};
  std::vector<std::set<size_t>> bursts(band_sizes.size());
  size_t first = 0;
  for (size_t band = 0; with_bands && band < band_sizes.size(); ++band) {
    while (bursts[band].size() < 4) bursts[band].insert(random.below(minutes));
    window.bands.emplace_back();
    for (size_t i = 0; i < band_sizes[band]; ++i) window.bands.back().insert(first++);
  }
  for (size_t host = 0; host < hosts; ++host)
    for (double sum = 0, most = 0; sum < 2 || most > 60;) {
      sum = most = 0;
      const double rate = std::exp(normal(random) - 2);
      for (size_t minute = 0; minute < minutes; ++minute) {
        double mean = rate;
        for (size_t band = 0; band < window.bands.size(); ++band)
          if (window.bands[band].contains(host) && bursts[band].contains(minute)) mean += 6;
        window.packets(minute, host) = poisson(random, mean);
        sum += window.packets(minute, host);
        most = std::max(most, window.packets(minute, host));
      }
    }
  return window;
}

void print_window(const Window& window) {
  for (size_t minute = 0; minute < minutes; ++minute)
    for (size_t host = 0; host < window.packets.columns(); ++host)
      std::cout << window.packets(minute, host)
                << (host + 1 < window.packets.columns() ? ',' : '\n');
}

Json groups(std::istream& in) {
  Matrix<double> packets;
  for (const auto& fields : read_csv(in)) {
    std::vector<double> row;
    for (const std::string& field : fields) row.push_back(std::stod(field));
    packets.add_row(row);
  }
  std::vector<learn::HostGroup> found;
  const double seconds = seconds_of([&] { found = learn::synchronous_groups(packets.view()); });
  Json ranks = Json::array(), listed = Json::array();
  for (const learn::Factors& factors : learn::factorise(packets.view()))
    ranks.push_back({{"rounds", factors.rounds}, {"error", factors.error}});
  for (const learn::HostGroup& group : found)
    listed.push_back({{"rank", group.rank}, {"hosts", group.hosts}});
  return {{"seconds", seconds}, {"ranks", ranks}, {"groups", listed}};
}

// A group that holds nine tenths of the band, and nine tenths of which are the band's.
bool is_found(const std::set<size_t>& band, const std::vector<learn::HostGroup>& groups) {
  for (const learn::HostGroup& group : groups) {
    size_t common = 0;
    for (const size_t host : group.hosts) common += band.count(host);
    if (common * 10 >= band.size() * 9 && common * 10 >= group.hosts.size() * 9) return true;
  }
  return false;
}

Json spread_of(const std::vector<double>& values) {
  const learn::MeanAndSpread result = learn::mean_and_spread(values);
  return {{"mean", result.mean}, {"spread", result.spread}};
}

Json bands(size_t hosts, uint64_t seeds) {
  std::vector<double> seconds, with_bands, without;
  std::array<size_t, band_sizes.size()> found{};
  for (uint64_t seed = 1; seed <= seeds; ++seed) {
    const Window window = make_window(hosts, seed, true);
    std::vector<learn::HostGroup> listed;
    seconds.push_back(
        seconds_of([&] { listed = learn::synchronous_groups(window.packets.view()); }));
    with_bands.push_back(static_cast<double>(listed.size()));
    for (size_t band = 0; band < found.size(); ++band)
      found[band] += is_found(window.bands[band], listed);
    const Window quiet = make_window(hosts, seed, false);
    without.push_back(static_cast<double>(learn::synchronous_groups(quiet.packets.view()).size()));
  }
  return {{"sizes", band_sizes},
          {"found", found},
          {"seconds", spread_of(seconds)},
          {"groups", spread_of(with_bands)},
          {"groups_without_bands", spread_of(without)}};
}

// ---- the Numenta Anomaly Benchmark -----------------------------------------------------------

using Corpus = std::vector<learn::testing::NabSeries>;
constexpr std::pair<const char*, learn::NabProfile> profiles[] = {
    {"standard", learn::nab_standard},
    {"few_false_positives", learn::nab_few_false_positives},
    {"few_false_negatives", learn::nab_few_false_negatives}};

std::vector<DetectorOutput> run_streaming(const Corpus& corpus) {
  return learn::testing::run_detector(corpus, [] {
    return [detector = learn::StreamingDetector()](Timestamp time, double value) mutable {
      const learn::StreamScore score = detector.add(time, value);
      return score.alarm ? score.score : 0;
    };
  });
}

std::vector<DetectorOutput> run_gaussian(const Corpus& corpus) {
  return learn::testing::run_detector(corpus, [] {
    return [detector = learn::testing::WindowedGaussian()](Timestamp, double value) mutable {
      return detector.add(value);
    };
  });
}

std::vector<DetectorOutput> run_change_finder(const Corpus& corpus) {
  return learn::testing::run_detector(corpus, [] {
    return [finder = learn::ChangeFinder()](Timestamp, double value) mutable {
      return finder.add(value).score;
    };
  });
}

Json json_of(const learn::NabScore& score) {
  return {{"score", score.score},
          {"threshold", std::isfinite(score.threshold) ? Json(score.threshold) : Json()},
          {"windows", score.windows},
          {"hit", score.hit_windows},
          {"false_positives", score.false_positives}};
}

Json best_scores(const std::vector<DetectorOutput>& outputs) {
  Json result;
  for (const auto& [name, profile] : profiles)
    result[name] = json_of(learn::best_nab_score(outputs, profile));
  return result;
}

Json chance_scores(const Corpus& corpus) {
  std::map<std::string, std::vector<double>> scores;
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    Random random(seed);
    const auto outputs = learn::testing::run_detector(
        corpus, [&random] { return [&random](Timestamp, double) { return random.unit(); }; });
    for (const auto& [name, profile] : profiles)
      scores[name].push_back(learn::best_nab_score(outputs, profile).score);
  }
  Json result;
  for (const auto& [name, values] : scores) result[name] = spread_of(values);
  return result;
}

// The threshold that is best for one half of the series, judged on the other.
double carried_over(const std::vector<DetectorOutput>& chosen_on,
                    const std::vector<DetectorOutput>& judged_on) {
  const double threshold = learn::best_nab_score(chosen_on, learn::nab_standard).threshold;
  return learn::nab_score(judged_on, learn::nab_standard, threshold).score;
}

Json halves(const std::vector<DetectorOutput>& outputs) {
  std::vector<DetectorOutput> half[2];
  for (size_t i = 0; i < outputs.size(); ++i) half[i % 2].push_back(outputs[i]);
  Json result;
  for (size_t k = 0; k < 2; ++k) {
    result["best"].push_back(learn::best_nab_score(half[k], learn::nab_standard).score);
    result["own_threshold"].push_back(learn::nab_score(half[k], learn::nab_standard, 1).score);
    result["carried_over"].push_back(carried_over(half[1 - k], half[k]));
  }
  return result;
}

// Halves drawn by chance, many times.
Json chance_halves(const std::vector<DetectorOutput>& outputs) {
  std::vector<double> scores;
  for (uint64_t seed = 1; seed <= 100; ++seed) {
    const Permutation order(outputs.size(), seed);
    std::vector<DetectorOutput> half[2];
    for (size_t i = 0; i < outputs.size(); ++i) half[i % 2].push_back(outputs[order(i)]);
    scores.push_back(carried_over(half[0], half[1]));
  }
  return spread_of(scores);
}

Json nab(const std::string& folder) {
  const Corpus corpus = learn::testing::read_nab(folder);
  std::vector<DetectorOutput> ours;
  const double seconds = seconds_of([&] { ours = run_streaming(corpus); });
  size_t rows = 0;
  for (const auto& series : corpus) rows += series.values.size();
  Json own_threshold;
  for (const auto& [name, profile] : profiles)
    own_threshold[name] = json_of(learn::nab_score(ours, profile, 1));
  Json kinds;
  std::map<std::string, std::vector<DetectorOutput>> by_folder;
  for (size_t i = 0; i < corpus.size(); ++i)
    by_folder[corpus[i].name.substr(0, corpus[i].name.find('/'))].push_back(ours[i]);
  for (const auto& [name, outputs] : by_folder) {
    const learn::NabScore score = learn::nab_score(outputs, learn::nab_standard, 1);
    kinds[name] = json_of(score);
    kinds[name]["series"] = outputs.size();
    if (score.windows == 0) kinds[name]["score"] = nullptr;
  }
  return {{"series", corpus.size()},
          {"rows", rows},
          {"per_second", static_cast<double>(rows) / seconds},
          {"ours", best_scores(ours)},
          {"own_threshold", own_threshold},
          {"kinds", kinds},
          {"halves", halves(ours)},
          {"chance_halves", chance_halves(ours)},
          {"windowed_gaussian", best_scores(run_gaussian(corpus))},
          {"change_finder", best_scores(run_change_finder(corpus))},
          {"chance", chance_scores(corpus)}};
}

int run(const std::vector<std::string>& arguments) {
  const size_t count = arguments.size();
  const std::string& command = arguments[0];
  if (command == "change" && count == 2) {
    std::cout << change(arguments[1]) << '\n';
  } else if (command == "window" && (count == 3 || count == 4)) {
    print_window(make_window(std::stoul(arguments[1]), std::stoul(arguments[2]), count == 4));
  } else if (command == "groups" && count == 1) {
    std::cout << groups(std::cin) << '\n';
  } else if (command == "bands" && count == 3) {
    std::cout << bands(std::stoul(arguments[1]), std::stoul(arguments[2])) << '\n';
  } else if (command == "nab" && count == 2) {
    std::cout << nab(arguments[1]) << '\n';
  } else {
    std::cerr << "streams_bench: see the head of bench/streams_bench.cc\n";
    return 2;
  }
  return 0;
}

}  // namespace
}  // namespace yagura::bench

int main(int argc, char** argv) {
  if (argc < 2) return yagura::bench::run({""});
  return yagura::bench::run({argv + 1, argv + argc});
}
