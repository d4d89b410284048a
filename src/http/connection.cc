// SPDX-License-Identifier: Apache-2.0
#include "http/connection.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
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
#include <string>
#include <utility>

#include "base/log.h"
#include "http/compress.h"
#include "http/event_stream.h"
#include "http/request_parser.h"
#include "http/response_text.h"

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

std::chrono::nanoseconds chrono_of(Duration duration) {
  return std::chrono::nanoseconds(duration.nanoseconds);
}

IpAddress address_of(const asio::ip::address& address) {
  if (address.is_v4()) return IpAddress::from_v4(address.to_v4().to_uint());
  return IpAddress::from_v6_bytes(address.to_v6().to_bytes().data());
}

// Makes an operation a part of its coroutine, and its failure a value.
auto into(error_code& error) { return asio::redirect_error(asio::use_awaitable, error); }

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

class TcpConnection : public Connection, public std::enable_shared_from_this<TcpConnection> {
 public:
  TcpConnection(tcp::socket socket, asio::ssl::context* tls, ServerState& state)
      : executor_(socket.get_executor()), wake_(executor_), state_(state) {
    error_code ignored;  // who is gone already is found out by the first read
    remote_ = address_of(socket.remote_endpoint(ignored).address());
    local_ = address_of(socket.local_endpoint(ignored).address());
    socket.set_option(tcp::no_delay(true), ignored);
    stream_.emplace(std::move(socket), tls);
  }

  asio::awaitable<void> run();
  void stop() override {
    if (reading_) stream_->close();
    wake_.cancel();
  }
  void abort() override {
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
  ServerState& state_;
  std::optional<Stream> stream_;
  IpAddress remote_, local_;
  std::string in_;         // came, but is not understood yet
  bool reading_ = true;    // waits for (more of) a request
  bool gone_ = false;      // the reader of an event stream
  bool watching_ = false;  // watch_for_end runs
};

asio::awaitable<void> TcpConnection::run() {
  if (stream_->secure()) {
    const bool shaken = co_await handshake();
    if (!shaken) co_return;
  }
  const ParserLimits limits{state_.options.header_bytes, state_.options.target_bytes,
                            state_.options.body_bytes};
  bool more = true;
  for (bool first = true; more && !state_.stopping; first = false) {
    RequestParser parser(limits);
    reading_ = true;
    more = co_await receive(parser, first);
    reading_ = false;
    if (!more) break;
    if (parser.state() == RequestParser::State::refused) {
      state_.metrics.count_refusal(Metrics::Refusal::malformed);
      const bool sent = co_await send(parser.refusal(), false, false);
      if (sent) co_await linger();
      break;
    }
    more = co_await answer(parser.release(), parser.keep_alive());
  }
  reading_ = true;
  stream_->set_deadline(lingering_time);
  if (!state_.stopping) co_await stream_->finish();
  stream_->close();
}

asio::awaitable<bool> TcpConnection::handshake() {
  stream_->set_deadline(state_.options.header_timeout);
  const error_code error = co_await stream_->handshake();
  if (error)
    state_.metrics.count_refusal(error == beast::error::timeout ? Metrics::Refusal::timeout
                                                                : Metrics::Refusal::tls);
  co_return !error;
}

// Whether there is a request, whole or refused.
asio::awaitable<bool> TcpConnection::receive(RequestParser& parser, bool first) {
  const ServerOptions& options = state_.options;
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
        state_.metrics.count_refusal(Metrics::Refusal::timeout);
      co_return false;
    }
    if (idle) stream_->set_deadline(options.header_timeout);
    idle = false;
  }
}

