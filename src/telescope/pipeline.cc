// SPDX-License-Identifier: Apache-2.0
#include "telescope/pipeline.h"

#include <fmt/core.h>

#include <algorithm>
#include <bit>
#include <system_error>

#include "telescope/run_file.h"

namespace yagura::telescope {
namespace {

// Raised with every change of what save() writes, and of the run files (run_file.h).
constexpr uint32_t state_version = 4;
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
        fmt::format("the saved state has version {}, this yagura reads {}: open the data folder "
                    "with the yagura that wrote it",
                    version, state_version));
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
      activity_(options_.key),
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
  window_.add(classified.accounted, entry);
  samples_.add(packet, classified, *sink_);
  last_time_ = packet.time;
  ++dark_packets_;
}

void Pipeline::set_registry(const SurveyRegistry& registry) {
  options_.registry = &registry;
  if (window_start_.nanoseconds >= 0) survey_ = registry.on(floor(day_length));
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
  if (time < window_end_)
    return window_.size() < options_.window_packets_max ? Result<void>{} : spill_window(last_time_);
  TRY_VOID(close_window());
  if (time.floor(hour_length) != floor(hour_length)) TRY_VOID(close_hour());
  if (time.floor(day_length) != floor(day_length)) TRY_VOID(close_day());
  start_window(time);
  return sink_->status();
}

// Shows the packets, source by source, to the analysers, and the rows made of them to `visit`.
Result<void> Pipeline::walk_groups(Timestamp now, const RowsVisitor& visit) {
  const auto event = [this](const EventRow& row) { sink_->add(row); };
  const auto attack = [this](const AttackRow& row) { sink_->add(row); };
  events_.begin(now);
  attacks_.begin(now);
  window_.start_groups();
  for (SourceGroup group; window_.next_group(group);) {
    const auto rows = activity_.build(group);
    events_.add(group, rows, event);
    if (std::any_of(rows.begin(), rows.end(),
                    [](const auto& r) { return is_backscatter(r.class_); }))
      attacks_.add(group, attack);
    synchrony_.add(group);
    TRY_VOID(visit(rows));
  }
  events_.end(event);
  attacks_.end(attack);
  synchrony_.end_part();
  return {};
}

// Analyses the packets so far and puts their rows aside: the window is too large for memory.
Result<void> Pipeline::spill_window(Timestamp now) {
  const std::filesystem::path file = new_file();
  TRY(auto writer, RunFileWriter::create(file, RunFileWriter::Dark::kept));
  TRY_VOID(walk_groups(now, [&](auto rows) { return writer.add(rows); }));
  TRY_VOID(writer.finish());
  parts_.push_back(file);
  window_.clear();
  return {};
}

// Visits the sources of the open window, from memory or, if it was spilled, from its parts.
Result<void> Pipeline::visit_window(const RowsVisitor& visit) {
  const Timestamp now = in_tail_ ? last_time_ : window_end_;
  if (parts_.empty()) return walk_groups(now, visit);
  TRY_VOID(spill_window(now));
  TRY(auto merge, SourceMerge::open(parts_));
  std::vector<SourceRow> rows;
  for (;;) {
    TRY(const bool more, merge.next());
    if (!more) return {};
    const auto sum = merge.sum();
    rows.assign(sum.begin(), sum.end());
    for (SourceRow& row : rows) {
      row.windows = 1;
      count_dark(row, options_.key);
    }
    TRY_VOID(visit(rows));
  }
}

SourceFacts Pipeline::facts_of(std::span<const SourceRow> rows, enrich::Places::Cursor& places) {
  SourceFacts facts;
  facts.place = places.find(rows[0].source);
  facts.tool = tool_of_source(rows);
  facts.organisation = survey_->find(rows[0].source).organisation;
  return facts;
}

Result<void> Pipeline::close_window() {
  if (window_.empty() && parts_.empty()) {  // silence: only the clock moves
    TRY_VOID(walk_groups(in_tail_ ? last_time_ : window_end_, {}));
    samples_.end_window(0);
    return {};
  }
  const uint32_t start = seconds_of(window_start_);
  const std::filesystem::path file = new_file();
  TRY(auto writer, RunFileWriter::create(file, RunFileWriter::Dark::dropped));
  enrich::Places::Cursor places(*options_.places);
  uint64_t source_classes = 0;
  SynchronyTotalRow total;
  total.time = start;
  total.sensor = options_.sensor;
  TRY_VOID(visit_window([&](auto rows) {
    numbers_.add(rows, facts_of(rows, places));
    for (const SourceRow& row : rows) {
      if (row.class_ != PacketClass::scan_tcp) continue;
      total.packets += row.packets;
      ++total.hosts;
    }
    if (options_.activity_at_once)
      for (const SourceRow& row : rows) add_activity(row, start);
    source_classes += rows.size();
    return writer.add(rows);
  }));
  TRY_VOID(writer.finish());
  windows_.push_back({file, start, options_.activity_at_once});
  release(parts_);
  parts_.clear();
  synchrony_.emit([this](const SynchronyRow& row) { sink_->add(row); });
  if (total.hosts > 0) sink_->add(total);
  numbers_.emit(Level::five_minutes, start, [this](const NumbersRow& row) { sink_->add(row); });
  samples_.end_window(source_classes);
  window_.clear();
  return {};
}

