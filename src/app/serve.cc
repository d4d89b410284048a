// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <memory>

#include "app/account_routes.h"
#include "app/session.h"
#include "app/sql_route.h"
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
  std::unique_ptr<store::Connection> sql;  // for statements that people typed
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
    store::QueryLimits limits;
    limits.seconds = longest_seconds;
    limits.memory_bytes = data.settings.store_memory / 2;
    TRY(desk.sql, data.telescope->engine().connect_read_only(limits));
    TRY(desk.database, state::Database::open(data.telescope->folder() / "state.db"));
  }
  return desks;
}

http::Route health_route() {
  http::Route route;
  route.pattern = "/healthz";
  route.summary = "Whether the service answers";
  route.tag = "operation";
  route.answers = {{200, "It does.", {"text/plain"}, ""}};
  route.handler = [](const http::Call&) { return http::text("ok\n"); };
  return route;
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

Result<ExitCode> serve(Session& session) {
  const StopSignals stop;  // before the store starts threads
  TRY(const TelescopeData data, open_for_reading(session));
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

  http::Metrics metrics;
  std::vector<http::Route> routes = telescope::routes(telescope);
  for (http::Route& route : account_routes(accounts)) routes.push_back(std::move(route));
  routes.push_back(sql_route(
      {[&desks](size_t worker) -> store::Connection& { return *desks[worker].sql; }, workers / 2}));
  routes.push_back(health_route());
  routes.push_back(metrics_route(metrics));
  add_openapi_route(routes);
  TRY(const http::Router router, http::Router::create(std::move(routes), authenticator(accounts)));
  TRY(const auto server, http::Server::start(server_options(data.settings), router, metrics));

  TRY_VOID(session.out.write(fmt::format("Yagura serves {}\n", server->url())));
  TRY(const auto secret, state::setup_secret(data.telescope->database(), clock_now()));
  if (secret)
    TRY_VOID(session.out.write(
        fmt::format("There is no account yet. Make the first one, within 24 hours, with the link\n"
                    "  {}/setup?link={}\n",
                    server->url(), *secret)));
  stop.wait();
  log_info("stopping");
  server->stop();
  return ExitCode::done;
}

}  // namespace

void add_serve(Verb& parent) {
  Verb verb = parent.verb(
      "serve", "Answer questions over HTTP until told to stop",
      "The API is described at /api/openapi.json. Ends on SIGINT or SIGTERM, with every request\n"
      "answered.\n\n"
      "Example:\n  yagura serve --port 8787");
  verb.group("Settings")
      .settings({"http.address", "http.port", "http.host", "http.certificate", "http.key",
                 "http.request_timeout", "home_country", "store.memory", "store.library",
                 "geo.country", "geo.asn"});
  verb.does_plainly([](Session& session) { return serve(session); });
}

}  // namespace yagura::app
