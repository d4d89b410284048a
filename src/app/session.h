// SPDX-License-Identifier: Apache-2.0
//
// One run of the program: what every verb has in common, and what the chosen verb will do.
//
// A verb lives in one file, which declares its flags (`add_…`, verbs.h, through the face of verb.h)
// and leaves in `Session::chosen` what to do once the command line is understood. Not thread-safe.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/config_file.h"
#include "app/output.h"
#include "app/settings.h"
#include "base/result.h"
#include "base/table.h"

namespace yagura::app {

// What the program tells the shell.
enum class ExitCode : int { done = 0, failed = 1, usage = 2, done_in_part = 3 };

struct OpenFolder;  // app/open_folder.h

struct Session {
  using Work = std::function<Result<ExitCode>(Session&)>;

  std::string config_file;  // --config, empty = search
  OutputFormat format = OutputFormat::text;
  std::vector<std::pair<const Setting*, std::string>> flags;  // settings given as flags
  Work chosen;
  std::vector<std::string> arguments;      // as they were given
  std::vector<std::string*> output_files;  // files that flags name for the answer; "" and "-" = out
  Output out;

  // Where this process answers for another one: the open folder, what the other one calls the
  // current folder, whether people look at its standard error, and whether it waits no longer.
  const OpenFolder* open_folder = nullptr;
  std::filesystem::path current_folder;
  bool error_is_terminal = app::error_is_terminal();
  std::function<void(std::string_view)> tell_error = write_error;
  std::function<bool()> given_up = [] { return false; };

  // The settings of the config file with the flags on top. Any problem of the file is an error.
  Result<Settings> settings() const;
  // The config file alone, with its problems.
  Result<ConfigFile> config() const;

  // Where it leads to no terminal, lines are as wide as `width_elsewhere`.
  Result<ExitCode> print(const Table& table, size_t width_elsewhere = 100);
  Result<ExitCode> print(const Facts& facts);
  // A remark about the answer, on standard error so that it does not disturb the data.
  void note(std::string_view text) const;
};

// The whole program: understands `arguments` (without the program's name), does it, says what went
// wrong on standard error.
ExitCode run_program(const std::vector<std::string>& arguments);

}  // namespace yagura::app