// Whether another request may follow.
asio::awaitable<bool> TcpConnection::answer(Request request, bool keep_alive) {
  request.remote = remote_;
  request.secure = stream_->secure();
  const bool head_only = request.method == Method::head;
  const auto host = request.headers.find("Host");
  if (host && !state_.hosts.accept(*host, local_)) {
    state_.metrics.count_refusal(Metrics::Refusal::host);
    const Response elsewhere =
        problem(421, "the Host header names another server; the operator can allow the name");
    const bool sent = co_await send(elsewhere, keep_alive, head_only);
    co_return sent&& keep_alive;
  }
  const auto start = Clock::now();
  const auto routed = co_await ask_worker(std::move(request));
  keep_alive = keep_alive && !state_.stopping;
  if (!routed) {
    state_.metrics.count_refusal(Metrics::Refusal::queue);
    Response busy = problem(503, "the server is busy; try again");
    busy.headers.set("Retry-After", "1");
    const bool sent = co_await send(busy, keep_alive, head_only);
    co_return sent&& keep_alive;
  }
  const Response& response = routed->response;
  state_.metrics.count_request(
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
asio::awaitable<std::optional<RoutedResponse>> TcpConnection::ask_worker(Request request) {
  const auto reply =
      std::make_shared<Reply>();  // of the job and of this, which may end in any order
  const auto asked = std::make_shared<const Request>(std::move(request));  // std::function copies
  const auto job = [this, executor = executor_, reply, asked](size_t worker) {
    state_.metrics.set_queue_length(state_.pool.waiting());
    if (worker == WorkerPool::dropped) {
      reply->routed = {problem(503, "the server is stopping; try again"), "(none)"};
    } else {
      reply->routed = state_.router.answer(*asked, worker);
      compress(*asked, reply->routed.response);
    }
    // From here on the connection may be gone before `post` returns.
    asio::post(executor, [this, reply] {
      reply->done = true;
      wake_.cancel();
    });
  };
  if (!state_.pool.submit(job)) co_return std::nullopt;
  state_.metrics.set_queue_length(state_.pool.waiting());
  while (!reply->done) co_await wait();
  co_return std::move(reply->routed);
}

// Until wake_ is cancelled.
asio::awaitable<void> TcpConnection::wait() {
  error_code cancelled;
  wake_.expires_at(Clock::time_point::max());
  co_await wake_.async_wait(into(cancelled));
}

// Whether it reached the other side's system.
asio::awaitable<bool> TcpConnection::send(const Response& response, bool keep_alive,
                                          bool head_only) {
  std::string head = head_text(response, keep_alive, clock_time());
  std::string_view body = head_only ? std::string_view() : response.body;
  const size_t beside = std::min(body.size(), read_bytes);  // one packet where it fits
  head += body.substr(0, beside);
  bool sent = co_await send_bytes(head);
  if (sent) sent = co_await send_bytes(body.substr(beside));
  co_return sent;
}

asio::awaitable<bool> TcpConnection::send_bytes(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::string_view piece = bytes.substr(0, write_bytes);
    stream_->set_deadline(state_.options.idle_timeout);
    const error_code error = co_await stream_->write(piece);
    if (error == beast::error::timeout) state_.metrics.count_refusal(Metrics::Refusal::timeout);
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

asio::awaitable<void> TcpConnection::send_events(const Response& response) {
  EventSubscription& events = *response.events;
  const Reading reading(events, state_.metrics);
  // The comment makes the browser call the stream open before the first message.
  const std::string head = head_text(response, false, clock_time()) + ": open\n\n";
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
  while (open && !gone_ && !state_.stopping) {
    std::string text = events.take();
    if (text.empty()) {
      if (events.closed()) break;
      error_code woken;
      wake_.expires_after(chrono_of(state_.options.heartbeat));
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
asio::awaitable<void> TcpConnection::watch_for_end() {
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
asio::awaitable<void> TcpConnection::linger() {
  reading_ = true;
  stream_->set_deadline(lingering_time);
  if (!stream_->secure()) co_await stream_->finish();
  size_t dropped = 0;
  error_code error;
  while (!error && dropped < lingering_bytes && !state_.stopping) {
    in_.clear();
    error = co_await stream_->read(in_);
    dropped += in_.size();
  }
}

}  // namespace

void log_escaped(std::exception_ptr error) {
  try {
    if (error) std::rethrow_exception(std::move(error));
  } catch (const std::exception& failed) {
    log_error(fmt::format("an HTTP connection ended: {}", failed.what()));
  }
}

Timestamp clock_time() {
  return {std::chrono::duration_cast<std::chrono::nanoseconds>(
              std::chrono::system_clock::now().time_since_epoch())
              .count()};
}

std::shared_ptr<Connection> start_connection(asio::io_context& io, int socket,
                                             asio::ssl::context* tls, ServerState& state,
                                             std::function<void(Connection*)> ended) {
  tcp::socket taken(io);
  error_code error;
  // Either family will do: the protocol is only asked for when a socket is opened.
  taken.assign(tcp::v4(), socket, error);
  if (error) ::close(socket);  // the first read finds out
  // Shared, because functions on their way to the I/O thread may outlive the coroutine.
  const auto connection = std::make_shared<TcpConnection>(std::move(taken), tls, state);
  asio::co_spawn(io, connection->run(),
                 [connection, ended = std::move(ended)](std::exception_ptr failed) {
                   log_escaped(std::move(failed));
                   connection->abort();
                   ended(connection.get());
                 });
  return connection;
}

}  // namespace yagura::http
