// SPDX-License-Identifier: Apache-2.0
//
// A feed: where one sensor's packets come from while a service runs. An interface, a folder into
// which captures are put (spool), or a replay.
//
// Feeds take turns on the thread that observes (observer.h): a step handles at most one batch, and
// never waits, so that a long file does not make an interface drop. Trouble with its own source
// makes a feed fail, which its status says; it tries again later, and the others go on. What a
// feed's functions return as an error is trouble with the store: nobody can go on.
//
// Not thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "capture/source.h"
#include "model/dark_packet.h"
#include "telescope/input_record.h"
#include "telescope/sensor_ingest.h"

namespace yagura::telescope {

// The time, as whoever runs feeds passes it in. Intervals are measured on `steady`, which nobody
// sets; its zero means nothing.
struct Clocks {
  Timestamp wall;
  Timestamp steady;
};

enum class FeedKind : uint8_t { interface, spool, replay };
inline constexpr std::array<std::string_view, 3> feed_kind_names = {"interface", "spool", "replay"};
enum class FeedState : uint8_t { running, waiting, failed, ended };
inline constexpr std::array<std::string_view, 4> feed_state_names = {"running", "waiting", "failed",
                                                                     "ended"};

// Counts since the start.
struct FeedStatus {
  std::string sensor;
  FeedKind kind = FeedKind::interface;
  std::string name;  // of the interface, the folder, the files
  FeedState state = FeedState::waiting;
  std::string detail;  // why it failed, or ""
  uint64_t frames = 0;
  uint64_t dark_packets = 0;
  uint64_t kernel_drops = 0, queue_drops = 0;  // of an interface
  uint64_t late = 0;
  std::optional<Timestamp> last_packet;  // event time
  // Of a spool folder.
  uint64_t files_done = 0;  // counted, or known to have been counted
  uint64_t files_read_before = 0;
  uint64_t files_waiting = 0;
  uint64_t files_set_aside = 0;
};

// Who sees what a feed brings.
struct FeedWatchers {
  model::DarkTap tap;                    // may be empty
  RowListener* rows = nullptr;           // may be null
  std::function<Result<void>()> commit;  // as IngestWatchers::commit
};

class Feed {
 public:
  virtual ~Feed() = default;
  // Handles the next batch, if there is one. True if there may be more at once.
  virtual Result<bool> step(Clocks now) = 0;
  // Whether everything that was taken in can be made true: not in the middle of a file.
  virtual bool at_boundary() const { return true; }
  // At a boundary: makes what was taken in true, and goes on.
  virtual Result<void> checkpoint() = 0;
  // After a checkpoint: lets questions see what is still open, until newer rows come.
  virtual Result<void> show_open() = 0;
  // The telescope has read the registry of survey scanners again.
  virtual Result<void> follow_registry() = 0;
  // The end: what is still held back is taken in, the tail written. No step may follow.
  virtual Result<void> finish() = 0;
  // Readable when a step would find something; -1 if there is none.
  virtual int descriptor() const { return -1; }
  // Until when nothing is to be expected but by the descriptor.
  virtual Timestamp idle_until(Clocks now) const { return now.wall + Duration::hours(1); }
  virtual const FeedStatus& status() const = 0;
};

// A feed's way into the store: the ingest of its sensor, begun with the first packet.
class FeedIngest {
 public:
  FeedIngest(Telescope& telescope, state::Sensor sensor, FeedWatchers watchers);

  // Takes packets in; those that are older than what was taken in before count as late. If they
  // cannot follow what the sensor was read for, they are left out and refusal() says why. `show`:
  // whether the tap sees them.
  Result<void> add(const capture::PacketBatch& batch, bool show);
  const std::string& refusal() const { return refusal_; }
  // Whether packets from `first` to `last` can follow; if not, refusal() says why. Begins the
  // ingest.
  Result<bool> accepts(Timestamp first, Timestamp last);

  void note(state::InputRecord input) { inputs_.push_back(std::move(input)); }
  Result<void> checkpoint();
  Result<void> show_open();
  Result<void> follow_registry();
  Result<void> finish();

  const state::Sensor& sensor() const { return sensor_; }
  Telescope& telescope() { return telescope_; }
  uint64_t dark_packets() const { return dark_packets_; }
  uint64_t late() const { return late_; }
  uint64_t rows() const { return rows_ + (ingest_ ? ingest_->rows() : 0); }
  std::optional<Timestamp> last() const { return last_; }

 private:
  Telescope& telescope_;
  state::Sensor sensor_;
  FeedWatchers watchers_;
  std::unique_ptr<SensorIngest> ingest_;
  CoverageRecorder coverage_;
  std::vector<state::InputRecord> inputs_;  // of the next checkpoint
  std::vector<model::DarkPacket> dark_;     // of the batch
  std::string refusal_;
  std::optional<Timestamp> last_;
  uint64_t dark_packets_ = 0, late_ = 0, rows_ = 0;
};

}  // namespace yagura::telescope
