// SPDX-License-Identifier: Apache-2.0
//
// The score of the Numenta Anomaly Benchmark (Lavin and Ahmad, "Evaluating real-time anomaly
// detection algorithms", ICMLA 2015; version 1.1 of github.com/numenta/NAB), written anew from its
// description: for benches and tests of stream detectors, never for a fit, and without a caller in
// the program.
//
// A detector gives every row of every series a score; rows at or above one threshold, the same for
// all series, are detections. Windows around the labelled anomalies are to be hit: the first
// detection in a window earns up to `true_positive`, more the earlier it comes (a sigmoid of the
// position); a window without one costs `false_negative`; each detection outside costs up to
// `false_positive`, less shortly after a window. The first 15 % of a series (750 rows at most) are
// for learning and not scored. A detector that says nothing is 0, one that hits every window at
// once and nothing else is 100.
//
// As in the benchmark's own protocol the threshold is the one that is best for the whole corpus and
// the profile. Pure.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace yagura::learn {

struct RowRange {
  size_t first = 0;
  size_t last = 0;  // included
};

struct DetectorOutput {
  std::vector<double> scores;     // one a row, no NaN
  std::vector<RowRange> windows;  // rising, apart from each other
};

// What counts how much: the profiles of the benchmark's profiles.json.
struct NabProfile {
  double true_positive = 1;
  double false_positive = 0.11;
  double false_negative = 1;
};
inline constexpr NabProfile nab_standard{};
inline constexpr NabProfile nab_few_false_positives{1, 0.22, 1};
inline constexpr NabProfile nab_few_false_negatives{1, 0.11, 2};

struct NabScore {
  double score = 0;  // 100 is perfect, 0 is silence
  double threshold = 0;
  size_t windows = 0;
  size_t hit_windows = 0;
  size_t false_positives = 0;  // rows
};

// What the detections at `threshold` are worth. NaN without any window.
NabScore nab_score(std::span<const DetectorOutput> corpus, const NabProfile& profile,
                   double threshold);

// The same at the threshold that is best; above all scores if silence is.
NabScore best_nab_score(std::span<const DetectorOutput> corpus, const NabProfile& profile);

}  // namespace yagura::learn
