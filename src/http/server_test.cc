// SPDX-License-Identifier: Apache-2.0
#include "http/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <string>
#include <thread>
#include <utility>

#include "http/server_for_tests.h"

namespace yagura::http {
namespace {

using ::testing::HasSubstr;

TEST_F(ServerTest, AnswersManyRequestsOnOneConnection) {
  start();
  Client client(port());
  for (int i = 0; i < 3; ++i) {
    const ClientResponse response = client.ask(request_text("GET", "/hello"));
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, "hello");
    EXPECT_EQ(response.header("Content-Type"), "text/plain; charset=utf-8");
    EXPECT_EQ(response.header("X-Content-Type-Options"), "nosniff");
    EXPECT_EQ(response.header("Cache-Control"), "no-store");
    EXPECT_EQ(response.header("Connection"), "");
  }
  EXPECT_EQ(client.ask(request_text("GET", "/remote")).body, "127.0.0.1");
  EXPECT_EQ(client.ask(request_text("GET", "/nowhere")).status, 404);
  EXPECT_TRUE(metric("yagura_http_requests_total{route=\"/hello\",status=\"2xx\"} 3"));
  EXPECT_TRUE(metric("yagura_http_connections_total 1"));
  EXPECT_TRUE(metric("yagura_http_connections 1"));
}

TEST_F(ServerTest, AnswersPipelinedRequestsInOrder) {
  start();
  Client client(port());
  client.send(request_text("GET", "/hello") +
              request_text("POST", "/echo", "Content-Type: text/plain\r\nContent-Length: 3\r\n") +
              "abc" + request_text("HEAD", "/hello") + request_text("GET", "/nowhere"));
  EXPECT_EQ(client.read_response().body, "hello");
  EXPECT_EQ(client.read_response().body, "abc");
  const ClientResponse head = client.read_response(true);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.header("Content-Length"), "5");
  EXPECT_EQ(client.read_response().status, 404);
}

TEST_F(ServerTest, ClosesWhenTheClientAsksForIt) {
  start();
  Client client(port());
  client.send(request_text("GET", "/hello", "Connection: close\r\n"));
  const ClientResponse response = client.read_response();
  EXPECT_EQ(response.body, "hello");
  EXPECT_EQ(response.header("Connection"), "close");
  EXPECT_EQ(client.read_to_end(), "");
}

TEST_F(ServerTest, SendsAnswersOfManyPackets) {
  start();
  Client client(port());
  EXPECT_EQ(client.ask(request_text("GET", "/big")).body, std::string(3'000'000, 'x'));
  EXPECT_EQ(client.ask(request_text("GET", "/hello")).body, "hello");
}

