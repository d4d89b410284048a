// SPDX-License-Identifier: Apache-2.0
#include "capture/decode_frames.h"

namespace yagura::capture {

size_t decode_frames(std::span<const Frame> frames, uint8_t sensor, const DecodeOptions& options,
                     InputCounts& counts, std::span<Packet> packets) {
  constexpr size_t ahead = 8;  // far enough that the headers are there when their turn comes
  size_t used = 0;
  uint64_t bytes = 0;  // not in `counts`, which decode() could change for all the compiler knows
  Reject reason{};
  for (size_t i = 0; i < frames.size(); ++i) {
    const Frame& frame = frames[i];
    if (i + ahead < frames.size()) __builtin_prefetch(frames[i + ahead].data + 16);
    bytes += frame.captured_length;
    Packet& packet = packets[used];
    packet.time = Timestamp{frame.time};
    packet.sensor = sensor;
    if (decode({frame.data, frame.captured_length}, frame.wire_length, frame.link, options, packet,
               reason)) [[likely]]
      ++used;
    else
      ++counts.rejected[static_cast<size_t>(reason)];
  }
  counts.bytes += bytes;
  counts.frames += frames.size();
  counts.packets += used;
  return used;
}

}  // namespace yagura::capture
