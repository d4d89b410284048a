// SPDX-License-Identifier: Apache-2.0
#include "enrich/reverse.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <map>
#include <thread>

namespace yagura::enrich {
namespace {

using ::testing::HasSubstr;

// What the name server below does with a question.
struct Answer {
  enum Kind {
    ptr,
    no_such_domain,
    no_data,
    server_failure,
    silence,
    other_id_first,
    garbage,
    alias
  };
  Kind kind = no_such_domain;
  std::string name;
};

std::string encode(std::string_view name) {
  std::string bytes;
  while (!name.empty()) {
    const size_t dot = name.find('.');
    const std::string_view label = name.substr(0, dot);
    bytes += static_cast<char>(label.size());
    bytes += label;
    name.remove_prefix(dot == std::string_view::npos ? name.size() : dot + 1);
  }
  return bytes + '\0';
}

std::string record(const std::string& owner, char type, const std::string& data) {
  const auto size = static_cast<uint16_t>(data.size());
  return owner + std::string{0,
                             type,
                             0,
                             1,
                             0,
                             0,
                             0,
                             60,
                             static_cast<char>(size >> 8),
                             static_cast<char>(size & 255)} +
         data;
}

// A name server on a port of loopback. It reads all that is on the way before it answers, so that
// the size of a batch says how many questions were open at a time.
class NameServer {
 public:
  explicit NameServer(std::map<std::string, Answer> answers) : answers_(std::move(answers)) {
    socket_ = ::socket(AF_INET, SOCK_DGRAM, 0);
    sockaddr_in local{};
    local.sin_family = AF_INET;
    local.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof local;
    EXPECT_EQ(::bind(socket_, reinterpret_cast<sockaddr*>(&local), size), 0);
    EXPECT_EQ(::getsockname(socket_, reinterpret_cast<sockaddr*>(&local), &size), 0);
    port_ = ntohs(local.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~NameServer() {
    stop_ = true;
    thread_.join();
    ::close(socket_);
  }

  std::string resolver() const { return "127.0.0.1:" + std::to_string(port_); }
  size_t questions() const { return questions_; }
  size_t largest_batch() const { return largest_batch_; }

 private:
  struct Question {
    std::string bytes;
    sockaddr_in from{};
  };

  void serve() {
    std::vector<Question> batch;
    while (!stop_) {
      pollfd polled{socket_, POLLIN, 0};
      if (::poll(&polled, 1, 20) > 0) {
        std::array<char, 512> bytes;
        Question question;
        socklen_t size = sizeof question.from;
        const ssize_t got = ::recvfrom(socket_, bytes.data(), bytes.size(), 0,
                                       reinterpret_cast<sockaddr*>(&question.from), &size);
        if (got < 17) continue;
        question.bytes.assign(bytes.data(), static_cast<size_t>(got));
        ++questions_;
        batch.push_back(std::move(question));
        continue;
      }
      largest_batch_ = std::max<size_t>(largest_batch_, batch.size());
      for (const auto& question : batch) answer(question);
      batch.clear();
    }
  }

  void answer(const Question& question) {
    const std::string section = question.bytes.substr(12);
    std::string domain;
    for (size_t at = 0; section[at] != 0; at += static_cast<size_t>(section[at]) + 1) {
      if (!domain.empty()) domain += '.';
      domain += section.substr(at + 1, static_cast<size_t>(section[at]));
    }
    // Only PTR questions of class IN may be asked.
    EXPECT_EQ(section.substr(encode(domain).size()), std::string({0, 12, 0, 1}));
    const auto it = answers_.find(domain);
    const Answer plan = it == answers_.end() ? Answer() : it->second;
    if (plan.kind == Answer::silence) return;
    if (plan.kind == Answer::garbage) return send(question, question.bytes.substr(0, 2) + "\x80");
    std::string records;
    char count = 0;
    if (plan.kind == Answer::ptr || plan.kind == Answer::other_id_first) {
      records = record("\xc0\x0c", 12, encode(plan.name));
      count = 1;
    } else if (plan.kind == Answer::alias) {
      const std::string there = encode("7.block.example.org");
      records = record("\xc0\x0c", 5, there) + record(there, 12, encode(plan.name));
      count = 2;
    }
    const char code = plan.kind == Answer::no_such_domain   ? 3
                      : plan.kind == Answer::server_failure ? 2
                                                            : 0;
    std::string reply = question.bytes.substr(0, 2) + '\x81' + static_cast<char>(0x80 | code) +
                        std::string({0, 1, 0, count, 0, 0, 0, 0}) + section + records;
    if (plan.kind == Answer::other_id_first) {  // as one would who guesses
      std::string forged = question.bytes.substr(0, 2) + '\x81' + '\x80' +
                           std::string({0, 1, 0, 1, 0, 0, 0, 0}) + section +
                           record("\xc0\x0c", 12, encode("forged.example.net"));
      forged[0] = static_cast<char>(forged[0] ^ 1);
      send(question, forged);
    }
    send(question, reply);
  }

  void send(const Question& question, const std::string& bytes) {
    ::sendto(socket_, bytes.data(), bytes.size(), 0,
             reinterpret_cast<const sockaddr*>(&question.from), sizeof question.from);
  }

  std::map<std::string, Answer> answers_;
  int socket_ = -1;
  uint16_t port_ = 0;
  std::atomic<bool> stop_ = false;
  std::atomic<size_t> questions_ = 0, largest_batch_ = 0;
  std::thread thread_;
};

IpAddress address(std::string_view text) { return IpAddress::parse(text).value(); }

std::vector<ReverseName> look_up(const NameServer& server, const std::vector<IpAddress>& addresses,
                                 ReverseOptions options = {}) {
  auto names = reverse_names(server.resolver(), addresses, options);
  EXPECT_TRUE(names.has_value()) << names.error().message();
  return names.value_or(std::vector<ReverseName>());
}

TEST(ReverseTest, WritesTheDomainOfAnAddress) {
  EXPECT_EQ(reverse_domain(address("192.0.2.1")), "1.2.0.192.in-addr.arpa");
  // The example of RFC 3596, section 2.5.
  EXPECT_EQ(reverse_domain(address("4321:0:1:2:3:4:567:89ab")),
            "b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.0.0.0.0.1.2.3.4.ip6.arpa");
}

TEST(ReverseTest, GivesNamesInTheOrderOfTheAddresses) {
  const NameServer server(
      {{"1.2.0.192.in-addr.arpa", {Answer::ptr, "Scan-01.Example.ORG"}},
       {"3.2.0.192.in-addr.arpa", {Answer::no_data, ""}},
       {"4.2.0.192.in-addr.arpa", {Answer::alias, "host.example.org"}},
       {reverse_domain(address("2001:db8::7")), {Answer::ptr, "six.example.org"}}});
  const auto names =
      look_up(server, {address("192.0.2.1"), address("192.0.2.2"), address("192.0.2.3"),
                       address("192.0.2.4"), address("2001:db8::7")});
  ASSERT_EQ(names.size(), 5u);
  EXPECT_EQ(names[0].address, address("192.0.2.1"));
  EXPECT_EQ(names[0].outcome, ReverseOutcome::found);
  EXPECT_EQ(names[0].name, "scan-01.example.org");
  EXPECT_EQ(names[1].outcome, ReverseOutcome::no_name);
  EXPECT_EQ(names[2].outcome, ReverseOutcome::no_name);
  EXPECT_EQ(names[3].name, "host.example.org");
  EXPECT_EQ(names[4].address, address("2001:db8::7"));
  EXPECT_EQ(names[4].name, "six.example.org");
}

TEST(ReverseTest, TellsAFailureFromAMissingName) {
  const NameServer server({{"1.2.0.192.in-addr.arpa", {Answer::server_failure, ""}},
                           {"2.2.0.192.in-addr.arpa", {Answer::silence, ""}},
                           {"4.2.0.192.in-addr.arpa", {Answer::ptr, "not a host name.example.org"}},
                           {"5.2.0.192.in-addr.arpa", {Answer::other_id_first, "true.example.org"}},
                           {"6.2.0.192.in-addr.arpa", {Answer::garbage, ""}},
                           {"7.2.0.192.in-addr.arpa", {Answer::ptr, "localhost"}}});
  ReverseOptions options;
  options.timeout = Duration::milliseconds(200);
  const auto names = look_up(
      server,
      {address("192.0.2.1"), address("192.0.2.2"), address("192.0.2.3"), address("192.0.2.4"),
       address("192.0.2.5"), address("192.0.2.6"), address("192.0.2.7")},
      options);
  ASSERT_EQ(names.size(), 7u);
  EXPECT_EQ(names[6].outcome, ReverseOutcome::no_name);
  EXPECT_EQ(names[0].outcome, ReverseOutcome::failed);
  EXPECT_EQ(names[1].outcome, ReverseOutcome::failed);
  EXPECT_EQ(names[2].outcome, ReverseOutcome::no_name);
  EXPECT_EQ(names[3].outcome, ReverseOutcome::no_name);
  EXPECT_EQ(names[3].name, "");
  EXPECT_EQ(names[4].name, "true.example.org");
  EXPECT_EQ(names[5].outcome, ReverseOutcome::failed);
}

TEST(ReverseTest, KeepsNoMoreQuestionsOnTheWayThanItWasTold) {
  const NameServer server({});
  std::vector<IpAddress> addresses;
  for (uint32_t i = 0; i < 100; ++i) addresses.push_back(IpAddress::from_v4(0xC6120000 + i));
  ReverseOptions options;
  options.concurrency = 7;
  const auto names = look_up(server, addresses, options);
  ASSERT_EQ(names.size(), 100u);
  for (uint32_t i = 0; i < 100; ++i) EXPECT_EQ(names[i].address, addresses[i]);
  EXPECT_EQ(server.questions(), 100u);
  EXPECT_LE(server.largest_batch(), 7u);
  EXPECT_GE(server.largest_batch(), 4u);
}

TEST(ReverseTest, AsksNothingForNoAddresses) {
  const NameServer server({});
  EXPECT_TRUE(look_up(server, {}).empty());
  EXPECT_EQ(server.questions(), 0u);
}

TEST(ReverseTest, GivesUpEarlyOnAResolverThatIsSilent) {
  std::map<std::string, Answer> answers;
  std::vector<IpAddress> addresses;
  for (uint32_t i = 0; i < 200; ++i) {
    addresses.push_back(IpAddress::from_v4(0xC6120000 + i));
    answers[reverse_domain(addresses.back())] = {Answer::silence, ""};
  }
  const NameServer server(answers);
  ReverseOptions options;
  options.concurrency = 5;
  options.timeout = Duration::milliseconds(50);
  const auto names = reverse_names(server.resolver(), addresses, options);
  ASSERT_FALSE(names.has_value());
  EXPECT_THAT(names.error().message(), HasSubstr("reverse look-ups by 127.0.0.1:"));
  EXPECT_THAT(names.error().message(), HasSubstr("no answer: "));
  EXPECT_LE(server.questions(), 25u);  // not 400
}

TEST(ReverseTest, RefusesAResolverThatIsNoAddress) {
  const std::vector<IpAddress> one = {address("192.0.2.1")};
  for (const auto* resolver : {"", "dns.example.org", "192.0.2.53:", "192.0.2.53:0",
                               "192.0.2.53:65536", "192.0.2.53:53x", "[2001:db8::53", "[::1]53"})
    EXPECT_THAT(reverse_names(resolver, one).error().message(), HasSubstr("give an address"))
        << resolver;
}

TEST(ReverseTest, RefusesOptionsOutOfBounds) {
  const std::vector<IpAddress> one = {address("192.0.2.1")};
  for (const auto& options :
       {ReverseOptions{0, Duration::seconds(1), 1}, ReverseOptions{1001, Duration::seconds(1), 1},
        ReverseOptions{1, Duration{}, 1}, ReverseOptions{1, Duration::seconds(1), 0}})
    EXPECT_THAT(reverse_names("127.0.0.1:9", one, options).error().message(),
                HasSubstr("1 to 1000 questions"));
}

}  // namespace
}  // namespace yagura::enrich
