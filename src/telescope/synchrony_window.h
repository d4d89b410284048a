// SPDX-License-Identifier: Apache-2.0
//
// What the rows of `synchrony` say of one window of ten minutes: the matrix that its engines look
// at, and the ports that an alarm names.
//
// The numbers are those of Dark-GLASSO (Han et al., IEICE E103-D(10), 2020; the authors' R code):
// 12 samples of 50 s, sources by /16, at most 1,000 of them, ports that are always busy left out;
// an alarm names each port that 10 % of the hosts probed, of level 1 where these are 20 hosts, else
// 2, and the next best as level 3. Level 4 is a port of which one dark address received more than
// 70 % of the packets, and more than 70 % of the pairs of host and address.
//
// Pure functions of the rows; deterministic.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "learn/matrix.h"
#include "telescope/rows.h"

namespace yagura::telescope {

inline constexpr uint32_t judged_seconds = 600;
inline constexpr Duration judged_length = Duration::seconds(judged_seconds);
inline constexpr size_t judged_slots = 12;

// The ports that the authors leave out: what all the world scans all the time.
inline constexpr std::string_view usual_left_out = "22,23,80,81,445,1433,2323,3389,5555,8080,52869";
// Reads such a list; rising and without doubles.
Result<std::vector<uint16_t>> parse_ports(std::string_view text);

struct HostMatrix {
  std::vector<uint16_t> prefixes;  // the columns' /16s, rising
  learn::Matrix<double> packets;   // slots × hosts
  uint64_t total = 0;

  size_t hosts() const { return prefixes.size(); }
};
// The matrix of `slots` slots from `start` (seconds since the epoch) on. `rows` are those of this
// time in any order; those to a port of `left_out` (rising) do not count. Of more than
// Synchrony::prefixes_max hosts those with the smallest rank under `key` stay.
HostMatrix host_matrix(std::span<const SynchronyRow> rows, uint32_t start, size_t slots,
                       std::span<const uint16_t> left_out, uint64_t key);

enum class PortLevel : uint8_t { attack = 1, survey = 2, next = 3, single_target = 4 };

struct NamedPort {
  uint16_t port = 0;
  PortLevel level = PortLevel::next;
  uint16_t hosts = 0;
  uint32_t packets = 0;
};
// The ports that an alarm of a window names, most hosts, then most packets, first, at most
// named_ports_max. `hosts` are the columns of its matrix.
inline constexpr size_t named_ports_max = 32;
std::vector<NamedPort> named_ports(std::span<const SynchronyRow> rows,
                                   std::span<const uint16_t> hosts,
                                   std::span<const uint16_t> left_out);

// Of `hosts` those that probed one of `ports`, most packets first, at most `most`.
std::vector<uint16_t> probing_prefixes(std::span<const SynchronyRow> rows,
                                       std::span<const uint16_t> hosts,
                                       std::span<const uint16_t> ports, size_t most);

}  // namespace yagura::telescope