// The rows of one source, in the store's order: its classes, and the windows of each.
void Pipeline::add_activity_of_hour(const SourceMerge& merge) {
  unsigned classes = 0;
  for (const auto rows : merge.parts())
    for (const SourceRow& row : rows) classes |= 1u << static_cast<unsigned>(row.class_);
  for (; classes != 0; classes &= classes - 1) {
    const auto class_ = static_cast<PacketClass>(std::countr_zero(classes));
    for (size_t part = 0; part < merge.parts().size(); ++part) {
      const ClosedWindow& window = windows_[merge.file_of(part)];
      if (window.activity_done) continue;
      for (const SourceRow& row : merge.parts()[part])
        if (row.class_ == class_) add_activity(row, window.start);
    }
  }
}

Result<void> Pipeline::close_hour() {
  if (windows_.empty()) return {};
  const Timestamp hour = floor(hour_length);
  const std::filesystem::path file = new_file();
  TRY(auto writer, RunFileWriter::create(file, RunFileWriter::Dark::dropped));
  TRY(auto merge, SourceMerge::open(window_files()));
  enrich::Places::Cursor places(*options_.places);
  for (;;) {
    TRY(const bool more, merge.next());
    if (!more) break;
    add_activity_of_hour(merge);
    const auto rows = merge.sum();
    numbers_.add(rows, facts_of(rows, places));
    TRY_VOID(writer.add(rows));
  }
  TRY_VOID(writer.finish());
  hours_.push_back(file);
  release(window_files());
  windows_.clear();
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
  TRY(auto merge, SourceMerge::open(hours_));
  enrich::Places::Cursor places(*options_.places);
  for (;;) {
    TRY(const bool more, merge.next());
    if (!more) break;
    const auto rows = merge.sum();
    SourceFacts facts = facts_of(rows, places);
    SurveyVerdict verdict = survey_->find(rows[0].source);
    if (verdict.organisation == 0 && behaves_like_a_survey(rows, dark_.addresses())) {
      verdict = {unknown_organisation, SurveyEvidence::behaviour};
      sink_->add_survey_finding(seconds_of(day), rows[0].source);
    }
    facts.organisation = verdict.organisation;
    numbers_.add(rows, facts);
    for (const SourceRow& row : rows) sink_->add(source_day_row(row, day, facts, verdict.evidence));
  }
  release(hours_);
  hours_.clear();
  numbers_.emit(Level::day, seconds_of(day), [this](const NumbersRow& row) { sink_->add(row); });
  samples_.end_day();
  return {};
}

std::vector<std::filesystem::path> Pipeline::window_files() const {
  std::vector<std::filesystem::path> files;
  for (const ClosedWindow& window : windows_) files.push_back(window.file);
  return files;
}

std::filesystem::path Pipeline::new_file() {
  return options_.folder / fmt::format("{}-{}.run", options_.file_stem, next_file_++);
}

void Pipeline::release(const std::vector<std::filesystem::path>& files) {
  std::error_code ignored;  // a file left behind is swept up with the next commit
  for (const auto& file : files)
    if (!saved_.contains(file)) std::filesystem::remove(file, ignored);
}

void Pipeline::save(ByteWriter& out) {
  const auto files = run_files();
  saved_ = {files.begin(), files.end()};
  out.put(state_version);
  save_files(out, parts_);
  save_files(out, window_files());
  save_files(out, hours_);
  for (const ClosedWindow& window : windows_) {
    out.put(window.start);
    out.put(static_cast<uint8_t>(window.activity_done));
  }
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
  for (const auto& name : header.hours) hours_.push_back(options_.folder / name);
  for (const auto& name : header.windows) {
    const auto start = in.get<uint32_t>();
    windows_.push_back({options_.folder / name, start, in.get<uint8_t>() != 0});
  }
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
  const auto windows = window_files();
  files.insert(files.end(), windows.begin(), windows.end());
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

bool Pipeline::is_of_older_version(std::string_view state) {
  ByteReader in(state);
  const auto version = in.get<uint32_t>();
  return in.ok() && version < state_version;
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
