// SPDX-License-Identifier: Apache-2.0
//
// One coroutine per connection reads a request, hands it to a worker, waits, and writes the answer.
// Everything but the workers' jobs and `post` runs on the one I/O thread, so nothing here is
// locked.
#include "http/server.h"

#include <fmt/format.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
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
#include <boost/asio/write.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <chrono>
#include <exception>
#include <optional>
#include <set>
#include <system_error>
#include <thread>
#include <utility>

#include "base/log.h"
#include "http/event_stream.h"
#include "http/host_names.h"
#include "http/request_parser.h"
#include "http/response_text.h"
#include "http/worker_pool.h"

namespace yagura::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;
using beast::error_code;

constexpr size_t read_bytes = size_t{16} << 10;
constexpr size_t write_bytes = size_t{64} << 10;     // of one write, which has its time limit
constexpr size_t lingering_bytes = size_t{8} << 20;  // of a refused body that are read and dropped
constexpr Duration lingering_time = Duration::seconds(2);
constexpr Duration accept_pause =
    Duration::milliseconds(100);  // when there are no descriptors left

std::chrono::nanoseconds chrono_of(Duration duration) {
  return std::chrono::nanoseconds(duration.nanoseconds);
}

Timestamp now() {
  return {std::chrono::duration_cast<std::chrono::nanoseconds>(
              std::chrono::system_clock::now().time_since_epoch())
              .count()};
}

IpAddress address_of(const asio::ip::address& address) {
  if (address.is_v4()) return IpAddress::from_v4(address.to_v4().to_uint());
  return IpAddress::from_v6_bytes(address.to_v6().to_bytes().data());
}

// Makes an operation a part of its coroutine, and its failure a value.
auto into(error_code& error) { return asio::redirect_error(asio::use_awaitable, error); }

void log_escaped(std::exception_ptr error) {
  try {
    if (error) std::rethrow_exception(std::move(error));
  } catch (const std::exception& failed) {
    log_error(fmt::format("an HTTP connection ended: {}", failed.what()));
  }
}

// A connection's bytes, plain or through TLS. Every operation ends at the deadline set before it.
class Stream {
 public:
  Stream(tcp::socket socket, asio::ssl::context* tls) : tcp_(std::move(socket)) {
    if (tls) tls_.emplace(tcp_, *tls);
  }

  void set_deadline(Duration from_now) { tcp_.expires_after(chrono_of(from_now)); }
  void clear_deadline() { tcp_.expires_never(); }
  bool secure() const { return tls_.has_value(); }

  asio::awaitable<error_code> handshake() {
    error_code error;
    co_await tls_->async_handshake(asio::ssl::stream_base::server, into(error));
    co_return error;
  }

  // Appends what came to `buffer`.
  asio::awaitable<error_code> read(std::string& buffer) {
    std::array<char, read_bytes> piece;
    error_code error;
    size_t size = 0;
    auto token = into(error);
    if (tls_) {
      size = co_await tls_->async_read_some(asio::buffer(piece), token);
    } else {
      size = co_await tcp_.async_read_some(asio::buffer(piece), token);
    }
    buffer.append(piece.data(), size);
    co_return error;
  }

  asio::awaitable<error_code> write(std::string_view bytes) {
    error_code error;
    auto token = into(error);
    if (tls_) {
      co_await asio::async_write(*tls_, asio::buffer(bytes.data(), bytes.size()), token);
    } else {
      co_await asio::async_write(tcp_, asio::buffer(bytes.data(), bytes.size()), token);
    }
    co_return error;
  }

  // Says that nothing more will come, so that the other side knows the answer to be whole.
  asio::awaitable<void> finish() {
    error_code ignored;  // the other side may be gone
    if (tls_) {
      co_await tls_->async_shutdown(into(ignored));
    } else {
      tcp_.socket().shutdown(tcp::socket::shutdown_send, ignored);
    }
  }

  void close() { tcp_.close(); }

 private:
  beast::tcp_stream tcp_;
  std::optional<asio::ssl::stream<beast::tcp_stream&>> tls_;
};

