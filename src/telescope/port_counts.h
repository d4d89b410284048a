// SPDX-License-Identifier: Apache-2.0
//
// Packets and hosts per port: of the many sources that are no survey scanners in a table of all
// ports, of survey scanners in a list. Parts of Numbers. Not thread-safe.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <vector>

#include "telescope/class_counts.h"

namespace yagura::telescope {

inline constexpr size_t port_space = 65536;

// A table of all ports, 1 MiB, of which what nobody adds to takes neither memory nor time: it is
// gone through stretch by stretch, and most stretches of most classes are empty.
class PortCounts {
 public:
  static constexpr size_t stretch_ports = 64;
  static constexpr size_t stretches = port_space / stretch_ports;

  PortCounts();

  void add(uint16_t port, Count count) {
    touched_[port / stretch_ports] = true;
    counts_[port].packets += count.packets;
    counts_[port].hosts += count.hosts;
  }
  // Whether anything was added to the ports from stretch × stretch_ports on.
  bool touched(size_t stretch) const { return touched_[stretch]; }
  const Count& operator[](size_t port) const { return counts_[port]; }
  void clear(size_t stretch);

 private:
  struct Free {
    void operator()(Count* counts) const { std::free(counts); }
  };
  std::unique_ptr<Count[], Free> counts_;
  std::array<bool, stretches> touched_{};
};

// Counts by a key of 36 bits (a port, a class, an organisation) that come in any order. They are
// noted down and added up when there are many or when they are asked for. Memory is bounded by the
// number of keys and `notes_max`.
class SurveyPorts {
 public:
  static constexpr size_t notes_max = 1 << 17;
  static constexpr unsigned key_bits = 36;
  struct Note {
    uint64_t key;
    Count count;
  };

  void add(uint64_t key, Count count) {
    notes_.push_back({key, count});
    if (notes_.size() >= limit_) add_up();
  }
  // The sums so far, keys rising. Valid until the next call of another member.
  const std::vector<Note>& sums() {
    add_up();
    return notes_;
  }
  void clear();

 private:
  void add_up();

  std::vector<Note> notes_, swap_;
  size_t limit_ = notes_max;
};

}  // namespace yagura::telescope
