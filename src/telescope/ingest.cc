// SPDX-License-Identifier: Apache-2.0
#include "telescope/ingest.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "base/log.h"
#include "capture/ordered_file.h"
#include "capture/scan.h"
#include "telescope/input_record.h"
#include "telescope/sensor_ingest.h"

namespace yagura::telescope {
namespace {

// One sensor of a command.
struct SensorShare {
  state::Sensor sensor;
  std::unique_ptr<SensorIngest> ingest;  // once its first frame came
  CoverageRecorder coverage;
};

class Shares {
 public:
  explicit Shares(Telescope& telescope) : telescope_(telescope) {}

  // The index by which the packets of `name` are marked.
  Result<uint8_t> index_of(const std::string& name) {
    for (size_t i = 0; i < shares_.size(); ++i)
      if (shares_[i].sensor.name == name) return static_cast<uint8_t>(i);
    if (shares_.size() == 255) return failure("one command can read at most 255 sensors");
    TRY(auto sensor, state::sensor_named(telescope_.database(), name));
    shares_.push_back({std::move(sensor), nullptr, {}});
    return static_cast<uint8_t>(shares_.size() - 1);
  }

  Result<void> add(const capture::PacketBatch& batch) {
    for (const capture::Packet& packet : batch) {
      SensorShare& share = shares_[packet.sensor];
      if (!share.ingest) {
        TRY(share.ingest,
            SensorIngest::begin(telescope_, share.sensor, packet.time, ActivityAt::hour_end));
      }
      share.coverage.add(packet.time);
      TRY_VOID(share.ingest->add(packet));
    }
    return {};
  }

  std::vector<SensorShare>& all() { return shares_; }
  uint64_t dark_packets() const {
    uint64_t sum = 0;
    for (const auto& share : shares_) sum += share.ingest ? share.ingest->dark_packets() : 0;
    return sum;
  }

