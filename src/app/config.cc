// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "app/session.h"
#include "app/verbs.h"
#include "base/text.h"
#include "generate/command.h"

namespace yagura::app {
namespace {

std::string origin(const ConfigFile& file, const Session& session, const Setting& setting) {
  for (const auto& [flag, text] : session.flags)
    if (flag == &setting) return "flag";
  const auto line = file.lines.find(setting.key);
  if (line == file.lines.end()) return "default";
  return fmt::format("{}:{}", file.path.string(), line->second);
}

Table settings_table(const ConfigFile& file, const Session& session, const Settings& settings) {
  Table table;
  table.columns = {{"key", "key", CellKind::text},
                   {"value", "value", CellKind::text, 1, 40},
                   {"origin", "from", CellKind::text, 1, 30},
                   {"flag", "flag", CellKind::text},
                   {"meaning", "", CellKind::text}};
  for (const Setting& setting : all_settings())
    table.add({std::string(setting.key), value_text(setting, settings),
               origin(file, session, setting), std::string(setting.flag),
               std::string(setting.help)});
  return table;
}

Table sensors_table(const Settings& settings) {
  Table table;
  table.columns = {{"sensor", "sensor", CellKind::text},
                   {"prefix", "dark addresses", CellKind::text},
                   {"excluded", "excluded", CellKind::boolean},
                   {"from", "from", CellKind::day},
                   {"until", "until", CellKind::day}};
  const auto day = [](const std::optional<Timestamp>& time) {
    Cell cell;
    if (time) cell = *time;
    return cell;
  };
  for (const SensorSetting& sensor : settings.sensors)
    for (const state::DarkPrefix& line : sensor.dark_space)
      table.add(
          {sensor.name, line.prefix.to_string(), line.excluded, day(line.from), day(line.until)});
  return table;
}

Result<ExitCode> show(Session& session) {
  TRY(const ConfigFile file, session.config());
  TRY(const Settings settings, session.settings());
  TRY_VOID(session.print(settings_table(file, session, settings)));
  if (session.format != OutputFormat::text || settings.sensors.empty()) return ExitCode::done;
  TRY_VOID(session.out.write("\n"));
  return session.print(sensors_table(settings));
}

Result<ExitCode> check(Session& session) {
  TRY(const ConfigFile file, session.config());
  if (file.path.empty()) {
    TRY_VOID(session.out.write("no config file; every setting has its default\n"));
    return ExitCode::done;
  }
  for (const std::string& problem : file.problems)
    write_error(fmt::format("yagura: {}\n", problem));
  if (!file.problems.empty()) return ExitCode::failed;
  TRY_VOID(session.out.write(fmt::format("{}: {} settings and {} sensors, no problem\n",
                                         file.path.string(), file.lines.size(),
                                         file.settings.sensors.size())));
  return ExitCode::done;
}

Result<ExitCode> reference(Session& session) {
  TRY_VOID(session.out.write("## Settings\n\n" + settings_markdown() +
                             "\n## Flags of `yagura generate`\n\n" + generate::flags_markdown()));
  return ExitCode::done;
}

}  // namespace

void add_config(Verb& parent) {
  Verb verb = parent.verb("config", "Show and check the settings",
                          "Example:\n  yagura config check --config yagura.toml");
  verb.needs_verb();
  Verb shown = verb.verb("show", "Print every setting, its value and where it comes from",
                         "Example:\n  yagura config show --format json");
  shown.does([](Session& session) { return show(session); });
  Verb checked = verb.verb("check", "Check the config file and name every problem with its line",
                           "Example:\n  yagura config check --config yagura.toml");
  checked.does_plainly([](Session& session) { return check(session); });
  Verb documented = verb.verb("reference", "Print all settings as a Markdown table",
                              "Example:\n  yagura config reference");
  documented.does_alone([](Session& session) { return reference(session); });
}

}  // namespace yagura::app
