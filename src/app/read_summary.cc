// SPDX-License-Identifier: Apache-2.0
#include "app/read_summary.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace yagura::app {
namespace {

// "12 not IP, 1 IP header cut".
std::string rejected_text(const capture::InputCounts& counts) {
  std::string text;
  for (size_t i = 0; i < counts.rejected.size(); ++i)
    if (counts.rejected[i] > 0)
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", format_count(counts.rejected[i]),
                          capture::reject_name(static_cast<capture::Reject>(i)));
  return text;
}

uint64_t rejected_count(const capture::InputCounts& counts) {
  uint64_t sum = 0;
  for (const uint64_t count : counts.rejected) sum += count;
  return sum;
}

Cell time_cell(const std::optional<Timestamp>& time) {
  Cell cell;
  if (time) cell = *time;
  return cell;
}

// The end of a path says more than its beginning.
std::string short_path(const std::string& path) {
  constexpr size_t longest = 40;
  if (path.size() <= longest) return path;
  size_t start = path.size() - longest + 3;
  while (start < path.size() && (static_cast<uint8_t>(path[start]) & 0xc0) == 0x80) ++start;
  return "..." + path.substr(start);
}

Facts totals(const telescope::ReadSummary& summary) {
  return {{{"inputs", "inputs", CellKind::count}, static_cast<uint64_t>(summary.inputs.size())},
          {{"frames", "frames", CellKind::count}, summary.frames},
          {{"dark_packets", "packets to dark addresses", CellKind::count}, summary.dark_packets},
          {{"rows", "rows stored", CellKind::count}, summary.rows}};
}

Table inputs_table(const telescope::ReadSummary& summary) {
  Table table;
  table.columns = {{"input", "", CellKind::text},
                   {"input_short", "input", CellKind::text, 1, 40, false},
                   {"sensor", "sensor", CellKind::text},
                   {"state", "", CellKind::text},
                   {"frames", "frames", CellKind::count},
                   {"rejected", "rejected", CellKind::count},
                   {"rejected_reasons", "", CellKind::text},
                   {"dropped", "dropped", CellKind::count},
                   {"late", "", CellKind::count},
                   {"first", "", CellKind::time},
                   {"last", "", CellKind::time},
                   {"remark", "", CellKind::text},
                   {"remark_short", "remark", CellKind::text, 1, 40, false}};
  for (const telescope::InputResult& input : summary.inputs) {
    const capture::InputCounts& counts = input.summary.counts;
    const std::string remark = !input.failure.empty() ? input.failure : input.summary.warning;
    const std::string state = input.read_before        ? "read before"
                              : !input.failure.empty() ? "failed"
                              : !remark.empty()        ? "cut"
                                                       : "read";
    table.add({input.name, short_path(input.name), input.sensor, state, counts.frames,
               rejected_count(counts), rejected_text(counts),
               counts.kernel_drops + counts.queue_drops, counts.late,
               time_cell(input.summary.first), time_cell(input.summary.last), remark,
               state == "read" ? rejected_text(counts) : state});
  }
  return table;
}

}  // namespace

void add_dark_flags(Verb& verb, DarkFlags& flags) {
  verb.group("Sensor and dark space")
      .text("--sensor", flags.sensor, "NAME", "the sensor that saw it (default)")
      .texts("--dark", flags.dark, "PREFIX",
             "dark addresses of the sensor; may be repeated, and is remembered")
      .texts("--exclude", flags.exclude, "PREFIX", "addresses among them that are not dark")
      .text("--dark-from", flags.from, "DATE", "first day on which they are dark")
      .text("--dark-until", flags.until, "DATE", "first day on which they are no longer dark");
}

Result<DarkChange> parse_dark(const DarkFlags& flags) {
  DarkChange change;
  change.sensor = flags.sensor;
  std::optional<Timestamp> from, until;
  if (!flags.from.empty()) {
    TRY(from, within("--dark-from", parse_time(flags.from)));
  }
  if (!flags.until.empty()) {
    TRY(until, within("--dark-until", parse_time(flags.until)));
  }
  if (flags.dark.empty() && (!flags.exclude.empty() || from || until))
    return failure("--exclude, --dark-from and --dark-until belong to a --dark beside them");
  for (const std::string& text : flags.dark) {
    TRY(const Prefix prefix, within("--dark", Prefix::parse(text)));
    change.dark_space.push_back({prefix, false, from, until});
  }
  for (const std::string& text : flags.exclude) {
    TRY(const Prefix prefix, within("--exclude", Prefix::parse(text)));
    change.dark_space.push_back({prefix, true, from, until});
  }
  return change;
}

Result<void> apply_dark(const Session& session, state::Database& database,
                        const DarkChange& change) {
  TRY(const state::Sensor sensor, state::sensor_named(database, change.sensor));
  TRY(const auto known, state::dark_space(database, sensor.id));
  if (change.dark_space.empty()) {
    if (!known.empty()) return {};
    return failure(fmt::format(
        "sensor '{}' has no dark space; name its unused addresses, such as --dark 198.51.100.0/24, "
        "or write a [[sensor]] into the config file",
        change.sensor));
  }
  if (known == change.dark_space) return {};
  if (!known.empty())
    session.note(
        fmt::format("the dark space of sensor '{}' changes from here on; what was read "
                    "before stays as it was counted",
                    change.sensor));
  return state::set_dark_space(database, sensor.id, change.dark_space);
}

Progress::Options progress_options(std::string action) {
  Progress::Options options;
  options.action = std::move(action);
  options.terminal = error_is_terminal();
  options.width = Output(2).width(80);
  return options;
}

Result<ExitCode> print_summary(Session& session, const telescope::ReadSummary& summary) {
  for (const std::string& skipped : summary.skipped)
    session.note(fmt::format("{}: no capture, left out", skipped));
  for (const telescope::InputResult& input : summary.inputs) {
    if (!input.failure.empty())
      write_error(fmt::format("yagura: {}: {}\n", escape_terminal(input.name),
                              escape_terminal(input.failure)));
    else if (!input.summary.warning.empty())
      session.note(fmt::format("{}: {}", input.name, input.summary.warning));
    if (const uint64_t drops = input.summary.counts.kernel_drops + input.summary.counts.queue_drops;
        drops > 0)
      session.note(
          fmt::format("{}: {} packets were dropped before Yagura saw them; a larger "
                      "--ring or a --filter helps",
                      input.name, format_count(drops)));
  }
  const Table inputs = inputs_table(summary);
  if (session.format == OutputFormat::json) {
    TRY_VOID(session.out.write(fmt::format("{{\n  \"summary\": {},\n  \"inputs\": {}\n}}\n",
                                           facts_json(totals(summary), "  "),
                                           table_json(inputs, "  "))));
  } else {
    TRY_VOID(session.print(inputs));
  }
  if (session.format == OutputFormat::text)
    TRY_VOID(session.out.write("\n" + facts_text(totals(summary))));
  if (!summary.any_failed()) return ExitCode::done;
  const bool any_read = std::any_of(
      summary.inputs.begin(), summary.inputs.end(),
      [](const auto& input) { return input.failure.empty() || input.summary.counts.frames > 0; });
  return any_read ? ExitCode::done_in_part : ExitCode::failed;
}

}  // namespace yagura::app
