// SPDX-License-Identifier: Apache-2.0
#include "app/session.h"

#include <fmt/format.h>

#include "app/open_folder.h"
#include "base/text.h"

namespace yagura::app {

Result<ConfigFile> Session::config() const {
  const std::filesystem::path path = find_config(config_file);
  if (path.empty()) return ConfigFile{};
  return load_config(path);
}

Result<Settings> Session::settings() const {
  Settings settings;
  if (open_folder != nullptr) {
    settings = open_folder->settings;
  } else {
    TRY(const ConfigFile file, config());
    if (!file.problems.empty()) {
      const size_t more = file.problems.size() - 1;
      return failure(more == 0 ? file.problems[0]
                               : fmt::format("{} (and {} more; see `yagura config check`)",
                                             file.problems[0], more));
    }
    settings = file.settings;
  }
  for (const auto& [setting, text] : flags)  // a list given by flags replaces the file's
    if (is_list(*setting)) clear_list(*setting, settings);
  for (const auto& [setting, text] : flags)
    TRY_VOID(within(setting->flag, set_value(*setting, settings, text)));
  return settings;
}

Result<ExitCode> Session::print(const Table& table, size_t width_elsewhere) {
  TRY_VOID(out.write(write_table(table, format, out.width(width_elsewhere))));
  return ExitCode::done;
}

Result<ExitCode> Session::print(const Facts& facts) {
  TRY_VOID(out.write(write_facts(facts, format, out.width())));
  return ExitCode::done;
}

void Session::note(std::string_view text) const {
  tell_error(fmt::format("note: {}\n", escape_terminal(text)));
}

}  // namespace yagura::app
