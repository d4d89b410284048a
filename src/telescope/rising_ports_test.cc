// SPDX-License-Identifier: Apache-2.0
#include "telescope/rising_ports.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace yagura::telescope {
namespace {

PortHour tcp(uint16_t port, uint64_t packets, uint64_t hosts) { return {6, port, packets, hosts}; }
PortHour udp(uint16_t port, uint64_t packets, uint64_t hosts) { return {17, port, packets, hosts}; }

class Series {
 public:
  explicit Series(uint16_t sensor = 4) : ports_(sensor) {}
  // The alarms of the next hour.
  std::vector<AlarmRow> hour(const std::vector<PortHour>& ports) {
    std::vector<AlarmRow> alarms;
    ports_.hour(hours_++ * 3600, ports, [&](const AlarmRow& row) { alarms.push_back(row); });
    return alarms;
  }
  // How many alarms `count` hours of the same gave.
  size_t quiet(int count, const std::vector<PortHour>& ports) {
    size_t alarms = 0;
    for (int i = 0; i < count; ++i) alarms += hour(ports).size();
    return alarms;
  }
  RisingPorts& ports() { return ports_; }

 private:
  RisingPorts ports_;
  uint32_t hours_ = 500'000;
};

TEST(RisingPorts, SayNothingOfAQuietSeries) {
  Series series;
  EXPECT_EQ(series.quiet(1000, {tcp(23, 5000, 300), udp(53, 800, 40)}), 0u);
  std::minstd_rand random(1);
  for (int i = 0; i < 1000; ++i) {
    const uint64_t noise = 4000 + random() % 2000;
    EXPECT_TRUE(series.hour({tcp(23, noise, 250 + random() % 100), udp(53, 800, 40)}).empty());
  }
}

TEST(RisingPorts, RaiseAnAlarmWhenAPortRises) {
  Series series;
  series.quiet(100, {tcp(23, 5000, 300)});
  const auto alarms = series.hour({tcp(23, 50'000, 6000), tcp(24, 100, 10)});
  ASSERT_EQ(alarms.size(), 1u);
  EXPECT_EQ(alarms[0].kind, AlarmKind::rising_port);
  EXPECT_EQ(alarms[0].time, 500'100u * 3600);
  EXPECT_EQ(alarms[0].sensor, 4);
  EXPECT_EQ(alarms[0].protocol, 6);
  EXPECT_EQ(alarms[0].port, 23);
  EXPECT_EQ(alarms[0].packets, 50'000u);
  EXPECT_EQ(alarms[0].hosts, 6000u);
  EXPECT_NEAR(alarms[0].expected_packets, 5000, 5);
  EXPECT_NEAR(alarms[0].expected_hosts, 300, 0.5);
  EXPECT_NEAR(alarms[0].packets_score, std::log(50'001.0 / 5001) / 0.25, 0.01);
  EXPECT_NEAR(alarms[0].hosts_score, std::log(6001.0 / 301) / 0.25, 0.01);
}

TEST(RisingPorts, RiseByHostsAlone) {
  Series series;
  series.quiet(100, {tcp(23, 5000, 100)});
  EXPECT_EQ(series.hour({tcp(23, 5000, 500)}).size(), 1u);
  series.quiet(100, {tcp(23, 5000, 100)});
  EXPECT_EQ(series.hour({tcp(23, 50'000, 100)}).size(), 1u) << "or by packets alone";
  EXPECT_EQ(series.hour({tcp(23, 10, 1)}).size(), 0u) << "a fall is no rise";
}

TEST(RisingPorts, WaitForADayOfObservation) {
  for (const int hours : {23, 24}) {
    Series series;
    series.quiet(hours, {tcp(23, 5000, 300)});
    EXPECT_EQ(series.hour({tcp(23, 5000, 300), udp(1900, 50'000, 6000)}).size(),
              hours < 24 ? 0u : 1u);
  }
}

TEST(RisingPorts, NeedTwentyHosts) {
  Series series;
  series.quiet(30, {tcp(23, 5000, 300)});
  EXPECT_TRUE(series.hour({tcp(81, 100'000, 19)}).empty());
  EXPECT_EQ(series.hour({tcp(82, 100'000, 20)}).size(), 1u);
}

TEST(RisingPorts, LetALastingChangeBecomeUsualAndASinglePeakNot) {
  Series lasting;
  lasting.quiet(200, {tcp(23, 5000, 300)});
  int alarms = 0;
  while (alarms < 1000 && !lasting.hour({tcp(23, 50'000, 3000)}).empty()) ++alarms;
  EXPECT_GT(alarms, 5);
  EXPECT_LT(alarms, 24 * 7);
  EXPECT_EQ(lasting.quiet(100, {tcp(23, 50'000, 3000)}), 0u);

  Series peak;
  peak.quiet(200, {tcp(23, 5000, 300)});
  EXPECT_EQ(peak.hour({tcp(23, 5'000'000, 300'000)}).size(), 1u);
  EXPECT_EQ(peak.quiet(10, {tcp(23, 5000, 300)}), 0u);
  EXPECT_EQ(peak.hour({tcp(23, 50'000, 3000)}).size(), 1u) << "still a rise";
}

TEST(RisingPorts, ComeInOrderOfProtocolAndPort) {
  Series series;
  series.quiet(30, {});
  const auto alarms = series.hour(
      {udp(53, 900, 90), tcp(65535, 900, 90), udp(1, 900, 90), tcp(0, 900, 90), tcp(445, 900, 90)});
  std::vector<std::pair<int, int>> order;
  for (const AlarmRow& row : alarms) order.emplace_back(row.protocol, row.port);
  EXPECT_EQ(order,
            (std::vector<std::pair<int, int>>{{6, 0}, {6, 445}, {6, 65535}, {17, 1}, {17, 53}}));
}

std::string text(const AlarmRow& r) {
  return std::to_string(r.time) + " " + std::to_string(r.protocol) + "/" + std::to_string(r.port) +
         " " + std::to_string(r.packets) + " " + std::to_string(r.hosts) + " " +
         std::to_string(r.expected_packets) + " " + std::to_string(r.expected_hosts) + " " +
         std::to_string(r.packets_score) + " " + std::to_string(r.hosts_score);
}

// The rules of the header with doubles in a map, for every port that was ever seen.
class SlowTwin {
 public:
  std::vector<std::string> hour(uint32_t time, const std::vector<PortHour>& ports) {
    std::map<std::pair<int, int>, PortHour> now;
    for (const PortHour& p : ports) now[{p.protocol, p.port}] = p;
    for (const auto& [key, p] : now) state_[key];
    const double weight = std::max(1 - std::pow(2, -1.0 / 72), 1.0 / (hours_ + 1));
    std::vector<std::string> alarms;
    for (auto& [key, s] : state_) {
      const PortHour p = now.contains(key) ? now[key] : PortHour{};
      double value[2] = {std::log(1.0 + static_cast<double>(p.packets)),
                         std::log(1.0 + static_cast<double>(p.hosts))};
      const auto limit = [&](int i) {
        return s.mean[i] + 4 * std::max(0.25, std::sqrt(s.variance[i]));
      };
      if (hours_ >= 24 && p.hosts >= 20 && (value[0] > limit(0) || value[1] > limit(1))) {
        alarms.push_back(std::to_string(time) + " " + std::to_string(key.first) + "/" +
                         std::to_string(key.second));
        for (int i = 0; i < 2; ++i) value[i] = std::min(value[i], limit(i));
      }
      for (int i = 0; i < 2; ++i) {
        const double distance = value[i] - s.mean[i];
        s.mean[i] += weight * distance;
        s.variance[i] = (1 - weight) * (s.variance[i] + weight * distance * distance);
      }
    }
    ++hours_;
    return alarms;
  }

 private:
  struct Usual {
    double mean[2] = {0, 0}, variance[2] = {0, 0};
  };
  std::map<std::pair<int, int>, Usual> state_;
  int hours_ = 0;
};

TEST(RisingPorts, GiveTheSameRowsHoweverStateIsSavedAndAgreeWithTheirTwin) {
  std::minstd_rand random(3);
  RisingPorts straight(1);
  auto saved = std::make_unique<RisingPorts>(uint16_t{1});
  SlowTwin twin;
  size_t alarms = 0, differences = 0;
  for (uint32_t hour = 0; hour < 600; ++hour) {
    std::vector<PortHour> ports;
    for (uint16_t port = 0; port < 3000; port = static_cast<uint16_t>(port + 1 + random() % 40)) {
      const uint64_t scale = random() % 200 == 0 ? 100 : 1 + random() % 2;
      const uint64_t hosts = (1 + port % 60) * scale;
      ports.push_back({static_cast<uint8_t>(port % 2 == 0 ? 6 : 17), port, hosts * 3, hosts});
    }
    std::vector<std::string> a, b, keys;
    straight.hour(hour * 3600, ports, [&](const AlarmRow& row) {
      a.push_back(text(row));
      keys.push_back(a.back().substr(0, a.back().find(' ', a.back().find('/'))));
    });
    saved->hour(hour * 3600, ports, [&](const AlarmRow& row) { b.push_back(text(row)); });
    ASSERT_EQ(a, b);
    differences += keys != twin.hour(hour * 3600, ports);
    alarms += a.size();
    if (random() % 3 == 0) {
      ByteWriter out;
      saved->save(out);
      saved = std::make_unique<RisingPorts>(uint16_t{1});
      ByteReader in(out.bytes());
      ASSERT_TRUE(saved->load(in).has_value());
      ASSERT_EQ(in.remaining(), 0u);
    }
  }
  EXPECT_GT(alarms, 100u) << "the test has hardly tested anything";
  EXPECT_LE(differences, 3u) << "floats against doubles at the very limit";
}

TEST(RisingPorts, SaveAsManyBytesAsThereArePorts) {
  Series series;
  series.quiet(3, {tcp(23, 5000, 300), udp(53, 10, 1)});
  ByteWriter few;
  series.ports().save(few);
  EXPECT_LT(few.bytes().size(), 128u);
  std::vector<PortHour> all;
  for (uint32_t port = 0; port < 65536; ++port) {
    all.push_back(tcp(static_cast<uint16_t>(port), 9, 3));
    all.push_back(udp(static_cast<uint16_t>(port), 9, 3));
  }
  series.quiet(2, all);
  ByteWriter most;
  series.ports().save(most);
  EXPECT_LT(most.bytes().size(), 2'200'000u);
  series.quiet(1000, {});  // 14 half-lives later
  ByteWriter none;
  series.ports().save(none);
  EXPECT_LT(none.bytes().size(), 128u) << "ports that were quiet for long are forgotten";
}

TEST(RisingPorts, RefuseDamagedState) {
  Series series;
  series.quiet(30, {tcp(23, 5000, 300), udp(53, 10, 1), udp(54, 10, 1)});
  ByteWriter out;
  series.ports().save(out);
  for (size_t size = 0; size < out.bytes().size(); ++size) {
    RisingPorts other(1);
    ByteReader in(std::string_view(out.bytes()).substr(0, size));
    EXPECT_FALSE(other.load(in).has_value()) << size;
  }
  std::string bytes = out.bytes();
  bytes[8] = 9;
  bytes[9] = 9;  // page 2313
  ByteReader in(bytes);
  EXPECT_FALSE(RisingPorts(1).load(in).has_value());
}

}  // namespace
}  // namespace yagura::telescope
