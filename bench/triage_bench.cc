// SPDX-License-Identifier: Apache-2.0
//
// What the triage of alerts is worth on the labelled AIT Alert Data Set:
//
//   triage_bench SEED RARITY CONDUCT WHOLE FILE...
//
// Each FILE is the CSV of one scenario, a record of its own; RARITY, CONDUCT and WHOLE are the
// shares of the views (livenet/day_model.h). A line of JSON for each. The triage is done before a
// label is looked at: the file is then read a second time, here and nowhere else, for its columns
// time_label and event_label, which are matched by line.
//
//   positive   a meta-alert with an alert whose event_label is not "-"
//   judged     a meta-alert with an alert on the second day or later
//   phase      a time_label but "false_positive"; seen if a shown meta-alert has an alert of it; on
//              the first day alone it cannot be judged and is listed apart
//   points     in hindsight: the share of negatives that must be shown for a recall of the
//              positives (`recalls`), in the order of the list
//   curve      in hindsight: positives and phases seen where a share of the judged is shown
//              (`curve_shares`), in the order of the list
//
// The order of the list is MetaVerdict::standing, which goes on into what is not shown.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "livenet/alert_reader.h"
#include "livenet/triage.h"

namespace yagura::bench {
namespace {

using livenet::AlertLog;
using livenet::Triage;

constexpr std::array curve_shares = {0.02, 0.05, 0.10, 0.1259, 0.20, 0.30};
constexpr std::array recalls = {0.5, 0.75, 0.9, 0.9589, 0.99, 1.0};

template <typename T>
T must(Result<T> result) {
  if (result) return std::move(*result);
  fmt::print(stderr, "triage_bench: {}\n", result.error().message());
  std::exit(1);
}

double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

struct Label {
  std::string phase;  // empty: none
  bool is_event = false;
};

// By line, from 1.
std::vector<Label> read_labels(const std::string& path) {
  std::vector<Label> labels(1);
  std::ifstream file(path);
  CHECK(file.good());
  std::string line;
  while (std::getline(file, line)) {
    const size_t event = line.rfind(',');
    const size_t phase = line.rfind(',', event - 1);
    Label& label = labels.emplace_back();
    label.is_event = line.substr(event + 1) != "-";
    label.phase = line.substr(phase + 1, event - phase - 1);
    if (label.phase == "false_positive") label.phase.clear();
  }
  return labels;
}

struct Phase {
  std::vector<uint32_t> metas;
  bool on_first_day_alone = true;
};

struct Truth {
  std::vector<bool> positive;  // by meta-alert
  std::map<std::string, Phase> phases;
};

Truth truth_of(const Triage& triage, const AlertLog& log, const std::vector<Label>& labels) {
  Truth truth;
  truth.positive.resize(triage.metas().size());
  const Timestamp second_day = log.rows()[0].time.floor(Duration::days(1)) + Duration::days(1);
  for (size_t i = 0; i < log.rows().size(); ++i) {
    const uint32_t meta = triage.memberships()[i];
    const Label& label = labels[log.rows()[i].line];
    if (label.is_event) truth.positive[meta] = true;
    if (label.phase.empty()) continue;
    Phase& phase = truth.phases[label.phase];
    phase.metas.push_back(meta);
    if (log.rows()[i].time >= second_day) phase.on_first_day_alone = false;
  }
  return truth;
}

template <typename Shown>
size_t phases_seen(const Truth& truth, const Shown& shown) {
  return static_cast<size_t>(
      std::count_if(truth.phases.begin(), truth.phases.end(), [&](const auto& entry) {
        const auto& metas = entry.second.metas;
        return std::any_of(metas.begin(), metas.end(), shown);
      }));
}

// In the order of the list.
std::vector<uint32_t> judged_in_order(const Triage& triage) {
  std::vector<uint32_t> judged;
  for (uint32_t i = 0; i < triage.metas().size(); ++i)
    if (triage.verdicts()[i].judged) judged.push_back(i);
  std::stable_sort(judged.begin(), judged.end(), [&](uint32_t a, uint32_t b) {
    return triage.verdicts()[a].standing() > triage.verdicts()[b].standing();
  });
  return judged;
}

std::string points_text(const Triage& triage, const Truth& truth,
                        const std::vector<uint32_t>& judged) {
  const auto is_positive = [&](uint32_t meta) { return bool{truth.positive[meta]}; };
  const auto positives =
      static_cast<double>(std::count_if(judged.begin(), judged.end(), is_positive));
  std::vector<std::string> points;
  for (const double recall : recalls) {
    const auto wanted = static_cast<size_t>(std::ceil(recall * positives - 1e-9));
    size_t found = 0;
    std::pair<bool, double> standing;
    for (size_t i = 0; i < judged.size() && found < wanted; ++i) {
      if (!is_positive(judged[i])) continue;
      ++found;
      standing = triage.verdicts()[judged[i]].standing();
    }
    size_t false_positives = 0;
    for (const uint32_t meta : judged)
      if (!is_positive(meta) && triage.verdicts()[meta].standing() >= standing) ++false_positives;
    points.push_back(fmt::format("{:.6f}", static_cast<double>(false_positives) /
                                               (static_cast<double>(judged.size()) - positives)));
  }
  return fmt::format("{}", fmt::join(points, ","));
}

std::string curve_text(const Truth& truth, const std::vector<uint32_t>& judged) {
  std::vector<std::string> points;
  for (const double share : curve_shares) {
    const auto kept = static_cast<size_t>(share * static_cast<double>(judged.size()));
    std::vector<bool> shown(truth.positive.size());
    size_t found = 0;
    for (size_t i = 0; i < kept; ++i) {
      shown[judged[i]] = true;
      found += truth.positive[judged[i]] ? 1 : 0;
    }
    const size_t seen = phases_seen(truth, [&](uint32_t meta) { return bool{shown[meta]}; });
    points.push_back(fmt::format("[{},{},{}]", share, found, seen));
  }
  return fmt::format("{}", fmt::join(points, ","));
}

std::string phases_text(const Triage& triage, const Truth& truth) {
  std::vector<std::string> texts;
  for (const auto& [name, phase] : truth.phases) {
    const bool seen = std::any_of(phase.metas.begin(), phase.metas.end(),
                                  [&](uint32_t meta) { return triage.verdicts()[meta].shown; });
    texts.push_back(fmt::format(R"("{}":"{}")", name,
                                phase.on_first_day_alone ? "first day"
                                : seen                   ? "seen"
                                                         : "missed"));
  }
  return fmt::format("{}", fmt::join(texts, ","));
}

void measure(const std::string& path, const livenet::TriageOptions& options) {
  const double begin = cpu_seconds();
  AlertLog log;
  must(livenet::read_alerts({path}, log));
  const double read = cpu_seconds();
  Triage triage(options);
  for (const livenet::AlertRow& row : log.rows())
    if (const auto added = triage.add(row); !added)
      must(Result<int>(tl::unexpected(added.error())));
  CHECK(triage.finish().has_value());
  const double judged_at = cpu_seconds();

  const Truth truth = truth_of(triage, log, read_labels(path));
  const auto judged = judged_in_order(triage);
  uint64_t shown = 0, positives = 0, found = 0, alerts = 0;
  for (const uint32_t meta : judged) {
    const bool is_shown = triage.verdicts()[meta].shown;
    shown += is_shown ? 1 : 0;
    alerts += triage.metas()[meta].count;
    positives += truth.positive[meta] ? 1 : 0;
    found += truth.positive[meta] && is_shown ? 1 : 0;
  }
  const std::string name = std::filesystem::path(path).stem().string();
  fmt::print(R"({{"scenario":"{}","alerts":{},"metas":{},"judged":{},"judged_alerts":{},)"
             R"("shown":{},"positives":{},"found":{},"phases":{{{}}},"points":[{}],)"
             R"("curve":[{}],"read_seconds":{:.4f},"judge_seconds":{:.4f}}})"
             "\n",
             name.substr(0, name.find('_')), log.rows().size(), triage.metas().size(),
             judged.size(), alerts, shown, positives, found, phases_text(triage, truth),
             points_text(triage, truth, judged), curve_text(truth, judged), read - begin,
             judged_at - read);
}

template <typename Number>
Number number_of(const char* text) {
  Number number{};
  const std::string_view all = text;
  const auto [stop, error] = std::from_chars(all.data(), all.data() + all.size(), number);
  if (error == std::errc() && stop == all.data() + all.size()) return number;
  return must(Result<Number>(failure(fmt::format("'{}' is no number", all))));
}

}  // namespace
}  // namespace yagura::bench

int main(int count, char** arguments) {
  using namespace yagura;
  if (count < 6) {
    fmt::print(stderr, "usage: triage_bench SEED RARITY CONDUCT WHOLE FILE...\n");
    return 2;
  }
  livenet::TriageOptions options;
  options.model.seed = bench::number_of<uint64_t>(arguments[1]);
  for (size_t i = 0; i < livenet::view_count; ++i)
    options.model.shares[i] = bench::number_of<double>(arguments[2 + i]);
  for (int i = 5; i < count; ++i) bench::measure(arguments[i], options);
  return 0;
}
