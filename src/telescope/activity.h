// SPDX-License-Identifier: Apache-2.0
//
// From the packets of one source in one window to its rows, one per class.
#pragma once

#include <span>
#include <vector>

#include "telescope/source_row.h"
#include "telescope/window_packet.h"

namespace yagura::telescope {

// Counts row.dark: distinct addresses, and the keyed hash of the only one.
void count_dark(SourceRow& row, uint64_t key);

// Reuses its buffers from source to source; not thread-safe.
class ActivityBuilder {
 public:
  explicit ActivityBuilder(uint64_t key) : key_(key) {}

  // The rows of `group`, classes rising. Valid until the next call.
  std::span<const SourceRow> build(const SourceGroup& group);

 private:
  void build_class(std::span<const WindowPacket> packets, SourceRow& row);
  void count_marks(std::span<const WindowPacket> packets, unsigned all_marks, SourceRow& row);

  uint64_t key_;
  std::vector<WindowPacket> by_class_;
  std::vector<SourceRow> rows_;
  // What the rows point to. There is room for a value per packet, so that nothing moves while a
  // source's rows are built.
  std::vector<uint16_t> ports_;
  std::vector<uint32_t> port_packets_;
  std::vector<Mark> marks_;
  std::vector<uint32_t> mark_packets_;
  std::vector<uint32_t> dark_;
  size_t ports_used_ = 0, marks_used_ = 0, dark_used_ = 0;
};

}  // namespace yagura::telescope
