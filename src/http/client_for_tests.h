// SPDX-License-Identifier: Apache-2.0
//
// For tests: a client that sends exactly the bytes it is told to and shows what came back, over
// plain sockets or TLS. Every wait has a limit, so that a server that hangs fails a test.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace yagura::http {

struct ClientResponse {
  int status = 0;
  std::string head;  // with the empty line
  std::string body;

  // The value of a header, by its exact name; empty where there is none.
  std::string header(std::string_view name) const {
    const std::string wanted = "\r\n" + std::string(name) + ": ";
    const size_t at = head.find(wanted);
    if (at == std::string::npos) return {};
    const size_t from = at + wanted.size();
    return head.substr(from, head.find("\r\n", from) - from);
  }
};

class Client {
 public:
  // Connects to a port of loopback; `receive_buffer` in bytes, 0 leaves it to the system.
  explicit Client(uint16_t port, int receive_buffer = 0) {
    socket_ = ::socket(AF_INET, SOCK_STREAM, 0);
    if (receive_buffer > 0)
      ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    sockaddr_in server{};
    server.sin_family = AF_INET;
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    server.sin_port = htons(port);
    EXPECT_EQ(::connect(socket_, reinterpret_cast<sockaddr*>(&server), sizeof server), 0);
  }
  ~Client() {
    tls_.reset();
    ::close(socket_);
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Speaks TLS from here on; false where the server does not accept it.
  bool start_tls(int most_version = 0) {
    context_.reset(::SSL_CTX_new(::TLS_client_method()));
    if (most_version) ::SSL_CTX_set_max_proto_version(context_.get(), most_version);
    if (most_version) ::SSL_CTX_set_security_level(context_.get(), 0);
    tls_.reset(::SSL_new(context_.get()));
    ::SSL_set_fd(tls_.get(), socket_);
    return ::SSL_connect(tls_.get()) == 1;
  }
  std::string tls_version() const { return ::SSL_get_version(tls_.get()); }

  // False where the connection is gone.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent =
          tls_ ? ::SSL_write(tls_.get(), bytes.data(), static_cast<int>(bytes.size()))
               : ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
    return true;
  }

  // The next response; `head_only` for the answer to a HEAD.
  ClientResponse read_response(bool head_only = false) {
    ClientResponse response;
    response.head = read_until("\r\n\r\n");
    if (response.head.size() > 12)
      response.status = static_cast<int>(std::strtol(response.head.c_str() + 9, nullptr, 10));
    const std::string length = response.header("Content-Length");
    const size_t size = head_only || length.empty() ? 0 : std::strtoul(length.c_str(), nullptr, 10);
    while (in_.size() < size && receive()) {
    }
    response.body = in_.substr(0, size);
    in_.erase(0, size);
    return response;
  }

  ClientResponse ask(std::string_view bytes) {
    send(bytes);
    return read_response();
  }

  // What came up to and with `end`; all there is where the connection ends before.
  std::string read_until(std::string_view end) {
    size_t at = 0;
    while ((at = in_.find(end)) == std::string::npos && receive()) {
    }
    const size_t size = at == std::string::npos ? in_.size() : at + end.size();
    std::string text = in_.substr(0, size);
    in_.erase(0, size);
    return text;
  }

  // What comes until the server ends the connection; fails the test where it does not.
  std::string read_to_end() {
    while (receive()) {
    }
    return std::move(in_);
  }

  void shut_down_sending() { ::shutdown(socket_, SHUT_WR); }

 private:
  // Reads some; false at the end of the connection.
  bool receive() {
    constexpr int patience = 60'000;  // ms: a machine may be busy, a hanging server waits for ever
    pollfd polled{socket_, POLLIN, 0};
    if (!tls_ || ::SSL_pending(tls_.get()) == 0) {
      if (::poll(&polled, 1, patience) <= 0) {
        ADD_FAILURE() << "the server neither answers nor closes";
        return false;
      }
    }
    std::array<char, 16384> bytes;
    const ssize_t got = tls_ ? ::SSL_read(tls_.get(), bytes.data(), static_cast<int>(bytes.size()))
                             : ::recv(socket_, bytes.data(), bytes.size(), 0);
    if (got <= 0) return false;
    in_.append(bytes.data(), static_cast<size_t>(got));
    return true;
  }

  struct Free {
    void operator()(SSL_CTX* context) const { ::SSL_CTX_free(context); }
    void operator()(SSL* tls) const { ::SSL_free(tls); }
  };
  int socket_ = -1;
  std::string in_;
  std::unique_ptr<SSL_CTX, Free> context_;
  std::unique_ptr<SSL, Free> tls_;
};

}  // namespace yagura::http
