// SPDX-License-Identifier: Apache-2.0
#include "telescope/rising_ports.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

namespace yagura::telescope {
namespace {

constexpr uint8_t tcp = 6, udp = 17;
constexpr double half_life_hours = 72;
constexpr uint32_t warm_up_hours = 24;
constexpr uint64_t least_hosts = 20;
constexpr double limit_deviations = 4;
constexpr double least_deviation = 0.25;
// A port whose usual value has sunk below this (of log(1 + x)) is as one never seen.
constexpr float negligible = 1e-3F;

// The usual range of one number: exponentially weighted mean and variance of log(1 + x).
struct Range {
  float mean = 0;
  float variance = 0;

  double deviation() const { return std::max(std::sqrt(double{variance}), least_deviation); }
  double score(double value) const { return (value - double{mean}) / deviation(); }
  double limit() const { return double{mean} + limit_deviations * deviation(); }
  void enter(double value, double weight) {
    const double distance = value - double{mean};
    mean = static_cast<float>(double{mean} + weight * distance);
    variance = static_cast<float>((1 - weight) * (double{variance} + weight * distance * distance));
  }
  bool usable() const {
    return std::isfinite(mean) && std::isfinite(variance) && mean >= 0 && variance >= 0;
  }
  bool operator==(const Range&) const = default;
};

struct Port {
  Range packets, hosts;

  bool gone() const {
    return packets.mean < negligible && hosts.mean < negligible && packets.variance < negligible &&
           hosts.variance < negligible;
  }
  bool operator==(const Port&) const = default;
};
static_assert(sizeof(Port) == 16);

// UDP's ports lie behind TCP's; pages of them exist once one of theirs was seen.
constexpr size_t page_ports = 256;
constexpr size_t pages = 2 * 65536 / page_ports;
using Page = std::array<Port, page_ports>;

uint32_t key_of(const PortHour& p) { return (p.protocol == udp ? 65536U : 0U) + p.port; }

}  // namespace

struct RisingPorts::State {
  uint16_t sensor = 0;
  uint32_t hours = 0;  // observed so far
  std::array<std::unique_ptr<Page>, pages> ports;

