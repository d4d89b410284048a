// SPDX-License-Identifier: Apache-2.0
#include "app/replay.h"

#include <fmt/format.h>

#include <cerrno>
#include <charconv>
#include <cstdlib>

#include "state/throw_away.h"

namespace yagura::app {
namespace {

namespace fs = std::filesystem;

Result<double> parse_speed(const std::string& text) {
  if (text == "max") return 0.0;
  double speed = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), speed);
  constexpr double fastest = 1e6, slowest = 1e-3;
  if (error != std::errc() || end != text.data() + text.size() || !(speed >= slowest) ||
      speed > fastest)
    return failure(fmt::format("'{}' is no speed: a number such as 1, 0.5 or 60, or max", text));
  return speed;
}

// "SENSOR=FILE" names a sensor of the config file; a file that is there is a file, whatever its
// name.
std::pair<std::string, fs::path> sensor_and_file(const std::string& text,
                                                 const std::string& usual) {
  std::error_code error;
  const size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0 || fs::exists(text, error)) return {usual, text};
  return {text.substr(0, equals), text.substr(equals + 1)};
}

// Whether the folder named by --data may be replayed into.
Result<void> check_folder(const fs::path& folder) {
  std::error_code error;
  if (!fs::exists(folder, error) || fs::is_empty(folder, error)) return {};
  const fs::path file = folder / "state.db";
  if (fs::exists(file, error)) {
    TRY(const bool marked, state::is_throw_away(file));
    if (marked) return {};
  }
  return failure(fmt::format(
      "a replay moves packets to now and would mix them with what was observed: {} is not the "
      "folder of a replay; name a new folder with --data, or none for a temporary one",
      folder.string()));
}

}  // namespace

void add_replay_flags(Verb& verb, ReplayFlags& flags) {
  verb.group("Replay")
      .texts("--replay", flags.captures, "[SENSOR=]FILE",
             "a capture (or a folder of them) whose packets come as if now; may be repeated")
      .text("--speed", flags.speed, "N", "how much faster than recorded, or max (1)")
      .toggle("--repeat", flags.repeat, "again and again, with the past filled in at the start");
  add_dark_flags(verb, flags.dark);
}

Result<Replay> parse_replay(const ReplayFlags& flags) {
  Replay replay;
  TRY(replay.dark, parse_dark(flags.dark));
  if (flags.captures.empty()) {
    if (flags.repeat || flags.speed != "1")
      return failure("--speed and --repeat belong to a --replay beside them");
    if (!replay.dark.dark_space.empty() || flags.dark.sensor != DarkFlags().sensor)
      return failure(
          "--sensor and --dark belong to a --replay beside them; sensors that observe "
          "stand in the config file");
    return replay;
  }
  TRY(replay.speed, within("--speed", parse_speed(flags.speed)));
  replay.repeat = flags.repeat;
  if (flags.repeat && replay.speed == 0)
    return failure("--repeat needs a --speed: at max it would never pause");
  for (const std::string& text : flags.captures) {
    const auto [sensor, file] = sensor_and_file(text, flags.dark.sensor);
    if (file == "-") return failure("--replay: standard input can be read only once; name a file");
    std::vector<std::string> skipped;
    TRY(auto expanded, within("--replay", capture::expand_inputs({{file, 0}}, skipped)));
    auto& inputs = replay.inputs[sensor];
    for (auto& input : expanded) {
      if (!input.scan || !input.scan->failure.empty())
        return failure(fmt::format("--replay: {}: {}", input.path.string(),
                                   input.scan ? input.scan->failure : "can be read only once"));
      if (input.scan->first) inputs.push_back(std::move(input));
    }
    if (inputs.empty())
      return failure(fmt::format("--replay: there is no packet in {}", file.string()));
  }
  return replay;
}

Result<std::unique_ptr<ThrowAwayFolder>> ThrowAwayFolder::make() {
  std::error_code error;
  std::string name = (fs::temp_directory_path(error) / "yagura-replay-XXXXXX").string();
  if (error || mkdtemp(name.data()) == nullptr)
    return failure(fmt::format("making a temporary folder for the replay: {}",
                               error ? error.message() : errno_text(errno)));
  return std::unique_ptr<ThrowAwayFolder>(new ThrowAwayFolder(name));
}

ThrowAwayFolder::~ThrowAwayFolder() {
  std::error_code ignored;  // the system tidies its temporary folders
  fs::remove_all(path_, ignored);
}

Result<ReplayData> open_for_replay(const Session& session) {
  TRY(Settings settings, session.settings());
  ReplayData replay;
  bool named = false;  // only the command line means this replay
  for (const auto& [flag, text] : session.flags) named = named || flag->key == "data";
  if (named) {
    TRY_VOID(check_folder(settings.data));
  } else {
    TRY(replay.folder, ThrowAwayFolder::make());
    settings.data = replay.folder->path();
  }
  TRY(replay.data, open_for_reading(std::move(settings)));
  TRY_VOID(state::mark_throw_away(replay.data.telescope->database()));
  return replay;
}

}  // namespace yagura::app