// What the connections share; the I/O thread's own but for `router`, `metrics` and `pool`.
struct Shared {
  const ServerOptions& options;
  const Router& router;
  Metrics& metrics;
  WorkerPool& pool;
  HostNames hosts;
  bool stopping = false;
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(tcp::socket socket, asio::ssl::context* tls, Shared& shared)
      : executor_(socket.get_executor()), wake_(executor_), shared_(shared) {
    error_code ignored;  // who is gone already is found out by the first read
    remote_ = address_of(socket.remote_endpoint(ignored).address());
    local_ = address_of(socket.local_endpoint(ignored).address());
    socket.set_option(tcp::no_delay(true), ignored);
    stream_.emplace(std::move(socket), tls);
  }

  asio::awaitable<void> run();
  // When the server stops: what waits for a request ends, what is being answered goes on.
  void stop() {
    if (reading_) stream_->close();
    wake_.cancel();
  }
  void abort() {
    stream_->close();
    wake_.cancel();
  }

 private:
  using Clock = std::chrono::steady_clock;
  struct Reply {
    RoutedResponse routed;
    bool done = false;  // the I/O thread's
  };

  asio::awaitable<bool> handshake();
  asio::awaitable<bool> receive(RequestParser& parser, bool first);
  asio::awaitable<bool> answer(Request request, bool keep_alive);
  asio::awaitable<std::optional<RoutedResponse>> ask_worker(Request request);
  asio::awaitable<bool> send(const Response& response, bool keep_alive, bool head_only);
  asio::awaitable<bool> send_bytes(std::string_view bytes);
  asio::awaitable<void> send_events(const Response& response);
  asio::awaitable<void> watch_for_end();
  asio::awaitable<void> linger();
  asio::awaitable<void> wait();

  asio::any_io_executor executor_;
  asio::steady_timer wake_;
  Shared& shared_;
  std::optional<Stream> stream_;
  IpAddress remote_, local_;
  std::string in_;         // came, but is not understood yet
  bool reading_ = true;    // waits for (more of) a request
  bool gone_ = false;      // the reader of an event stream
  bool watching_ = false;  // watch_for_end runs
};

asio::awaitable<void> Connection::run() {
  if (stream_->secure()) {
    const bool shaken = co_await handshake();
    if (!shaken) co_return;
  }
  const ParserLimits limits{shared_.options.header_bytes, shared_.options.target_bytes,
                            shared_.options.body_bytes};
  bool more = true;
  for (bool first = true; more && !shared_.stopping; first = false) {
    RequestParser parser(limits);
    reading_ = true;
    more = co_await receive(parser, first);
    reading_ = false;
    if (!more) break;
    if (parser.state() == RequestParser::State::refused) {
      shared_.metrics.count_refusal(Metrics::Refusal::malformed);
      const bool sent = co_await send(parser.refusal(), false, false);
      if (sent) co_await linger();
      break;
    }
    more = co_await answer(parser.release(), parser.keep_alive());
  }
  reading_ = true;
  stream_->set_deadline(lingering_time);
  if (!shared_.stopping) co_await stream_->finish();
  stream_->close();
}

asio::awaitable<bool> Connection::handshake() {
  stream_->set_deadline(shared_.options.header_timeout);
  const error_code error = co_await stream_->handshake();
  if (error)
    shared_.metrics.count_refusal(error == beast::error::timeout ? Metrics::Refusal::timeout
                                                                 : Metrics::Refusal::tls);
  co_return !error;
}

// Whether there is a request, whole or refused.
asio::awaitable<bool> Connection::receive(RequestParser& parser, bool first) {
  const ServerOptions& options = shared_.options;
  bool idle = in_.empty() && !first;
  bool announced = false;  // that the body is being read
  stream_->set_deadline(idle ? options.idle_timeout : options.header_timeout);
  while (true) {
    const size_t taken = in_.empty() ? 0 : parser.take(in_);
    in_.erase(0, taken);
    if (parser.state() == RequestParser::State::complete ||
        parser.state() == RequestParser::State::refused)
      co_return true;
    if (parser.state() == RequestParser::State::body && !announced) {
      announced = true;
      stream_->set_deadline(options.body_timeout);
      if (parser.expects_continue() && in_.empty()) {
        const error_code error = co_await stream_->write("HTTP/1.1 100 Continue\r\n\r\n");
        if (error) co_return false;
      }
    } else if (taken > 0 && !in_.empty()) {
      continue;
    }
    const error_code error = co_await stream_->read(in_);
    if (error) {
      if (error == beast::error::timeout && !idle)
        shared_.metrics.count_refusal(Metrics::Refusal::timeout);
      co_return false;
    }
    if (idle) stream_->set_deadline(options.header_timeout);
    idle = false;
  }
}

