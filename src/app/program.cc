// SPDX-License-Identifier: Apache-2.0
//
// The command line as a whole: the tree of verbs, and what is said to someone who mistypes.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "app/session.h"
#include "app/verbs.h"
#include "base/text.h"

namespace yagura::app {
namespace {

void add_telescope(Verb& program) {
  Verb telescope =
      program.verb("telescope", "Observe dark addresses: read and capture packets, ask, report",
                   "Example:\n  yagura telescope read --dark 198.51.100.0/24 capture.pcap");
  telescope.needs_verb();
  add_telescope_read(telescope);
  add_telescope_capture(telescope);
  add_telescope_report(telescope);
  add_telescope_top(telescope);
  add_telescope_sources(telescope);
  add_telescope_events(telescope);
  add_telescope_attacks(telescope);
  add_telescope_scanners(telescope);
  add_telescope_activity(telescope);
  add_telescope_packets(telescope);
  add_telescope_forget(telescope);
}

ExitCode usage_error(const CLI::App& at, std::string_view message) {
  std::string path;
  for (const CLI::App* app = &at; app != nullptr; app = app->get_parent())
    path = app->get_name() + (path.empty() ? "" : " " + path);
  write_error(fmt::format("yagura: {}; see `{} --help`\n", escape_terminal(message), path));
  return ExitCode::usage;
}

std::string meant_text(std::string_view meant) {
  return meant.empty() ? "" : fmt::format("; did you mean '{}'?", meant);
}

// Walks the leading words as verbs. CLI11 would only say that "a subcommand is required".
const CLI::App* unknown_verb(const CLI::App& program, const std::vector<std::string>& arguments,
                             std::string& message) {
  const CLI::App* app = &program;
  for (const std::string& word : arguments) {
    const auto verbs = app->get_subcommands(nullptr);
    if (verbs.empty() || word.starts_with('-') || app->get_require_subcommand_min() == 0)
      return nullptr;
    const auto it = std::find_if(verbs.begin(), verbs.end(),
                                 [&](const CLI::App* verb) { return verb->get_name() == word; });
    if (it == verbs.end()) {
      std::vector<std::string_view> names;
      for (const CLI::App* verb : verbs) names.push_back(verb->get_name());
      message = fmt::format("unknown command '{}'{}", word, meant_text(nearest(word, names)));
      return app;
    }
    app = *it;
  }
  return nullptr;
}

const CLI::App& deepest_parsed(const CLI::App& program) {
  const CLI::App* app = &program;
  while (!app->get_subcommands().empty()) app = app->get_subcommands().front();
  return *app;
}

std::string unknown_argument(const CLI::App& verb, const std::string& argument) {
  if (!argument.starts_with('-')) return fmt::format("unexpected argument '{}'", argument);
  const std::string flag = argument.substr(0, argument.find('='));
  std::vector<std::string> names;
  for (const CLI::Option* option : verb.get_options())
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  const std::vector<std::string_view> views(names.begin(), names.end());
  return fmt::format("unknown flag '{}'{}", flag, meant_text(nearest(flag, views)));
}

// CLI11's messages are sentences with a name in front; ours start with a small letter.
std::string lowered(std::string message) {
  if (message.size() > 1 && message[0] >= 'A' && message[0] <= 'Z' && message[1] >= 'a')
    message[0] = static_cast<char>(message[0] - 'A' + 'a');
  return message;
}

void build(CLI::App& program, Session& session) {
  program.set_version_flag("--version", "yagura " YAGURA_VERSION, "Print the version");
  program.require_subcommand(1);
  program.footer(
      "Examples:\n"
      "  yagura telescope read --dark 198.51.100.0/24 capture.pcap\n"
      "  yagura telescope report\n"
      "  yagura telescope top --by tcp-port --survey without");
  program.get_formatter()->column_width(34);
  Verb root(program, session);
  add_telescope(root);
  add_sql(root);
  add_store(root);
  add_config(root);
  add_generate(root);
}

ExitCode said(Session& session, const std::string& text) {
  const Result<void> written = session.out.write(text);
  if (written) return ExitCode::done;
  write_error(fmt::format("yagura: {}\n", written.error().message()));
  return ExitCode::failed;
}

ExitCode work(Session& session) {
  CHECK(session.chosen != nullptr);
  const Result<ExitCode> result = session.chosen(session);
  if (result) return *result;
  write_error(fmt::format("yagura: {}\n", escape_terminal(result.error().message())));
  return ExitCode::failed;
}

}  // namespace

// A library exception is caught here where it wraps the command line; anything else that throws is
// out of memory or a broken invariant, and is said in one line too.
ExitCode run_program(const std::vector<std::string>& arguments) try {
  Session session;
  CLI::App program("Yagura watches unused addresses and says who attacks what.", "yagura");
  build(program, session);
  std::string message;
  if (const CLI::App* at = unknown_verb(program, arguments, message))
    return usage_error(*at, message);
  try {
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
    program.parse(std::move(reversed));
  } catch (const CLI::CallForVersion&) {
    return said(session, "yagura " YAGURA_VERSION "\n");
  } catch (const CLI::CallForHelp&) {
    return said(session, deepest_parsed(program).help());
  } catch (const CLI::ExtrasError&) {
    const CLI::App& verb = deepest_parsed(program);
    return usage_error(verb, unknown_argument(verb, program.remaining(true).front()));
  } catch (const CLI::ParseError& error) {
    return usage_error(deepest_parsed(program), lowered(error.what()));
  }
  return work(session);
} catch (const std::bad_alloc&) {
  write_error("yagura: out of memory; a lower --memory or a shorter period may help\n");
  return ExitCode::failed;
} catch (const std::exception& error) {
  write_error(fmt::format("yagura: unexpected: {}\n", escape_terminal(error.what())));
  return ExitCode::failed;
}

}  // namespace yagura::app
