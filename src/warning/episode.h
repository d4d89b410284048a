// SPDX-License-Identifier: Apache-2.0
//
// What an address of a member did until it fell silent: the ground of a warning.
//
// A Story gathers what was seen of one address and one sort of traffic, in constant memory; what it
// makes of it, an Episode, is a plain value with its kind, its evidence and how severe it is. The
// thresholds are ours; docs/warning.md gives the reasons. Not thread-safe.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/ip_address.h"
#include "base/time.h"
#include "model/packet_class.h"
#include "model/tools.h"
#include "warning/member_space.h"
#include "warning/vocabulary.h"

namespace yagura::warning {

// Packets of one class that one sensor saw of an address within five minutes, or one of them.
struct Sighting {
  Timestamp first, last;
  model::PacketClass class_ = model::PacketClass::other;
  uint64_t packets = 0, bytes = 0;
  uint64_t dark_addresses = 0;  // distinct
  uint64_t dark = 0;            // tells the dark address from others, where it is one
  // As in the telescope's rows: the ports asked for, and the packets to each; the marks, and the
  // packets that show each.
  std::span<const uint16_t> ports;
  std::span<const uint32_t> port_packets;
  std::span<const model::Mark> marks;
  std::span<const uint32_t> mark_packets;
};

struct Service {
  uint8_t protocol = 0;  // IANA; 0 where the class does not tell
  uint16_t port = 0;     // 0 of a protocol without ports
  uint64_t packets = 0;
  bool operator==(const Service&) const = default;
};

struct Episode {
  MemberId member = 0;
  IpAddress address;
  Kind kind = Kind::external;
  Timestamp first, last;
  uint64_t packets = 0, bytes = 0;
  uint64_t dark_addresses = 0;     // distinct, at least
  std::vector<Service> services;   // of a victim: where it was attacked. Most packets first
  uint64_t packets_elsewhere = 0;  // to services beyond the first `Story::most_services`
  model::Tool tool = model::Tool::none;
  bool operator==(const Episode&) const = default;
};

Severity severity_of(const Episode& episode);

// The sorts of traffic that are told apart from the first packet on.
enum class Traffic : uint8_t { to_others, to_own_dark, backscatter };

class Story {
 public:
  static constexpr size_t most_services = 32;
  static constexpr size_t most_dark = 256;  // that are told apart

  // Sightings may come in any order within an hour; hours rise.
  void add(const Sighting& sighting);
  // Adds what another sensor saw of the same address and sort of traffic.
  void add(const Story& other);
  bool empty() const { return packets_ == 0; }
  Timestamp first() const { return first_; }
  Timestamp last() const { return last_; }
  void save(ByteWriter& out) const;
  // Fails on bytes that save() cannot have written.
  static Result<Story> load(std::string_view bytes);
  Episode episode(MemberId member, IpAddress address, Traffic traffic) const;

 private:
  void count(uint8_t protocol, uint16_t port, uint64_t packets);
  void note_dark(uint64_t dark);
  void note_window(int64_t window);
  // Whether it is the traffic of a machine that was told a wrong address, not of one that searches.
  bool is_steady() const;

  Timestamp first_{INT64_MAX}, last_{0};
  uint64_t packets_ = 0, bytes_ = 0;
  uint64_t most_at_once_ = 0;    // dark addresses of a sighting
  std::vector<uint64_t> darks_;  // of the sightings with one, rising
  int64_t hour_ = -1;            // of the latest sighting
  uint32_t hour_windows_ = 0;    // those of the hour in which it was seen, as bits
  uint64_t windows_ = 0;         // of the hours before
  std::vector<Service> services_;
  uint64_t elsewhere_ = 0;
  uint64_t scan_tcp_ = 0;
  model::MarkCounts marks_{};
};

}  // namespace yagura::warning
