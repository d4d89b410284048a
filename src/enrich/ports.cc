// SPDX-License-Identifier: Apache-2.0
#include "enrich/ports.h"

#include <array>
#include <bitset>
#include <charconv>
#include <memory>
#include <vector>

#include "enrich/tsv.h"

namespace yagura::embedded {
extern const std::string_view ports;
extern const std::string_view iot_ports;
}  // namespace yagura::embedded

namespace yagura::enrich {
namespace {

struct ProtocolPorts {
  std::array<uint16_t, 65536> name{};  // index in `PortTables::names`; 0 = none
  std::bitset<65536> iot;
};

struct PortTables {
  std::vector<std::string_view> names{std::string_view()};
  ProtocolPorts tcp, udp;

  ProtocolPorts& of(std::string_view protocol) {
    CHECK(protocol == "tcp" || protocol == "udp");
    return protocol == "tcp" ? tcp : udp;
  }
};

uint16_t parse_port(std::string_view text) {
  uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  CHECK(error == std::errc() && end == text.data() + text.size());
  return port;
}

const PortTables& tables() {
  static const std::unique_ptr<const PortTables> loaded = [] {
    auto made = std::make_unique<PortTables>();
    for_each_row<3>(embedded::ports, [&made](const auto& row) {
      // TCP and UDP stand next to each other and mostly share a name.
      if (made->names.back() != row[2]) made->names.push_back(row[2]);
      made->of(row[1]).name[parse_port(row[0])] = static_cast<uint16_t>(made->names.size() - 1);
    });
    CHECK(made->names.size() <= 65536);
    for_each_row<3>(embedded::iot_ports,
                    [&made](const auto& row) { made->of(row[1]).iot[parse_port(row[0])] = true; });
    return made;
  }();
  return *loaded;
}

}  // namespace

std::string_view tcp_port_name(uint16_t port) { return tables().names[tables().tcp.name[port]]; }
std::string_view udp_port_name(uint16_t port) { return tables().names[tables().udp.name[port]]; }
bool is_iot_tcp_port(uint16_t port) { return tables().tcp.iot[port]; }
bool is_iot_udp_port(uint16_t port) { return tables().udp.iot[port]; }

}  // namespace yagura::enrich
