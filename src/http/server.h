// SPDX-License-Identifier: Apache-2.0
//
// The HTTP/1.1 server: sockets, TLS, limits, worker threads. What is answered is the Router's.
//
// One thread does all input and output and never blocks; `workers` threads run the router. Between
// them stands a queue of `queue` requests: a request that finds it full is answered 503 with
// Retry-After at once, so that a slow store makes the server refuse and not grow.
//
// Every wait has a limit and every buffer a bound: those of ServerOptions. Who exceeds one gets the
// status that says so where HTTP has one (413, 414, 431) and is disconnected.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "http/metrics.h"
#include "http/router.h"

namespace yagura::http {

struct ServerOptions {
  std::string address = "127.0.0.1";  // an IPv4 or IPv6 address; 0.0.0.0 and :: mean all
  uint16_t port = 8787;               // 0: one that is free
  // PEM files; both or neither. With them the server speaks TLS 1.2 and 1.3 only.
  std::string certificate_file;  // with the chain behind it
  std::string key_file;
  // Names of this server besides localhost, 127.0.0.1, [::1], `address`, and the address a request
  // came to; a request for any other is a 421. Keeps pages of others from asking by a name that
  // they let point here (DNS rebinding). "*" accepts every name.
  std::vector<std::string> allowed_hosts;

  size_t workers = 4;        // 1 to 256
  size_t queue = 256;        // requests that wait for a worker, 1 to 65,536
  size_t connections = 512;  // at a time; further ones are refused; 1 to 65,536
  size_t header_bytes = size_t{16} << 10;
  size_t target_bytes = size_t{8} << 10;
  size_t body_bytes = size_t{1} << 20;
  Duration header_timeout = Duration::seconds(10);  // from the first byte, and the TLS handshake
  Duration body_timeout = Duration::seconds(30);    // to send the body
  Duration idle_timeout = Duration::seconds(60);    // between requests, and of one write
  Duration heartbeat = Duration::seconds(15);       // of a silent event stream
  Duration stop_timeout = Duration::seconds(5);     // for answers on the way when it stops
};

class Server {
 public:
  // Listens and serves from then on. Fails with one line where the address, the port, the
  // certificate or an option is no good, before anybody can connect. `router` and `metrics` outlive
  // the server.
  static Result<std::unique_ptr<Server>> start(ServerOptions options, const Router& router,
                                               Metrics& metrics);
  ~Server();  // stops
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  uint16_t port() const;
  std::string url() const;  // "https://127.0.0.1:8787"

  // Takes no new connection, closes idle ones and event streams, lets requests in work be answered
  // for `stop_timeout`, and returns once every handler has. Requests that no handler has begun by
  // then are dropped, and `interrupt` is called ten times a second until the last handler is done:
  // it makes what they wait for end. From any thread but a handler's; a second call waits for the
  // first.
  void stop(const std::function<void()>& interrupt = {});

 private:
  class Implementation;
  explicit Server(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace yagura::http
