// SPDX-License-Identifier: Apache-2.0
//
// For tests only: carries synthetic traffic through pipelines that are cut, saved and loaded.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <random>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/temporary_folder_for_tests.h"
#include "telescope/pipeline.h"
#include "telescope/rows_for_tests.h"
#include "telescope/traffic_for_tests.h"

namespace yagura::telescope {

// What a pipeline gives: the rows that stand, and the tail of what is still open.
struct Outcome {
  CollectingSink rows, tail;

  std::vector<std::string> all() const {
    std::vector<std::string> texts = rows.texts;
    texts.insert(texts.end(), tail.texts.begin(), tail.texts.end());
    return texts;
  }
};

class PipelineTest : public testing::Test {
 protected:
  PipelineTest() {
    const auto csv = folder_.path() / "asn.csv";
    std::ofstream(csv) << "32.0.0.0,63.255.255.255,64500,First\n"
                          "64.0.0.0,95.255.255.255,64501,Second\n";
    places_ = enrich::Places::load({{}, {csv}}).value();
    // Every sixteenth address of a part of the sources is listed; others behave.
    std::vector<state::ScannerEntry> entries;
    for (uint32_t n = 0; n < 16; ++n)
      entries.push_back({Prefix::of(IpAddress::from_v4(0x2000'0000u + n * 0x0800'0000u), 99),
                         static_cast<uint16_t>(2 + n % 3),
                         "test list",
                         {},
                         {}});
    registry_ = SurveyRegistry(entries, {}, {});
  }

  std::unique_ptr<Pipeline> make(RowSink& sink, size_t window_packets_max) {
    PipelineOptions options;
    options.sensor = 1;
    options.dark_space = &dark_space_;
    options.places = &places_;
    options.registry = &registry_;
    options.key = 0x5eed;
    options.folder = runs_;
    options.file_stem = "c" + std::to_string(++commits_);
    options.window_packets_max = window_packets_max;
    options.activity_at_once = activity_at_once_;
    std::filesystem::create_directories(options.folder);
    return std::make_unique<Pipeline>(options, sink);
  }

  static void feed(Pipeline& pipeline, std::span<const TrafficFrame> frames) {
    for (const TrafficFrame& frame : frames) {
      const capture::Packet packet = packet_of(frame);
      if (!pipeline.ready(packet.time)) {
        ASSERT_TRUE(pipeline.advance(packet.time));
      }
      uint32_t position;
      if (!pipeline.find_dark(packet.destination, position)) continue;
      pipeline.add(packet, classify(packet), position);
    }
  }

  // Carries the frames through, saved and loaded into a fresh pipeline at each cut.
  Outcome run(std::span<const TrafficFrame> frames, const std::set<size_t>& cuts = {},
              size_t window_packets_max = 4 << 20) {
    Outcome outcome;
    auto pipeline = make(outcome.rows, window_packets_max);
    size_t from = 0;
    for (const size_t cut : cuts) {
      feed(*pipeline, frames.subspan(from, cut - from));
      from = cut;
      ByteWriter saved;
      pipeline->save(saved);
      CollectingSink thrown_away;
      EXPECT_TRUE(pipeline->emit_tail(thrown_away));
      keep_only_files_of(saved.bytes());
      if (turn_at_cuts_) activity_at_once_ = !activity_at_once_;
      pipeline = make(outcome.rows, window_packets_max);
      const auto loaded = pipeline->load(saved.bytes());
      EXPECT_TRUE(loaded) << loaded.error().message();
    }
    feed(*pipeline, frames.subspan(from));
    EXPECT_TRUE(pipeline->emit_tail(outcome.tail));
    return outcome;
  }

  // As the telescope sweeps its folder.
  void keep_only_files_of(const std::string& state) {
    const auto files = Pipeline::run_files_of(state);
    ASSERT_TRUE(files);
    const std::set<std::string> wanted(files->begin(), files->end());
    size_t found = 0;
    for (const auto& entry : std::filesystem::directory_iterator(runs_)) {
      if (wanted.contains(entry.path().filename()))
        ++found;
      else
        std::filesystem::remove(entry.path());
    }
    EXPECT_EQ(found, wanted.size()) << "a run file of the saved state is gone";
  }

  static std::set<size_t> random_cuts(std::mt19937_64& random, size_t frames, size_t count) {
    std::set<size_t> cuts;
    while (cuts.size() < count) cuts.insert(random() % (frames + 1));
    return cuts;
  }

  TemporaryFolder folder_;
  std::filesystem::path runs_ = folder_.path() / "runs";
  DarkSpace dark_space_{traffic_dark_space()};
  enrich::Places places_;
  SurveyRegistry registry_;
  bool activity_at_once_ = false;
  bool turn_at_cuts_ = false;  // that
  int commits_ = 0;
};

}  // namespace yagura::telescope
