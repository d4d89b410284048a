// SPDX-License-Identifier: Apache-2.0
//
// The command line as a whole: the tree of verbs, and what is said to someone who mistypes.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "app/owner_socket.h"
#include "app/session.h"
#include "app/verbs.h"
#include "base/text.h"

namespace yagura::app {
namespace {

std::string full_name(const CLI::App& verb) {
  std::string name;
  for (const CLI::App* app = &verb; app != nullptr; app = app->get_parent())
    name.insert(0, app->get_name() + (name.empty() ? "" : " "));
  return name;
}

// CLI11's help with the whole command in the usage line, one blank line between groups, and names
// of types alike. Which flags exclude each other is said to whoever gives both.
class HelpFormatter : public CLI::Formatter {
 public:
  HelpFormatter() { column_width(34); }

  std::string make_help(const CLI::App* app, std::string name,
                        CLI::AppFormatMode mode) const override {
    std::string text = CLI::Formatter::make_help(app, std::move(name), mode);
    for (size_t at = 0; (at = text.find("\n\n\n", at)) != std::string::npos;) text.erase(at, 1);
    return text;
  }
  std::string make_usage(const CLI::App* app, std::string /*name*/) const override {
    return "\n" + CLI::Formatter::make_usage(app, full_name(*app));
  }
  std::string make_option_name(const CLI::Option* option, bool positional) const override {
    std::string text;
    for (const char letter : CLI::Formatter::make_option_name(option, positional)) {
      if (letter == '{') break;  // the value that CLI11 gives to a negated flag
      text += letter;
      if (letter == ',') text += ' ';
    }
    return text;
  }
  std::string make_option_opts(const CLI::Option* option) const override {
    if (option->get_type_size() == 0 || option->get_positional()) return "";
    std::string type = option->get_type_name();
    if (type.find('|') == std::string::npos)
      for (char& letter : type)
        if (letter >= 'a' && letter <= 'z') letter = static_cast<char>(letter - 'a' + 'A');
    return type.empty() ? "" : " " + type;
  }
};

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
  add_telescope_synchrony(telescope);
  add_telescope_activity(telescope);
  add_telescope_packets(telescope);
  add_telescope_forget(telescope);
}

void add_warning(Verb& program) {
  Verb warning =
      program.verb("warning", "Tell organisations that their own addresses are in the dark",
                   "Examples:\n  yagura warning members add 'City of A' --live 198.51.100.0/24\n"
                   "  yagura warning scan --last 7d");
  warning.needs_verb();
  add_warning_claims(warning);
  add_warning_contacts(warning);
  add_warning_list(warning);
  add_warning_members(warning);
  add_warning_outbox(warning);
  add_warning_scan(warning);
}

void add_malware(Verb& program) {
  Verb malware = program.verb("malware", "Look at Android applications, and judge them by a model",
                              "Example:\n  yagura malware apk suspicious.apk");
  malware.needs_verb();
  add_malware_apk(malware);
  add_malware_train(malware);
}

void add_livenet(Verb& program) {
  Verb livenet = program.verb("livenet", "Judge the alerts of networks that are in use",
                              "Example:\n  yagura livenet triage eve.json");
  livenet.needs_verb();
  add_livenet_triage(livenet);
  add_livenet_marks(livenet);
}

ExitCode usage_error(const Session& session, const CLI::App& at, std::string_view message) {
  session.tell_error(
      fmt::format("yagura: {}; see `{} --help`\n", escape_terminal(message), full_name(at)));
  return ExitCode::usage;
}

std::string meant_text(std::string_view meant) {
  return meant.empty() ? "" : fmt::format("; did you mean '{}'?", meant);
}

std::vector<std::string_view> verb_names(const CLI::App& app) {
  std::vector<std::string_view> names;
  for (const CLI::App* verb : app.get_subcommands(nullptr)) names.push_back(verb->get_name());
  return names;
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
      message =
          fmt::format("unknown command '{}'{}", word, meant_text(nearest(word, verb_names(*app))));
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

// It needs one of its verbs and was given none, or something else is missing.
std::string missing_argument(const CLI::App& verb, const std::string& otherwise) {
  if (verb.get_require_subcommand_min() == 0) return otherwise;
  return fmt::format("say what to do: {}", fmt::join(verb_names(verb), ", "));
}

std::string unknown_argument(const CLI::App& verb, const std::string& argument) {
  if (!argument.starts_with('-'))
    return fmt::format("unexpected argument '{}'{}", argument,
                       meant_text(nearest(argument, verb_names(verb))));
  const std::string flag = argument.substr(0, argument.find('='));
  std::vector<std::string> names;
  for (const CLI::Option* option : verb.get_options())
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  const std::vector<std::string_view> views(names.begin(), names.end());
  if (std::find(views.begin(), views.end(), flag) != views.end())
    return fmt::format("'{}' stands behind the command, not in front of it", flag);
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
  program.formatter(std::make_shared<HelpFormatter>());
  Verb root(program, session);
  add_telescope(root);
  add_warning(root);
  add_livenet(root);
  add_malware(root);
  add_serve(root);
  add_backup(root);
  add_restore(root);
  add_sql(root);
  add_store(root);
  add_config(root);
  add_generate(root);
}

ExitCode said(Session& session, const std::string& text) {
  const Result<void> written = session.out.write(text);
  if (written) return ExitCode::done;
  session.tell_error(fmt::format("yagura: {}\n", written.error().message()));
  return ExitCode::failed;
}

ExitCode work(Session& session) {
  CHECK(session.chosen != nullptr);
  if (session.open_folder != nullptr)  // whoever asked writes the file
    for (std::string* file : session.output_files)
      if (!file->empty()) *file = "-";
  const Result<ExitCode> result = session.chosen(session);
  if (result) return *result;
  session.tell_error(fmt::format("yagura: {}\n", escape_terminal(result.error().message())));
  return ExitCode::failed;
}

// A library exception is caught here where it wraps the command line; anything else that throws is
// out of memory or a broken invariant, and is said in one line too.
ExitCode run(Session& session) try {
  const std::vector<std::string>& arguments = session.arguments;
  CLI::App program("Yagura watches unused addresses and says who attacks what.", "yagura");
  build(program, session);
  std::string message;
  if (const CLI::App* at = unknown_verb(program, arguments, message))
    return usage_error(session, *at, message);
  try {
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
    program.parse(std::move(reversed));
  } catch (const CLI::CallForVersion&) {
    return said(session, "yagura " YAGURA_VERSION "\n");
  } catch (const CLI::CallForHelp&) {
    return said(session, deepest_parsed(program).help());
  } catch (const CLI::ExtrasError&) {
    const CLI::App& verb = deepest_parsed(program);
    return usage_error(session, verb, unknown_argument(verb, program.remaining(true).front()));
  } catch (const CLI::RequiredError& error) {
    const CLI::App& verb = deepest_parsed(program);
    return usage_error(session, verb, missing_argument(verb, lowered(error.what())));
  } catch (const CLI::ParseError& error) {
    return usage_error(session, deepest_parsed(program), lowered(error.what()));
  }
  return work(session);
} catch (const std::bad_alloc&) {
  session.tell_error("yagura: out of memory; a lower --memory or a shorter period may help\n");
  return ExitCode::failed;
} catch (const std::exception& error) {
  session.tell_error(fmt::format("yagura: unexpected: {}\n", escape_terminal(error.what())));
  return ExitCode::failed;
}

}  // namespace

ExitCode run_program(const std::vector<std::string>& arguments) {
  Session session;
  session.arguments = arguments;
  return run(session);
}

ExitCode answer_question(const OpenFolder& folder, const OwnerRequest& request,
                         OwnerClient& client) {
  Session session;
  session.arguments = request.arguments;
  session.open_folder = &folder;
  session.current_folder = request.current_folder;
  session.error_is_terminal = request.error_is_terminal;
  session.out = Output([&](std::string_view text) { return client.out(text); }, request.columns);
  session.tell_error = [&](std::string_view text) { client.error(text); };
  session.given_up = [&] { return client.gone(); };
  return run(session);
}

}  // namespace yagura::app