// Whether another request may follow.
asio::awaitable<bool> Connection::answer(Request request, bool keep_alive) {
  request.remote = remote_;
  request.secure = stream_->secure();
  const bool head_only = request.method == Method::head;
  const auto host = request.headers.find("Host");
  if (host && !shared_.hosts.accept(*host, local_)) {
    shared_.metrics.count_refusal(Metrics::Refusal::host);
    const Response elsewhere =
        problem(421, "the Host header names another server; the operator can allow the name");
    const bool sent = co_await send(elsewhere, keep_alive, head_only);
    co_return sent&& keep_alive;
  }
  const auto start = Clock::now();
  const auto routed = co_await ask_worker(std::move(request));
  keep_alive = keep_alive && !shared_.stopping;
  if (!routed) {
    shared_.metrics.count_refusal(Metrics::Refusal::queue);
    Response busy = problem(503, "the server is busy; try again");
    busy.headers.set("Retry-After", "1");
    const bool sent = co_await send(busy, keep_alive, head_only);
    co_return sent&& keep_alive;
  }
  const Response& response = routed->response;
  shared_.metrics.count_request(
      routed->route, response.status,
      {std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - start).count()});
  if (response.events) {
    co_await send_events(response);
    co_return false;
  }
  const bool sent = co_await send(response, keep_alive, head_only);
  co_return sent&& keep_alive;
}

// Nothing where the queue is full. The job holds a plain pointer to this: the coroutine, and with
// it the connection, waits until the job is done.
asio::awaitable<std::optional<RoutedResponse>> Connection::ask_worker(Request request) {
  const auto reply =
      std::make_shared<Reply>();  // of the job and of this, which may end in any order
  const auto asked = std::make_shared<const Request>(std::move(request));  // std::function copies
  const auto job = [this, executor = executor_, reply, asked](size_t worker) {
    shared_.metrics.set_queue_length(shared_.pool.waiting());
    reply->routed = shared_.router.answer(*asked, worker);
    // From here on the connection may be gone before `post` returns.
    asio::post(executor, [this, reply] {
      reply->done = true;
      wake_.cancel();
    });
  };
  if (!shared_.pool.submit(job)) co_return std::nullopt;
  shared_.metrics.set_queue_length(shared_.pool.waiting());
  while (!reply->done) co_await wait();
  co_return std::move(reply->routed);
}

// Until wake_ is cancelled.
asio::awaitable<void> Connection::wait() {
  error_code cancelled;
  wake_.expires_at(Clock::time_point::max());
  co_await wake_.async_wait(into(cancelled));
}

// Whether it reached the other side's system.
asio::awaitable<bool> Connection::send(const Response& response, bool keep_alive, bool head_only) {
  std::string head = head_text(response, keep_alive, now());
  std::string_view body = head_only ? std::string_view() : response.body;
  const size_t beside = std::min(body.size(), read_bytes);  // one packet where it fits
  head += body.substr(0, beside);
  bool sent = co_await send_bytes(head);
  if (sent) sent = co_await send_bytes(body.substr(beside));
  co_return sent;
}

asio::awaitable<bool> Connection::send_bytes(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::string_view piece = bytes.substr(0, write_bytes);
    stream_->set_deadline(shared_.options.idle_timeout);
    const error_code error = co_await stream_->write(piece);
    if (error == beast::error::timeout) shared_.metrics.count_refusal(Metrics::Refusal::timeout);
    if (error) co_return false;
    bytes.remove_prefix(piece.size());
  }
  co_return true;
}

// Ends a subscription however its stream ends.
class Reading {
 public:
  Reading(EventSubscription& events, Metrics& metrics) : events_(events), metrics_(metrics) {
    metrics_.stream_opened();
  }
  ~Reading() {
    events_.wake_by({});
    events_.close();
    metrics_.stream_closed();
  }
  Reading(const Reading&) = delete;
  Reading& operator=(const Reading&) = delete;

 private:
  EventSubscription& events_;
  Metrics& metrics_;
};

