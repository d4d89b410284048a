// SPDX-License-Identifier: Apache-2.0
//
// The side of the owner's socket that asks.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <system_error>

#include "app/owner_protocol.h"
#include "app/owner_socket.h"

namespace yagura::app {
namespace {

// Connected, or nothing where nobody listens.
std::optional<Descriptor> connect_to_owner(const std::filesystem::path& folder) {
  const auto address = SocketAddress::in(folder);
  if (!address) return std::nullopt;
  Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (socket.get() < 0) return std::nullopt;
  while (::connect(socket.get(), address->get(), SocketAddress::size()) != 0)
    if (errno != EINTR) return std::nullopt;
  return socket;
}

pid_t owner_of(int socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  return ::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 ? peer.pid : 0;
}

// Standard output, or the file that a flag names instead.
class Answered {
 public:
  static Result<Answered> open(Session& session) {
    for (const std::string* file : session.output_files) {
      if (file->empty() || *file == "-") continue;
      Answered answered(session, *file);
      answered.file_ =
          Descriptor(::open(file->c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
      if (answered.file_.get() < 0)
        return failure(fmt::format("writing {}: {}", *file, errno_text(errno)));
      return answered;
    }
    return Answered(session, "");
  }
  Result<void> write(std::string_view text) {
    if (name_.empty()) return session_.out.write(text);
    while (!text.empty()) {
      const ssize_t size = ::write(file_.get(), text.data(), text.size());
      if (size < 0 && errno == EINTR) continue;
      if (size < 0) return failure(fmt::format("writing {}: {}", name_, errno_text(errno)));
      text.remove_prefix(static_cast<size_t>(size));
    }
    return {};
  }

 private:
  Answered(Session& session, std::string name) : session_(session), name_(std::move(name)) {}
  Session& session_;
  std::string name_;
  Descriptor file_;
};

Result<ExitCode> receive_answer(Session& session, int socket, Answered& answered) {
  std::string bytes;
  while (true) {
    std::array<char, piece_head_size> head;
    TRY_VOID(receive_exactly(socket, head.data(), head.size()));
    uint32_t size;
    std::memcpy(&size, head.data() + 1, sizeof size);
    if (size > largest_piece) return failure("its answer is damaged");
    bytes.resize(size);
    TRY_VOID(receive_exactly(socket, bytes.data(), size));
    if (head[0] == piece_exit && size == 1) return static_cast<ExitCode>(bytes[0]);
    if (head[0] == piece_out) {
      TRY_VOID(answered.write(bytes));
      if (session.out.closed()) return ExitCode::done;
    } else if (head[0] == piece_error) {
      session.tell_error(bytes);
    } else {
      return failure("its answer is damaged");
    }
  }
}

}  // namespace

Result<ExitCode> ask_owner_or(Session& session, const Session::Work& work) {
  if (session.open_folder != nullptr) return work(session);
  TRY(const Settings settings, session.settings());
  const auto socket = connect_to_owner(settings.data);
  if (!socket) return work(session);
  TRY(Answered answered, Answered::open(session));
  OwnerRequest request;
  std::error_code error;
  request.current_folder = std::filesystem::current_path(error);
  if (error) return failure(fmt::format("looking for the current folder: {}", error.message()));
  request.columns = static_cast<uint32_t>(session.out.terminal_width());
  request.error_is_terminal = session.error_is_terminal;
  request.arguments = session.arguments;
  const auto asked = [&]() -> Result<ExitCode> {
    TRY_VOID(send_all(socket->get(), request_bytes(request)));
    return receive_answer(session, socket->get(), answered);
  };
  return within(fmt::format("asking process {}, which has the data folder {} open",
                            owner_of(socket->get()), settings.data.string()),
                asked());
}

}  // namespace yagura::app