  void judge(Port& port, const PortHour& hour, uint32_t time, double weight,
             const Sink& sink) const;
  void hour(uint32_t time, std::span<const PortHour> sorted, const Sink& sink);
};

// Reports `hour` of `port` if it rises, and makes it part of what is usual.
void RisingPorts::State::judge(Port& port, const PortHour& hour, uint32_t time, double weight,
                               const Sink& sink) const {
  double packets = std::log1p(static_cast<double>(hour.packets));
  double hosts = std::log1p(static_cast<double>(hour.hosts));
  if (hours >= warm_up_hours && hour.hosts >= least_hosts &&
      (packets > port.packets.limit() || hosts > port.hosts.limit())) {
    AlarmRow row;
    row.kind = AlarmKind::rising_port;
    row.time = time;
    row.sensor = sensor;
    row.protocol = hour.protocol;
    row.port = hour.port;
    row.packets = hour.packets;
    row.hosts = hour.hosts;
    row.expected_packets = std::expm1(double{port.packets.mean});
    row.expected_hosts = std::expm1(double{port.hosts.mean});
    row.packets_score = port.packets.score(packets);
    row.hosts_score = port.hosts.score(hosts);
    sink(row);
    packets = std::min(packets, port.packets.limit());
    hosts = std::min(hosts, port.hosts.limit());
  }
  port.packets.enter(packets, weight);
  port.hosts.enter(hosts, weight);
}

void RisingPorts::State::hour(uint32_t time, std::span<const PortHour> sorted, const Sink& sink) {
  // A plain mean until there are more hours than the half-life remembers: an exponential one that
  // starts from nothing would take days to reach what is usual.
  static const double steady = 1 - std::exp2(-1 / half_life_hours);
  const double weight = std::max(steady, 1.0 / (hours + 1.0));
  auto next = sorted.begin();
  for (size_t i = 0; i < pages; ++i) {
    const bool news = next != sorted.end() && key_of(*next) / page_ports == i;
    if (!news && ports[i] == nullptr) continue;
    if (ports[i] == nullptr) ports[i] = std::make_unique<Page>();
    for (size_t k = 0; k < page_ports; ++k) {
      const auto key = static_cast<uint32_t>(i * page_ports + k);
      Port& port = (*ports[i])[k];
      if (next != sorted.end() && key_of(*next) == key) {
        judge(port, *next++, time, weight, sink);
      } else if (port != Port{}) {
        port.packets.enter(0, weight);
        port.hosts.enter(0, weight);
      }
      if (port.gone()) port = {};
    }
  }
  if (hours < UINT32_MAX) ++hours;
}

RisingPorts::RisingPorts(uint16_t sensor) : state_(std::make_unique<State>()) {
  state_->sensor = sensor;
}
RisingPorts::~RisingPorts() = default;
RisingPorts::RisingPorts(RisingPorts&&) noexcept = default;

void RisingPorts::hour(uint32_t start_seconds, std::span<const PortHour> ports, const Sink& sink) {
  std::vector<PortHour> sorted(ports.begin(), ports.end());
  std::sort(sorted.begin(), sorted.end(),
            [](const PortHour& a, const PortHour& b) { return key_of(a) < key_of(b); });
  for (size_t i = 0; i < sorted.size(); ++i) {
    CHECK(sorted[i].protocol == tcp || sorted[i].protocol == udp);
    CHECK(i == 0 || key_of(sorted[i - 1]) < key_of(sorted[i]));
  }
  state_->hour(start_seconds, sorted, sink);
}

// --- Saved state: the ports that have a usual range, page by page ---

namespace {
constexpr uint32_t format = 0x31505259;  // "YRP1"
}

void RisingPorts::save(ByteWriter& out) const {
  out.put(format);
  out.put(state_->hours);
  for (size_t i = 0; i < pages; ++i) {
    if (state_->ports[i] == nullptr) continue;
    const Page& page = *state_->ports[i];
    std::array<uint8_t, page_ports / 8> present{};
    for (size_t k = 0; k < page_ports; ++k)
      if (page[k] != Port{}) present[k / 8] |= static_cast<uint8_t>(1U << k % 8);
    if (present == decltype(present){}) continue;
    out.put(static_cast<uint16_t>(i));
    out.put_bytes(present.data(), present.size());
    for (const Port& port : page)
      if (port != Port{}) out.put_bytes(&port, sizeof(Port));
  }
  out.put(static_cast<uint16_t>(pages));  // the end
}

Result<void> RisingPorts::load(ByteReader& in) {
  auto loaded = std::make_unique<State>();
  loaded->sensor = state_->sensor;
  if (in.get<uint32_t>() != format)
    return failure("saved port ranges: not in this program's format");
  loaded->hours = in.get<uint32_t>();
  for (int last = -1;;) {
    const auto i = in.get<uint16_t>();
    if (!in.ok()) return failure("saved port ranges: cut short");
    if (i == pages) break;
    if (i > pages || i <= last) return failure("saved port ranges: damaged");
    last = i;
    std::array<uint8_t, page_ports / 8> present;
    in.get_bytes(present.data(), present.size());
    loaded->ports[i] = std::make_unique<Page>();
    for (size_t k = 0; k < page_ports; ++k) {
      if ((present[k / 8] >> k % 8 & 1) == 0) continue;
      Port& port = (*loaded->ports[i])[k];
      in.get_bytes(&port, sizeof(Port));
      if (!port.packets.usable() || !port.hosts.usable())
        return failure("saved port ranges: a range is not a number");
    }
  }
  state_ = std::move(loaded);
  return {};
}

}  // namespace yagura::telescope