asio::awaitable<void> Connection::send_events(const Response& response) {
  EventSubscription& events = *response.events;
  const Reading reading(events, shared_.metrics);
  // The comment makes the browser call the stream open before the first message.
  const std::string head = head_text(response, false, now()) + ": open\n\n";
  bool open = co_await send_bytes(head);
  if (open) {
    watching_ = true;
    stream_->clear_deadline();
    asio::co_spawn(executor_, watch_for_end(), log_escaped);
  }
  // A posted function may find the connection gone.
  const auto wake = [executor = executor_, weak = weak_from_this()] {
    asio::post(executor, [weak] {
      if (const auto connection = weak.lock()) connection->wake_.cancel();
    });
  };
  while (open && !gone_ && !shared_.stopping) {
    std::string text = events.take();
    if (text.empty()) {
      if (events.closed()) break;
      error_code woken;
      wake_.expires_after(chrono_of(shared_.options.heartbeat));
      events.wake_by(wake);
      co_await wake_.async_wait(into(woken));
      if (woken) continue;
      text = ": \n\n";
    }
    open = co_await send_bytes(text);
  }
  if (!watching_) co_return;
  if (!stream_->secure()) co_await stream_->finish();
  stream_->close();
  while (watching_) co_await wait();
}

// Reads until the client goes; what it still says is dropped.
asio::awaitable<void> Connection::watch_for_end() {
  const auto self = shared_from_this();  // keeps what this runs on while it runs
  std::string dropped;
  error_code error;
  while (!error) {
    dropped.clear();
    error = co_await stream_->read(dropped);
  }
  gone_ = true;
  watching_ = false;
  wake_.cancel();
}

// After a refusal the client may still be sending: closing now would reset the connection and take
// the answer from it unread.
asio::awaitable<void> Connection::linger() {
  reading_ = true;
  stream_->set_deadline(lingering_time);
  if (!stream_->secure()) co_await stream_->finish();
  size_t dropped = 0;
  error_code error;
  while (!error && dropped < lingering_bytes && !shared_.stopping) {
    in_.clear();
    error = co_await stream_->read(in_);
    dropped += in_.size();
  }
}

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
  void stop();
  uint16_t port() const { return port_; }
  bool secure() const { return tls_ != nullptr; }
  const ServerOptions& options() const { return options_; }

 private:
  Result<void> listen(const asio::ip::address& address);
  asio::awaitable<void> accept();
  void take(tcp::socket socket);
  void begin_stop();

  const ServerOptions options_;
  Metrics& metrics_;
  TlsContext tls_;
  std::unique_ptr<WorkerPool> pool_;
  std::optional<Shared> shared_;
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
  shared_.emplace(Shared{options_, router, metrics_, *pool_, std::move(hosts)});
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
    if (shared_->stopping) break;
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
    const std::string text = head_text(refusal, false, now()) + refusal.body;
    error_code ignored;  // as much as the system takes at once: nobody waits for this
    socket.non_blocking(true, ignored);
    socket.write_some(asio::buffer(text), ignored);
    return;
  }
  const auto connection = std::make_shared<Connection>(std::move(socket), tls_.get(), *shared_);
  connections_.insert(connection.get());
  metrics_.connection_opened();
  // Shared, because functions on their way to the I/O thread may outlive the coroutine.
  asio::co_spawn(io_, connection->run(), [this, connection](std::exception_ptr error) {
    log_escaped(std::move(error));
    connection->abort();
    connections_.erase(connection.get());
    metrics_.connection_closed();
    if (connections_.empty()) deadline_.cancel();
  });
}

void Server::Implementation::begin_stop() {
  shared_->stopping = true;
  acceptor_.close();
  pause_.cancel();
  for (Connection* const connection : connections_) connection->stop();
  if (connections_.empty()) return;
  deadline_.expires_after(chrono_of(options_.stop_timeout));
  deadline_.async_wait([this](error_code cancelled) {
    if (cancelled) return;
    for (Connection* const connection : connections_) connection->abort();
  });
}

void Server::Implementation::stop() {
  const MutexLock lock(stop_mutex_);
  if (thread_.joinable()) {
    asio::post(io_, [this] { begin_stop(); });
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

void Server::stop() { implementation_->stop(); }

}  // namespace yagura::http
