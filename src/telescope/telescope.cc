// SPDX-License-Identifier: Apache-2.0
#include "telescope/telescope.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <map>
#include <set>
#include <system_error>

#include "base/log.h"
#include "state/scanner_registry.h"
#include "store/native_block.h"
#include "telescope/archive.h"
#include "telescope/backup.h"
#include "telescope/pipeline.h"
#include "telescope/sensor_ingest.h"
#include "telescope/state_file.h"

namespace yagura::telescope {
namespace {

Result<void> make_folder(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error)
    return failure(fmt::format("making the folder {}: {}", folder.string(), error.message()));
  return {};
}

int64_t day_of(Timestamp time) { return time.floor(Duration::days(1)).seconds() / 86'400; }

bool covers(const state::Run& run, int64_t day) {
  return day_of(run.first) <= day && day <= day_of(run.last);
}

struct NameRow {
  uint16_t id = 0;
  std::string_view name;

  static constexpr auto columns() {
    return std::tuple(store::column("id", &NameRow::id), store::column("name", &NameRow::name));
  }
};

template <typename Named>
Result<void> mirror(store::Connection& connection, std::string_view table,
                    const std::vector<Named>& named) {
  store::NativeBlockWriter<NameRow> block;
  for (const auto& one : named) block.add({one.id, one.name});
  TRY_VOID(connection.execute(fmt::format("TRUNCATE TABLE {}", table)));
  if (block.empty()) return {};
  return connection.insert(table, "id, name", block.finish());
}

}  // namespace

std::vector<int64_t> days_of(const state::Run& run) {
  std::vector<int64_t> days;
  for (int64_t day = day_of(run.first); day <= day_of(run.last); ++day) days.push_back(day);
  return days;
}

std::vector<int64_t> shared_days(const state::Run& run, const std::vector<state::Run>& all) {
  std::vector<int64_t> shared;
  for (const int64_t day : days_of(run)) {
    const bool other = std::any_of(all.begin(), all.end(), [&](const state::Run& r) {
      return r.id != run.id && covers(r, day);
    });
    if (other) shared.push_back(day);
  }
  return shared;
}

Result<std::unique_ptr<Telescope>> Telescope::open(const TelescopeOptions& options) {
  std::unique_ptr<Telescope> telescope(new Telescope(options));
  std::error_code error;
  telescope->options_.folder = std::filesystem::absolute(options.folder, error);
  TRY_VOID(make_folder(telescope->folder()));
  TRY_VOID(make_folder(telescope->runs_folder()));
  TRY_VOID(telescope->lock());
  TRY_VOID(Snapshot::clear(telescope->folder()));
  TRY(telescope->database_, state::Database::open(telescope->folder() / "state.db"));
  TRY(const auto key, state::folder_key(*telescope->database_));
  std::memcpy(&telescope->key_, key.data(), std::min(key.size(), sizeof telescope->key_));
  TRY(telescope->engine_, store::open_embedded({.folder = telescope->folder() / "store",
                                                .memory_ceiling_bytes = options.store_memory_bytes,
                                                .library = options.store_library}));
  TRY(telescope->connection_, telescope->engine_->connect());
  TRY(telescope->reader_, telescope->engine_->connect());
  TRY_VOID(store::migrate(*telescope->connection_));
  TRY_VOID(telescope->check_tables());
  TRY_VOID(store::set_retention(*telescope->connection_, options.retention));
  TRY_VOID(within("repairing after a crash", telescope->recover()));
  return telescope;
}

Telescope::~Telescope() {
  reader_.reset();
  connection_.reset();
  engine_.reset();
  database_.reset();
  if (lock_file_ >= 0) ::close(lock_file_);
}

Result<void> Telescope::lock() {
  const auto path = folder() / "lock";
  lock_file_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock_file_ < 0)
    return failure(fmt::format("opening {}: {}", path.string(), errno_text(errno)));
  if (::flock(lock_file_, LOCK_EX | LOCK_NB) == 0) {
    const std::string owner = fmt::format("{}\n", ::getpid());  // for people and the message below
    static_cast<void>(::ftruncate(lock_file_, 0) == 0 &&
                      ::pwrite(lock_file_, owner.data(), owner.size(), 0) > 0);
    return {};
  }
  if (errno != EWOULDBLOCK)
    return failure(fmt::format("locking {}: {}", path.string(), errno_text(errno)));
  std::array<char, 16> text{};
  const ssize_t size = ::pread(lock_file_, text.data(), text.size(), 0);
  std::string owner(text.data(), size > 0 ? static_cast<size_t>(size) : 0);
  owner.erase(
      std::find_if_not(owner.begin(), owner.end(), [](char c) { return '0' <= c && c <= '9'; }),
      owner.end());
  return failure(fmt::format(
      "the data folder {} is in use by another yagura{}; stop it or wait for it to end, or give "
      "another --data",
      folder().string(), owner.empty() ? "" : fmt::format(" (process {})", owner)));
}

