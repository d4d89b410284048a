// SPDX-License-Identifier: Apache-2.0
//
// One owner: whoever has a data folder open answers for it.
//
// The store can be open in one process only. The process that has it listens on the Unix socket
// `<data folder>/socket`; every verb that only asks first looks whether somebody does, hands its
// command line over and prints what comes back. So `yagura telescope top` works beside a running
// `yagura serve`.
//
// The owner answers those of its own user and root, `clients` at a time on threads of their own,
// with connections of their own to the store: never on the thread that captures. Further ones wait
// in the system's queue. A request has a bound in size and time, an answer in time between its
// pieces, a question in time and memory (telescope_data.h).
//
//   request   "YAGASK01", size (4 bytes), then version of the program, current folder, columns of
//             the terminal (0 = none), whether standard error is one, the arguments
//   answer    pieces: kind (1 byte), size (4), bytes. Kind 'o' is for standard output, 'e' for
//             standard error, 'x' the exit code, which is the last
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "app/session.h"
#include "base/result.h"

namespace yagura::app {

struct OwnerRequest {
  std::filesystem::path current_folder;
  uint32_t columns = 0;
  bool error_is_terminal = false;
  std::vector<std::string> arguments;  // without the program's name
};

// Whoever asked, for the thread that answers.
class OwnerClient {
 public:
  virtual ~OwnerClient() = default;
  virtual Result<void> out(std::string_view text) = 0;
  virtual void error(std::string_view text) = 0;  // who is gone cannot be told
  virtual bool gone() = 0;                        // or the socket is being stopped
};

struct OwnerSocketOptions {
  size_t clients = 4;  // at a time, 1 to 64
  Duration request_timeout = Duration::seconds(10);
  Duration write_timeout = Duration::seconds(60);  // a reader that takes nothing so long is left
};

class OwnerSocket {
 public:
  using Answer = std::function<ExitCode(const OwnerRequest& request, OwnerClient& client)>;

  // Listens in `folder`, whose lock this process holds: a socket that stands there is a dead one's
  // and is replaced. `answer` runs on several threads at once. Fails with one line where the socket
  // cannot be made.
  static Result<std::unique_ptr<OwnerSocket>> start(const std::filesystem::path& folder,
                                                    Answer answer, OwnerSocketOptions options = {});
  ~OwnerSocket();  // stops
  OwnerSocket(const OwnerSocket&) = delete;
  OwnerSocket& operator=(const OwnerSocket&) = delete;

  // Takes no further question and returns once all answers have ended; what is under way is told
  // that its client is gone, and `interrupt` is called ten times a second until it has seen that.
  void stop(const std::function<void()>& interrupt = {});

 private:
  class Implementation;
  explicit OwnerSocket(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

// Lets other processes ask what this one has open. `folder` outlives the socket.
Result<std::unique_ptr<OwnerSocket>> answer_others(const OpenFolder& folder);

// Lets the process that has the session's data folder open do what the session was asked, if there
// is one, else runs `work`.
Result<ExitCode> ask_owner_or(Session& session, const Session::Work& work);

// Does on behalf of another process what `request` says. `folder` is open in this one.
ExitCode answer_question(const OpenFolder& folder, const OwnerRequest& request,
                         OwnerClient& client);

}  // namespace yagura::app
