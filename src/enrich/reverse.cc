// SPDX-License-Identifier: Apache-2.0
#include "enrich/reverse.h"

#include <ares.h>
#include <arpa/nameser.h>
#include <fmt/core.h>
#include <netdb.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>

#include "enrich/organisation_names.h"

namespace yagura::enrich {
namespace {

constexpr uint16_t dns_port = 53;
constexpr size_t most_concurrent = 1000;

struct Server {
  IpAddress address;
  uint16_t port = dns_port;
};

Result<Server> parse_resolver(std::string_view text) {
  const auto refuse = [text] {
    return failure(
        fmt::format("resolver '{}': give an address with or without a port, as "
                    "192.0.2.53, 127.0.0.1:5353 or [2001:db8::53]:53",
                    text));
  };
  std::string_view host = text, port;
  if (text.starts_with('[')) {
    const size_t end = text.find(']');
    if (end == std::string_view::npos) return refuse();
    host = text.substr(1, end - 1);
    port = text.substr(end + 1);
  } else if (std::count(text.begin(), text.end(), ':') == 1) {
    host = text.substr(0, text.find(':'));
    port = text.substr(text.find(':'));
  }
  Server server;
  const auto address = IpAddress::parse(host);
  if (!address) return refuse();
  server.address = *address;
  if (port.empty()) return server;
  const char* const end = port.data() + port.size();
  const auto [stop, error] = std::from_chars(port.data() + 1, end, server.port);
  if (port.front() != ':' || error != std::errc() || stop != end || server.port == 0)
    return refuse();
  return server;
}

struct FreeHost {
  void operator()(hostent* host) const { ares_free_hostent(host); }
};

// The name in a PTR answer; empty if it has none that a host can have.
std::string name_in(const unsigned char* answer, int size, IpAddress address) {
  std::array<uint8_t, 16> bytes;
  address.write_bytes(bytes.data());
  const bool v4 = address.is_v4();
  hostent* parsed = nullptr;
  // Follows the CNAMEs of delegated blocks (RFC 2317).
  const int status = ares_parse_ptr_reply(answer, size, bytes.data() + (v4 ? 12 : 0), v4 ? 4 : 16,
                                          v4 ? AF_INET : AF_INET6, &parsed);
  const std::unique_ptr<hostent, FreeHost> host(parsed);
  if (status != ARES_SUCCESS || !host->h_name || !is_host_name(host->h_name)) return {};
  std::string name = host->h_name;
  if (name.back() == '.') name.pop_back();
  for (char& c : name)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return name;
}

// Keeps up to `concurrency` questions on the way until every address has its outcome.
class Lookup {
 public:
  Lookup(std::span<const IpAddress> addresses, const ReverseOptions& options)
      : addresses_(addresses), options_(options), names_(addresses.size()) {}
  Lookup(const Lookup&) = delete;
  Lookup& operator=(const Lookup&) = delete;
  ~Lookup() {
    if (channel_) ares_destroy(channel_);
  }

  Result<void> open(const Server& server) {
    static const int initialised = ares_library_init(ARES_LIB_INIT_ALL);
    if (initialised != ARES_SUCCESS) return failure(ares_strerror(initialised));
    ares_options options{};
    options.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES | ARES_FLAG_STAYOPEN;
    options.timeout = static_cast<int>(options_.timeout.nanoseconds / 1'000'000);
    options.tries = options_.tries;
    int status = ares_init_options(&channel_, &options,
                                   ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES);
    if (status != ARES_SUCCESS) {
      channel_ = nullptr;
      return failure(ares_strerror(status));
    }
    ares_addr_port_node node{};
    std::array<uint8_t, 16> bytes;
    server.address.write_bytes(bytes.data());
    node.family = server.address.is_v4() ? AF_INET : AF_INET6;
    if (server.address.is_v4())
      std::memcpy(&node.addr.addr4, bytes.data() + 12, 4);
    else
      std::memcpy(&node.addr.addr6, bytes.data(), 16);
    node.udp_port = node.tcp_port = server.port;
    status = ares_set_servers_ports(channel_, &node);
    if (status != ARES_SUCCESS) return failure(ares_strerror(status));
    return {};
  }

  Result<std::vector<ReverseName>> run() {
    while (next_ < addresses_.size() || pending_ > 0) {
      // Nobody there: the rest would only wait as long.
      if (!answered_ && failures_ >= options_.concurrency) break;
      while (next_ < addresses_.size() && pending_ < options_.concurrency) ask(next_++);
      if (pending_ > 0) {
        TRY_VOID(wait());
      }
    }
    if (!answered_ && failures_ > 0) return failure(fmt::format("no answer: {}", last_failure_));
    return std::move(names_);
  }

 private:
  struct Question {
    Lookup* lookup;
    size_t index;
  };

