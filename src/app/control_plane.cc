// SPDX-License-Identifier: Apache-2.0
#include "app/control_plane.h"

#include <fmt/format.h>

#include <filesystem>

namespace yagura::app {

Result<std::unique_ptr<state::Database>> open_state(const Session& session) {
  TRY(const Settings settings, session.settings());
  std::error_code error;
  if (!std::filesystem::exists(settings.data / "state.db", error))
    return failure(
        fmt::format("there is no data in {}; name the folder with --data", settings.data.string()));
  return state::Database::open(settings.data / "state.db");
}

Result<std::unique_ptr<state::Database>> open_or_make_state(const Session& session) {
  TRY(const Settings settings, session.settings());
  std::error_code error;
  std::filesystem::create_directories(settings.data, error);
  if (error) return failure(fmt::format("making {}: {}", settings.data.string(), error.message()));
  return state::Database::open(settings.data / "state.db");
}

Result<state::Member> member_to_name(state::Database& database, const std::string& name) {
  TRY(auto member, state::member_named(database, name));
  if (!member) return failure(fmt::format("there is no member \"{}\"", name));
  return std::move(*member);
}

}  // namespace yagura::app