Result<void> Telescope::check_tables() {
  return store::check_schema<ActivityRow, SourceDayRow, NumbersRow, PortNumbersRow, EventRow,
                             AttackRow, SynchronyRow, SynchronyTotalRow, SynchronyWindowRow,
                             AlarmRow, SampleRow>(*connection_);
}

Result<const enrich::Places*> Telescope::places() {
  if (!places_) {
    TRY(auto loaded, enrich::Places::load(options_.places));
    places_ = std::make_unique<enrich::Places>(std::move(loaded));
  }
  return places_.get();
}

Result<const SurveyRegistry*> Telescope::registry() {
  if (!registry_) TRY_VOID(load_registry());
  return registry_.get();
}

Result<void> Telescope::load_registry() {
  // First the version: what is imported meanwhile is then read again, and not missed.
  TRY(const auto progress, state::registry_progress(*database_));
  TRY(auto loaded, SurveyRegistry::load(*database_));
  registry_ = std::make_unique<SurveyRegistry>(std::move(loaded));
  registry_version_ = progress.version;
  return {};
}

Result<CorrectionContext> Telescope::correction_context() {
  CorrectionContext context;
  context.reader = reader_.get();
  context.writer = connection_.get();
  TRY(context.places, places());
  TRY(context.registry, registry());
  TRY(const auto runs, state::all_runs(*database_));
  std::vector<std::pair<state::Run, DarkSpace>> spaces;
  for (const auto& run : runs) {
    // As it was when the run was read, whatever it is now.
    TRY(const auto state, read_state_start(runs_folder() / run.state_file));
    spaces.emplace_back(run, DarkSpace(state.dark_space));
  }
  context.dark_addresses = [spaces = std::move(spaces)](uint32_t day) {
    const Timestamp time = Timestamp::from_seconds(day);
    std::map<uint16_t, double> by_sensor;
    for (const auto& [run, space] : spaces) {
      if (!covers(run, day_of(time))) continue;
      double& most = by_sensor[run.sensor];
      most = std::max(most, space.on(time).addresses());
    }
    double sum = 0;
    for (const auto& [sensor, addresses] : by_sensor) sum += addresses;
    return sum;
  };
  return context;
}

Result<void> Telescope::reload_registry() {
  TRY_VOID(mirror_names());
  return load_registry();
}

