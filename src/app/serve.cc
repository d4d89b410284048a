// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "app/account_routes.h"
#include "app/judging.h"
#include "app/notifying.h"
#include "app/observing.h"
#include "app/open_folder.h"
#include "app/owner_socket.h"
#include "app/replay.h"
#include "app/session.h"
#include "app/sql_route.h"
#include "app/stop_signals.h"
#include "app/telescope_data.h"
#include "app/verbs.h"
#include "app/warning_routes.h"
#include "base/log.h"
#include "http/server.h"
#include "http/static_files.h"
#include "state/setup.h"
#include "telescope/routes.h"

namespace yagura::embedded {
extern const std::span<const http::StaticFile> console_files;
}

namespace yagura::app {
namespace {

constexpr size_t workers = 4;
constexpr size_t readers = 2;  // beside them, for questions that need several readings

// The connections of one worker thread.
struct WorkerDesk {
  std::unique_ptr<store::Connection> store;
  std::unique_ptr<store::Connection> sql;  // for statements that people typed
  std::unique_ptr<state::Database> database;
};

// One question may take half of the store's memory and this long; what is beyond is refused.
constexpr Duration longest = Duration::seconds(30);

Result<void> start_readers(const TelescopeData& data) {
  std::vector<std::unique_ptr<store::Connection>> connections(readers);
  for (auto& connection : connections) {
    TRY(connection, connect_for_questions(data.telescope->engine(), data.settings, longest));
  }
  data.telescope->known_numbers().read_with(
      std::make_unique<store::Readers>(std::move(connections)));
  return {};
}

Result<std::vector<WorkerDesk>> make_desks(const TelescopeData& data) {
  std::vector<WorkerDesk> desks(workers);
  for (WorkerDesk& desk : desks) {
    TRY(desk.store, connect_for_questions(data.telescope->engine(), data.settings, longest));
    store::QueryLimits limits;
    limits.seconds = static_cast<int>(longest.as_seconds());
    limits.memory_bytes = data.settings.store_memory / 2;
    TRY(desk.sql, data.telescope->engine().connect_read_only(limits));
    TRY(desk.database, state::Database::open(data.telescope->folder() / "state.db"));
  }
  return desks;
}

http::Route metrics_route(const http::Metrics& metrics) {
  http::Route route;
  route.pattern = "/metrics";
  route.summary = "What the service counts, for Prometheus";
  route.tag = "operation";
  route.answers = {{200, "", {"text/plain"}, ""}};
  route.handler = [&metrics](const http::Call&) {
    http::Response response = http::text(metrics.text());
    response.content_type = "text/plain; version=0.0.4";
    return response;
  };
  return route;
}

// The description of all routes, itself among them.
void add_openapi_route(std::vector<http::Route>& routes) {
  http::Route route;
  route.pattern = "/api/openapi.json";
  route.summary = "This description";
  route.tag = "operation";
  route.answers = {{200, "", {"application/json"}, ""}};
  routes.push_back(route);
  const auto document =
      std::make_shared<const std::string>(http::openapi_json(routes, "Yagura", YAGURA_VERSION));
  routes.back().handler = [document](const http::Call&) { return http::json(*document); };
}

http::ServerOptions server_options(const Settings& settings) {
  http::ServerOptions options;
  options.address = settings.http_address;
  options.port = static_cast<uint16_t>(settings.http_port);
  options.certificate_file = settings.http_certificate.string();
  options.key_file = settings.http_key.string();
  if (!settings.http_host.empty()) options.allowed_hosts = {settings.http_host};
  options.body_timeout = settings.http_request_timeout;
  options.header_timeout = std::min(options.header_timeout, settings.http_request_timeout);
  options.workers = workers;
  return options;
}

// The data folder that is served: a replay has one of its own.
Result<ReplayData> open_data(const Session& session, const Replay& replay) {
  if (replay.wanted()) {
    TRY(ReplayData opened, open_for_replay(session));
    if (replay.inputs.contains(replay.dark.sensor))
      TRY_VOID(apply_dark(session, opened.data.telescope->database(), replay.dark));
    return opened;
  }
  ReplayData opened;
  TRY(opened.data, open_for_reading(session));
  return opened;
}

Result<telescope::RouteContext> telescope_context(const TelescopeData& data,
                                                  const std::vector<WorkerDesk>& desks) {
  telescope::RouteContext context;
  context.desk = [&desks, known = &data.telescope->known_numbers()](size_t worker) {
    return telescope::Desk{*desks[worker].store, *desks[worker].database, known};
  };
  TRY(context.places, data.telescope->places());
  if (!data.settings.home_country.empty()) {
    TRY(context.home_country, enrich::parse_country(data.settings.home_country));
  }
  return context;
}

AccountContext account_context(const std::vector<WorkerDesk>& desks) {
  AccountContext context;
  context.database = [&desks](size_t worker) -> state::Database& {
    return *desks[worker].database;
  };
  context.now = clock_now;
  return context;
}

std::vector<http::Route> all_routes(const telescope::RouteContext& telescope,
                                    const AccountContext& accounts,
                                    const warning::LetterOptions& letters,
                                    const std::vector<WorkerDesk>& desks, Observing& observing,
                                    const http::Metrics& metrics) {
  std::vector<http::Route> routes = telescope::routes(telescope);
  for (http::Route& route : observing.routes()) routes.push_back(std::move(route));
  for (http::Route& route : account_routes(accounts)) routes.push_back(std::move(route));
  for (http::Route& route : warning_routes(telescope, accounts, letters))
    routes.push_back(std::move(route));
  routes.push_back(sql_route(
      {[&desks](size_t worker) -> store::Connection& { return *desks[worker].sql; }, workers / 2}));
  routes.push_back(metrics_route(metrics));
  add_openapi_route(routes);
  return routes;
}

Result<void> announce(Session& session, const http::Server& server,
                      const std::optional<std::string>& secret) {
  TRY_VOID(session.out.write(fmt::format("Yagura serves {}\n", server.url())));
  if (!secret) return {};
  return session.out.write(
      fmt::format("There is no account yet. Make the first one, within 24 hours, with the link\n"
                  "  {}/setup?link={}\n",
                  server.url(), *secret));
}

Result<ExitCode> serve(Session& session, const ReplayFlags& flags) {
  const StopSignals stop;  // before the store starts threads
  TRY(const Replay replay, parse_replay(flags));
  TRY(const ReplayData opened, open_data(session, replay));
  const TelescopeData& data = opened.data;
  TRY_VOID(start_readers(data));
  TRY(const std::vector<WorkerDesk> desks, make_desks(data));
  TRY(const auto telescope, telescope_context(data, desks));
  const AccountContext accounts = account_context(desks);
  TRY(const auto observing, Observing::create(data, replay, StopSignals::send));
  TRY(const warning::DecideOptions decide, decide_options(data.settings));
  std::unique_ptr<Notifying> notifying;  // of a replay nobody is told
  if (!replay.wanted()) {
    TRY(notifying,
        Notifying::create(data.settings, data.telescope->folder() / "state.db", telescope.places));
  }
  TRY(const auto judging,
      Judging::create(
          data, {[&observing](const auto& work) { return observing->observer().at_rest(work); },
                 [&observing](const auto alarms) { observing->tell_of_synchrony(alarms); }}));
  http::Metrics metrics;
  observing->count(metrics);
  judging->count(metrics);
  if (notifying) notifying->count(metrics);
  TRY(const http::StaticFiles console, http::StaticFiles::create(embedded::console_files));
  TRY(const http::Router router,
      http::Router::create(
          all_routes(telescope, accounts, decide.letter, desks, *observing, metrics),
          authenticator(accounts),
          [&console](const http::Request& request) { return console.answer(request); }));
  TRY(const auto server, http::Server::start(server_options(data.settings), router, metrics));

  TRY(const auto secret, state::setup_secret(data.telescope->database(), clock_now()));
  if (notifying) notifying->start();
  TRY_VOID(observing->observer().start());  // the telescope is its from here on
  judging->start();
  const OpenFolder folder = observed_folder(data, telescope.places, observing->observer());
  TRY(const auto owner, answer_others(folder));
  TRY_VOID(announce(session, *server, secret));
  const auto cancel_questions = question_canceller(data.telescope->engine());
  stop.wait();
  log_info("stopping");
  owner->stop(cancel_questions);
  server->stop(cancel_questions);
  judging->stop_soon();
  TRY_VOID(within("observing", observing->observer().stop()));
  judging->stop();
  if (notifying) notifying->stop();
  return ExitCode::done;
}

}  // namespace

void add_serve(Verb& parent) {
  auto flags = std::make_shared<ReplayFlags>();
  Verb verb = parent.verb(
      "serve", "Observe, and answer questions over HTTP, until told to stop",
      "Observes the interfaces and spool folders that the config file gives its sensors, or a\n"
      "replay. The API is described at /api/openapi.json. Ends on SIGINT or SIGTERM, with\n"
      "everything written and every request answered.\n\n"
      "Example:\n  yagura serve --config yagura.toml\n"
      "  yagura serve --replay capture.pcap --dark 198.51.100.0/24 --speed 10");
  add_replay_flags(verb, *flags);
  verb.group("Settings")
      .settings({"http.address",
                 "http.port",
                 "http.host",
                 "http.certificate",
                 "http.key",
                 "http.request_timeout",
                 "home_country",
                 "capture.decapsulate",
                 "capture.ring",
                 "capture.commit_interval",
                 "archive.packets",
                 "synchrony.left_out",
                 "synchrony.history",
                 "warning.silence",
                 "warning.new_for",
                 "warning.notice_spacing",
                 "warning.digest_interval",
                 "notify.relay",
                 "notify.relay_tls",
                 "notify.relay_user",
                 "notify.relay_password_file",
                 "notify.from",
                 "notify.authorities",
                 "notify.first_wait",
                 "notify.expiry",
                 "store.memory",
                 "store.library",
                 "geo.country",
                 "geo.asn"});
  verb.does_plainly([flags](Session& session) { return serve(session, *flags); });
}

}  // namespace yagura::app
