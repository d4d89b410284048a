// SPDX-License-Identifier: Apache-2.0
#include "app/owner_protocol.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/bytes.h"
#include "base/text.h"

namespace yagura::app {

Result<SocketAddress> SocketAddress::in(const std::filesystem::path& folder) {
  Descriptor opened(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (opened.get() < 0)
    return failure(fmt::format("opening {}: {}", folder.string(), errno_text(errno)));
  return SocketAddress(std::move(opened));
}

SocketAddress::SocketAddress(Descriptor folder) : folder_(std::move(folder)) {
  address_.sun_family = AF_UNIX;
  const std::string path = fmt::format("/proc/self/fd/{}/{}", folder_.get(), socket_name);
  CHECK(path.size() < sizeof address_.sun_path);
  std::memcpy(address_.sun_path, path.c_str(), path.size() + 1);
}

void set_timeout(int socket, int option, Duration timeout) {
  timeval value{};
  value.tv_sec = timeout.nanoseconds / 1'000'000'000;
  value.tv_usec = timeout.nanoseconds % 1'000'000'000 / 1'000;
  ::setsockopt(socket, SOL_SOCKET, option, &value, sizeof value);
}

Result<void> send_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t size = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return failure(fmt::format("sending to another yagura: {}", errno_text(errno)));
    bytes.remove_prefix(static_cast<size_t>(size));
  }
  return {};
}

Result<void> receive_exactly(int socket, char* bytes, size_t size) {
  while (size > 0) {
    const ssize_t received = ::recv(socket, bytes, size, 0);
    if (received < 0 && errno == EINTR) continue;
    if (received < 0)
      return failure(fmt::format("receiving from another yagura: {}", errno_text(errno)));
    if (received == 0) return failure("the other yagura ended");
    bytes += received;
    size -= static_cast<size_t>(received);
  }
  return {};
}

std::string request_bytes(const OwnerRequest& request) {
  ByteWriter body;
  body.put_text(YAGURA_VERSION);
  body.put_text(request.current_folder.string());
  body.put(request.columns);
  body.put(static_cast<uint8_t>(request.error_is_terminal));
  body.put(static_cast<uint64_t>(request.arguments.size()));
  for (const std::string& argument : request.arguments) body.put_text(argument);
  ByteWriter out;
  out.put_bytes(request_magic.data(), request_magic.size());
  out.put_text(body.bytes());
  return out.bytes();
}

Result<OwnerRequest> parse_request(std::string_view body) {
  ByteReader in(body);
  const std::string_view version = in.get_text();
  if (in.ok() && version != YAGURA_VERSION)
    return failure(fmt::format("the data folder is open in yagura " YAGURA_VERSION
                               ", which yagura {} cannot ask; use that one",
                               version));
  OwnerRequest request;
  request.current_folder = std::string(in.get_text());
  request.columns = in.get<uint32_t>();
  request.error_is_terminal = in.get<uint8_t>() != 0;
  request.arguments.resize(in.get_count(4));
  for (std::string& argument : request.arguments) argument = in.get_text();
  if (!in.ok() || in.remaining() > 0 || !request.current_folder.is_absolute())
    return failure("a question to the process that has the data folder open is damaged");
  return request;
}

Result<OwnerRequest> receive_request(int socket) {
  std::array<char, request_magic.size() + 4> head;
  TRY_VOID(receive_exactly(socket, head.data(), head.size()));
  uint32_t size;
  std::memcpy(&size, head.data() + request_magic.size(), sizeof size);
  if (std::string_view(head.data(), request_magic.size()) != request_magic)
    return failure("the data folder is open in another version of yagura; use that one");
  if (size > largest_request)
    return failure(fmt::format("the command line has {}; {} is the most that another process takes",
                               format_bytes(size), format_bytes(largest_request)));
  std::string body(size, '\0');
  TRY_VOID(receive_exactly(socket, body.data(), body.size()));
  return parse_request(body);
}

std::string piece_head(char kind, size_t size) {
  ByteWriter out;
  out.put(kind);
  out.put(static_cast<uint32_t>(size));
  return out.bytes();
}

}  // namespace yagura::app
