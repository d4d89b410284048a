// SPDX-License-Identifier: Apache-2.0
#include "app/config_file.h"

#include <fmt/format.h>

#define TOML_EXCEPTIONS 0
// It asserts that "[%" begins a key, and then says itself that it does not.
#define TOML_ASSERT static_cast<void>
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <utility>

#include "base/text.h"
#include "capture/source.h"

namespace yagura::app {
namespace {

constexpr std::string_view sensor_key = "sensor";
constexpr std::array<std::string_view, 8> sensor_keys = {"name",  "dark",      "exclude", "from",
                                                         "until", "interface", "filter",  "spool"};

// toml++ 3.3 does not survive letters beyond ASCII where TOML has none: it is undefined what it
// takes them for. So it is shown every byte of them as a letter of the private range that it only
// copies.
constexpr uint32_t shield_begin = 0xe000;
std::string shielded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<uint8_t>(c);
    if (byte < 0x80) {
      out += c;
      continue;
    }
    const uint32_t letter = shield_begin + byte;
    out += static_cast<char>(0xe0 | letter >> 12);
    out += static_cast<char>(0x80 | (letter >> 6 & 0x3f));
    out += static_cast<char>(0x80 | (letter & 0x3f));
  }
  return out;
}

// The text that became `shielded`.
std::string unshielded(std::string_view shielded) {
  std::string out;
  for (size_t i = 0; i < shielded.size(); ++i) {
    const auto byte = [&](size_t k) { return static_cast<uint8_t>(shielded[i + k]); };
    const bool shield = i + 2 < shielded.size() && byte(0) == (0xe0 | shield_begin >> 12) &&
                        (byte(1) == 0x82 || byte(1) == 0x83);
    out += shield ? static_cast<char>((byte(1) & 3) << 6 | (byte(2) & 0x3f)) : shielded[i];
    if (shield) i += 2;
  }
  return out;
}

// Reads one document into a ConfigFile, collecting problems.
class Reader {
 public:
  explicit Reader(ConfigFile& config) : config_(config) {}

  void read(const toml::table& root) {
    read_table(root, "");
    merge_sensors();
    for (auto& [line, problem] : problems_) config_.problems.push_back(std::move(problem));
  }

 private:
  void problem(const toml::node& node, const std::string& message) {
    problem(static_cast<int>(node.source().begin.line), message);
  }
  void problem(int line, const std::string& message) {
    problems_.emplace(
        line, fmt::format("{}:{}: {}", config_.path.string(), line, escape_terminal(message)));
  }

  static bool is_section(std::string_view name) {
    return std::any_of(all_settings().begin(), all_settings().end(), [&](const Setting& s) {
      return s.key.size() > name.size() && s.key.starts_with(name) && s.key[name.size()] == '.';
    });
  }

  void unknown_key(int line, const std::string& name) {
    std::vector<std::string_view> known = {sensor_key};
    for (const Setting& s : all_settings()) {
      known.push_back(s.key);
      const size_t dot = s.key.find('.');
      if (dot != std::string_view::npos) known.push_back(s.key.substr(0, dot));
    }
    const std::string_view meant = nearest(name, known);
    problem(line, fmt::format("unknown key '{}'{}", name,
                              meant.empty() ? "; `yagura config show` lists all of them"
                                            : fmt::format("; did you mean '{}'?", meant)));
  }

  void read_table(const toml::table& table, const std::string& prefix) {
    for (const auto& [key, node] : table) {
      const std::string name = prefix + unshielded(key.str());
      const auto line = static_cast<int>(key.source().begin.line);
      const auto it = std::find_if(all_settings().begin(), all_settings().end(),
                                   [&](const Setting& s) { return s.key == name; });
      if (it != all_settings().end()) {
        read_setting(*it, node);
        config_.lines[name] = line;
      } else if (name == sensor_key) {
        read_sensors(node);
      } else if (node.is_table() && is_section(name)) {
        read_table(*node.as_table(), name + ".");
      } else {
        unknown_key(line, name);
      }
    }
  }

  void read_setting(const Setting& setting, const toml::node& node) {
    std::vector<const toml::node*> values;
    if (is_list(setting)) {
      clear_list(setting, config_.settings);
      if (!node.is_array())
        return problem(node, fmt::format("'{}' must be a list: [\"file\"]", setting.key));
      for (const toml::node& element : *node.as_array()) values.push_back(&element);
    } else {
      values.push_back(&node);
    }
    for (const toml::node* value : values) {
      const std::optional<std::string> text = scalar_text(setting, *value);
      if (!text) {
        problem(*value, fmt::format("'{}' must be {}", setting.key, value_shape(setting)));
        continue;
      }
      if (auto set = set_value(setting, config_.settings, *text); !set)
        problem(*value, fmt::format("'{}': {}", setting.key, set.error().message()));
    }
  }

