// SPDX-License-Identifier: Apache-2.0
//
// From frames to the packets of a batch, counted.
#pragma once

#include <span>

#include "capture/frame.h"
#include "capture/source.h"

namespace yagura::capture {

// Decodes `frames` into the front of `packets`, which has at least as many places, and returns how
// many were packets.
size_t decode_frames(std::span<const Frame> frames, uint8_t sensor, const DecodeOptions& options,
                     InputCounts& counts, std::span<Packet> packets);

}  // namespace yagura::capture
