// SPDX-License-Identifier: Apache-2.0
//
// The config file: TOML, one key per setting (settings.h), and [[sensor]] tables that seed the dark
// space. Every problem names the file and the line; an unknown key is one, with what was probably
// meant. Paths in the file are relative to the file's folder.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "app/settings.h"
#include "base/result.h"

namespace yagura::app {

struct ConfigFile {
  std::filesystem::path path;  // empty = there is none
  Settings settings;
  std::map<std::string, int, std::less<>> lines;  // where a key was set
  std::vector<std::string> problems;              // "yagura.toml:3: unknown key 'stor.memory' …"
};

// Reads `text` as the content of `path`.
ConfigFile read_config(const std::filesystem::path& path, std::string_view text);
// The same from the file. A file that cannot be read is an error; problems inside it are listed.
Result<ConfigFile> load_config(const std::filesystem::path& path);

// The config file to use: `given` if not empty, else ./yagura.toml, else /etc/yagura/yagura.toml,
// else none (empty).
std::filesystem::path find_config(const std::filesystem::path& given);

}  // namespace yagura::app