 private:
  Telescope& telescope_;
  std::vector<SensorShare> shares_;
};

// Inputs to be read, and beside each why it breaks off before its end, or nothing.
struct Wanted {
  std::vector<capture::InputSpecification> inputs;
  std::vector<std::string> failures;
};

// Leaves out inputs that were read before, by content, be it by this very command.
Result<Wanted> unread(Telescope& telescope, Shares& shares,
                      const std::vector<capture::InputSpecification>& inputs,
                      ReadSummary& summary) {
  Wanted wanted;
  std::set<std::pair<uint8_t, std::string>> contents;
  for (const auto& input : inputs) {
    const state::Sensor& sensor = shares.all()[input.sensor].sensor;
    InputResult result;
    result.name = input.path.string();
    result.sensor = sensor.name;
    if (input.path != "-") {
      const auto hash = capture::content_hash(input);
      if (!hash) {
        result.failure = hash.error().message();
        summary.inputs.push_back(std::move(result));
        continue;
      }
      TRY(const auto known, state::find_input(telescope.database(), sensor.id, *hash));
      const bool empty = input.scan && !input.scan->first;
      if (known || (!empty && !contents.emplace(input.sensor, *hash).second)) {
        result.read_before = true;
        summary.inputs.push_back(std::move(result));
        continue;
      }
    }
    wanted.inputs.push_back(input);
    wanted.failures.emplace_back();
    // What stands before the fault counts; the source would give up all inputs there.
    if (auto& scan = wanted.inputs.back().scan) std::swap(scan->failure, wanted.failures.back());
  }
  return wanted;
}

// Whether `path` is in `folder` or under it, by their names alone.
bool lies_in(const std::filesystem::path& folder, const std::filesystem::path& path) {
  const auto outer = (std::filesystem::absolute(folder) / "").lexically_normal().string();
  return std::filesystem::absolute(path).lexically_normal().string().starts_with(outer);
}

// A folder that was named and gave no capture is a mistake of whoever named it.
void note_empty_folders(const std::vector<ReadInput>& given,
                        const std::vector<capture::InputSpecification>& expanded,
                        ReadSummary& summary) {
  for (const ReadInput& input : given) {
    std::error_code error;
    if (input.path == "-" || !std::filesystem::is_directory(input.path, error)) continue;
    const bool found =
        std::any_of(expanded.begin(), expanded.end(),
                    [&](const auto& capture) { return lies_in(input.path, capture.path); }) ||
        std::any_of(summary.skipped.begin(), summary.skipped.end(),
                    [&](const std::string& skipped) {
                      return skipped.ends_with(": the same file as another input") &&
                             lies_in(input.path, skipped);
                    });
    if (found) continue;
    summary.inputs.push_back({.name = input.path.string(),
                              .sensor = input.sensor,
                              .failure = "there is no capture in this folder",
                              .summary = {}});
  }
}

void report(const ReadOptions& options, const capture::PacketSource& source, uint64_t packets) {
  if (options.progress) options.progress({source.bytes_done(), source.bytes_total(), packets});
}

// Carries every packet from the source to its sensor.
Result<void> drain(capture::PacketSource& source, Shares& shares, const ReadOptions& options) {
  capture::PacketBatch batch;
  batch.reserve(capture::batch_capacity);
  uint64_t packets = 0;
  constexpr uint64_t batches_per_report = 1024;
  for (uint64_t n = 1; !source.finished(); ++n) {
    TRY_VOID(source.next(batch));
    TRY_VOID(shares.add(batch));
    packets += batch.size();
    if (n % batches_per_report == 0) report(options, source, packets);
  }
  report(options, source, packets);
  return {};
}

Result<void> finish_all(Telescope& telescope, Shares& shares,
                        const std::vector<capture::InputSummary>& summaries, ReadSummary& result) {
  for (size_t i = 0; i < shares.all().size(); ++i) {
    SensorShare& share = shares.all()[i];
    if (!share.ingest) continue;
    std::vector<state::InputRecord> inputs;
    for (const auto& summary : summaries)
      if (summary.sensor == i && summary.first)
        inputs.push_back(input_record(summary, share.sensor.id));
    result.dark_packets += share.ingest->dark_packets();
    TRY_VOID(share.ingest->finish(std::move(inputs), share.coverage.take(share.sensor.id)));
    result.rows += share.ingest->rows();
  }
  TRY_VOID(telescope.sweep_run_files());
  return telescope.recount_stale_days();
}

// Commits what was drained from `source`. `failures` stand beside its inputs.
Result<void> finish_reading(Telescope& telescope, Shares& shares,
                            const capture::PacketSource& source,
                            const std::vector<std::string>& failures, ReadSummary& result) {
  const auto summaries = source.summaries();
  for (size_t i = 0; i < summaries.size(); ++i) {
    const auto& summary = summaries[i];
    result.frames += summary.counts.frames;
    result.inputs.push_back({.name = summary.name,
                             .sensor = shares.all()[summary.sensor].sensor.name,
                             .failure = failures[i],
                             .summary = summary});
  }
  return finish_all(telescope, shares, summaries, result);
}

// Whether everything that `sensor` has read is before `first`. An input with a frame of that time
// was not read before then, whatever its hash, and cannot be refused for its time.
Result<bool> follows_all(Telescope& telescope, const state::Sensor& sensor, Timestamp first) {
  TRY(const auto runs, state::runs(telescope.database(), sensor.id));
  return std::all_of(runs.begin(), runs.end(),
                     [&](const state::Run& run) { return run.last < first; });
}

// Reads a lone file without scanning it first. Gives nothing, and leaves everything as it was, if
// the scan is needed after all: to see whether the file was read before, to put it in order, or to
// say what is wrong with it.
Result<std::optional<ReadSummary>> read_at_once(Telescope& telescope, const ReadOptions& options) {
  if (options.inputs.size() != 1) return std::nullopt;
  const ReadInput& input = options.inputs[0];
  std::error_code error;
  if (capture::is_stream(input.path) || !std::filesystem::is_regular_file(input.path, error))
    return std::nullopt;
  ReadSummary result;
  auto shares = std::make_unique<Shares>(telescope);
  TRY(const uint8_t sensor, shares->index_of(input.sensor));
  const auto opened = capture::OrderedFile::open({input.path, sensor}, options.decode);
  if (!opened || !(*opened)->first()) return std::nullopt;
  capture::OrderedFile& file = **opened;
  TRY(const bool follows, follows_all(telescope, shares->all()[sensor].sensor, *file.first()));
  if (!follows) return std::nullopt;
  TRY_VOID(telescope.mirror_names());
  const auto drained = drain(file, *shares, options);
  if (file.in_disorder()) {
    log_info(input.path.string() + ": not in order of time; reading it again, in order");
    shares.reset();
    TRY_VOID(telescope.take_back_unfinished());
    return std::nullopt;
  }
  TRY_VOID(drained);
  TRY_VOID(finish_reading(telescope, *shares, file, {file.fault()}, result));
  return result;
}

}  // namespace

bool ReadSummary::any_failed() const {
  return std::any_of(inputs.begin(), inputs.end(),
                     [](const InputResult& input) { return !input.failure.empty(); });
}

Result<ReadSummary> read_inputs(Telescope& telescope, const ReadOptions& options) {
  TRY(auto at_once, read_at_once(telescope, options));
  if (at_once) return std::move(*at_once);
  ReadSummary result;
  Shares shares(telescope);
  std::vector<capture::InputSpecification> given;
  for (const ReadInput& input : options.inputs) {
    TRY(const uint8_t sensor, shares.index_of(input.sensor));
    given.push_back({input.path, sensor});
  }
  TRY(const auto expanded, capture::expand_inputs(given, result.skipped));
  note_empty_folders(options.inputs, expanded, result);
  TRY(auto wanted, unread(telescope, shares, expanded, result));
  if (wanted.inputs.empty()) return result;
  // Before any row becomes true: what is killed behind that is never read again.
  TRY_VOID(telescope.mirror_names());
  TRY(const auto source, capture::open_files(std::move(wanted.inputs), {.decode = options.decode}));
  TRY_VOID(drain(*source, shares, options));
  TRY_VOID(finish_reading(telescope, shares, *source, wanted.failures, result));
  return result;
}

}  // namespace yagura::telescope
