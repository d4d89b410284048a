// SPDX-License-Identifier: Apache-2.0
#include "generate/ports.h"

#include <algorithm>
#include <array>

namespace yagura::generate {
namespace {

constexpr std::array<uint16_t, 64> tcp_ports = {
    23,   22,    80,    443,   8080,  3389,  6379, 8728, 2323, 5555, 445,   81,    8443,
    2222, 60023, 5060,  5900,  1433,  3306,  8081, 21,   25,   8000, 37215, 52869, 9200,
    2375, 2376,  27017, 11211, 5432,  7547,  8888, 9530, 139,  135,  110,   143,   993,
    995,  1723,  502,   102,   161,   49152, 8181, 9000, 5358, 2480, 5984,  10000, 4899,
    3128, 1080,  8291,  65000, 23023, 5431,  1701, 2004, 5379, 7379, 8010,  88};
constexpr std::array<uint16_t, 8> telnet_ports = {23, 2323, 5555, 37215, 8080, 60023, 52869, 22};
constexpr std::array<uint16_t, 24> udp_ports = {
    53413, 500,  8000, 4500, 17185, 6881, 51820, 4433, 2152, 9987,  47808, 502,
    20000, 1645, 1812, 88,   514,   9034, 49153, 1026, 7547, 30718, 2049,  3391};

template <size_t count>
constexpr auto zipf_sums() {
  std::array<uint32_t, count> sums{};
  uint32_t sum = 0;
  for (size_t i = 0; i < count; ++i) sums[i] = sum += 1'000'000 / static_cast<uint32_t>(i + 1);
  return sums;
}

template <size_t count>
uint16_t draw(const std::array<uint16_t, count>& ports, Random& random) {
  static constexpr auto sums = zipf_sums<count>();
  const uint32_t at = random.below(sums.back());
  return ports[static_cast<size_t>(std::upper_bound(sums.begin(), sums.end(), at) - sums.begin())];
}

// One of one to three draws that are the persona's own.
uint16_t own_port(uint16_t (*popular)(Random&), Random& persona, Random& random) {
  const uint32_t chosen = random.below(1 + persona.below(3));
  uint16_t port = popular(persona);
  for (uint32_t i = 0; i < chosen; ++i) port = popular(persona);
  return port;
}

}  // namespace

uint16_t popular_tcp_port(Random& random) { return draw(tcp_ports, random); }
uint16_t popular_telnet_port(Random& random) { return draw(telnet_ports, random); }
uint16_t popular_udp_port(Random& random) { return draw(udp_ports, random); }

uint16_t any_tcp_port(Random& random) { return random.between(1, 65535); }
uint16_t any_udp_port(Random& random) { return random.between(1024, 65535); }

uint16_t tcp_port(PortMix mix, Random& persona, Random& random) {
  if (mix == PortMix::bots) return own_port(popular_tcp_port, persona, random);
  return random.one_in(2) ? popular_tcp_port(random) : any_tcp_port(random);
}

uint16_t udp_port(PortMix mix, Random& persona, Random& random) {
  if (mix == PortMix::bots) return own_port(popular_udp_port, persona, random);
  return random.one_in(2) ? popular_udp_port(random) : any_udp_port(random);
}

uint16_t telnet_port(Random& persona, Random& random) {
  return own_port(popular_telnet_port, persona, random);
}

}  // namespace yagura::generate
