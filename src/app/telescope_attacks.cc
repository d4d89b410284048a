// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "app/question_flags.h"
#include "app/session.h"
#include "app/verbs.h"
#include "telescope/report_tables.h"

namespace yagura::app {
namespace {

enum class Wanted { all, ongoing, ended };

struct Options {
  telescope::AttackQuestion question;
  PeriodFlags period;
  FilterFlags filter;
  std::string victim, port;
  Wanted state = Wanted::all;
  uint8_t protocol = 0;  // 0 = all
};

Result<ExitCode> attacks(Session& session, const Options& options) {
  telescope::AttackQuestion question = options.question;
  if (!options.victim.empty()) {
    TRY(question.victim, within("--victim", Prefix::parse(options.victim)));
  }
  if (!options.port.empty()) {
    TRY(const auto port, within("--port", telescope::parse_port_filter(options.port)));
    question.port = port.port;
    constexpr uint8_t tcp = 6, udp = 17;
    if (!port.udp) question.protocol = tcp;
    if (!port.tcp) question.protocol = udp;
  }
  if (options.protocol != 0) question.protocol = options.protocol;
  if (options.state != Wanted::all) question.ended = options.state == Wanted::ended;
  TRY(const TelescopeData data, open_for_questions(session));
  TRY(question.period, period_of(options.period, data.connection()));
  TRY(const telescope::Filter filter, filter_of(options.filter, data.database()));
  question.country = filter.country;
  question.asn = filter.asn;
  question.limit = options.question.limit + 1;
  TRY(auto found, telescope::attacks(data.connection(), question));
  note_more(session, found, options.question.limit);
  TRY(const telescope::Names names, data.names());
  return session.print(telescope::attacks_table(found, names));
}

}  // namespace

void add_telescope_attacks(Verb& parent) {
  auto options = std::make_shared<Options>();
  Verb verb =
      parent.verb("attacks", "List victims of denial of service, seen by their backscatter",
                  "Example:\n  yagura telescope attacks --last 7d --state ongoing --format json");
  verb.choice("--order", options->question.order, telescope::attack_order_choices,
              "largest first by")
      .choice<Wanted>(
          "--state", options->state,
          {{"all", Wanted::all}, {"ongoing", Wanted::ongoing}, {"ended", Wanted::ended}},
          "which attacks")
      .choice("--protocol", options->protocol, telescope::attacked_protocol_choices,
              "attacked protocol")
      .text("--victim", options->victim, "PREFIX", "attacked address or prefix")
      .text("--port", options->port, "PORT", "attacked port: 80, 80/tcp, 53/udp")
      .number("--least-packets", options->question.least_packets, "packets at least");
  add_limit_flag(verb, options->question.limit, "attacks");
  add_period_flags(verb, options->period);
  add_filter_flags(verb, options->filter, {"country", "asn"});
  verb.answers([options](Session& session) { return attacks(session, *options); });
}

}  // namespace yagura::app
