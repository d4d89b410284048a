// SPDX-License-Identifier: Apache-2.0
//
// One sensor's share of a read: chooses the run it continues, carries packets through the pipeline
// into the store, and makes the commit true. See state/ledger.h for commits, runs and tails.
//
// Not thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "capture/packet.h"
#include "model/dark_packet.h"
#include "state/ledger.h"
#include "telescope/archive.h"
#include "telescope/pipeline.h"
#include "telescope/row_listener.h"
#include "telescope/store_writer.h"
#include "telescope/telescope.h"

namespace yagura::telescope {

// When the activity of a window is handed to the store (PipelineOptions::activity_at_once).
enum class ActivityAt { window_end, hour_end };

// Who watches while a sensor is read; the pointers may be null, and outlive the ingest.
struct IngestWatchers {
  std::vector<model::DarkPacket>* dark_packets =
      nullptr;  // each one is added; its reader empties it
  RowListener* rows = nullptr;
  // Called within each commit's transaction: what is kept of the packets beside the rows becomes
  // true with them. May be empty.
  std::function<Result<void>()> commit;
};

class SensorIngest {
 public:
  // `first` is the time of the sensor's first frame. Fails if the sensor has no dark space, or if
  // the time was read already, which `refused`, if given, tells apart.
  static Result<std::unique_ptr<SensorIngest>> begin(Telescope& telescope,
                                                     const state::Sensor& sensor, Timestamp first,
                                                     ActivityAt activity_at,
                                                     IngestWatchers watchers = {},
                                                     bool* refused = nullptr);

  // Takes a packet in order of time; counts it if its destination is dark.
  Result<void> add(const capture::Packet& packet) {
    if (!pipeline_->ready(packet.time)) [[unlikely]]
      TRY_VOID(advance(packet.time));
    take(packet);
    return {};
  }
  // Fails, with the reason, if packets from `first` to `last` cannot follow what was read so far.
  Result<void> check_follows(Timestamp first, Timestamp last) const;
  // Time of the last frame; packets before it cannot follow.
  Timestamp last() const { return last_; }

  uint64_t dark_packets() const { return pipeline_->dark_packets(); }
  uint64_t rows() const { return rows_ + writer_->rows(); }

  // Makes everything so far true and goes on: what follows a crash begins here. Writes no tail.
  // Without anything new since the last one, it does nothing: what is shown of the open stays.
  Result<void> checkpoint(std::vector<state::InputRecord> inputs,
                          std::vector<state::Coverage> coverage);
  // The telescope has read the registry of survey scanners again.
  Result<void> follow_registry();
  // After a checkpoint: writes the tail as if time had ended there, so that questions see what is
  // still open: windows, events, the hour, the day. It is taken back before newer rows are written.
  Result<void> show_open();
  // The same as a checkpoint, with the tail, as the last step. Once all sensors of the command have
  // finished, the caller sweeps the run files and counts stale days again: before that, the run
  // files of the others look like nobody's, and their rows are not true yet.
  Result<void> finish(std::vector<state::InputRecord> inputs,
                      std::vector<state::Coverage> coverage);

  // Writes the tail rows of a run again from its saved state.
  static Result<void> rewrite_tail(Telescope& telescope, const state::Run& run);

 private:
  SensorIngest(Telescope& telescope, state::Sensor sensor, ActivityAt activity_at,
               IngestWatchers watchers)
      : telescope_(telescope),
        sensor_(std::move(sensor)),
        activity_at_(activity_at),
        watchers_(std::move(watchers)) {}
  Result<void> choose_run(Timestamp first, bool& refused);
  Result<void> make_pipeline();
  Result<void> advance(Timestamp time);
  void take(const capture::Packet& packet);
  Result<void> save_state();
  std::vector<std::filesystem::path> state_files() const;
  Result<void> write_tail();
  Result<void> hide_open();
  void tell_of_open();
  Result<void> commit(std::vector<state::InputRecord> inputs,
                      std::vector<state::Coverage> coverage);

  Telescope& telescope_;
  state::Sensor sensor_;
  ActivityAt activity_at_;
  IngestWatchers watchers_;
  model::TapSensor tap_sensor_;
  std::vector<state::DarkPrefix> dark_prefixes_;
  std::unique_ptr<DarkSpace> dark_space_;
  std::optional<state::Run> run_;        // continued
  std::optional<state::Run> following_;  // the next run of the sensor, a wall
  state::CommitIds ids_;
  std::string state_file_;
  std::vector<std::filesystem::path> committed_files_;  // that the run's saved state refers to
  std::unique_ptr<StoreWriter> writer_;
  std::unique_ptr<ListenedSink> listened_;  // in front of writer_, if somebody listens
  std::unique_ptr<Pipeline> pipeline_;
  std::unique_ptr<ArchiveWriter> archive_;  // if packets are kept
  Timestamp first_{INT64_MAX};
  Timestamp last_{0};
  uint64_t rows_ = 0;
  bool open_is_shown_ = false;  // the tail of run_ is in the store
  bool taken_since_commit_ = false;
};

}  // namespace yagura::telescope
