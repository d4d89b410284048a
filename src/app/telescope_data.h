// SPDX-License-Identifier: Apache-2.0
//
// The data folder as the telescope's verbs open it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/session.h"
#include "app/settings.h"
#include "telescope/report_tables.h"
#include "telescope/telescope.h"

namespace yagura::app {

struct TelescopeData {
  Settings settings;
  std::unique_ptr<telescope::Telescope> telescope;

  store::Connection& connection() const { return telescope->connection(); }
  // Names to show: sensors, organisations, places.
  Result<telescope::Names> names() const;
  Result<std::vector<telescope::SensorSpace>> sensors() const;
};

// Opens the folder, making it if it is new, and brings the sensors of the config file into it.
Result<TelescopeData> open_for_reading(const Session& session);
Result<TelescopeData> open_for_reading(Settings settings);
// Opens a folder that must exist, to ask it something.
Result<TelescopeData> open_for_questions(const Session& session);

// Where address data and libchdb are looked for: beside the program, in its source tree, in the
// current folder, in /usr/share/yagura.
std::vector<std::filesystem::path> package_folders();

}  // namespace yagura::app
