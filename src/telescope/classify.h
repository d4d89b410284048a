// SPDX-License-Identifier: Apache-2.0
//
// What a packet to a dark address is, from its shape alone: class, accounted address, service port
// and marks. The rules, first match wins, are in docs/telescope.md; they settle where the published
// ones (corsaro, Merit, iatmon) rival each other. A pure function of the packet; thread-safe.
#pragma once

#include "capture/packet.h"
#include "model/dark_packet.h"
#include "telescope/vocabulary.h"

namespace yagura::telescope {

using model::Classified;

Classified classify(const capture::Packet& packet);

}  // namespace yagura::telescope