  // The value as `set_value` reads it, or nothing where the TOML type cannot be right.
  std::optional<std::string> scalar_text(const Setting& setting, const toml::node& node) const {
    const bool boolean = std::holds_alternative<bool Settings::*>(setting.member);
    const bool number = std::holds_alternative<uint64_t Settings::*>(setting.member);
    if (node.is_boolean() && boolean) return node.as_boolean()->get() ? "true" : "false";
    if (node.is_integer() && number) return std::to_string(node.as_integer()->get());
    if (!node.is_string() || boolean) return {};
    if (number && setting.unit != SettingUnit::bytes) return {};
    std::string text = unshielded(node.as_string()->get());
    const bool path = std::holds_alternative<std::filesystem::path Settings::*>(setting.member) ||
                      is_list(setting);
    if (path && !text.empty()) return (config_.path.parent_path() / text).string();
    return text;
  }

  void read_sensors(const toml::node& node) {
    const toml::array* sensors = node.as_array();
    if (!sensors || !sensors->is_array_of_tables())
      return problem(node, "sensors are written as [[sensor]] with name = and dark = below");
    for (const toml::node& sensor : *sensors) read_sensor(*sensor.as_table());
  }

  void read_sensor(const toml::table& table) {
    for (const auto& [key, node] : table) {
      const std::string_view meant = nearest(key.str(), sensor_keys);
      if (std::find(sensor_keys.begin(), sensor_keys.end(), key.str()) == sensor_keys.end())
        problem(
            static_cast<int>(key.source().begin.line),
            fmt::format("unknown key '{}' of a sensor{}", unshielded(key.str()),
                        meant.empty() ? fmt::format("; known are {}", fmt::join(sensor_keys, ", "))
                                      : fmt::format("; did you mean '{}'?", meant)));
    }
    SensorSetting sensor;
    if (const auto name = table["name"].value_exact<std::string>(); name && !name->empty())
      sensor.name = unshielded(*name);
    else
      problem(table, "a sensor needs a name: name = \"campus\"");
    const auto from = sensor_time(table, "from"), until = sensor_time(table, "until");
    if (from && until && *until <= *from) problem(table, "'until' must be later than 'from'");
    read_prefixes(table, "dark", false, from, until, sensor);
    if (sensor.dark_space.empty())
      problem(table, "a sensor needs its dark addresses: dark = [\"198.51.100.0/24\"]");
    read_prefixes(table, "exclude", true, from, until, sensor);
    read_feed(table, sensor);
    sensors_.push_back(std::move(sensor));
    sensor_lines_.push_back(static_cast<int>(table.source().begin.line));
  }

  std::string sensor_text(const toml::table& table, std::string_view key) {
    const toml::node* node = table.get(key);
    if (!node) return {};
    const auto* text = node->as_string();
    if (text && !text->get().empty()) return unshielded(text->get());
    problem(*node, fmt::format("'{}' must be a text", key));
    return {};
  }

  // Where the packets of a sensor come from.
  void read_feed(const toml::table& table, SensorSetting& sensor) {
    sensor.interface = sensor_text(table, "interface");
    sensor.filter = sensor_text(table, "filter");
    if (const std::string spool = sensor_text(table, "spool"); !spool.empty())
      sensor.spool = config_.path.parent_path() / spool;
    if (!sensor.interface.empty() && !sensor.spool.empty())
      problem(*table.get("spool"),
              "a sensor has an interface or a spool folder, not both: packets come in one order of "
              "time");
    if (sensor.filter.empty()) return;
    if (sensor.interface.empty())
      problem(*table.get("filter"), "'filter' belongs to an 'interface' beside it");
    if (const auto checked = capture::check_filter(sensor.filter); !checked)
      problem(*table.get("filter"), checked.error().message());
  }

  void read_prefixes(const toml::table& table, std::string_view key, bool excluded,
                     std::optional<Timestamp> from, std::optional<Timestamp> until,
                     SensorSetting& sensor) {
    const toml::node* node = table.get(key);
    if (!node) return;
    const toml::array* list = node->as_array();
    if (!list) return problem(*node, fmt::format("'{}' must be a list of prefixes", key));
    for (const toml::node& element : *list) {
      const auto text = element.value_exact<std::string>();
      if (!text) {
        problem(element, fmt::format("'{}' must hold prefixes such as \"198.51.100.0/24\"", key));
        continue;
      }
      if (auto prefix = Prefix::parse(unshielded(*text)); prefix)
        sensor.dark_space.push_back({*prefix, excluded, from, until});
      else
        problem(element, fmt::format("'{}': {}", key, prefix.error().message()));
    }
  }