TEST_F(ServerTest, ReadsBodiesUpToTheLimit) {
  options.body_bytes = 100'000;
  start();
  const std::string most(100'000, 'b');
  Client client(port());
  const std::string type = "Content-Type: text/plain\r\n";
  EXPECT_EQ(
      client.ask(request_text("POST", "/echo", type + "Content-Length: 100000\r\n") + most).body,
      most);
  EXPECT_EQ(client
                .ask(request_text("POST", "/echo", type + "Transfer-Encoding: chunked\r\n") +
                     "3\r\nabc\r\n0\r\n\r\n")
                .body,
            "abc");
  // The answer is read although the body is still being sent.
  const ClientResponse response =
      client.ask(request_text("POST", "/echo", type + "Content-Length: 100001\r\n") + most + "b");
  EXPECT_EQ(response.status, 413);
  EXPECT_EQ(response.header("Content-Type"), "application/problem+json");
  EXPECT_EQ(response.header("Connection"), "close");
  client.shut_down_sending();
  EXPECT_EQ(client.read_to_end(), "");
  EXPECT_TRUE(metric("yagura_http_refused_total{reason=\"malformed\"} 1"));
}

TEST_F(ServerTest, TellsWhoWaitsToSendTheBody) {
  start();
  Client client(port());
  client.send(request_text("POST", "/echo",
                           "Content-Type: text/plain\r\nContent-Length: 3\r\n"
                           "Expect: 100-continue\r\n"));
  EXPECT_EQ(client.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_EQ(client.ask("abc").body, "abc");
}

TEST_F(ServerTest, RefusesWhatIsTooLongOrNoHttp) {
  start();
  EXPECT_EQ(Client(port()).ask(request_text("GET", "/" + std::string(8192, 'x'))).status, 414);
  EXPECT_EQ(
      Client(port()).ask(request_text("GET", "/", "X: " + std::string(16384, 'x') + "\r\n")).status,
      431);
  EXPECT_EQ(Client(port()).ask("\x16\x03\x01 hello\r\n\r\n").status, 400);
  EXPECT_EQ(Client(port()).ask("GET /hello HTTP/1.1\r\n\r\n").status, 400);
}

TEST_F(ServerTest, AnswersOnlyToItsOwnNames) {
  options.allowed_hosts = {"yagura.example.org"};
  start();
  Client client(port());
  const auto status = [&](const std::string& host) {
    return client.ask("GET /hello HTTP/1.1\r\nHost: " + host + "\r\n\r\n").status;
  };
  EXPECT_EQ(status("127.0.0.1:" + std::to_string(port())), 200);
  EXPECT_EQ(status("localhost"), 200);
  EXPECT_EQ(status("yagura.example.org"), 200);
  EXPECT_EQ(status("evil.example.com"), 421);
  EXPECT_TRUE(metric("yagura_http_refused_total{reason=\"host\"} 1"));
}

TEST_F(ServerTest, ClosesOnWhoSendsTooSlowly) {
  options.header_timeout = options.body_timeout = options.idle_timeout = Duration::milliseconds(50);
  start();
  Client silent(port()), header(port()), body(port()), idle(port());
  header.send("GET /hello HTTP/1.1\r\nHo");
  body.send(request_text("POST", "/echo", "Content-Type: text/plain\r\nContent-Length: 3\r\n") +
            "ab");
  EXPECT_EQ(idle.ask(request_text("GET", "/hello")).status, 200);
  EXPECT_EQ(silent.read_to_end(), "");
  EXPECT_EQ(header.read_to_end(), "");
  EXPECT_EQ(body.read_to_end(), "");
  EXPECT_EQ(idle.read_to_end(), "");
  server->stop();
  EXPECT_TRUE(metric("yagura_http_refused_total{reason=\"timeout\"} 3"));  // idle is no offence
}

TEST_F(ServerTest, ClosesOnWhoTakesNothing) {
  options.idle_timeout = Duration::milliseconds(50);
  start();
  Client client(port(), 4096);
  std::string many;
  for (int i = 0; i < 10; ++i) many += request_text("GET", "/big");
  client.send(many);
  // Nothing is read until the server has given up: it then counts one and closes.
  while (!metric("yagura_http_connections_total 1")) std::this_thread::yield();
  while (!metric("yagura_http_connections 0")) std::this_thread::yield();
  EXPECT_TRUE(metric("yagura_http_refused_total{reason=\"timeout\"} 1"));
  EXPECT_LT(client.read_to_end().size(), 30'000'000u);
}

TEST_F(ServerTest, RefusesWhenTheQueueIsFull) {
  options.queue = 1;
  start();
  Client first(port()), second(port()), third(port());
  first.send(request_text("GET", "/wait"));
  waiting.wait();
  second.send(request_text("GET", "/hello"));
  while (!metric("yagura_http_queue_length 1")) std::this_thread::yield();
  const ClientResponse refused = third.ask(request_text("GET", "/hello"));
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.header("Retry-After"), "1");
  EXPECT_TRUE(metric("yagura_http_refused_total{reason=\"queue\"} 1"));
  go.count_down();
  EXPECT_EQ(first.read_response().body, "waited");
  EXPECT_EQ(second.read_response().body, "hello");
  EXPECT_EQ(third.ask(request_text("GET", "/hello")).body, "hello");
}

TEST_F(ServerTest, RefusesMoreConnectionsThanItMayHave) {
  options.connections = 2;
  start();
  Client first(port()), second(port());
  EXPECT_EQ(first.ask(request_text("GET", "/hello")).status, 200);
  EXPECT_EQ(second.ask(request_text("GET", "/hello")).status, 200);
  Client third(port());
  EXPECT_EQ(third.read_response().status, 503);
  EXPECT_TRUE(metric("yagura_http_refused_total{reason=\"connections\"} 1"));
  EXPECT_EQ(first.ask(request_text("GET", "/hello", "Connection: close\r\n")).status, 200);
  EXPECT_EQ(first.read_to_end(), "");
  while (!metric("yagura_http_connections 1")) std::this_thread::yield();
  Client fourth(port());
  EXPECT_EQ(fourth.ask(request_text("GET", "/hello")).status, 200);
}

TEST_F(ServerTest, StopAnswersWhatIsInWorkAndClosesTheRest) {
  start();
  Client working(port()), idle(port()), partial(port());
  EXPECT_EQ(idle.ask(request_text("GET", "/hello")).status, 200);
  partial.send("GET /hel");
  working.send(request_text("GET", "/wait"));
  waiting.wait();
  auto stopped = std::async(std::launch::async, [this] { server->stop(); });
  EXPECT_EQ(idle.read_to_end(), "");  // it stops already, and still has a request to answer
  EXPECT_EQ(partial.read_to_end(), "");
  EXPECT_EQ(stopped.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
  go.count_down();
  const ClientResponse response = working.read_response();
  EXPECT_EQ(response.body, "waited");
  EXPECT_EQ(response.header("Connection"), "close");
  EXPECT_EQ(working.read_to_end(), "");
  stopped.wait();
  EXPECT_TRUE(metric("yagura_http_connections 0"));
  server->stop();  // again
}

TEST_F(ServerTest, StopWaitsForAnswersOnlySoLong) {
  options.stop_timeout = Duration::milliseconds(50);
  start();
  Client working(port());
  working.send(request_text("GET", "/wait"));
  waiting.wait();
  auto stopped = std::async(std::launch::async, [this] { server->stop(); });
  EXPECT_EQ(working.read_to_end(), "");  // the connection goes before the handler is done
  go.count_down();
  stopped.wait();
}

TEST_F(ServerTest, StopDropsWhatWaitsAndInterruptsHandlersUntilTheyEnd) {
  options.stop_timeout = Duration::milliseconds(50);
  start();
  Client busy(port()), queued(port());
  busy.send(request_text("GET", "/wait"));
  waiting.wait();
  queued.send(request_text("GET", "/hello"));
  while (!metric("yagura_http_queue_length 1")) std::this_thread::yield();
  int interrupts = 0;
  server->stop([&] {
    if (++interrupts == 3) go.count_down();  // the third time the handler sees it
  });
  EXPECT_EQ(interrupts, 3);
  EXPECT_EQ(queued.read_to_end(), "");
  EXPECT_TRUE(metric("yagura_http_requests_total{route=\"(none)\",status=\"5xx\"} 1"))
      << metrics.text();
}

TEST_F(ServerTest, SaysWhyItCannotListen) {
  start();
  options.port = port();
  EXPECT_EQ(start_error(),
            "listening on 127.0.0.1, port " + std::to_string(port()) +
                ": Address already in use: another program has it; choose another port");
  options.port = 0;
  options.address = "192.0.2.1";
  EXPECT_THAT(start_error(), HasSubstr("listening on 192.0.2.1, port 0: Cannot assign"));
  options.address = "localhost";
  EXPECT_THAT(start_error(), HasSubstr("listening on 'localhost': "));
}

TEST_F(ServerTest, RefusesOptionsOutOfBounds) {
  const ServerOptions good = options;
  options.workers = 0;
  EXPECT_EQ(start_error(), "the number of workers is 0; it can be 1 to 256");
  options = good;
  options.queue = 65'537;
  EXPECT_THAT(start_error(), HasSubstr("the length of the queue is 65537"));
  options = good;
  options.target_bytes = options.header_bytes + 1;
  EXPECT_THAT(start_error(), HasSubstr("the limit of a target"));
  options = good;
  options.heartbeat = Duration{};
  EXPECT_THAT(start_error(), HasSubstr("a time limit"));
  options = good;
  options.allowed_hosts = {"a:b:c/"};
  EXPECT_THAT(start_error(), HasSubstr("host name 'a:b:c/'"));
  options = good;
  options.key_file = "key.pem";
  EXPECT_THAT(start_error(), HasSubstr("both a certificate and a key"));
}

TEST_F(ServerTest, ListensOnAllAddressesOfBothFamilies) {
  options.address = "::";
  auto started = Server::start(options, router, metrics);
  if (!started) GTEST_SKIP() << "no IPv6 here: " << started.error().message();
  server = std::move(*started);
  Client client(port());
  EXPECT_EQ(client.ask(request_text("GET", "/remote")).body, "127.0.0.1");
  EXPECT_EQ(client.ask("GET /hello HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n").status, 200);
  EXPECT_EQ(client.ask("GET /hello HTTP/1.1\r\nHost: 192.0.2.1\r\n\r\n").status, 421);
  EXPECT_EQ(server->url(), "http://[::]:" + std::to_string(port()));
}

TEST_F(ServerTest, NamesItsAddress) {
  start();
  EXPECT_EQ(server->url(), "http://127.0.0.1:" + std::to_string(port()));
}

}  // namespace
}  // namespace yagura::http
