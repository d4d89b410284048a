// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>

#include "app/contact_import.h"
#include "app/control_plane.h"
#include "app/input_file.h"
#include "app/notifying.h"
#include "app/telescope_data.h"
#include "app/verbs.h"
#include "base/text.h"
#include "state/contacts.h"
#include "state/outbox.h"
#include "warning/contact_lines.h"
#include "warning/decide.h"
#include "warning/report_tables.h"

namespace yagura::app {
namespace {

struct Options {
  std::string member, target, quiet, secret, file;
  model::Language language = model::Language::english;
  int64_t id = 0;
  state::LetterQuery letters;
};

Result<ExitCode> list(Session& session) {
  TRY(const auto database, open_state(session));
  TRY(const auto members, state::members(*database));
  TRY(const auto contacts, state::contacts(*database));
  return session.print(warning::contacts_table(contacts, members));
}

Result<ExitCode> add(Session& session, const Options& options) {
  TRY(const auto database, open_state(session));
  TRY(const state::Member member, member_to_name(*database, options.member));
  state::Contact contact;
  contact.member = member.id;
  contact.target = options.target;
  contact.language = options.language;
  contact.quiet = options.quiet;
  contact.secret = options.secret;
  TRY(const state::Contact kept, state::put_contact(*database, contact, clock_now()));
  if (!kept.secret.empty() && options.secret.empty())
    session.note(fmt::format("what is sent there is signed with {}", kept.secret));
  return ExitCode::done;
}

Result<ExitCode> import_file(Session& session, const Options& options) {
  constexpr std::uintmax_t largest = 64ULL << 20;
  TRY(const std::string text, read_input_file(options.file, largest));
  TRY(const auto lines, within(options.file, warning::read_contact_lines(text)));
  TRY(const auto database, open_state(session));
  TRY_VOID(within(options.file, database->transaction([&]() -> Result<void> {
    TRY_VOID(put_contacts(*database, lines, clock_now()));
    return {};
  })));
  session.note(fmt::format("{} contacts", format_count(lines.size())));
  return ExitCode::done;
}

Result<ExitCode> remove(Session& session, const Options& options) {
  TRY(const auto database, open_state(session));
  TRY_VOID(state::delete_contact(*database, options.id));
  return ExitCode::done;
}

Result<ExitCode> test(Session& session, const Options& options) {
  TRY(const Settings settings, session.settings());
  TRY(const warning::DecideOptions decide, decide_options(settings));
  TRY(const auto database, open_state(session));
  TRY(const auto contact, state::find_contact(*database, options.id));
  if (!contact) return failure(fmt::format("there is no contact {}", options.id));
  TRY_VOID(warning::post_test_notice(*database, *contact, decide.letter, clock_now()));
  session.note("a test notice is in the outbox: `yagura serve` sends it");
  return ExitCode::done;
}

Result<ExitCode> outbox(Session& session, const Options& options) {
  TRY(const auto database, open_state(session));
  TRY(const auto letters, state::letters(*database, options.letters));
  return session.print(warning::letters_table(letters));
}

Result<ExitCode> retry(Session& session, const Options& options) {
  TRY(const Settings settings, session.settings());
  TRY(const auto database, open_state(session));
  const Timestamp now = clock_now();
  TRY_VOID(state::retry_letter(*database, options.id, now, now + settings.notify_expiry));
  return ExitCode::done;
}

}  // namespace

void add_warning_contacts(Verb& parent) {
  auto options = std::make_shared<Options>();
  Verb contacts =
      parent.verb("contacts", "Whom notices go to: list them, add, import, remove, test",
                  "Example:\n  yagura warning contacts");
  contacts.does([](Session& session) { return list(session); });

  Verb adding = contacts.verb(
      "add", "Send a member's notices to a further contact, or change how",
      "TARGET is mailto:ADDRESS, the https: address of a webhook, or syslog+tls://HOST:PORT\n"
      "(also syslog+tcp, syslog+udp).\n\n"
      "Example:\n"
      "  yagura warning contacts add 'City of A' mailto:soc@city.example --language ja");
  adding.argument("member", options->member, "the member's name", true)
      .argument("target", options->target, "where notices go", true)
      .choice<model::Language>(
          "--language", options->language,
          {{"en", model::Language::english}, {"ja", model::Language::japanese}}, "of the notices")
      .text("--quiet", options->quiet, "HOURS", "in which low severity waits: '22:00-07:00 +09:00'")
      .text("--secret", options->secret, "SECRET",
            "of a webhook: whsec_ and base64; without it a new one");
  adding.does_plainly([options](Session& session) { return add(session, *options); });

  Verb importing = contacts.verb(
      "import", "Add the contacts of a CSV file",
      "Lines of member,target,language,quiet, as `contacts --format csv` writes them; the last "
      "two\n"
      "may be missing. Contacts that are not in it stay as they are. All or nothing.\n\n"
      "Example:\n  yagura warning contacts import contacts.csv");
  importing.argument("file", options->file, "CSV file", true);
  importing.does_plainly([options](Session& session) { return import_file(session, *options); });

  Verb removing = contacts.verb("remove", "Send nothing to a contact any more",
                                "Example:\n  yagura warning contacts remove 3");
  removing.argument("id", options->id, "the contact's number", true);
  removing.does_plainly([options](Session& session) { return remove(session, *options); });

  Verb testing = contacts.verb("test", "Send a notice that says that it is a test",
                               "Example:\n  yagura warning contacts test 3");
  testing.argument("id", options->id, "the contact's number", true);
  testing.does_plainly([options](Session& session) { return test(session, *options); });
}

void add_warning_outbox(Verb& parent) {
  auto options = std::make_shared<Options>();
  Verb verb = parent.verb("outbox", "List notices on their way, and those that nobody took",
                          "Examples:\n"
                          "  yagura warning outbox\n"
                          "  yagura warning outbox --state dead");
  using Which = std::optional<state::LetterState>;
  verb.choice<Which>("--state", options->letters.state,
                     {{"waiting", state::LetterState::waiting},
                      {"sent", state::LetterState::sent},
                      {"dead", state::LetterState::dead},
                      {"all", std::nullopt}},
                     "which of them");
  verb.does([options](Session& session) { return outbox(session, *options); });

  Verb again = verb.verb("retry", "Try again to send a notice that was given up",
                         "Example:\n  yagura warning outbox retry 12");
  again.argument("id", options->id, "the notice's number", true);
  again.does_plainly([options](Session& session) { return retry(session, *options); });
}

}  // namespace yagura::app