  std::optional<Timestamp> sensor_time(const toml::table& table, std::string_view key) {
    const toml::node* node = table.get(key);
    if (!node) return {};
    std::ostringstream written;
    if (const auto* text = node->as_string())
      written << unshielded(text->get());
    else if (const auto* date = node->as_date())
      written << date->get();
    else if (const auto* time = node->as_date_time())
      written << time->get();
    if (auto parsed = parse_time(written.str()); parsed) return *parsed;
    problem(*node, fmt::format("'{}' must be a UTC date such as 2026-04-01", key));
    return {};
  }

  // One name may stand in several tables, with other dates: its dark space is all of them. It has
  // one feed.
  void merge_sensors() {
    for (size_t i = 0; i < sensors_.size(); ++i) {
      SensorSetting& sensor = sensors_[i];
      auto& known = config_.settings.sensors;
      for (const SensorSetting& other : known)
        if (!sensor.spool.empty() && other.name != sensor.name && other.spool == sensor.spool)
          problem(sensor_lines_[i], fmt::format("the spool folder of '{}' is that of '{}' already",
                                                sensor.name, other.name));
      const auto it = std::find_if(known.begin(), known.end(),
                                   [&](const auto& other) { return other.name == sensor.name; });
      if (it == known.end()) {
        known.push_back(std::move(sensor));
        continue;
      }
      it->dark_space.insert(it->dark_space.end(), sensor.dark_space.begin(),
                            sensor.dark_space.end());
      if (sensor.interface.empty() && sensor.spool.empty()) continue;
      if (!it->interface.empty() || !it->spool.empty()) {
        problem(sensor_lines_[i], fmt::format("sensor '{}' has an interface or a spool folder "
                                              "already: give further ones names of their own",
                                              sensor.name));
        continue;
      }
      it->interface = sensor.interface;
      it->filter = sensor.filter;
      it->spool = sensor.spool;
    }
  }

  ConfigFile& config_;
  // By line: tables are walked in order of their keys; people read a file from the top.
  std::multimap<int, std::string> problems_;
  std::vector<SensorSetting> sensors_;
  std::vector<int> sensor_lines_;
};

}  // namespace

ConfigFile read_config(const std::filesystem::path& path, std::string_view text) {
  ConfigFile config;
  config.path = path;
  const auto refuse = [&](auto line, const std::string& why) {
    config.problems.push_back(fmt::format("{}:{}: {}", path.string(), line, why));
    return config;
  };
  if (const size_t valid = valid_utf8(text); valid < text.size())
    return refuse(1 + std::count(text.begin(), text.begin() + static_cast<ptrdiff_t>(valid), '\n'),
                  "not UTF-8");
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  const toml::parse_result parsed = toml::parse(shielded(text), path.string());
  if (!parsed) {
    const std::string why = unshielded(parsed.error().description());
    // It names the one byte that it stumbled over: a part of a letter.
    const bool beyond_ascii = valid_utf8(why) < why.size();
    return refuse(parsed.error().source().begin.line,
                  beyond_ascii ? "letters beyond ASCII are possible only in quotes and comments"
                               : escape_terminal(why));
  }
  Reader(config).read(parsed.table());
  return config;
}

Result<ConfigFile> load_config(const std::filesystem::path& path) {
  constexpr std::uintmax_t largest = 16 << 20;
  std::error_code error;
  if (std::filesystem::is_directory(path, error))
    return failure(fmt::format("reading the config file {}: it is a folder", path.string()));
  std::ifstream file(path, std::ios::binary);
  if (!file)
    return failure(fmt::format("reading the config file {}: {}", path.string(), errno_text(errno)));
  const auto size = std::filesystem::file_size(path, error);
  if (!error && size > largest)
    return failure(fmt::format("reading the config file {}: {} is too large for one", path.string(),
                               format_bytes(size)));
  std::ostringstream text;
  text << file.rdbuf();
  return read_config(path, text.str());
}

std::filesystem::path find_config(const std::filesystem::path& given) {
  if (!given.empty()) return given;
  for (const char* usual : {"yagura.toml", "/etc/yagura/yagura.toml"}) {
    std::error_code error;
    if (std::filesystem::exists(usual, error)) return usual;
  }
  return {};
}

}  // namespace yagura::app