Result<bool> Telescope::correct_next_day(RegistryChange& change, Timestamp from) {
  if (!registry_) TRY_VOID(load_registry());
  TRY(const auto progress, state::registry_progress(*database_));
  if (!progress.days_before || progress.version != registry_version_) return false;
  TRY(const auto day, stored_day_before(*reader_, *progress.days_before));
  if (day && *day < day_of(from)) return false;
  if (day) {
    TRY(const auto context, correction_context());
    TRY_VOID(apply_registry(context, *database_, static_cast<uint32_t>(*day * 86'400), change));
    const Timestamp start = Timestamp::from_seconds(*day * 86'400);
    known_numbers_.changed({start, start + Duration::hours(24) - Duration::seconds(1)});
  }
  TRY_VOID(state::note_registry_progress(*database_, progress.version, day));
  return day.has_value();
}

Result<RegistryChange> Telescope::follow_registry() {
  TRY_VOID(reload_registry());
  RegistryChange change;
  for (bool more = true; more;) {
    TRY(more, correct_next_day(change));
  }
  return change;
}

Result<void> Telescope::mirror_names() {
  TRY(const auto sensors, state::sensors(*database_));
  TRY_VOID(mirror(*connection_, "sensor", sensors));
  TRY(const auto organisations, state::organisations(*database_));
  return mirror(*connection_, "organisation", organisations);
}

Result<void> Telescope::recover() {
  TRY(const auto unfinished, state::unfinished_commits(*database_));
  for (const auto& commit : unfinished)
    log_warning(
        fmt::format("a read was interrupted; taking back its rows (commit {})", commit.ids.commit));
  for (const auto& commit : unfinished) TRY_VOID(roll_back(commit));
  TRY(const auto forgotten, state::forgotten_runs(*database_));
  for (const auto& run : forgotten) TRY_VOID(finish_forgetting(run));
  TRY_VOID(recount_stale_days());
  TRY(const auto progress, state::registry_progress(*database_));
  if (progress.days_before) {
    log_warning("correcting for survey scanners was interrupted; correcting the rest");
    TRY_VOID(follow_registry());
  }
  return unfinished.empty() ? Result<void>{} : sweep_run_files();
}

Result<void> Telescope::take_back_unfinished() {
  TRY(const auto unfinished, state::unfinished_commits(*database_));
  for (const auto& commit : unfinished) TRY_VOID(roll_back(commit));
  return sweep_run_files();
}

// Takes out what the commit wrote, and writes the tail of the run it continued again.
Result<void> Telescope::roll_back(const state::UnfinishedCommit& commit) {
  std::vector<uint64_t> ids = {commit.ids.commit, commit.ids.tail};
  if (commit.run) ids.push_back(commit.run->tail_commit);
  // A commit of another sensor, finished just before, may have counted its rows.
  TRY(const auto runs, state::all_runs(*database_));
  TRY(std::vector<int64_t> touched, days_with_activity(*connection_, ids));
  std::erase_if(touched, [&](int64_t day) {
    return std::none_of(runs.begin(), runs.end(), [&](const state::Run& run) {
      return covers(run, day) && !(commit.run && run.id == commit.run->id);
    });
  });
  TRY_VOID(state::mark_stale(*database_, touched));
  TRY_VOID(store::delete_commits(*connection_, ids));
  TRY_VOID(delete_archive_files(archive_folder(), {commit.ids.commit}));
  if (commit.run) TRY_VOID(SensorIngest::rewrite_tail(*this, *commit.run));
  if (commit.run) {  // its tail is on its last day
    TRY(const auto days, days_to_recount(*commit.run, commit.run->last));
    TRY_VOID(state::mark_stale(*database_, days));
  }
  return state::drop_commit(*database_, commit.ids);
}

Result<std::vector<int64_t>> Telescope::days_to_recount(const state::Run& run, Timestamp from) {
  TRY(const auto all, state::all_runs(*database_));
  TRY(std::vector<int64_t> days, counted_days(*connection_, day_of(from), day_of(run.last)));
  for (const int64_t day : shared_days(run, all))
    if (day >= day_of(from)) days.push_back(day);
  return days;
}

Result<void> Telescope::recount_stale_days(Timestamp before) {
  TRY(auto days, state::stale_days(*database_));
  std::erase_if(days, [&](int64_t day) { return day >= day_of(before); });
  if (days.empty()) return {};
  TRY(const auto context, correction_context());
  TRY(const auto runs, state::all_runs(*database_));
  for (const int64_t day : days) {
    const auto start = static_cast<uint32_t>(day * 86'400);
    const bool any = std::any_of(runs.begin(), runs.end(),
                                 [&](const state::Run& run) { return covers(run, day); });
    TRY_VOID(any ? recount_day(context, start) : clear_day(*connection_, start));
    const Timestamp first = Timestamp::from_seconds(start);
    known_numbers_.changed({first, first + Duration::hours(24) - Duration::seconds(1)});
    TRY_VOID(state::clear_stale(*database_, day));
  }
  return {};
}

Result<void> Telescope::sweep_run_files() {
  TRY(const auto runs, state::all_runs(*database_));
  std::set<std::string> wanted;
  for (const auto& run : runs) {
    if (run.state_file.empty()) continue;
    TRY(const auto state, read_state_start(runs_folder() / run.state_file));
    wanted.insert(run.state_file);  // its dark space is asked for as long as its rows are there
    if (Pipeline::is_of_older_version(state.pipeline())) continue;  // nobody goes on from it
    TRY(const auto files, Pipeline::run_files_of(state.pipeline()));
    wanted.insert(files.begin(), files.end());
  }
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(runs_folder(), error))
    if (!wanted.contains(entry.path().filename().string()))
      std::filesystem::remove(entry.path(), error);
  if (error) return failure(fmt::format("tidying {}: {}", runs_folder().string(), error.message()));
  return {};
}

Result<void> Telescope::forget_run(const state::Run& run) {
  TRY_VOID(state::begin_forget(*database_, run.id));
  TRY(const auto forgotten, state::forgotten_runs(*database_));
  for (const auto& one : forgotten) TRY_VOID(finish_forgetting(one));
  TRY_VOID(recount_stale_days());
  return sweep_run_files();
}

Result<void> Telescope::finish_forgetting(const state::ForgottenRun& forgotten) {
  TRY_VOID(store::delete_commits(*connection_, forgotten.commits));
  known_numbers_.clear();
  TRY_VOID(delete_archive_files(archive_folder(), forgotten.commits));
  TRY(const auto days, days_to_recount(forgotten.run, forgotten.run.first));
  TRY_VOID(state::mark_stale(*database_, days));
  return state::finish_forget(*database_, forgotten.run.id);
}

}  // namespace yagura::telescope
