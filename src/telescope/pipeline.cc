// SPDX-License-Identifier: Apache-2.0
#include "telescope/pipeline.h"

#include <fmt/core.h>
#include <xxhash.h>

#include <algorithm>
#include <system_error>

#include "telescope/source_reader.h"

namespace yagura::telescope {
namespace {

constexpr uint32_t state_version = 1;
constexpr Duration window_length = Duration::seconds(window_seconds);
constexpr Duration hour_length = Duration::hours(1);
constexpr Duration day_length = Duration::days(1);
constexpr size_t run_files_max = 100'000;

uint32_t seconds_of(Timestamp time) { return static_cast<uint32_t>(time.seconds()); }

ScanEventOptions event_options(const PipelineOptions& options) {
  ScanEventOptions result;
  result.sensor = options.sensor;
  result.dark_addresses = options.dark_space->all_addresses();
  result.minimum_dark_addresses = result.dark_addresses < 256 ? 1 : 10;
  return result;
}

AttackOptions attack_options(const PipelineOptions& options) {
  AttackOptions result;
  result.sensor = options.sensor;
  result.dark_addresses = options.dark_space->all_addresses();
  return result;
}

void save_files(ByteWriter& out, const std::vector<std::filesystem::path>& files) {
  out.put(static_cast<uint64_t>(files.size()));
  for (const auto& file : files) out.put_text(file.filename().string());
}

std::vector<std::string> load_files(ByteReader& in) {
  std::vector<std::string> names(std::min<uint64_t>(in.get_count(4), run_files_max));
  for (std::string& name : names) name = in.get_text();
  return names;
}

// What stands in front of a saved state, so that its run files can be listed without loading it.
struct StateHeader {
  std::vector<std::string> parts, windows, hours;
};

Result<StateHeader> load_header(ByteReader& in) {
  const auto version = in.get<uint32_t>();
  if (in.ok() && version != state_version)
    return failure(
        fmt::format("saved state has version {}, this program reads {}", version, state_version));
  StateHeader header;
  header.parts = load_files(in);
  header.windows = load_files(in);
  header.hours = load_files(in);
  if (!in.ok()) return failure("saved state is damaged");
  return header;
}

}  // namespace

Pipeline::Pipeline(PipelineOptions options, RowSink& sink)
    : options_(std::move(options)),
      sink_(&sink),
      events_(event_options(options_)),
      attacks_(attack_options(options_)),
      synchrony_(options_.sensor, options_.key),
      samples_(options_.sensor, options_.key),
      rising_(options_.sensor) {}

Pipeline::~Pipeline() = default;

void Pipeline::add(const capture::Packet& packet, const Classified& classified, uint32_t dark) {
  WindowPacket entry;
  entry.time = packet.time.nanoseconds;
  entry.dark = dark;
  entry.unicornscan_key = classified.unicornscan_key;
  entry.service_port = classified.service_port;
  entry.attacked_port = classified.attacked_port;
  entry.length = packet.ip_length;
  entry.marks = classified.marks;
  entry.class_ = classified.class_;
  entry.protocol = classified.protocol;
  entry.ttl = packet.ttl;
  entry.scope = scope_of(classified.accounted);
  window_.add(classified.accounted, entry);
  samples_.add(packet, classified, *sink_);
  last_time_ = packet.time;
  ++dark_packets_;
}

void Pipeline::start_window(Timestamp time) {
  const Timestamp old_day = floor(day_length);
  const bool first = window_start_.nanoseconds < 0;
  window_start_ = time.floor(window_length);
  window_end_ = window_start_ + window_length;
  const Timestamp day = floor(day_length);
  if (!first && day == old_day) return;
  dark_ = options_.dark_space->on(day);
  survey_ = options_.registry->on(day);
  events_.set_dark_addresses(dark_.addresses());
  attacks_.set_dark_addresses(dark_.addresses());
}

Result<void> Pipeline::advance(Timestamp time) {
  first_time_ = std::min(first_time_, time);
  last_time_ = std::max(last_time_, time);
  if (window_start_.nanoseconds < 0) {
    start_window(time);
    return {};
  }
  if (time < window_end_) return spill_window();
  TRY_VOID(close_window());
  if (time.floor(hour_length) != floor(hour_length)) TRY_VOID(close_hour());
  if (time.floor(day_length) != floor(day_length)) TRY_VOID(close_day());
  start_window(time);
  return sink_->status();
}

void Pipeline::analyse(std::span<const SourceGroup> groups, Timestamp now) {
  events_.process(groups, now, [this](const EventRow& row) { sink_->add(row); });
  attacks_.process(groups, now, [this](const AttackRow& row) { sink_->add(row); });
  synchrony_.add(groups);
}

// Analyses the packets so far and puts their rows aside: the window is too large for memory.
Result<void> Pipeline::spill_window() {
  if (window_.size() < options_.window_packets_max) return {};
  const auto groups = window_.sort();
  analyse(groups, last_time_);
  const std::filesystem::path file = new_file();
  TRY(auto writer, RunFileWriter::create(file));
  for (const SourceGroup& group : groups)
    for (const SourceRow& row : activity_.build(group)) TRY_VOID(writer.add(row));
  TRY_VOID(writer.finish());
  parts_.push_back(file);
  window_.clear();
  return {};
}

SourceFacts Pipeline::facts_of(std::span<const SourceRow> rows, enrich::Places::Cursor& places) {
  SourceFacts facts;
  facts.place = places.find(rows[0].source);
  facts.tool = tool_of_source(rows);
  facts.organisation = survey_->find(rows[0].source).organisation;
  return facts;
}

// Visits the sources of the open window, from memory or, if it was spilled, from its parts.
Result<void> Pipeline::visit_window(const SourceVisitor& visit) {
  const auto groups = window_.sort();
  analyse(groups, in_tail_ ? last_time_ : window_end_);
  enrich::Places::Cursor places(*options_.places);
  if (parts_.empty()) {
    for (const SourceGroup& group : groups) {
      const auto rows = activity_.build(group);
      TRY_VOID(visit(rows, facts_of(rows, places)));
    }
    return {};
  }
  const std::filesystem::path last = new_file();
  TRY(auto writer, RunFileWriter::create(last));
  for (const SourceGroup& group : groups)
    for (const SourceRow& row : activity_.build(group)) TRY_VOID(writer.add(row));
  TRY_VOID(writer.finish());
  parts_.push_back(last);
  return visit_runs(parts_, visit);
}

Result<void> Pipeline::visit_runs(const std::vector<std::filesystem::path>& files,
                                  const SourceVisitor& visit) {
  std::vector<std::unique_ptr<SourceRowStream>> streams;
  for (const auto& file : files) {
    TRY(auto stream, open_run_file(file));
    streams.push_back(std::move(stream));
  }
  SourceReader reader(merge_streams(std::move(streams)));
  enrich::Places::Cursor places(*options_.places);
  for (;;) {
    TRY(const auto rows, reader.next());
    if (rows.empty()) return {};
    TRY_VOID(visit(rows, facts_of(rows, places)));
  }
}

void Pipeline::add_activity(const SourceRow& row) {
  ActivityRow out;
  out.window = seconds_of(window_start_);
  out.sensor = options_.sensor;
  out.source = row.source;
  out.class_ = row.class_;
  out.scope = row.scope;
  out.packets = static_cast<uint32_t>(row.packets);
  out.bytes = row.bytes;
  out.dark_addresses = static_cast<uint32_t>(row.dark.size());
  if (row.dark.size() == 1)
    out.dark_hash = static_cast<uint32_t>(
        XXH3_64bits_withSeed(row.dark.data(), sizeof(uint32_t), options_.key) | 1);
  out.first_second = static_cast<uint16_t>(row.first - out.window);
  out.last_second = static_cast<uint16_t>(row.last - out.window);
  out.ttl_min = row.ttl_min;
  out.ttl_max = row.ttl_max;
  out.ports = row.ports;
  out.port_packets = row.port_packets;
  out.marks = row.marks;
  out.mark_packets = row.mark_packets;
  sink_->add(out);
}

Result<void> Pipeline::close_window() {
  uint64_t source_classes = 0;
  if (window_.empty() && parts_.empty()) {  // silence: only the clock moves
    analyse({}, in_tail_ ? last_time_ : window_end_);
    samples_.end_window(0);
    return {};
  }
  const std::filesystem::path file = new_file();
  TRY(auto writer, RunFileWriter::create(file));
  TRY_VOID(visit_window([&](auto rows, const SourceFacts& facts) -> Result<void> {
    numbers_.add(rows, facts);
    for (SourceRow row : rows) {
      add_activity(row);
      row.dark = {};
      row.windows = 1;
      TRY_VOID(writer.add(row));
    }
    source_classes += rows.size();
    return {};
  }));
  TRY_VOID(writer.finish());
  windows_.push_back(file);
  release(parts_);
  synchrony_.emit([this](const SynchronyRow& row) { sink_->add(row); });
  numbers_.emit(Level::five_minutes, seconds_of(window_start_),
                [this](const NumbersRow& row) { sink_->add(row); });
  samples_.end_window(source_classes);
  window_.clear();
  return {};
}

Result<void> Pipeline::close_hour() {
  if (windows_.empty()) return {};
  const Timestamp hour = floor(hour_length);
  const std::filesystem::path file = new_file();
  TRY(auto writer, RunFileWriter::create(file));
  TRY_VOID(visit_runs(windows_, [&](auto rows, const SourceFacts& facts) -> Result<void> {
    numbers_.add(rows, facts);
    for (const SourceRow& row : rows) TRY_VOID(writer.add(row));
    return {};
  }));
  TRY_VOID(writer.finish());
  hours_.push_back(file);
  release(windows_);
  // An hour that was not observed from its beginning is no measure of the usual.
  if (!in_tail_ && first_time_ <= hour + window_length)
    rising_.hour(seconds_of(hour), numbers_.scanned_ports(),
                 [this](const AlarmRow& row) { sink_->add(row); });
  numbers_.emit(Level::hour, seconds_of(hour), [this](const NumbersRow& row) { sink_->add(row); });
  return {};
}

Result<void> Pipeline::close_day() {
  if (hours_.empty()) return {};
  const Timestamp day = floor(day_length);
  TRY_VOID(visit_runs(hours_, [&](auto rows, SourceFacts facts) -> Result<void> {
    SurveyVerdict verdict = survey_->find(rows[0].source);
    if (verdict.organisation == 0 && behaves_like_a_survey(rows, dark_.addresses())) {
      verdict = {unknown_organisation, SurveyEvidence::behaviour};
      sink_->add_survey_finding(seconds_of(day), rows[0].source);
    }
    facts.organisation = verdict.organisation;
    numbers_.add(rows, facts);
    add_source_day(rows, facts, verdict);
    return {};
  }));
  release(hours_);
  numbers_.emit(Level::day, seconds_of(day), [this](const NumbersRow& row) { sink_->add(row); });
  samples_.end_day();
  return {};
}

void Pipeline::add_source_day(std::span<const SourceRow> rows, const SourceFacts& facts,
                              SurveyVerdict verdict) {
  for (const SourceRow& row : rows)
    sink_->add(source_day_row(row, floor(day_length), facts, verdict));
}

std::filesystem::path Pipeline::new_file() {
  return options_.folder / fmt::format("{}-{}.run", options_.file_stem, next_file_++);
}

void Pipeline::release(std::vector<std::filesystem::path>& files) {
  std::error_code ignored;  // a file left behind is swept up with the next commit
  for (const auto& file : files)
    if (!saved_.contains(file)) std::filesystem::remove(file, ignored);
  files.clear();
}

void Pipeline::save(ByteWriter& out) {
  const auto files = run_files();
  saved_ = {files.begin(), files.end()};
  out.put(state_version);
  save_files(out, parts_);
  save_files(out, windows_);
  save_files(out, hours_);
  out.put(options_.dark_space->fingerprint());
  out.put(window_start_.nanoseconds);
  out.put(first_time_.nanoseconds);
  out.put(last_time_.nanoseconds);
  window_.save(out);
  events_.save(out);
  attacks_.save(out);
  synchrony_.save(out);
  samples_.save(out);
  rising_.save(out);
}

Result<void> Pipeline::load(std::string_view state) {
  ByteReader in(state);
  TRY(const StateHeader header, load_header(in));
  for (const auto& name : header.parts) parts_.push_back(options_.folder / name);
  for (const auto& name : header.windows) windows_.push_back(options_.folder / name);
  for (const auto& name : header.hours) hours_.push_back(options_.folder / name);
  const auto files = run_files();
  saved_ = {files.begin(), files.end()};
  const auto fingerprint = in.get<uint64_t>();
  if (in.ok() && fingerprint != options_.dark_space->fingerprint())
    return failure("saved state belongs to another dark space");
  const Timestamp start{in.get<int64_t>()};
  first_time_ = {in.get<int64_t>()};
  last_time_ = {in.get<int64_t>()};
  if (start.nanoseconds >= 0) start_window(start);
  TRY_VOID(window_.load(in));
  TRY_VOID(events_.load(in));
  TRY_VOID(attacks_.load(in));
  TRY_VOID(synchrony_.load(in));
  TRY_VOID(samples_.load(in));
  TRY_VOID(rising_.load(in));
  if (!in.ok() || in.remaining() != 0) return failure("saved state is damaged");
  return {};
}

std::vector<std::filesystem::path> Pipeline::run_files() const {
  std::vector<std::filesystem::path> files = parts_;
  files.insert(files.end(), windows_.begin(), windows_.end());
  files.insert(files.end(), hours_.begin(), hours_.end());
  return files;
}

Result<std::vector<std::string>> Pipeline::run_files_of(std::string_view state) {
  ByteReader in(state);
  TRY(StateHeader header, load_header(in));
  std::vector<std::string> names = std::move(header.parts);
  names.insert(names.end(), header.windows.begin(), header.windows.end());
  names.insert(names.end(), header.hours.begin(), header.hours.end());
  return names;
}

Result<void> Pipeline::emit_tail(RowSink& sink) {
  if (window_start_.nanoseconds < 0) return {};
  sink_ = &sink;
  in_tail_ = true;
  TRY_VOID(close_window());
  TRY_VOID(close_hour());
  TRY_VOID(close_day());
  events_.report_open([this](const EventRow& row) { sink_->add(row); });
  attacks_.report_open([this](const AttackRow& row) { sink_->add(row); });
  return sink_->status();
}

}  // namespace yagura::telescope
