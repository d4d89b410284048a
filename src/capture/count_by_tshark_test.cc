// SPDX-License-Identifier: Apache-2.0
//
// An independent count: for every capture of the shared data folder, the packets per protocol,
// destination port and source of the outermost IP header are those that tshark finds. Where they
// differ, the difference and its reason stand in `explained` below.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <map>
#include <sstream>

#include "capture/captures_for_tests.h"
#include "capture/source.h"

namespace yagura::capture {
namespace {

namespace fs = std::filesystem;

// "protocol|source|destination port", "-" for no port, to packets.
using Counts = std::map<std::string, int64_t>;

std::string key_of(unsigned protocol, const std::string& source, const std::string& port) {
  return fmt::format("{}|{}|{}", protocol, source, port.empty() ? "-" : port);
}

Result<Counts> count_ours(const fs::path& path) {
  TRY(const auto source, open_files({{path, 0, {}}}, {}));
  Counts counts;
  PacketBatch batch;
  do {
    TRY_VOID(source->next(batch));
    for (const Packet& packet : batch) {
      const std::string port =
          packet.is(has_ports) ? std::to_string(packet.destination_port) : std::string();
      ++counts[key_of(packet.protocol, packet.source.to_string(), port)];
    }
  } while (!batch.empty());
  return counts;
}

// The fields asked for, in this order. The first occurrence is the outermost header's; ports are
// those of the outermost only if no IP header lies between, which the list of protocols tells.
constexpr const char* fields =
    " -e frame.protocols -e ip.proto -e ip.src -e ipv6.nxt -e ipv6.src -e tcp.dstport -e "
    "udp.dstport"
    " -e ip.frag_offset -e ipv6.fraghdr.offset";

std::vector<std::string> split(const std::string& line, char at) {
  std::vector<std::string> parts;
  std::istringstream in(line);
  for (std::string part; std::getline(in, part, at);) parts.push_back(part);
  parts.resize(std::max<size_t>(parts.size(), 9));
  return parts;
}

// The protocol behind the outermost IPv6 extension headers, from tshark's list of protocols.
unsigned transport_of(const std::vector<std::string>& protocols, size_t ip, unsigned next_header) {
  constexpr std::array extensions = {0U, 43U, 44U, 51U, 60U};
  if (std::find(extensions.begin(), extensions.end(), next_header) == extensions.end())
    return next_header;
  const std::map<std::string, unsigned> numbers = {{"tcp", 6},  {"udp", 17},  {"icmpv6", 58},
                                                   {"ip", 4},   {"ipv6", 41}, {"gre", 47},
                                                   {"icmp", 1}, {"esp", 50}};
  for (size_t i = ip + 1; i < protocols.size(); ++i)
    if (const auto found = numbers.find(protocols[i]); found != numbers.end()) return found->second;
  return next_header;
}

void count_line(const std::string& line, Counts& counts) {
  const auto field = split(line, '\t');
  const auto protocols = split(field[0], ':');
  size_t at = 0;
  while (at < protocols.size() && protocols[at] != "ip" && protocols[at] != "ipv6") ++at;
  if (at == protocols.size()) return;
  const bool v4 = protocols[at] == "ip";
  const std::string& number = v4 ? field[1] : field[3];
  const std::string& source = v4 ? field[2] : field[4];
  if (number.empty() || source.empty()) return;
  auto protocol = static_cast<unsigned>(std::stoul(number));
  if (!v4) protocol = transport_of(protocols, at, protocol);
  const std::string& offset = v4 ? field[7] : field[8];
  const bool later = !offset.empty() && offset != "0";
  std::string port;
  if (!later && protocol == protocol_tcp) port = field[5];
  if (!later && protocol == protocol_udp) port = field[6];
  ++counts[key_of(protocol, IpAddress::parse(source)->to_string(), port)];
}

Counts count_by_tshark(const fs::path& path) {
  // Reassembly would give a fragmented packet's ports to its last fragment.
  const std::string command = fmt::format(
      "tshark -n -r '{}' -T fields -E occurrence=f -o ip.defragment:FALSE "
      "-o ipv6.defragment:FALSE {} 2>/dev/null",
      path.string(), fields);
  Counts counts;
  FILE* pipe = popen(command.c_str(), "r");
  CHECK(pipe != nullptr);
  std::array<char, 4096> line;
  while (fgets(line.data(), line.size(), pipe) != nullptr) {
    std::string text = line.data();
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
    count_line(text, counts);
  }
  pclose(pipe);
  return counts;
}

// What differs: key to ours minus theirs.
Counts difference(const Counts& ours, const Counts& theirs) {
  Counts result = ours;
  for (const auto& [key, count] : theirs) result[key] -= count;
  std::erase_if(result, [](const auto& entry) { return entry.second == 0; });
  return result;
}

std::string to_text(const Counts& counts) {
  std::string text;
  for (const auto& [key, count] : counts) text += fmt::format("  {} {:+}\n", key, count);
  return text;
}

struct Explained {
  const char* file;
  const char* reason;
  Counts difference;
};

const std::vector<Explained>& explained() {
  static const std::vector<Explained> all = {
      {"tcpreplay_test.pcap",
       "MPLS that carries Ethernet: nothing in the frame says so, tshark guesses it",
       {{"1|192.168.1.1|-", -5}, {"1|192.168.1.2|-", -5}}},
      {"arkime_synthetic-mix.pcap",
       "one packet behind a network service header (0x894f), one behind Cisco metadata (0x8909): "
       "headers of networks' insides that we do not read",
       {{"1|192.168.10.1|-", -2}}},
  };
  return all;
}

TEST(CountByTsharkTest, CountsEveryCaptureAsTsharkDoes) {
  const fs::path folder = testing::shared_captures();
  if (folder.empty()) GTEST_SKIP() << "THE SHARED CAPTURES ARE NOT HERE: nothing was compared";
  if (std::system("tshark -v >/dev/null 2>&1") != 0)
    GTEST_SKIP() << "TSHARK IS NOT INSTALLED: nothing was compared";
  size_t compared = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".erf") continue;
    const std::string name = entry.path().filename();
    const auto ours = count_ours(entry.path());
    ASSERT_TRUE(ours.has_value()) << name << ": " << ours.error().message();
    Counts expected;
    std::string reason = "none";
    for (const Explained& one : explained()) {
      if (name != one.file) continue;
      expected = one.difference;
      reason = one.reason;
    }
    const Counts found = difference(*ours, count_by_tshark(entry.path()));
    EXPECT_EQ(found, expected) << name << ", ours minus tshark's:\n"
                               << to_text(found) << "explained so far: " << reason;
    ++compared;
  }
  EXPECT_GE(compared, 45u);
}

}  // namespace
}  // namespace yagura::capture
