// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <memory>

#include "app/session.h"
#include "app/telescope_data.h"
#include "app/verbs.h"
#include "base/text.h"
#include "capture/source.h"
#include "state/ledger.h"

namespace yagura::app {
namespace {

struct Options {
  std::string input;
  bool whole_run = false;
  bool list = false;
};

Table inputs_table(const std::vector<state::InputRecord>& inputs, const telescope::Names& names) {
  Table table;
  table.columns = {{"id", "number", CellKind::id},        {"name", "input", CellKind::text},
                   {"sensor", "sensor", CellKind::text},  {"run", "run", CellKind::id},
                   {"first", "first", CellKind::time},    {"last", "last", CellKind::time},
                   {"frames", "frames", CellKind::count}, {"content_hash", "", CellKind::text}};
  for (const state::InputRecord& input : inputs)
    table.add({input.id, input.name, names.sensor(input.sensor), input.run, input.first, input.last,
               input.frames, input.content_hash});
  return table;
}

// An input by what it is: its number, the name it was read by, or a file of the same content.
Result<state::InputRecord> find_input(state::Database& database,
                                      const std::vector<state::InputRecord>& inputs,
                                      const std::string& wanted) {
  int64_t number = 0;
  const auto [end, parsed] = std::from_chars(wanted.data(), wanted.data() + wanted.size(), number);
  const bool is_number = parsed == std::errc() && end == wanted.data() + wanted.size();
  std::vector<state::InputRecord> found;
  for (const state::InputRecord& input : inputs)
    if (input.name == wanted || (is_number && input.id == number)) found.push_back(input);
  std::error_code error;
  if (found.empty() && std::filesystem::is_regular_file(wanted, error)) {
    TRY(const std::string hash, capture::content_hash({wanted, 0}));
    TRY(const auto sensors, state::sensors(database));
    for (const state::Sensor& sensor : sensors) {
      TRY(const auto input, state::find_input(database, sensor.id, hash));
      if (input) found.push_back(*input);
    }
  }
  if (found.empty())
    return failure(
        fmt::format("'{}' has not been read into this data folder; `yagura telescope "
                    "forget --list` shows what has",
                    wanted));
  if (found.size() > 1)
    return failure(
        fmt::format("'{}' stands for {} inputs; give the number that `yagura telescope "
                    "forget --list` shows",
                    wanted, found.size()));
  return found[0];
}

Result<ExitCode> forget(Session& session, const Options& options) {
  TRY(const TelescopeData data, open_for_questions(session));
  state::Database& database = data.database();
  TRY(const auto inputs, state::inputs(database));
  if (options.list) {
    TRY(const telescope::Names names, data.names());
    return session.print(inputs_table(inputs, names));
  }
  if (options.input.empty())
    return failure("name the input to forget; `yagura telescope forget --list` shows them");
  TRY(const state::InputRecord input, find_input(database, inputs, options.input));
  std::vector<state::InputRecord> together;
  for (const state::InputRecord& other : inputs)
    if (other.run == input.run) together.push_back(other);
  if (together.size() > 1 && !options.whole_run)
    return failure(
        fmt::format("{} was analysed together with {} other inputs as one run, and the "
                    "run can only be forgotten whole; see --list, then give --whole-run",
                    input.name, together.size() - 1));
  TRY(const auto runs, state::all_runs(database));
  const auto run = std::find_if(runs.begin(), runs.end(),
                                [&](const state::Run& r) { return r.id == input.run; });
  if (run == runs.end())
    return failure(fmt::format("the ledger has no run {} of {}; `yagura store check` may tell more",
                               input.run, input.name));
  TRY_VOID(within("forgetting " + input.name, data.telescope->forget_run(*run)));
  TRY(const telescope::Names names, data.names());
  return session.print(inputs_table(together, names));
}

}  // namespace

void add_telescope_forget(Verb& parent) {
  auto options = std::make_shared<Options>();
  Verb verb = parent.verb("forget", "Forget an input, so that it can be read again another way",
                          "Everything counted from it is taken out of the store.\n\n"
                          "Examples:\n"
                          "  yagura telescope forget --list\n"
                          "  yagura telescope forget capture.pcap");
  verb.argument("input", options->input, "the file, the name it was read by, or its number", false)
      .toggle("--whole-run", options->whole_run,
              "forget all inputs that were analysed together with it")
      .toggle("--list", options->list, "list what has been read, forget nothing");
  verb.answers([options](Session& session) { return forget(session, *options); },
               [options] { return options->list; });
}

}  // namespace yagura::app
