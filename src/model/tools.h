// SPDX-License-Identifier: Apache-2.0
//
// Which scanning tool a source uses, from what its packets show.
//
// One packet proves nothing: at 22,000 packets/s the two-byte rules match tens of thousands of
// packets a day by chance. So the verdict is over all TCP SYNs of a source in a bucket (a window,
// an event, a day): at least 3 SYNs that match (2 for Mirai, whose rule is four bytes) and at least
// 80 % of all; of several tools the one with most.
//
// Pure functions; thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "model/packet_class.h"

namespace yagura::model {

// Packets per mark, by number of the mark.
using MarkCounts = std::array<uint64_t, mark_count>;

// TCP SYNs among `scan_tcp` packets of class scan_tcp that show `marks`: all but the NULL, FIN and
// Xmas scans.
uint64_t syn_count(uint64_t scan_tcp, const MarkCounts& marks);

// The verdict over `syns` TCP SYNs of a source that show `marks`.
Tool tool_of(uint64_t syns, const MarkCounts& marks);
// The same for a row of class scan_tcp: its packets, its marks and the packets that show each.
Tool tool_of(uint64_t scan_tcp, std::span<const Mark> marks, std::span<const uint32_t> packets);

}  // namespace yagura::model
