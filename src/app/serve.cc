// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <memory>

#include "app/account_routes.h"
#include "app/observing.h"
#include "app/replay.h"
#include "app/session.h"
#include "app/telescope_data.h"
#include "app/verbs.h"
#include "base/log.h"
#include "http/server.h"
#include "state/setup.h"
#include "telescope/routes.h"

namespace yagura::app {
namespace {

constexpr size_t workers = 4;

Timestamp clock_now() {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return {std::chrono::duration_cast<std::chrono::nanoseconds>(since_epoch).count()};
}

// SIGINT, SIGTERM and SIGHUP, held back from every thread that is started after it was made, so
// that the main thread can wait for one.
class StopSignals {
 public:
  StopSignals() {
    sigemptyset(&set_);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&set_, signal);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
  }
  void wait() const {
    int signal = 0;
    sigwait(&set_, &signal);
  }

 private:
  sigset_t set_;
};

// The connections of one worker thread.
struct WorkerDesk {
  std::unique_ptr<store::Connection> store;
  std::unique_ptr<state::Database> database;
};

Result<std::vector<WorkerDesk>> make_desks(const TelescopeData& data) {
  // One question may take half of the store's memory and this long; what is beyond is refused.
  constexpr int longest_seconds = 30;
  std::vector<WorkerDesk> desks(workers);
  for (WorkerDesk& desk : desks) {
    TRY(desk.store, data.telescope->engine().connect());
    TRY_VOID(desk.store->execute(fmt::format("SET max_execution_time = {}, max_memory_usage = {}",
                                             longest_seconds, data.settings.store_memory / 2)));
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

Result<ExitCode> serve(Session& session, const ReplayFlags& flags) {
  const StopSignals stop;  // before the store starts threads
  TRY(const Replay replay, parse_replay(flags));
  TRY(const ReplayData opened, open_data(session, replay));
  const TelescopeData& data = opened.data;
  TRY(const std::vector<WorkerDesk> desks, make_desks(data));

  telescope::RouteContext telescope;
  telescope.desk = [&desks](size_t worker) {
    return telescope::Desk{*desks[worker].store, *desks[worker].database};
  };
  TRY(telescope.places, data.telescope->places());
  if (!data.settings.home_country.empty()) {
    TRY(telescope.home_country, enrich::parse_country(data.settings.home_country));
  }
  AccountContext accounts;
  accounts.database = [&desks](size_t worker) -> state::Database& {
    return *desks[worker].database;
  };
  accounts.now = clock_now;

  TRY(const auto observing,
      Observing::create(data, replay, [] { ::kill(::getpid(), SIGTERM); }));  // ends stop.wait()
  http::Metrics metrics;
  observing->count(metrics);
  std::vector<http::Route> routes = telescope::routes(telescope);
  for (http::Route& route : observing->routes()) routes.push_back(std::move(route));
  for (http::Route& route : account_routes(accounts)) routes.push_back(std::move(route));
  routes.push_back(metrics_route(metrics));
  add_openapi_route(routes);
  TRY(const http::Router router, http::Router::create(std::move(routes), authenticator(accounts)));
  TRY(const auto server, http::Server::start(server_options(data.settings), router, metrics));

  TRY(const auto secret, state::setup_secret(data.telescope->database(), clock_now()));
  TRY_VOID(observing->observer().start());  // the telescope is its from here on
  TRY_VOID(session.out.write(fmt::format("Yagura serves {}\n", server->url())));
  if (secret)
    TRY_VOID(session.out.write(
        fmt::format("There is no account yet. Make the first one, within 24 hours, with the link\n"
                    "  {}/setup?link={}\n",
                    server->url(), *secret)));
  stop.wait();
  log_info("stopping");
  server->stop();
  TRY_VOID(within("observing", observing->observer().stop()));
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
      .settings({"http.address", "http.port", "http.host", "http.certificate", "http.key",
                 "home_country", "capture.decapsulate", "capture.ring", "capture.commit_interval",
                 "archive.packets", "store.memory", "store.library", "geo.country", "geo.asn"});
  verb.does_plainly([flags](Session& session) { return serve(session, *flags); });
}

}  // namespace yagura::app
