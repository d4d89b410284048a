// SPDX-License-Identifier: Apache-2.0
#include "app/telescope_data.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "state/scanner_registry.h"
#include "store/questions.h"

namespace yagura::app {
namespace {

namespace fs = std::filesystem;

template <typename Clock>
Timestamp now_by() {
  const auto time = Clock::now().time_since_epoch();
  return {std::chrono::duration_cast<std::chrono::nanoseconds>(time).count()};
}

// What another process asks may take so long.
constexpr Duration longest_question = Duration::minutes(5);

// The first of the usual folders that holds `file` of an npm package; empty if none does.
fs::path find_package_file(const fs::path& file) {
  for (const fs::path& folder : package_folders()) {
    std::error_code error;
    if (fs::exists(folder / file, error)) return folder / file;
  }
  return {};
}

enrich::PlaceFiles place_files(const Settings& settings) {
  enrich::PlaceFiles files{settings.geo_country, settings.geo_asn};
  const fs::path data = "@ip-location-db";
  if (files.country.empty())
    files.country = find_package_file(data / "iptoasn-country-mmdb" / "iptoasn-country.mmdb");
  if (!files.asn.empty()) return files;
  for (const char* name : {"asn-ipv4.csv", "asn-ipv6.csv"})
    if (const fs::path found = find_package_file(data / "asn" / name); !found.empty())
      files.asn.push_back(found);
  return files;
}

uint32_t days(Duration duration) {
  const int64_t day = Duration::days(1).nanoseconds;
  return static_cast<uint32_t>((duration.nanoseconds + day - 1) / day);
}

store::Retention retention_of(const Settings& settings) {
  store::Retention retention;
  retention.activity = days(settings.keep_activity);
  retention.synchrony = days(settings.keep_synchrony);
  retention.sample = days(settings.keep_samples);
  retention.numbers_five_minutes = days(settings.keep_five_minutes);
  retention.numbers_hour = days(settings.keep_hours);
  retention.numbers_day = days(settings.keep_days);
  retention.source_day = days(settings.keep_source_days);
  return retention;
}

Result<TelescopeData> open(Settings settings) {
  telescope::TelescopeOptions options;
  options.folder = settings.data;
  options.store_memory_bytes = settings.store_memory;
  options.store_library = settings.store_library;
  options.retention = retention_of(settings);
  options.places = place_files(settings);
  options.archive = settings.archive;
  TelescopeData data;
  data.settings = std::move(settings);
  TRY(data.telescope, telescope::Telescope::open(options));
  return data;
}

// The config file seeds a sensor that has no dark space yet. A later edit of the file changes it
// too: the file is where this operator keeps it.
Result<void> seed_sensors(const TelescopeData& data) {
  state::Database& database = data.telescope->database();
  for (const SensorSetting& wanted : data.settings.sensors) {
    TRY(const state::Sensor sensor, state::sensor_named(database, wanted.name));
    TRY(const auto known, state::dark_space(database, sensor.id));
    if (known != wanted.dark_space)
      TRY_VOID(state::set_dark_space(database, sensor.id, wanted.dark_space));
  }
  return {};
}

}  // namespace

capture::LiveSourceOptions live_options(const Settings& settings, const std::string& interface,
                                        const std::string& filter) {
  capture::LiveSourceOptions options;
  options.decode.decapsulate = settings.decapsulate;
  options.interface = interface;
  options.filter = filter;
  options.ring_mebibytes = static_cast<int>(settings.ring >> 20);
  return options;
}

Timestamp clock_now() { return now_by<std::chrono::system_clock>(); }

telescope::Clocks clocks_now() { return {clock_now(), now_by<std::chrono::steady_clock>()}; }

std::vector<fs::path> package_folders() {
  std::vector<fs::path> folders;
  std::error_code error;
  fs::path at = fs::read_symlink("/proc/self/exe", error).parent_path();
  constexpr int levels = 4;  // build/release/yagura stands two folders below the packages
  for (int i = 0; i < levels && !at.empty(); ++i, at = at.parent_path())
    folders.push_back(at / "node_modules");
  folders.push_back(fs::current_path(error) / "node_modules");
  folders.emplace_back("/usr/share/yagura");
  return folders;
}

Result<TelescopeData> open_for_reading(const Session& session) {
  TRY(Settings settings, session.settings());
  return open_for_reading(std::move(settings));
}

Result<TelescopeData> open_for_reading(Settings settings) {
  TRY(TelescopeData data, open(std::move(settings)));
  TRY_VOID(within("setting up the sensors of the config file", seed_sensors(data)));
  return data;
}

Result<std::unique_ptr<store::Connection>> connect_for_questions(store::Engine& engine,
                                                                 const Settings& settings,
                                                                 Duration longest) {
  TRY(auto connection, engine.connect());
  TRY_VOID(connection->execute(
      fmt::format("SET max_execution_time = {}, max_memory_usage = {}, log_comment = '{}'",
                  longest.as_seconds(), settings.store_memory / 2, store::question_mark)));
  return connection;
}

Result<TelescopeData> open_for_questions(const Session& session) {
  TRY(Settings settings, session.settings());
  if (session.open_folder != nullptr) {
    TelescopeData data;
    data.shared = session.open_folder;
    data.settings = std::move(settings);
    TRY(data.own_connection,
        connect_for_questions(data.place().engine(), data.shared->settings, longest_question));
    TRY(data.own_database, state::Database::open(data.place().folder() / "state.db"));
    return data;
  }
  std::error_code error;
  if (!fs::exists(settings.data / "state.db", error))
    return failure(
        fmt::format("there is no data in {}; read a capture first, such as `yagura "
                    "telescope read --dark 198.51.100.0/24 capture.pcap`, or name the "
                    "folder with --data",
                    settings.data.string()));
  return open(std::move(settings));
}

Result<std::unique_ptr<store::Connection>> TelescopeData::connect_read_only(
    store::QueryLimits limits) const {
  if (shared != nullptr) {
    limits.seconds = std::min(limits.seconds, longest_question.as_seconds());
    limits.memory_bytes = std::min(limits.memory_bytes, shared->settings.store_memory / 2);
  }
  return place().engine().connect_read_only(limits);
}

Result<telescope::Names> TelescopeData::names() const {
  const enrich::Places* places = nullptr;
  if (shared != nullptr) {
    places = shared->places;
  } else {
    TRY(places, telescope->places());
  }
  TRY(const auto organisations, state::organisations(database()));
  TRY(const auto sensors_, state::sensors(database()));
  return telescope::Names(places, organisations, sensors_);
}

Result<std::vector<telescope::SensorSpace>> TelescopeData::sensors() const {
  std::vector<telescope::SensorSpace> spaces;
  TRY(const auto all, state::sensors(database()));
  for (const state::Sensor& sensor : all) {
    TRY(auto prefixes, state::dark_space(database(), sensor.id));
    spaces.push_back({sensor, std::move(prefixes)});
  }
  return spaces;
}

}  // namespace yagura::app
