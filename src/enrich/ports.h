// SPDX-License-Identifier: Apache-2.0
//
// Names of ports (IANA) and which of them IoT devices are known to use. Compiled into the program
// from data/ports.tsv and data/iot_ports.tsv; thread-safe.
#pragma once

#include <cstdint>
#include <string_view>

namespace yagura::enrich {

std::string_view tcp_port_name(uint16_t port);  // "telnet"; empty if none
std::string_view udp_port_name(uint16_t port);
bool is_iot_tcp_port(uint16_t port);
bool is_iot_udp_port(uint16_t port);

}  // namespace yagura::enrich
