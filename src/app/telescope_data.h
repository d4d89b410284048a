// SPDX-License-Identifier: Apache-2.0
//
// The data folder as the telescope's verbs open it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/open_folder.h"
#include "app/session.h"
#include "app/settings.h"
#include "capture/source.h"
#include "telescope/report_tables.h"
#include "telescope/telescope.h"

namespace yagura::app {

struct TelescopeData {
  Settings settings;
  // Open for this command alone; null where the process has it open for others too.
  std::unique_ptr<telescope::Telescope> telescope;
  const OpenFolder* shared = nullptr;  // then, with what this thread has of its own:
  std::unique_ptr<store::Connection> own_connection;
  std::unique_ptr<state::Database> own_database;

  store::Connection& connection() const {
    return shared ? *own_connection : telescope->connection();
  }
  state::Database& database() const { return shared ? *own_database : telescope->database(); }
  // Only to be connected to, and to be asked for its folders.
  telescope::Telescope& place() const { return shared ? *shared->telescope : *telescope; }
  // A connection for a person's own SQL. What is shared with others is given out in parts.
  Result<std::unique_ptr<store::Connection>> connect_read_only(store::QueryLimits limits) const;
  // Names to show: sensors, organisations, places.
  Result<telescope::Names> names() const;
  Result<std::vector<telescope::SensorSpace>> sensors() const;
};

// Opens the folder, making it if it is new, and brings the sensors of the config file into it.
Result<TelescopeData> open_for_reading(const Session& session);
Result<TelescopeData> open_for_reading(Settings settings);
// Opens a folder that must exist, to ask it something.
Result<TelescopeData> open_for_questions(const Session& session);

// A connection to a store that others use too: what one question may take of it is bounded, in time
// by `longest`. store::cancel_questions ends what runs on it.
Result<std::unique_ptr<store::Connection>> connect_for_questions(store::Engine& engine,
                                                                 const Settings& settings,
                                                                 Duration longest);

// How an interface is listened to.
capture::LiveSourceOptions live_options(const Settings& settings, const std::string& interface,
                                        const std::string& filter);

// The system's clocks. Below this room, time is an argument.
Timestamp clock_now();
telescope::Clocks clocks_now();

// Where address data and libchdb are looked for: beside the program, in its source tree, in the
// current folder, in /usr/share/yagura.
std::vector<std::filesystem::path> package_folders();

}  // namespace yagura::app
