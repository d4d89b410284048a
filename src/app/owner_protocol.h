// SPDX-License-Identifier: Apache-2.0
//
// The bytes between a process that asks and the one that has the data folder open; owner_socket.h
// describes them. Private to owner_socket.cc, owner_question.cc and their tests. Blocking; pure but
// for the descriptors they are given.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include "app/owner_socket.h"
#include "base/descriptor.h"
#include "base/result.h"
#include "base/time.h"

namespace yagura::app {

inline constexpr std::string_view socket_name = "socket";
inline constexpr std::string_view request_magic = "YAGASK01";
inline constexpr size_t largest_request = size_t{1} << 20;
inline constexpr size_t largest_piece = size_t{1} << 20;
inline constexpr size_t piece_head_size = 5;
inline constexpr char piece_out = 'o', piece_error = 'e', piece_exit = 'x';

// The address of the socket in a folder, however long the folder's path is: a socket's address
// holds 107 bytes, so it goes through the folder's descriptor.
class SocketAddress {
 public:
  static Result<SocketAddress> in(const std::filesystem::path& folder);
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&address_); }
  static constexpr socklen_t size() { return sizeof(sockaddr_un); }

 private:
  explicit SocketAddress(Descriptor folder);
  Descriptor folder_;
  sockaddr_un address_{};
};

void set_timeout(int socket, int option, Duration timeout);
// Both fail on a timeout.
Result<void> send_all(int socket, std::string_view bytes);
Result<void> receive_exactly(int socket, char* bytes, size_t size);

std::string request_bytes(const OwnerRequest& request);
// The error is for the one who asked.
Result<OwnerRequest> receive_request(int socket);
// What follows the head of a request.
Result<OwnerRequest> parse_request(std::string_view body);
std::string piece_head(char kind, size_t size);

}  // namespace yagura::app
