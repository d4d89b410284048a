// SPDX-License-Identifier: Apache-2.0
//
// What the judgement for members costs a packet: Watch::add() with 5,000 synthetic members that
// have 200,000 live blocks, and packets in batches as the tap gets them.
//
// The blocks are spread so that a source without a match is not told at a glance: one in ten is
// IPv6, 86 % of the IPv4 sources come from a /16 in which a member has a block, and half of the
// IPv6 sources from the /32 of one. Every run judges the same packets.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <array>
#include <ctime>
#include <map>
#include <random>
#include <span>
#include <vector>

#include "base/temporary_folder_for_tests.h"
#include "capture/packet.h"
#include "state/members.h"
#include "warning/watch.h"

namespace yagura::bench {
namespace {

constexpr size_t member_count = 5'000;
constexpr size_t v4_blocks = 36, v6_blocks = 4;  // of each member
constexpr size_t packet_count = 1'024 * capture::batch_capacity;

template <typename T>
T must(Result<T> result) {
  CHECK(result.has_value());
  return std::move(*result);
}

// Each hundred blocks have these lengths, roughly as prefixes in routing tables do; what is longer
// than /24 in IPv4 and /48 in IPv6 is not routed, but assigned.
struct Share {
  int length = 0;
  int of_hundred = 0;
};
constexpr std::array v4_lengths = {Share{16, 1}, Share{18, 2},  Share{19, 2}, Share{20, 4},
                                   Share{21, 4}, Share{22, 10}, Share{23, 9}, Share{24, 48},
                                   Share{25, 5}, Share{26, 5},  Share{27, 5}, Share{28, 5}};
constexpr std::array v6_lengths = {Share{32, 30}, Share{36, 5},  Share{40, 10},
                                   Share{44, 10}, Share{48, 35}, Share{56, 10}};

// The /12s from which the registries give IPv6 addresses, as the first 12 bits.
constexpr std::array<uint64_t, 6> v6_regions = {0x200, 0x240, 0x260, 0x280, 0x2a0, 0x2c0};

class Internet {
 public:
  IpAddress v4() {
    while (true) {
      const auto address = IpAddress::from_v4(static_cast<uint32_t>(random_()));
      if (scope_of(address) == AddressScope::global) return address;
    }
  }
  IpAddress v6() {
    while (true) {
      const uint64_t high = v6_regions[random_() % v6_regions.size()] << 52 | random_() >> 12;
      const IpAddress address = IpAddress::from_halves(high, random_());
      if (scope_of(address) == AddressScope::global) return address;
    }
  }
  // Any address of `prefix`.
  IpAddress in(const Prefix& prefix) {
    const IpAddress first = prefix.first(), last = prefix.last();
    return IpAddress::from_halves(first.high() | (random_() & (first.high() ^ last.high())),
                                  first.low() | (random_() & (first.low() ^ last.low())));
  }
  int length(std::span<const Share> shares) {
    auto left = static_cast<int>(random_() % 100);
    for (const Share& share : shares) {
      left -= share.of_hundred;
      if (left < 0) return share.length;
    }
    return shares.back().length;
  }
  uint64_t below(uint64_t bound) { return random_() % bound; }

 private:
  std::mt19937_64 random_{1};
};

// Members, and where their blocks are.
class Members {
 public:
  explicit Members(Internet& internet) : internet_(internet) {
    registrations_.resize(member_count);
    for (size_t i = 0; i < member_count; ++i) {
      auto& [name, live, dark] = registrations_[i];
      name = fmt::format("member {}", i);
      const Prefix home = Prefix::of(internet_.v4(), 96 + 16);
      for (size_t k = 0; k < v4_blocks; ++k)
        live.push_back(block([&](bool again) {
          // Half of them in one /16, which is a provider's, while there is room.
          const bool at_home = k % 2 == 0 && !again;
          return Prefix::of(at_home ? internet_.in(home) : internet_.v4(),
                            96 + internet_.length(v4_lengths));
        }));
      for (size_t k = 0; k < v6_blocks; ++k)
        live.push_back(
            block([&](bool) { return Prefix::of(internet_.v6(), internet_.length(v6_lengths)); }));
    }
  }

  std::span<const state::Registration> registrations() const { return registrations_; }
  Prefix any(bool v6) {
    const auto& live = registrations_[internet_.below(member_count)].live;
    return live[v6 ? v4_blocks + internet_.below(v6_blocks) : internet_.below(v4_blocks)];
  }
  bool have(IpAddress address) const { return overlap(address, address); }

 private:
  template <typename Draw>
  Prefix block(Draw draw) {
    Prefix prefix = draw(false);
    while (overlap(prefix.first(), prefix.last())) prefix = draw(true);
    taken_[prefix.first()] = prefix.last();
    return prefix;
  }
  bool overlap(IpAddress first, IpAddress last) const {
    const auto behind = taken_.upper_bound(last);
    return behind != taken_.begin() && std::prev(behind)->second >= first;
  }

