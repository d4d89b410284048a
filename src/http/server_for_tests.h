// SPDX-License-Identifier: Apache-2.0
//
// For tests: a server on a free port of loopback with a few routes, one of which waits until the
// test lets it go.
#pragma once

#include <gtest/gtest.h>

#include <latch>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/client_for_tests.h"
#include "http/event_stream.h"
#include "http/server.h"

namespace yagura::http {

inline std::string request_text(std::string_view method, std::string_view target,
                                std::string_view more = {}) {
  return std::string(method) + ' ' + std::string(target) + " HTTP/1.1\r\nHost: localhost\r\n" +
         std::string(more) + "\r\n";
}

class ServerTest : public ::testing::Test {
 protected:
  ServerTest() {
    options.port = 0;
    options.workers = 1;
  }
  ~ServerTest() override {
    if (server) server->stop();
  }

  void start() {
    auto started = Server::start(options, router, metrics);
    ASSERT_TRUE(started) << started.error().message();
    server = std::move(*started);
  }
  // Why it does not start.
  std::string start_error() {
    const auto started = Server::start(options, router, metrics);
    return started ? "it started" : started.error().message();
  }
  uint16_t port() const { return server->port(); }
  bool metric(std::string_view line) const {
    return metrics.text().find("\n" + std::string(line) + "\n") != std::string::npos;
  }

  std::latch waiting{1};  // a request to /wait is with its worker
  std::latch go{1};       // lets it be answered
  EventHub hub{EventHubOptions{8, size_t{16} << 20, 4}};
  ServerOptions options;
  Metrics metrics;
  Router router = make_router();
  std::unique_ptr<Server> server;

 private:
  static Route route(Method method, std::string pattern, Handler handler) {
    Route made;
    made.method = method;
    made.pattern = std::move(pattern);
    made.answers = {{}};
    made.handler = std::move(handler);
    if (method == Method::post) made.body = BodyRule{"{}", "anything", "text/plain"};
    return made;
  }

  Router make_router() {
    std::vector<Route> routes;
    routes.push_back(route(Method::get, "/hello", [](const Call& call) {
      return text(call.request().secure ? "hello in secret" : "hello");
    }));
    routes.push_back(
        route(Method::post, "/echo", [](const Call& call) { return text(call.body()); }));
    routes.push_back(route(Method::get, "/remote", [](const Call& call) {
      return text(call.request().remote.to_string());
    }));
    routes.push_back(route(Method::get, "/wait", [this](const Call&) {
      waiting.count_down();
      go.wait();
      return text("waited");
    }));
    routes.push_back(
        route(Method::get, "/big", [](const Call&) { return text(std::string(3'000'000, 'x')); }));
    routes.push_back(
        route(Method::get, "/events", [this](const Call&) { return hub.subscribe(); }));
    auto made = Router::create(std::move(routes));
    EXPECT_TRUE(made);
    return std::move(*made);
  }
};

}  // namespace yagura::http
