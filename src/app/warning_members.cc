// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>

#include "app/control_plane.h"
#include "app/input_file.h"
#include "app/session.h"
#include "app/telescope_data.h"
#include "app/verbs.h"
#include "base/text.h"
#include "state/members.h"
#include "warning/registrations.h"
#include "warning/report_tables.h"

namespace yagura::app {
namespace {

struct Options {
  std::string name, file;
  std::vector<std::string> live, dark;
};

Result<ExitCode> list(Session& session) {
  TRY(const auto database, open_state(session));
  TRY(const auto members, state::members(*database));
  TRY(const auto blocks, state::member_blocks(*database));
  return session.print(warning::members_table(members, blocks));
}

Result<ExitCode> list_blocks(Session& session, const Options& options) {
  TRY(const auto database, open_state(session));
  TRY(const auto members, state::members(*database));
  if (options.name.empty()) {
    TRY(const auto blocks, state::member_blocks(*database));
    return session.print(warning::blocks_table(members, blocks));
  }
  TRY(const auto member, member_to_name(*database, options.name));
  TRY(const auto blocks, state::member_blocks(*database, member.id));
  return session.print(warning::blocks_table(members, blocks));
}

Result<void> parse_prefixes(const std::vector<std::string>& texts, std::vector<Prefix>& prefixes) {
  for (const std::string& text : texts) {
    TRY(const Prefix prefix, Prefix::parse(text));
    prefixes.push_back(prefix);
  }
  return {};
}

Result<ExitCode> add(Session& session, const Options& options) {
  state::Registration registration{options.name, {}, {}};
  TRY_VOID(within("--live", parse_prefixes(options.live, registration.live)));
  TRY_VOID(within("--dark", parse_prefixes(options.dark, registration.dark)));
  TRY(const auto database, open_or_make_state(session));
  TRY_VOID(database->transaction([&]() -> Result<void> {
    TRY(const auto known, state::member_named(*database, options.name));
    if (known) {
      TRY(const auto blocks, state::member_blocks(*database, known->id));
      for (const state::MemberBlock& block : blocks)
        (block.use == state::BlockUse::live ? registration.live : registration.dark)
            .push_back(block.prefix);
    }
    TRY_VOID(state::register_members(*database, std::span(&registration, 1), clock_now()));
    return {};
  }));
  return ExitCode::done;
}

Result<ExitCode> remove(Session& session, const Options& options) {
  TRY(const auto database, open_state(session));
  TRY_VOID(state::delete_member(*database, options.name));
  return ExitCode::done;
}

Result<ExitCode> import_file(Session& session, const Options& options) {
  constexpr std::uintmax_t largest = 256ULL << 20;
  TRY(const std::string text, read_input_file(options.file, largest));
  TRY(const auto registrations, within(options.file, warning::read_registrations(text)));
  TRY(const auto database, open_or_make_state(session));
  TRY_VOID(within(options.file, database->transaction([&]() -> Result<void> {
    TRY_VOID(state::register_members(*database, registrations, clock_now()));
    return {};
  })));
  size_t blocks = 0;
  for (const state::Registration& registration : registrations)
    blocks += registration.live.size() + registration.dark.size();
  session.note(fmt::format("{} members with {} blocks", format_count(registrations.size()),
                           format_count(blocks)));
  return ExitCode::done;
}

}  // namespace

void add_warning_members(Verb& parent) {
  auto options = std::make_shared<Options>();
  Verb members =
      parent.verb("members", "Organisations that are warned: list them, register their addresses",
                  "Examples:\n"
                  "  yagura warning members\n"
                  "  yagura warning members add 'City of A' --live 198.51.100.0/24");
  members.does([](Session& session) { return list(session); });

  Verb blocks = members.verb("blocks", "List the blocks of all members, or of one",
                             "What it writes as CSV, `import` reads.\n\n"
                             "Example:\n"
                             "  yagura warning members blocks --format csv >members.csv");
  blocks.argument("member", options->name, "the member's name", false);
  blocks.does([options](Session& session) { return list_blocks(session, *options); });

  Verb adding = members.verb(
      "add", "Register a member, or more blocks of one",
      "A block that overlaps one of another member's is refused.\n\n"
      "Example:\n"
      "  yagura warning members add 'City of A' --live 198.51.100.0/24 --dark 198.51.100.128/25");
  adding.argument("member", options->name, "the member's name", true)
      .texts("--live", options->live, "PREFIX", "addresses to watch for")
      .texts("--dark", options->dark, "PREFIX", "its unused addresses that a sensor observes");
  adding.does_plainly([options](Session& session) { return add(session, *options); });

  Verb removing = members.verb("remove", "Forget a member and its blocks",
                               "Example:\n  yagura warning members remove 'City of A'");
  removing.argument("member", options->name, "the member's name", true);
  removing.does_plainly([options](Session& session) { return remove(session, *options); });

  Verb import = members.verb(
      "import", "Register the members of a CSV file",
      "Lines of member,use,prefix, where use is live or dark. A member gets the file's blocks in\n"
      "place of those it has; members that are not in it stay as they are. All or nothing.\n\n"
      "Example:\n"
      "  yagura warning members import members.csv");
  import.argument("file", options->file, "CSV file", true);
  import.does_plainly([options](Session& session) { return import_file(session, *options); });
}

}  // namespace yagura::app
