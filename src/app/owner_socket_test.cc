// SPDX-License-Identifier: Apache-2.0
//
// The socket by which other processes ask the one that has the data folder open.
#include "app/owner_socket.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <array>
#include <atomic>
#include <fstream>
#include <future>
#include <latch>
#include <thread>

#include "app/owner_protocol.h"
#include "base/temporary_folder_for_tests.h"

namespace yagura::app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class OwnerSocketTest : public testing::Test {
 protected:
  void start(OwnerSocket::Answer answer) {
    auto started = OwnerSocket::start(folder_.path(), std::move(answer), options_);
    ASSERT_TRUE(started) << started.error().message();
    socket_ = std::move(*started);
  }
  // A connection of a client, or none.
  Descriptor connected() const {
    const auto address = SocketAddress::in(folder_.path());
    Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!address || ::connect(socket.get(), address->get(), SocketAddress::size()) != 0)
      return Descriptor();
    return socket;
  }
  static std::string read_to_end(int socket) {
    std::string all;
    std::array<char, 4096> piece;
    for (ssize_t size; (size = ::recv(socket, piece.data(), piece.size(), 0)) > 0;)
      all.append(piece.data(), static_cast<size_t>(size));
    return all;
  }
  std::string ask(const std::vector<std::string>& arguments) const {
    const Descriptor socket = connected();
    EXPECT_GE(socket.get(), 0);
    EXPECT_TRUE(send_all(socket.get(), request_bytes({"/", 80, true, arguments})));
    return read_to_end(socket.get());
  }
  static std::string piece(char kind, std::string_view bytes) {
    return piece_head(kind, bytes.size()) + std::string(bytes);
  }

  TemporaryFolder folder_;
  OwnerSocketOptions options_;
  std::unique_ptr<OwnerSocket> socket_;
};

TEST_F(OwnerSocketTest, HandsTheQuestionOverAndTheAnswerBack) {
  OwnerRequest seen;
  start([&](const OwnerRequest& request, OwnerClient& client) {
    seen = request;
    EXPECT_TRUE(client.out("row\n"));
    client.error("note\n");
    EXPECT_FALSE(client.gone());
    return ExitCode::done_in_part;
  });
  EXPECT_EQ(ask({"telescope", "top", ""}),
            piece('o', "row\n") + piece('e', "note\n") + piece('x', "\3"));
  EXPECT_THAT(seen.arguments, ElementsAre("telescope", "top", ""));
  EXPECT_EQ(seen.current_folder, "/");
  EXPECT_EQ(seen.columns, 80u);
  EXPECT_TRUE(seen.error_is_terminal);
}

TEST_F(OwnerSocketTest, IsItsOwnersAloneAndReplacesADeadOne) {
  std::ofstream(folder_.path() / "socket") << "not a socket";
  start([](const OwnerRequest&, OwnerClient&) { return ExitCode::done; });
  struct stat facts{};
  ASSERT_EQ(::stat((folder_.path() / "socket").c_str(), &facts), 0);
  EXPECT_TRUE(S_ISSOCK(facts.st_mode));
  EXPECT_EQ(facts.st_mode & 0777, 0600u);
  EXPECT_EQ(ask({}), piece('x', std::string(1, '\0')));
  socket_->stop();
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "socket"));
  EXPECT_LT(connected().get(), 0);
}

TEST_F(OwnerSocketTest, AnswersLongerThanAPieceArriveWhole) {
  const std::string text(2 * largest_piece + 7, 'x');
  start([&](const OwnerRequest&, OwnerClient& client) {
    EXPECT_TRUE(client.out(text));
    return ExitCode::done;
  });
  const std::string answer = ask({});
  EXPECT_EQ(answer.size(), text.size() + 4 * piece_head_size + 1);
}

TEST_F(OwnerSocketTest, RefusesWhatIsNoQuestion) {
  start([](const OwnerRequest&, OwnerClient&) {
    ADD_FAILURE() << "this was no question";
    return ExitCode::done;
  });
  const auto said = [this](std::string_view bytes) {
    const Descriptor socket = connected();
    EXPECT_TRUE(send_all(socket.get(), bytes));
    ::shutdown(socket.get(), SHUT_WR);
    return read_to_end(socket.get());
  };
  const std::string good = request_bytes({"/", 80, true, {"a", "b"}});
  for (size_t size = 0; size < good.size(); ++size)
    EXPECT_THAT(said(good.substr(0, size)), HasSubstr("yagura: ")) << "cut at " << size;
  std::string other = good;
  other[7] = '2';
  EXPECT_THAT(said(other), HasSubstr("another version of yagura"));
  std::string large = good;
  large.replace(8, 4, "\xff\xff\xff\x7f");
  EXPECT_THAT(said(large), HasSubstr("is the most"));
}

