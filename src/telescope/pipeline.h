// SPDX-License-Identifier: Apache-2.0
//
// The packet road of one sensor: dark packets in, rows out.
//
//   packet -> window (5 min) -> sorted by source -> events, attacks, synchrony
//                                                -> rows -> 5-minute numbers
//                                                -> run file ─┐ merged at the end of the hour
//                                                             │-> activity rows
//                                                   hour run ─┤-> hour numbers, rising ports
//                                                             └ merged at the end of the day
//                                                               -> source_day rows, day numbers
//
// Everything about a source is a merge of sequences sorted by address, so memory does not grow with
// the number of sources. Time is the packets' own and must not go back. The state between two
// packets can be saved and loaded: where the packets were cut makes no difference to the rows.
// Not thread-safe.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"
#include "capture/packet.h"
#include "enrich/places.h"
#include "telescope/activity.h"
#include "telescope/attacks.h"
#include "telescope/classify.h"
#include "telescope/dark_space.h"
#include "telescope/numbers.h"
#include "telescope/rising_ports.h"
#include "telescope/row_sink.h"
#include "telescope/samples.h"
#include "telescope/scan_events.h"
#include "telescope/source_merge.h"
#include "telescope/source_row.h"
#include "telescope/survey.h"
#include "telescope/synchrony.h"
#include "telescope/window.h"

namespace yagura::telescope {

struct PipelineOptions {
  uint16_t sensor = 0;
  const DarkSpace* dark_space = nullptr;
  const enrich::Places* places = nullptr;
  const SurveyRegistry* registry = nullptr;
  uint64_t key = 0;              // of every keyed hash
  std::filesystem::path folder;  // for run files
  std::string file_stem;         // unique to this commit and sensor: "c12-s1"
  // When the activity of a window is handed out: at its end, for who waits for it, or at the end of
  // its hour, in the order in which the store keeps it and with the least work. The rows are the
  // same.
  bool activity_at_once = false;
  // A window of more packets is kept in parts on disk: 4 M are 128 MB, and as much to sort them.
  size_t window_packets_max = 4 << 20;
};

class Pipeline {
 public:
  Pipeline(PipelineOptions options, RowSink& sink);
  ~Pipeline();
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  // Whether add() may follow at `time`; if not, advance() first.
  bool ready(Timestamp time) const {
    return time < window_end_ && window_.size() < options_.window_packets_max;
  }
  // Moves the clock to `time`, closing what ends before it.
  Result<void> advance(Timestamp time);

  // Whether `destination` is dark on the day of the clock.
  bool find_dark(IpAddress destination, uint32_t& position) const {
    return dark_.find(destination, position);
  }
  // Takes a packet to a dark address; ready(packet.time) must hold.
  void add(const capture::Packet& packet, const Classified& classified, uint32_t dark);

  // Judges by another registry from here on, also what is open.
  void set_registry(const SurveyRegistry& registry);

  uint64_t dark_packets() const { return dark_packets_; }
  Timestamp last_time() const { return last_time_; }

  // The state between packets; load() takes it into a fresh pipeline. Run files that the last
  // saved state refers to are left alone from here on.
  void save(ByteWriter& out);
  Result<void> load(std::string_view state);
  // Run files that the state refers to: they must outlive it.
  std::vector<std::filesystem::path> run_files() const;
  static Result<std::vector<std::string>> run_files_of(std::string_view state);
  // Whether an older yagura saved `state`: load() refuses it, so that a new run must begin.
  static bool is_of_older_version(std::string_view state);

  // Hands the rows of everything that is still open to `sink`, as if time ended here. The pipeline
  // is of no use afterwards: save first.
  Result<void> emit_tail(RowSink& sink);

 private:
  using RowsVisitor = std::function<Result<void>(std::span<const SourceRow>)>;
  // A closed window of the open hour.
  struct ClosedWindow {
    std::filesystem::path file;
    uint32_t start = 0;          // seconds since the epoch
    bool activity_done = false;  // handed out
  };

  void start_window(Timestamp time);
  Result<void> close_window();
  Result<void> close_hour();
  Result<void> close_day();
  Result<void> walk_groups(Timestamp now, const RowsVisitor& visit);
  Result<void> spill_window(Timestamp now);
  Result<void> visit_window(const RowsVisitor& visit);
  void add_activity(const SourceRow& row, uint32_t window) {
    sink_->add(activity_row(row, window, options_.sensor));
  }
  void add_activity_of_hour(const SourceMerge& merge);
  SourceFacts facts_of(std::span<const SourceRow> rows, enrich::Places::Cursor& places);
  std::vector<std::filesystem::path> window_files() const;
  std::filesystem::path new_file();
  // Deletes files that no saved state can refer to.
  void release(const std::vector<std::filesystem::path>& files);
  Timestamp floor(Duration step) const { return window_start_.floor(step); }

  PipelineOptions options_;
  RowSink* sink_;
  bool in_tail_ = false;

  DarkDay dark_;
  std::unique_ptr<SurveyDay> survey_;
  Timestamp window_start_{-1};  // -1: no packet yet
  Timestamp window_end_{INT64_MIN};
  Timestamp first_time_{INT64_MAX};
  Timestamp last_time_{0};
  uint64_t dark_packets_ = 0;
  uint32_t next_file_ = 0;

  Window window_;
  ActivityBuilder activity_;
  ScanEvents events_;
  Attacks attacks_;
  Synchrony synchrony_;
  Samples samples_;
  RisingPorts rising_;
  Numbers numbers_;
  std::vector<std::filesystem::path> parts_;  // of the open window
  std::vector<ClosedWindow> windows_;         // of the open hour
  std::vector<std::filesystem::path> hours_;  // closed hours of the open day
  std::set<std::filesystem::path> saved_;     // run files of the last saved state
};

}  // namespace yagura::telescope
