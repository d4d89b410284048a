// SPDX-License-Identifier: Apache-2.0
//
// Which ports are scanned how often: two lists in order of popularity, drawn from with Zipf's law
// (the n-th with a weight of 1/n). The TCP order follows what NICT and others have published of the
// ports that IoT malware and scanners look for; it is a plausible mix, not a measurement.
#pragma once

#include <cstdint>

#include "base/random.h"
#include "generate/options.h"

namespace yagura::generate {

uint16_t popular_tcp_port(Random& random);
uint16_t popular_telnet_port(Random& random);  // of IoT bots: Telnet first
uint16_t popular_udp_port(Random& random);
uint16_t any_tcp_port(Random& random);  // 1 to 65535
// 1024 to 65535: below are services (QOTD, CHARGEN) for which any datagram is a request, so that a
// scan there would be a probe for amplifiers.
uint16_t any_udp_port(Random& random);

// The port of one packet, by the mix.
uint16_t tcp_port(PortMix mix, Random& persona, Random& random);
uint16_t udp_port(PortMix mix, Random& persona, Random& random);
uint16_t telnet_port(Random& persona, Random& random);  // one to three of a bot's own in either mix

}  // namespace yagura::generate
