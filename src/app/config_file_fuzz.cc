// SPDX-License-Identifier: Apache-2.0
//
// Any text as a config file: problems name a line of it, and what was read is within its bounds, so
// that it can be written and read again.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "app/config_file.h"

using namespace yagura;
using namespace yagura::app;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const ConfigFile config = read_config("/c.toml", text);
  for (const std::string& problem : config.problems) {
    CHECK(problem.starts_with("/c.toml:") && problem.find('\n') == std::string::npos);
    CHECK(std::stoul(problem.substr(8)) <= size + 1);
  }
  if (!config.problems.empty()) return 0;
  for (const Setting& setting : all_settings()) {
    if (!config.lines.contains(setting.key)) continue;
    const std::string value = value_text(setting, config.settings);
    const ConfigFile again = read_config("/c.toml", std::string(setting.key) + " = " + value);
    CHECK(again.problems.empty() && value_text(setting, again.settings) == value);
  }
  return 0;
}