TEST_F(OwnerSocketTest, ParsesNoDamagedQuestion) {
  const std::string body = request_bytes({"/", 80, true, {"a", "bc"}}).substr(12);
  ASSERT_TRUE(parse_request(body));
  for (size_t size = 0; size < body.size(); ++size)
    EXPECT_FALSE(parse_request(body.substr(0, size))) << "cut at " << size;
  EXPECT_FALSE(parse_request(body + "x"));
  EXPECT_FALSE(parse_request(request_bytes({"relative", 0, false, {}}).substr(12)));
  std::string other = body;
  other[4] = '9';  // of the version
  EXPECT_THAT(parse_request(other).error().message(), HasSubstr("is open in yagura "));
}

TEST_F(OwnerSocketTest, GivesUpAClientThatDoesNotAsk) {
  options_.clients = 1;
  options_.request_timeout = Duration::milliseconds(20);
  start([](const OwnerRequest&, OwnerClient&) { return ExitCode::done; });
  const Descriptor silent = connected();
  EXPECT_EQ(ask({}), piece('x', std::string(1, '\0')));
  EXPECT_THAT(read_to_end(silent.get()), HasSubstr("yagura: "));
}

TEST_F(OwnerSocketTest, GivesUpAClientThatDoesNotRead) {
  options_.clients = 1;
  options_.write_timeout = Duration::milliseconds(20);
  std::promise<std::string> failed;
  start([&](const OwnerRequest& request, OwnerClient& client) {
    const std::string text(largest_piece, 'x');
    while (request.arguments[0] == "fill") {
      const auto sent = client.out(text);
      if (sent) continue;
      failed.set_value(sent.error().message());
      return ExitCode::failed;
    }
    return ExitCode::done;
  });
  const Descriptor deaf = connected();
  ASSERT_TRUE(send_all(deaf.get(), request_bytes({"/", 0, false, {"fill"}})));
  EXPECT_THAT(failed.get_future().get(), HasSubstr("sending"));
  EXPECT_EQ(ask({"no"}), piece('x', std::string(1, '\0')));
}

TEST_F(OwnerSocketTest, FurtherClientsWaitTheirTurn) {
  options_.clients = 2;
  std::latch both(2);
  std::atomic<int> at_once = 0, most = 0;
  start([&](const OwnerRequest&, OwnerClient&) {
    const int now = ++at_once;
    for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {
    }
    both.count_down();
    both.wait();
    --at_once;
    return ExitCode::done;
  });
  std::vector<std::future<std::string>> answers;
  for (int i = 0; i < 2; ++i)
    answers.push_back(std::async(std::launch::async, [this] { return ask({}); }));
  for (auto& answer : answers) EXPECT_EQ(answer.get(), piece('x', std::string(1, '\0')));
  EXPECT_EQ(most, 2);
}

TEST_F(OwnerSocketTest, StoppingTellsWhoAnswersAndInterruptsUntilTheyEnd) {
  std::latch started(1);
  std::atomic<int> interrupts = 0;
  std::atomic<bool> told = false;
  start([&](const OwnerRequest&, OwnerClient& client) {
    started.count_down();
    while (interrupts < 3) std::this_thread::yield();
    told = client.gone();
    return ExitCode::done;
  });
  auto answer = std::async(std::launch::async, [this] { return ask({}); });
  started.wait();
  socket_->stop([&] { ++interrupts; });
  EXPECT_TRUE(told);
  EXPECT_GE(interrupts, 3);
  EXPECT_THAT(answer.get(), Not(HasSubstr("x\1")));
  socket_->stop();  // again
}

TEST_F(OwnerSocketTest, NoticesThatItsClientIsGone) {
  std::latch started(1);
  std::promise<void> noticed;
  start([&](const OwnerRequest&, OwnerClient& client) {
    started.count_down();
    while (!client.gone()) std::this_thread::yield();
    noticed.set_value();
    return ExitCode::done;
  });
  {
    const Descriptor socket = connected();
    ASSERT_TRUE(send_all(socket.get(), request_bytes({"/", 0, false, {}})));
    started.wait();
  }
  noticed.get_future().wait();
}

}  // namespace
}  // namespace yagura::app
