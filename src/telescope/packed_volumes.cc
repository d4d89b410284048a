// SPDX-License-Identifier: Apache-2.0
#include "telescope/packed_volumes.h"

#include <algorithm>
#include <span>

namespace yagura::telescope {
namespace {

void pack(std::vector<int64_t>& counts, PackedCounts& packed) {
  constexpr size_t size = PackedCounts::block_size;
  for (size_t block = 0; block * size < counts.size(); ++block)
    packed.add(block, std::span(counts).subspan(block * size, size));
  std::fill(counts.begin(), counts.end(), 0);
}

}  // namespace

int64_t PackedVolumes::at(Survey survey, RankOrder measure, size_t index) const {
  const auto& counts = measure == RankOrder::hosts ? hosts : packets;
  return (survey != Survey::only ? counts[0][index] : 0) +
         (survey != Survey::without ? counts[1][index] : 0);
}

size_t PackedVolumes::bytes() const {
  return packets[0].bytes() + packets[1].bytes() + hosts[0].bytes() + hosts[1].bytes();
}

void PackedVolumes::shrink() {
  for (auto* counts : {&packets, &hosts})
    for (PackedCounts& packed : *counts) packed.shrink();
}

void VolumesBuilder::add(size_t survey, size_t index, int64_t packets, int64_t hosts) {
  const size_t blocks = index / PackedCounts::block_size + 1;
  const size_t size = std::max(packets_[survey].size(), blocks * PackedCounts::block_size);
  packets_[survey].resize(size);
  hosts_[survey].resize(size);
  packets_[survey][index] += packets;
  hosts_[survey][index] += hosts;
}

PackedVolumes VolumesBuilder::take() {
  PackedVolumes volumes;
  for (size_t survey = 0; survey < 2; ++survey) {
    pack(packets_[survey], volumes.packets[survey]);
    pack(hosts_[survey], volumes.hosts[survey]);
  }
  volumes.shrink();
  return volumes;
}

}  // namespace yagura::telescope