  void ask(size_t index) {
    names_[index].address = addresses_[index];
    ++pending_;
    // The callback comes exactly once, in ares_destroy at the latest, and takes the question back.
    auto question = std::make_unique<Question>(Question{this, index});
    ares_query(channel_, reverse_domain(addresses_[index]).c_str(), ns_c_in, ns_t_ptr, &take_answer,
               question.release());
  }

  static void take_answer(void* argument, int status, int, unsigned char* answer, int size) {
    const std::unique_ptr<Question> question(static_cast<Question*>(argument));
    question->lookup->take(question->index, status, answer, size);
  }

  void take(size_t index, int status, const unsigned char* answer, int size) {
    --pending_;
    ReverseName& result = names_[index];
    switch (status) {
      case ARES_SUCCESS:
        result.name = name_in(answer, size, result.address);
        result.outcome = result.name.empty() ? ReverseOutcome::no_name : ReverseOutcome::found;
        answered_ = true;
        break;
      case ARES_ENOTFOUND:
      case ARES_ENODATA:
        result.outcome = ReverseOutcome::no_name;
        answered_ = true;
        break;
      case ARES_ESERVFAIL:
      case ARES_EREFUSED:
      case ARES_ENOTIMP:
      case ARES_EFORMERR:
      case ARES_EBADRESP:
        answered_ = true;  // of this question only: another may do better
        break;
      default:
        ++failures_;
        last_failure_ = ares_strerror(status);
    }
  }

  // Until something arrives or a try times out.
  Result<void> wait() {
    std::array<ares_socket_t, ARES_GETSOCK_MAXNUM> sockets;
    const int bits = ares_getsock(channel_, sockets.data(), ARES_GETSOCK_MAXNUM);
    const auto wanted = static_cast<unsigned>(bits);
    std::array<pollfd, ARES_GETSOCK_MAXNUM> polled{};
    nfds_t count = 0;
    for (unsigned i = 0; i < ARES_GETSOCK_MAXNUM; ++i) {
      short events = 0;
      if (ARES_GETSOCK_READABLE(wanted, i)) events = static_cast<short>(events | POLLIN);
      if (ARES_GETSOCK_WRITABLE(wanted, i)) events = static_cast<short>(events | POLLOUT);
      if (events != 0) polled[count++] = {sockets[i], events, 0};
    }
    timeval room{}, most{1, 0};
    const timeval* const left = ares_timeout(channel_, &most, &room);
    const auto milliseconds = static_cast<int>(left->tv_sec * 1000 + left->tv_usec / 1000 + 1);
    const int ready = ::poll(polled.data(), count, milliseconds);
    if (ready < 0 && errno != EINTR) return failure(fmt::format("poll: {}", errno_text(errno)));
    if (ready <= 0) ares_process_fd(channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);  // timeouts
    for (nfds_t i = 0; ready > 0 && i < count; ++i) {
      const short got = polled[i].revents;
      if (got == 0) continue;
      const bool readable = (got & (POLLIN | POLLERR | POLLHUP)) != 0;
      ares_process_fd(channel_, readable ? polled[i].fd : ARES_SOCKET_BAD,
                      (got & POLLOUT) != 0 ? polled[i].fd : ARES_SOCKET_BAD);
    }
    return {};
  }

  std::span<const IpAddress> addresses_;
  const ReverseOptions& options_;
  std::vector<ReverseName> names_;
  ares_channel channel_ = nullptr;
  size_t next_ = 0, pending_ = 0, failures_ = 0;
  bool answered_ = false;
  std::string last_failure_;
};

}  // namespace

std::string reverse_domain(IpAddress address) {
  if (address.is_v4()) {
    const uint32_t a = address.v4();
    return fmt::format("{}.{}.{}.{}.in-addr.arpa", a & 255, a >> 8 & 255, a >> 16 & 255, a >> 24);
  }
  std::string domain;
  for (const uint64_t half : {address.low(), address.high()})
    for (int shift = 0; shift < 64; shift += 4) {
      domain += "0123456789abcdef"[half >> shift & 15];
      domain += '.';
    }
  return domain + "ip6.arpa";
}

Result<std::vector<ReverseName>> reverse_names(std::string_view resolver,
                                               std::span<const IpAddress> addresses,
                                               const ReverseOptions& options) {
  TRY(const Server server, parse_resolver(resolver));
  if (options.concurrency < 1 || options.concurrency > most_concurrent || options.tries < 1 ||
      options.timeout < Duration::milliseconds(1))
    return failure(
        fmt::format("reverse look-ups: 1 to {} questions at a time, at least one try "
                    "and a timeout of at least 1 ms",
                    most_concurrent));
  Lookup lookup(addresses, options);
  const std::string context = fmt::format("reverse look-ups by {}", resolver);
  if (auto opened = lookup.open(server); !opened) return failure(opened.error().within(context));
  return within(context, lookup.run());
}

}  // namespace yagura::enrich
