// SPDX-License-Identifier: Apache-2.0
//
// What a window costs ScanEvents: 1.67 million packets (5,555 packets/s for five minutes, a busy
// /16) from 400,000 sources that are all open with some 50 dark addresses each.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <memory>
#include <random>
#include <vector>

#include "telescope/scan_events.h"

namespace {

using namespace yagura;
using namespace yagura::telescope;

constexpr uint32_t sources = 400'000;
constexpr uint32_t packets_per_window = 1'666'667;
constexpr int64_t window = 300'000'000'000;

// The packets of one window in the order the window stage hands them out.
class WindowMaker {
 public:
  explicit WindowMaker(bool random_ports) : random_ports_(random_ports) {}
  std::span<const SourceGroup> next() {
    std::vector<uint32_t> counts(sources);
    for (uint32_t i = 0; i < packets_per_window; ++i) ++counts[random_() % sources];
    packets_.clear();
    packets_.reserve(packets_per_window);
    groups_.clear();
    for (uint32_t source = 0; source < sources; ++source) {
      for (uint32_t i = 0; i < counts[source]; ++i) packets_.push_back(packet(source, i));
      if (counts[source] > 0)
        groups_.push_back({IpAddress::from_v4(source * 7919),
                           {packets_.data() + packets_.size() - counts[source], counts[source]}});
    }
    std::sort(groups_.begin(), groups_.end(),
              [](const SourceGroup& a, const SourceGroup& b) { return a.source < b.source; });
    ++windows_;
    return groups_;
  }
  Timestamp end() const { return {windows_ * window}; }

 private:
  WindowPacket packet(uint32_t source, uint32_t i) {
    WindowPacket p;
    p.time = windows_ * window + i * 1'000'000'000;
    p.dark = static_cast<uint32_t>(random_() & 0xffff);
    p.unicornscan_key = static_cast<uint32_t>(random_());
    p.service_port = static_cast<uint16_t>(random_ports_ ? random_() : source + random_() % 3);
    p.length = 40;
    p.class_ = PacketClass::scan_tcp;
    p.protocol = 6;
    return p;
  }
  std::mt19937_64 random_{1};
  bool random_ports_;
  int64_t windows_ = 0;
  std::vector<WindowPacket> packets_;
  std::vector<SourceGroup> groups_;
};

void scan_events_window(benchmark::State& state) {
  ScanEventOptions options;
  options.dark_addresses = 65536;
  ScanEvents analyser(options);
  WindowMaker maker(state.range(0) != 0);
  const auto sink = [](const EventRow& row) { benchmark::DoNotOptimize(row); };
  for (int i = 0; i < 10; ++i) {
    const auto groups = maker.next();
    analyser.process(groups, maker.end(), sink);
  }
  for (auto _ : state) {
    state.PauseTiming();
    const auto groups = maker.next();
    state.ResumeTiming();
    analyser.process(groups, maker.end(), sink);
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations()) * packets_per_window);
  state.counters["open"] = static_cast<double>(analyser.open_sources());
  state.counters["MiB"] = static_cast<double>(analyser.memory_bytes()) / 1048576;
}
BENCHMARK(scan_events_window)
    ->ArgName("random_ports")
    ->Arg(0)
    ->Arg(1)
    ->Iterations(4)
    ->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
