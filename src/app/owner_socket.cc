// SPDX-License-Identifier: Apache-2.0
#include "app/owner_socket.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <semaphore>
#include <set>
#include <system_error>
#include <thread>

#include "app/owner_protocol.h"
#include "base/log.h"
#include "base/mutex.h"
#include "base/text.h"

namespace yagura::app {
namespace {

constexpr int waiting_clients = 16;  // in the system's queue
constexpr std::chrono::milliseconds interrupt_pause{100};

}  // namespace

class OwnerSocket::Implementation {
 public:
  Implementation(Answer answer, OwnerSocketOptions options)
      : answer_(std::move(answer)), options_(options) {}
  ~Implementation() { stop({}); }

  Result<void> start(const std::filesystem::path& folder);
  void stop(const std::function<void()>& interrupt);

 private:
  class Client;
  void run();
  void serve(int connection);

  const Answer answer_;
  const OwnerSocketOptions options_;
  std::filesystem::path path_;
  Descriptor listening_;
  std::atomic<bool> stopping_ = false;
  Mutex mutex_;
  std::set<int> connections_ YAGURA_GUARDED_BY(mutex_);
  std::counting_semaphore<> ended_{0};  // threads
  std::vector<std::thread> threads_;
};

class OwnerSocket::Implementation::Client final : public OwnerClient {
 public:
  Client(int connection, const std::atomic<bool>& stopping)
      : connection_(connection), stopping_(stopping) {}

  Result<void> out(std::string_view text) override { return send_piece(piece_out, text); }
  void error(std::string_view text) override { static_cast<void>(send_piece(piece_error, text)); }
  bool gone() override {
    if (stopping_) return true;
    char byte;
    const ssize_t size = ::recv(connection_, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return size == 0 || (size < 0 && errno != EAGAIN && errno != EINTR);
  }
  void end(ExitCode code) {
    const auto byte = static_cast<char>(code);
    static_cast<void>(send_piece(piece_exit, {&byte, 1}));
  }

 private:
  Result<void> send_piece(char kind, std::string_view bytes) {
    while (true) {
      const std::string_view piece = bytes.substr(0, largest_piece);
      TRY_VOID(send_all(connection_, piece_head(kind, piece.size())));
      TRY_VOID(send_all(connection_, piece));
      bytes.remove_prefix(piece.size());
      if (bytes.empty()) return {};
    }
  }

  int connection_;
  const std::atomic<bool>& stopping_;
};

Result<void> OwnerSocket::Implementation::start(const std::filesystem::path& folder) {
  CHECK(options_.clients >= 1 && options_.clients <= 64);
  path_ = folder / socket_name;
  const auto failed = [&](std::string_view what) {
    return failure(fmt::format("{} {}: {}", what, path_.string(), errno_text(errno)));
  };
  TRY(const SocketAddress address, SocketAddress::in(folder));
  listening_ = Descriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (listening_.get() < 0) return failed("making the socket");
  if (::unlink(path_.c_str()) != 0 && errno != ENOENT) return failed("replacing the socket");
  // Nobody can connect before listen(), so the moment before chmod() opens nothing.
  if (::bind(listening_.get(), address.get(), address.size()) != 0 ||
      ::chmod(path_.c_str(), 0600) != 0 || ::listen(listening_.get(), waiting_clients) != 0)
    return failed("listening on");
  try {
    for (size_t i = 0; i < options_.clients; ++i) threads_.emplace_back([this] { run(); });
  } catch (const std::system_error& error) {
    return failure(fmt::format("starting threads that answer other processes: {}", error.what()));
  }
  return {};
}

void OwnerSocket::Implementation::stop(const std::function<void()>& interrupt) {
  if (threads_.empty()) return;
  stopping_ = true;
  ::unlink(path_.c_str());
  ::shutdown(listening_.get(), SHUT_RDWR);  // wakes those that wait in accept()
  {
    const MutexLock lock(mutex_);
    for (const int connection : connections_) ::shutdown(connection, SHUT_RDWR);
  }
  for (size_t running = threads_.size(); running > 0;) {
    if (interrupt) interrupt();
    if (ended_.try_acquire_for(interrupt_pause)) --running;
  }
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void OwnerSocket::Implementation::run() {
  sigset_t all;  // signals are for the thread that waits for them
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
  while (!stopping_) {
    const Descriptor connection(::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (connection.get() < 0) {
      if (errno == EMFILE || errno == ENFILE)
        std::this_thread::sleep_for(interrupt_pause);  // until some are given back
      continue;
    }
    {
      const MutexLock lock(mutex_);
      connections_.insert(connection.get());
      if (stopping_) ::shutdown(connection.get(), SHUT_RDWR);
    }
    serve(connection.get());
    const MutexLock lock(mutex_);
    connections_.erase(connection.get());
  }
  ended_.release();
}

void OwnerSocket::Implementation::serve(int connection) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return;
  Client client(connection, stopping_);
  set_timeout(connection, SO_RCVTIMEO, options_.request_timeout);
  set_timeout(connection, SO_SNDTIMEO, options_.write_timeout);
  const auto refuse = [&](std::string_view why) {
    client.error(fmt::format("yagura: {}\n", escape_terminal(why)));
    client.end(ExitCode::failed);
  };
  if (peer.uid != ::geteuid() && peer.uid != 0)
    return refuse("the data folder is open in a process of another user");
  const Result<OwnerRequest> request = receive_request(connection);
  if (!request) return refuse(request.error().message());
  client.end(answer_(*request, client));
}

OwnerSocket::OwnerSocket(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}
OwnerSocket::~OwnerSocket() = default;

Result<std::unique_ptr<OwnerSocket>> OwnerSocket::start(const std::filesystem::path& folder,
                                                        Answer answer, OwnerSocketOptions options) {
  auto implementation = std::make_unique<Implementation>(std::move(answer), options);
  TRY_VOID(implementation->start(folder));
  return std::unique_ptr<OwnerSocket>(new OwnerSocket(std::move(implementation)));
}

void OwnerSocket::stop(const std::function<void()>& interrupt) { implementation_->stop(interrupt); }

}  // namespace yagura::app
