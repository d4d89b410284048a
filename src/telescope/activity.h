// SPDX-License-Identifier: Apache-2.0
//
// From the packets of one source in one window to its rows, one per class.
#pragma once

#include <array>
#include <span>
#include <vector>

#include "telescope/source_row.h"
#include "telescope/window_packet.h"

namespace yagura::telescope {

// Reuses its buffers from source to source; not thread-safe.
class ActivityBuilder {
 public:
  // The rows of `group`, classes rising. Valid until the next call.
  std::span<const SourceRow> build(const SourceGroup& group);

 private:
  void build_class(std::span<const WindowPacket> packets, SourceRow& row);
  void count_ports();
  void count_marks(std::span<const WindowPacket> packets, SourceRow& row);

  struct Range {
    size_t from, until;
  };
  std::vector<WindowPacket> by_class_;
  std::vector<SourceRow> rows_;
  // Spans are set after all rows are built, since the vectors below may move until then.
  struct Places {
    Range ports, marks, dark;
  };
  std::vector<Places> places_;
  std::vector<uint16_t> ports_;
  std::vector<uint32_t> port_packets_;
  std::vector<Mark> marks_;
  std::vector<uint32_t> mark_packets_;
  std::vector<uint32_t> dark_;
  std::vector<uint16_t> class_ports_;
};

}  // namespace yagura::telescope
