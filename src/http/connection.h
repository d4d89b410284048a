// SPDX-License-Identifier: Apache-2.0
//
// One connection of the server, from its first byte to its last; private to this room.
//
// A coroutine reads a request, hands it to a worker, waits, and writes the answer. All of it, and
// every function here, runs on the server's one I/O thread, so nothing is locked.
#pragma once

#include <exception>
#include <functional>
#include <memory>

#include "base/time.h"
#include "http/host_names.h"
#include "http/metrics.h"
#include "http/router.h"
#include "http/server.h"
#include "http/worker_pool.h"

namespace boost::asio {
class io_context;
namespace ssl {
class context;
}
}  // namespace boost::asio

namespace yagura::http {

// What the connections of a server share; it outlives them.
struct ServerState {
  const ServerOptions& options;
  const Router& router;
  Metrics& metrics;
  WorkerPool& pool;
  HostNames hosts;
  bool stopping = false;  // the I/O thread's
};

class Connection {
 public:
  virtual ~Connection() = default;
  // When the server stops: what waits for a request ends, what is being answered goes on.
  virtual void stop() = 0;
  virtual void abort() = 0;  // ends it whatever it does
};

// Owns `socket`, the descriptor of an accepted TCP connection, from here on. `tls` may be null.
// `ended` is called once, on the I/O thread, when nothing of the connection goes on any more.
std::shared_ptr<Connection> start_connection(boost::asio::io_context& io, int socket,
                                             boost::asio::ssl::context* tls, ServerState& state,
                                             std::function<void(Connection*)> ended);

// For the end of a coroutine: an exception (no memory) that ended it is logged. May be null.
void log_escaped(std::exception_ptr error);

// The system clock, for the Date of an answer.
Timestamp clock_time();

}  // namespace yagura::http
