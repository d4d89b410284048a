// SPDX-License-Identifier: Apache-2.0
//
// One coroutine per connection reads a request, hands it to a worker, waits, and writes the answer.
// Everything but the workers' jobs and `post` runs on the one I/O thread, so nothing here is
// locked.
#include "http/server.h"

#include <fmt/format.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <exception>
#include <optional>
#include <set>
#include <system_error>
#include <thread>
#include <utility>

#include "base/log.h"
#include "http/connection.h"
#include "http/host_names.h"
#include "http/response_text.h"
#include "http/worker_pool.h"

namespace yagura::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr Duration accept_pause =
    Duration::milliseconds(100);  // when there are no descriptors left

constexpr Duration interrupt_pause = Duration::milliseconds(100);

std::chrono::nanoseconds chrono_of(Duration duration) {
  return std::chrono::nanoseconds(duration.nanoseconds);
}

// Makes an operation a part of its coroutine, and its failure a value.
auto into(error_code& error) { return asio::redirect_error(asio::use_awaitable, error); }

Result<void> check_options(const ServerOptions& options) {
  const auto within_bounds = [](size_t value, size_t low, size_t high, std::string_view name) {
    if (value >= low && value <= high) return Result<void>();
    return Result<void>(
        failure(fmt::format("{} is {}; it can be {} to {}", name, value, low, high)));
  };
  constexpr size_t most_bytes = size_t{1} << 30;
  TRY_VOID(within_bounds(options.workers, 1, 256, "the number of workers"));
  TRY_VOID(within_bounds(options.queue, 1, 65'536, "the length of the queue"));
  TRY_VOID(within_bounds(options.connections, 1, 65'536, "the number of connections"));
  TRY_VOID(within_bounds(options.header_bytes, 256, most_bytes, "the limit of headers"));
  TRY_VOID(within_bounds(options.target_bytes, 16, options.header_bytes, "the limit of a target"));
  TRY_VOID(within_bounds(options.body_bytes, 1, most_bytes, "the limit of a body"));
  const Duration shortest = std::min(
      {options.header_timeout, options.body_timeout, options.idle_timeout, options.heartbeat});
  if (shortest <= Duration{} || options.stop_timeout < Duration{})
    return failure("a time limit is not above zero");
  if (options.certificate_file.empty() != options.key_file.empty())
    return failure("TLS needs both a certificate and a key file");
  return {};
}

using TlsContext = std::unique_ptr<asio::ssl::context>;

// Null without a certificate.
Result<TlsContext> make_tls(const ServerOptions& options) {
  if (options.certificate_file.empty()) return nullptr;
  auto tls = std::make_unique<asio::ssl::context>(asio::ssl::context::tls_server);
  SSL_CTX* const handle = tls->native_handle();
  SSL_CTX_set_min_proto_version(handle, TLS1_2_VERSION);
  SSL_CTX_set_options(handle, SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  error_code error;
  // Without this OpenSSL would ask for the password of an encrypted key on the terminal.
  tls->set_password_callback([](size_t, asio::ssl::context::password_purpose) { return ""; },
                             error);
  if (error) return failure(fmt::format("TLS: {}", error.message()));
  tls->use_certificate_chain_file(options.certificate_file, error);
  if (error)
    return failure(
        fmt::format("certificate {}: {}; give a PEM file with the certificate and its chain",
                    options.certificate_file, error.message()));
  tls->use_private_key_file(options.key_file, asio::ssl::context::pem, error);
  if (error)
    return failure(
        fmt::format("key {}: {}; give the PEM file, without a password, that belongs to "
                    "certificate {}",
                    options.key_file, error.message(), options.certificate_file));
  return tls;
}

}  // namespace

class Server::Implementation {
 public:
  Implementation(ServerOptions options, Metrics& metrics)
      : options_(std::move(options)), metrics_(metrics) {}
  ~Implementation() { stop(); }

  Result<void> start(const Router& router);
  void stop(const std::function<void()>& interrupt = {});
  uint16_t port() const { return port_; }
  bool secure() const { return tls_ != nullptr; }
  const ServerOptions& options() const { return options_; }

 private:
  Result<void> listen(const asio::ip::address& address);
  asio::awaitable<void> accept();
  void take(tcp::socket socket);
  void forget(Connection* ended);
  void begin_stop(std::function<void()> interrupt);
  asio::awaitable<void> end_handlers(std::function<void()> interrupt);

  const ServerOptions options_;
  Metrics& metrics_;
  TlsContext tls_;
  std::unique_ptr<WorkerPool> pool_;
  std::optional<ServerState> state_;
  asio::io_context io_{1};
  tcp::acceptor acceptor_{io_};
  asio::steady_timer pause_{io_};     // of accepting
  asio::steady_timer deadline_{io_};  // of stopping
  std::set<Connection*> connections_;
  uint16_t port_ = 0;
  Mutex stop_mutex_;
  std::thread thread_ YAGURA_GUARDED_BY(stop_mutex_);
};

Result<void> Server::Implementation::start(const Router& router) {
  TRY_VOID(check_options(options_));
  const auto bound = IpAddress::parse(options_.address);
  if (!bound)
    return failure(fmt::format("listening on '{}': {}", options_.address, bound.error().message()));
  TRY(HostNames hosts, HostNames::create(*bound, options_.allowed_hosts));
  TRY(tls_, make_tls(options_));
  error_code error;
  const auto address = asio::ip::make_address(options_.address, error);
  if (error)
    return failure(fmt::format("listening on '{}': {}", options_.address, error.message()));
  TRY(pool_, WorkerPool::create(options_.workers, options_.queue));
  state_.emplace(ServerState{options_, router, metrics_, *pool_, std::move(hosts)});
  TRY_VOID(listen(address));
  asio::co_spawn(io_, accept(), log_escaped);
  const MutexLock lock(stop_mutex_);
  try {
    thread_ = std::thread([this] {
      leave_signals_to_others();
      io_.run();
    });
  } catch (const std::system_error& failed) {
    return failure(fmt::format("starting the thread of the server: {}", failed.what()));
  }
  return {};
}

Result<void> Server::Implementation::listen(const asio::ip::address& address) {
  const tcp::endpoint endpoint(address, options_.port);
  error_code error;
  acceptor_.open(endpoint.protocol(), error);
  if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error && address.is_v6() && address.is_unspecified())
    acceptor_.set_option(asio::ip::v6_only(false), error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
  if (!error) port_ = acceptor_.local_endpoint(error).port();
  if (!error) return {};
  const bool taken = error == boost::system::errc::address_in_use;
  return failure(fmt::format("listening on {}, port {}: {}{}", options_.address, options_.port,
                             errno_text(error.value()),
                             taken ? ": another program has it; choose another port" : ""));
}

asio::awaitable<void> Server::Implementation::accept() {
  while (true) {
    error_code error;
    tcp::socket socket = co_await acceptor_.async_accept(into(error));
    if (state_->stopping) break;
    if (!error) {
      take(std::move(socket));
    } else {
      pause_.expires_after(chrono_of(accept_pause));
      co_await pause_.async_wait(into(error));
    }
  }
}

void Server::Implementation::take(tcp::socket socket) {
  if (connections_.size() >= options_.connections) {
    metrics_.count_refusal(Metrics::Refusal::connections);
    if (secure()) return;
    Response refusal = problem(503, "too many connections; try again");
    refusal.headers.set("Retry-After", "1");
    const std::string text = head_text(refusal, false, clock_time()) + refusal.body;
    error_code ignored;  // as much as the system takes at once: nobody waits for this
    socket.non_blocking(true, ignored);
    socket.write_some(asio::buffer(text), ignored);
    return;
  }
  error_code error;
  const int descriptor = socket.release(error);
  if (error) return;  // and closes
  const auto connection = start_connection(io_, descriptor, tls_.get(), *state_,
                                           [this](Connection* ended) { forget(ended); });
  connections_.insert(connection.get());
  metrics_.connection_opened();
}

void Server::Implementation::forget(Connection* ended) {
  connections_.erase(ended);
  metrics_.connection_closed();
  if (connections_.empty()) deadline_.cancel();
}

void Server::Implementation::begin_stop(std::function<void()> interrupt) {
  state_->stopping = true;
  acceptor_.close();
  pause_.cancel();
  for (Connection* const connection : connections_) connection->stop();
  if (connections_.empty()) return;
  deadline_.expires_after(chrono_of(options_.stop_timeout));
  deadline_.async_wait([this, interrupt = std::move(interrupt)](error_code cancelled) {
    if (cancelled) return;
    for (Connection* const connection : connections_) connection->abort();
    asio::co_spawn(io_, end_handlers(interrupt), log_escaped);
  });
}

// A connection is there as long as its handler runs: a handler that finished one query may be at
// its next, so it is interrupted until it gives up.
asio::awaitable<void> Server::Implementation::end_handlers(std::function<void()> interrupt) {
  pool_->drop_waiting();
  while (!connections_.empty() && interrupt) {
    interrupt();
    error_code ignored;
    deadline_.expires_after(chrono_of(interrupt_pause));
    co_await deadline_.async_wait(into(ignored));
  }
}

void Server::Implementation::stop(const std::function<void()>& interrupt) {
  const MutexLock lock(stop_mutex_);
  if (thread_.joinable()) {
    asio::post(io_, [this, interrupt] { begin_stop(interrupt); });
    thread_.join();
  }
  if (pool_) pool_->stop();
}

Server::Server(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}
Server::~Server() = default;

Result<std::unique_ptr<Server>> Server::start(ServerOptions options, const Router& router,
                                              Metrics& metrics) {
  auto implementation = std::make_unique<Implementation>(std::move(options), metrics);
  TRY_VOID(implementation->start(router));
  return std::unique_ptr<Server>(new Server(std::move(implementation)));
}

uint16_t Server::port() const { return implementation_->port(); }

std::string Server::url() const {
  const std::string& address = implementation_->options().address;
  const bool v6 = address.find(':') != std::string::npos;
  return fmt::format("{}://{}{}{}:{}", implementation_->secure() ? "https" : "http", v6 ? "[" : "",
                     address, v6 ? "]" : "", port());
}

void Server::stop(const std::function<void()>& interrupt) { implementation_->stop(interrupt); }

}  // namespace yagura::http