  Internet& internet_;
  std::vector<state::Registration> registrations_;
  std::map<IpAddress, IpAddress> taken_;  // first and last address of every block
};

// A watch, and packets for it.
class Fixture {
 public:
  Fixture() {
    auto database = must(state::Database::open(folder_.path() / "state.db"));
    CHECK(nobody_.load(*database, {sensor_.id}).has_value());
    CHECK(state::register_members(*database, members_.registrations(), {}).has_value());
    CHECK(watch_.load(*database, {sensor_.id}).has_value());
  }

  warning::Watch& watch() { return watch_; }
  warning::Watch& watch_for_nobody() { return nobody_; }

  // So many of a hundred are IPv6; so many match.
  std::vector<model::DarkPacket> packets(uint64_t v6, uint64_t matching) {
    std::vector<model::DarkPacket> packets(packet_count);
    for (model::DarkPacket& packet : packets) {
      packet.packet = &packet_;
      packet.sensor = &sensor_;
      packet.classified.class_ = model::PacketClass::scan_tcp;
      packet.classified.protocol = model::protocol_tcp;
      packet.classified.service_port = 23;
      const bool is_v6 = internet_.below(100) < v6;
      packet.classified.accounted =
          internet_.below(100) < matching ? internet_.in(members_.any(is_v6)) : stranger(is_v6);
    }
    return packets;
  }

 private:
  IpAddress stranger(bool v6) {
    while (true) {
      IpAddress address = v6 ? internet_.v6() : internet_.v4();
      if (v6 && internet_.below(2) == 0)
        address = internet_.in(Prefix::of(members_.any(true).first(), 32));
      if (!members_.have(address)) return address;
    }
  }

  TemporaryFolder folder_;
  Internet internet_;
  Members members_{internet_};
  model::TapSensor sensor_{1, "s", 65'536};
  model::Packet packet_;
  warning::Watch watch_, nobody_;
};

Fixture& fixture() {
  static Fixture fixture;
  return fixture;
}

void report(benchmark::State& state, int64_t judged) {
  state.SetItemsProcessed(judged);
  state.counters["a packet"] = benchmark::Counter(
      static_cast<double>(judged), benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void judge(benchmark::State& state, warning::Watch& watch,
           const std::vector<model::DarkPacket>& packets) {
  std::span<const model::DarkPacket> left;
  for (auto _ : state) {
    if (left.empty()) left = packets;
    watch.add(left.first(capture::batch_capacity));
    left = left.subspan(capture::batch_capacity);
  }
  report(state, static_cast<int64_t>(state.iterations() * capture::batch_capacity));
}

void nothing_matches(benchmark::State& state) {
  judge(state, fixture().watch(), fixture().packets(static_cast<uint64_t>(state.range(0)), 0));
}
BENCHMARK(nothing_matches)->ArgName("IPv6 of 100")->Arg(0)->Arg(10)->Arg(100);

double cpu_seconds() {
  timespec time;
  CHECK(::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time) == 0);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

// Between eight batches and the next eight so much other memory is written to, as the rest of the
// packet road does. What that takes does not count.
void nothing_matches_among_other_work(benchmark::State& state) {
  constexpr size_t together = 8 * capture::batch_capacity;
  const auto packets = fixture().packets(10, 0);
  std::vector<char> other(static_cast<size_t>(state.range(0)) << 20);
  std::span<const model::DarkPacket> left;
  int64_t judged = 0;
  for (auto _ : state) {
    for (size_t i = 0; i < other.size(); i += 64) ++other[i];
    benchmark::DoNotOptimize(other.data());
    if (left.empty()) left = packets;
    const double begin = cpu_seconds();
    for (size_t i = 0; i < together; i += capture::batch_capacity)
      fixture().watch().add(left.subspan(i, capture::batch_capacity));
    state.SetIterationTime(cpu_seconds() - begin);
    left = left.subspan(together);
    judged += together;
  }
  report(state, judged);
}
BENCHMARK(nothing_matches_among_other_work)->ArgName("MiB")->Arg(1)->Arg(4)->UseManualTime();

void one_in_a_hundred_matches(benchmark::State& state) {
  judge(state, fixture().watch(), fixture().packets(10, 1));
}
BENCHMARK(one_in_a_hundred_matches);

void nobody_is_registered(benchmark::State& state) {
  judge(state, fixture().watch_for_nobody(), fixture().packets(10, 0));
}
BENCHMARK(nobody_is_registered);

}  // namespace
}  // namespace yagura::bench

BENCHMARK_MAIN();
