// SPDX-License-Identifier: Apache-2.0
//
// How what is in a warning is put into words: for tables, texts and files alike. Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/time.h"
#include "model/language.h"
#include "model/packet_class.h"
#include "warning/episode.h"

namespace yagura::warning {

// Why it is that severe, and what it may mean; one line.
std::string explanation_of(const Episode& episode, model::Language language);

// "tcp", "udp", "icmp"; empty where the class of the packets does not tell.
std::string_view protocol_name(uint8_t protocol);
// Whether its port is one: not of ICMP, and not where the protocol is unknown.
bool has_port(const Service& service);
std::string service_text(const Service& service);  // "23/tcp", "icmp", "other"
// As its makers write it; empty for none.
std::string_view tool_text(model::Tool tool);
// What goes out is told to the second.
Timestamp to_second(Timestamp time);

}  // namespace yagura::warning
