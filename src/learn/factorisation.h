// SPDX-License-Identifier: Apache-2.0
//
// Groups of hosts that send in step, by non-negative matrix factorisation: Dark-NMF (Han, Takeuchi,
// Takahashi, Inoue, TrustCom 2021; IEEE Access 10, 2022), with the numbers of the authors' code
// (github.com/Gotchance/Dark-TRACER, Dark-NMF, run without its second pass over ports).
//
// A matrix of packets, one row per minute of half an hour and one column per host (/16), is written
// as W times H, both without negative numbers: each of the r components has a course in time (a
// column of W) and a share for every host (a row of H). Hosts that are driven by one hand follow
// one course, so a component in which several hosts stand out is a group. How many components there
// are is not known, so all ranks from 1 to 10 are tried and their groups united.
//
// The factors start from the absolute values of the singular vectors and follow Lee and Seung's
// multiplicative updates for the squared error (NIPS 2000). Nothing is random. Pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "learn/matrix.h"

namespace yagura::learn {

struct Factors {
  Matrix<double> w;   // rows of the matrix × rank
  Matrix<double> h;   // rank × columns of the matrix
  double error = 0;   // mean of the squared differences
  size_t rounds = 0;  // of updates
};

inline constexpr size_t largest_rank = 10;
inline constexpr size_t most_rounds = 3000;
inline constexpr double settled_error = 1e-5;  // the error changes by less: done

// The factors of every rank from 1 on. `matrix`: finite, nothing negative.
//
// The last rank is 10; for a matrix with fewer rows or columns one less than these; and never more
// than the matrix has singular values that are not zero, because the vectors of the others are
// arbitrary. So a matrix of zeros, of one row or of one column has no factors.
std::vector<Factors> factorise(MatrixView<double> matrix);

// Which hosts are looked at and which of them are a group. For source /16s; the authors' second
// pass, over destination ports, asks for 98 % instead of half.
struct GroupRules {
  double least_packets = 2;       // a host with one packet is in step with nobody
  double most_packets = 60;       // in one minute: louder hosts would drown the others
  double active_packets = 1;      // of a component that are a host's, for it to count there
  double share_of_loudest = 0.5;  // of the component's loudest host
};

struct HostGroup {
  size_t rank = 0;
  size_t component = 0;       // below the rank
  std::vector<size_t> hosts;  // columns of the matrix, rising, two or more
};

// The groups of all ranks, by rank and component. The same hosts are listed once, at the lowest
// rank that finds them. `packets`: a row per minute, a column per host.
std::vector<HostGroup> synchronous_groups(MatrixView<double> packets, const GroupRules& rules = {});

struct PortOfGroup {
  uint32_t port = 0;  // whatever the caller numbers ports by
  size_t hosts = 0;   // of the group that sent to it
};

// What a group is after: the ports to which at least 30 % of its hosts, and at least two of them,
// sent; most hosts first, then by port. `ports_of_host`: of every column the ports it sent to, each
// once.
std::vector<PortOfGroup> ports_of_group(const HostGroup& group,
                                        std::span<const std::vector<uint32_t>> ports_of_host);

}  // namespace yagura::learn
