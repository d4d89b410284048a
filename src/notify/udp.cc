// SPDX-License-Identifier: Apache-2.0
#include "notify/udp.h"

#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string>

#include "base/descriptor.h"

namespace yagura::notify {
namespace {

struct FreeAddresses {
  void operator()(addrinfo* addresses) const { freeaddrinfo(addresses); }
};

Result<std::unique_ptr<addrinfo, FreeAddresses>> resolved(std::string_view host_and_port) {
  const size_t colon = host_and_port.rfind(':');
  std::string host(host_and_port.substr(0, colon));
  const std::string port(host_and_port.substr(colon + 1));
  if (host.size() > 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_DGRAM;
  addrinfo* found = nullptr;
  const int code = getaddrinfo(host.c_str(), port.c_str(), &wanted, &found);
  if (code != 0) return failure(fmt::format("{}: {}", host_and_port, gai_strerror(code)));
  return std::unique_ptr<addrinfo, FreeAddresses>(found);
}

}  // namespace

Result<void> send_datagrams(std::string_view host_and_port, std::string_view lines) {
  TRY(const auto address, resolved(host_and_port));
  const Descriptor socket(::socket(address->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (socket.get() < 0) return failure(fmt::format("making a socket: {}", errno_text(errno)));
  while (!lines.empty()) {
    const size_t end = std::min(lines.find('\n'), lines.size());
    if (end > 0 &&
        ::sendto(socket.get(), lines.data(), end, 0, address->ai_addr, address->ai_addrlen) < 0)
      return failure(fmt::format("{}: {}", host_and_port, errno_text(errno)));
    lines.remove_prefix(std::min(end + 1, lines.size()));
  }
  return {};
}

}  // namespace yagura::notify
