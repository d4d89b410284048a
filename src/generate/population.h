// SPDX-License-Identifier: Apache-2.0
//
// Who sends how much: packets and sources divided among the attacks, the campaign and the kinds.
//
// A source is a number, 0 to GenerateOptions::sources - 1, in blocks: victims, campaign, then kind
// after kind. Its address follows from its number by a keyed permutation of the global unicast
// space, so that a population of any size takes no memory and no two sources share an address.
//
// Immutable; thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/ip_address.h"
#include "base/random.h"
#include "base/result.h"
#include "generate/options.h"

namespace yagura::generate {

class Population {
 public:
  // One kind's part of the background.
  struct Group {
    uint64_t first_packet = 0, packets = 0;
    uint64_t first_source = 0, sources = 0;
  };

  // Checks every bound of the options and that all of it fits together.
  static Result<Population> create(const GenerateOptions& options);

  const std::array<Group, kind_count>& groups() const { return groups_; }
  uint64_t packets_per_attack() const { return packets_per_attack_; }
  uint64_t background_packets() const { return background_packets_; }
  // When the campaign ends, after the start of the capture.
  static Duration campaign_end(const GenerateOptions& options);
  // Packets in each minute of the campaign, the first minute beginning at its start.
  const std::vector<uint64_t>& campaign_minutes() const { return campaign_minutes_; }
  uint64_t campaign_packets() const { return campaign_packets_; }
  uint64_t first_campaign_source() const { return first_campaign_source_; }

  // The address of a source; `ipv6` for those of Kind::ipv6.
  IpAddress address(uint64_t source, bool ipv6) const;
  // A router somewhere: a global address that is no source's.
  IpAddress router(uint64_t random) const;

 private:
  Result<void> choose_octets(const GenerateOptions& options);
  Result<void> plan_campaign(const GenerateOptions& options);
  Result<void> divide(const GenerateOptions& options);
  Result<void> divide_background(const GenerateOptions& options, uint64_t first_source);
  IpAddress ipv4_at(uint64_t place) const;

  std::array<Group, kind_count> groups_{};
  std::vector<uint64_t> campaign_minutes_;
  uint64_t campaign_packets_ = 0;
  uint64_t first_campaign_source_ = 0;
  uint64_t packets_per_attack_ = 0;
  uint64_t background_packets_ = 0;
  uint64_t sources_ = 0;
  std::vector<uint8_t> octets_;  // first octets of the addresses that may send
  Permutation places_;           // of their addresses
};

// `total` divided in proportion to `weights` (not all 0), rounded so that it adds up; what rounding
// leaves goes to the largest remainders.
std::array<uint64_t, kind_count> apportion(uint64_t total,
                                           const std::array<uint64_t, kind_count>& weights);

}  // namespace yagura::generate
