// SPDX-License-Identifier: Apache-2.0
#include "telescope/sensor_ingest.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>

#include "base/log.h"
#include "telescope/classify.h"
#include "telescope/scan_events.h"
#include "telescope/state_file.h"

namespace yagura::telescope {
namespace {

PipelineOptions pipeline_options(Telescope& telescope, uint16_t sensor, const DarkSpace& dark_space,
                                 const enrich::Places& places, const SurveyRegistry& registry,
                                 const std::string& stem) {
  PipelineOptions options;
  options.sensor = sensor;
  options.dark_space = &dark_space;
  options.places = &places;
  options.registry = &registry;
  options.key = telescope.key();
  options.folder = telescope.runs_folder();
  options.file_stem = stem;
  return options;
}

// Corrects the numbers of days for what the writer was told about survey scanners.
Result<void> apply_findings(Telescope& telescope, StoreWriter& writer) {
  const auto findings = writer.take_findings();
  if (findings.empty()) return {};
  std::map<uint32_t, std::vector<IpAddress>> by_day;
  for (const auto& [day, source] : findings) by_day[day].push_back(source);
  CorrectionContext context;
  context.reader = &telescope.reader();
  context.writer = &telescope.connection();
  TRY(context.places, telescope.places());
  TRY(context.registry, telescope.registry());
  // What is read back must be there.
  TRY_VOID(writer.finish());
  for (const auto& [day, sources] : by_day)
    TRY_VOID(correct_for_findings(context, day, sources, writer));
  return writer.finish();
}

std::string already_read(const state::Sensor& sensor, Timestamp from, Timestamp until) {
  return fmt::format(
      "sensor '{}' was read for {} to {} already, and this input lies in it or too close before "
      "it; read inputs in order of time (`yagura telescope forget` takes one back), or name "
      "another --sensor",
      sensor.name, format_time(from), format_time(until));
}

}  // namespace

Result<std::unique_ptr<SensorIngest>> SensorIngest::begin(Telescope& telescope,
                                                          const state::Sensor& sensor,
                                                          Timestamp first, ActivityAt activity_at,
                                                          IngestWatchers watchers, bool* refused) {
  std::unique_ptr<SensorIngest> ingest(
      new SensorIngest(telescope, sensor, activity_at, std::move(watchers)));
  TRY(ingest->dark_prefixes_, state::dark_space(telescope.database(), sensor.id));
  const bool any = std::any_of(ingest->dark_prefixes_.begin(), ingest->dark_prefixes_.end(),
                               [](const auto& line) { return !line.excluded; });
  if (!any)
    return failure(fmt::format(
        "sensor '{}' has no dark space: give it with --dark 198.51.100.0/24, or in the config file "
        "under [[sensor]]",
        sensor.name));
  ingest->dark_space_ = std::make_unique<DarkSpace>(ingest->dark_prefixes_);
  ingest->tap_sensor_ = {sensor.id, sensor.name, ingest->dark_space_->all_addresses()};
  bool too_late = false;
  const auto chosen = ingest->choose_run(first, too_late);
  if (refused != nullptr) *refused = too_late;
  TRY_VOID(chosen);
  std::optional<int64_t> continued;
  if (ingest->run_) continued = ingest->run_->id;
  TRY(ingest->ids_, state::begin_commit(telescope.database(), sensor.id, continued));
  if (ingest->run_)
    TRY_VOID(store::delete_commits(telescope.connection(), {ingest->run_->tail_commit}));
  ingest->writer_ = std::make_unique<StoreWriter>(telescope.connection(), ingest->ids_.commit);
  ingest->writer_->set_before_insert([taken = ingest.get()] { return taken->hide_open(); });
  TRY_VOID(ingest->make_pipeline());
  if (telescope.archives())
    ingest->archive_ = std::make_unique<ArchiveWriter>(telescope.archive_folder(), sensor.name,
                                                       ingest->ids_.commit);
  return ingest;
}

// The last run that ended before `first` is continued, so that windows, events and baselines go on;
// a run that follows is a wall, since nothing can be inserted before it.
Result<void> SensorIngest::choose_run(Timestamp first, bool& refused) {
  const auto refuse = [&](Timestamp from, Timestamp until) {
    refused = true;
    return failure(already_read(sensor_, from, until));
  };
  TRY(const auto runs, state::runs(telescope_.database(), sensor_.id));
  for (const state::Run& run : runs) {
    if (run.last <= first) {
      run_ = run;
      continue;
    }
    if (run.first <= first) return refuse(run.first, run.last);
    following_ = run;
    break;
  }
  if (!run_) return {};
  // A changed dark space, and an analysis that an older yagura saved, begin a new run: what the old
  // one left open stays as it was.
  TRY(const auto state, read_state_start(telescope_.runs_folder() / run_->state_file));
  const bool older = Pipeline::is_of_older_version(state.pipeline());
  if (state.dark_space != dark_prefixes_ || older) {
    if (run_->last == first) return refuse(run_->first, run_->last);
    if (older)
      log_warning(
          fmt::format("sensor '{}': what an older yagura left open at {} stays as it is; "
                      "scans and attacks begin anew",
                      sensor_.name, format_time(run_->last)));
    run_.reset();
  }
  if (run_ && following_) return refuse(following_->first, runs.back().last);
  return {};
}

Result<void> SensorIngest::make_pipeline() {
  TRY(const auto* places, telescope_.places());
  TRY(const auto* registry, telescope_.registry());
  PipelineOptions options = pipeline_options(telescope_, sensor_.id, *dark_space_, *places,
                                             *registry, fmt::format("c{}", ids_.commit));
  options.activity_at_once = activity_at_ == ActivityAt::window_end;
  RowSink* sink = writer_.get();
  if (watchers_.rows != nullptr) {
    listened_ = std::make_unique<ListenedSink>(*writer_, *watchers_.rows);
    sink = listened_.get();
  }
  pipeline_ = std::make_unique<Pipeline>(options, *sink);
  if (!run_) return {};
  first_ = run_->first;
  last_ = run_->last;
  const auto file = telescope_.runs_folder() / run_->state_file;
  state_file_ = run_->state_file;
  TRY(const auto state, read_state_file(file));
  TRY_VOID(within(file.string(), pipeline_->load(state.pipeline())));
  committed_files_ = state_files();
  return {};
}

Result<void> SensorIngest::check_follows(Timestamp first, Timestamp last) const {
  if (first < last_) return failure(already_read(sensor_, first_, last_));
  // A scan's silence before what was read: closer inputs would cut events in two.
  if (following_ && last + Duration::hours(1) >= following_->first)
    return failure(already_read(sensor_, following_->first, following_->last));
  return {};
}

// Before a packet of `time` that the pipeline is not ready for.
Result<void> SensorIngest::advance(Timestamp time) {
  if (following_) TRY_VOID(check_follows(time, time));
  return pipeline_->advance(time);
}

void SensorIngest::take(const capture::Packet& packet) {
  taken_since_commit_ = true;
  first_ = std::min(first_, packet.time);
  last_ = packet.time;
  uint32_t dark;
  if (!pipeline_->find_dark(packet.destination, dark)) return;
  const Classified classified = classify(packet);
  pipeline_->add(packet, classified, dark);
  if (watchers_.dark_packets != nullptr)
    watchers_.dark_packets->push_back({&packet, &tap_sensor_, classified, dark});
  if (archive_) archive_->add(packet, classified.accounted);
}

Result<void> SensorIngest::save_state() {
  state_file_ = fmt::format("c{}.state", ids_.commit);
  for (const auto& file : pipeline_->run_files()) TRY_VOID(sync_file(file));
  return write_state_file(telescope_.runs_folder() / state_file_, dark_prefixes_,
                          [this](ByteWriter& out) { pipeline_->save(out); });
}

// The saved state and the run files that it refers to.
std::vector<std::filesystem::path> SensorIngest::state_files() const {
  auto files = pipeline_->run_files();
  files.push_back(telescope_.runs_folder() / state_file_);
  return files;
}

Result<void> SensorIngest::write_tail() {
  rows_ += writer_->rows();
  writer_ = std::make_unique<StoreWriter>(telescope_.connection(), ids_.tail);
  TRY_VOID(pipeline_->emit_tail(*writer_));
  TRY_VOID(writer_->finish());
  return apply_findings(telescope_, *writer_);
}

Result<void> SensorIngest::commit(std::vector<state::InputRecord> inputs,
                                  std::vector<state::Coverage> coverage) {
  state::FinishedCommit finished;
  finished.ids = ids_;
  finished.run.id = run_ ? run_->id : 0;
  finished.run.sensor = sensor_.id;
  finished.run.first = first_;
  finished.run.last = last_;
  finished.run.tail_commit = ids_.tail;
  finished.run.state_file = state_file_;
  finished.inputs = std::move(inputs);
  finished.coverage = std::move(coverage);
  state::Run run = finished.run;
  // What the run had before the day of its tail was counted when it was read.
  const Timestamp from = run_ ? run_->last : first_;
  auto& database = telescope_.database();
  TRY_VOID(database.transaction([&]() -> Result<void> {
    TRY(run.id, state::finish_commit(database, finished));
    TRY(const auto days, telescope_.days_to_recount(run, from));
    TRY_VOID(state::mark_stale(database, days));
    return watchers_.commit ? watchers_.commit() : Result<void>{};
  }));
  run_ = run;
  const Timestamp first_day = from.floor(Duration::days(1));
  if (first_day < last_.floor(Duration::days(1)))
    telescope_.known_numbers().clear();  // with a day, the time to keep another may have ended
  else
    telescope_.known_numbers().changed({first_day, last_});
  return {};
}

Result<void> SensorIngest::follow_registry() {
  TRY(const auto* registry, telescope_.registry());
  pipeline_->set_registry(*registry);
  return {};
}

Result<void> SensorIngest::show_open() {
  if (open_is_shown_ || !run_) return {};
  open_is_shown_ = true;  // a part of it may be there even if it fails
  auto shown = rewrite_tail(telescope_, *run_);
  tell_of_open();
  return shown;
}

Result<void> SensorIngest::hide_open() {
  if (!open_is_shown_) return {};
  TRY_VOID(store::delete_commits(telescope_.connection(), {run_->tail_commit}));
  open_is_shown_ = false;
  tell_of_open();
  return {};
}

// What is open is of the last day.
void SensorIngest::tell_of_open() {
  telescope_.known_numbers().changed({run_->last.floor(Duration::days(1)), run_->last});
}

Result<void> SensorIngest::checkpoint(std::vector<state::InputRecord> inputs,
                                      std::vector<state::Coverage> coverage) {
  if (first_.nanoseconds == INT64_MAX || (!taken_since_commit_ && inputs.empty())) return {};
  TRY_VOID(hide_open());
  TRY_VOID(writer_->finish());
  TRY_VOID(apply_findings(telescope_, *writer_));
  TRY_VOID(save_state());
  if (archive_) TRY_VOID(archive_->finish());
  TRY_VOID(commit(std::move(inputs), std::move(coverage)));
  taken_since_commit_ = false;
  // Only what this sensor's state needed before: the files of others that are being read look like
  // nobody's, since no committed state refers to them yet.
  const auto files = state_files();
  std::error_code ignored;  // a file left behind is swept up at the end
  for (const auto& file : committed_files_)
    if (std::find(files.begin(), files.end(), file) == files.end())
      std::filesystem::remove(file, ignored);
  committed_files_ = files;
  TRY(ids_, state::begin_commit(telescope_.database(), sensor_.id, run_->id));
  writer_->set_commit(ids_.commit);
  if (archive_) archive_->set_commit(ids_.commit);
  return {};
}

Result<void> SensorIngest::finish(std::vector<state::InputRecord> inputs,
                                  std::vector<state::Coverage> coverage) {
  if (first_.nanoseconds == INT64_MAX) return state::drop_commit(telescope_.database(), ids_);
  TRY_VOID(hide_open());
  TRY_VOID(writer_->finish());
  TRY_VOID(apply_findings(telescope_, *writer_));
  TRY_VOID(save_state());
  if (archive_) TRY_VOID(archive_->finish());
  TRY_VOID(write_tail());
  return commit(std::move(inputs), std::move(coverage));
}

Result<void> SensorIngest::rewrite_tail(Telescope& telescope, const state::Run& run) {
  const auto file = telescope.runs_folder() / run.state_file;
  TRY(const auto state, read_state_file(file));
  const DarkSpace dark_space(state.dark_space);
  TRY(const auto* places, telescope.places());
  TRY(const auto* registry, telescope.registry());
  StoreWriter writer(telescope.connection(), run.tail_commit);
  Pipeline pipeline(pipeline_options(telescope, run.sensor, dark_space, *places, *registry,
                                     fmt::format("c{}", run.tail_commit)),
                    writer);
  TRY_VOID(within(file.string(), pipeline.load(state.pipeline())));
  TRY_VOID(pipeline.emit_tail(writer));
  TRY_VOID(writer.finish());
  return apply_findings(telescope, writer);
}

}  // namespace yagura::telescope
