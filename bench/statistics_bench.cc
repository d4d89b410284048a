// SPDX-License-Identifier: Apache-2.0
//
// Fills a data folder with synthetic statistics of a telescope of 300,000 addresses, for measuring
// how fast they can be asked (bench/questions):
//
//   statistics_bench FOLDER YYYY-MM-DD
//
// Days and hours of the 365 days before that one, 5 minutes of the last 30. FOLDER is a data
// folder; nothing else may have it open. Ends when the engine has merged what was written. The
// arithmetic, from what is published about such telescopes (2025: 701 G packets a year to 280,000
// addresses, 55 % from survey scanners, 23/TCP 11 % of the rest):
//
//   22,200 packets/s are 6.7 M in 5 minutes, 80 M in an hour, 1.9 G in a day.
//   Ports follow Zipf's law. Of the 3 M packets in 5 minutes that no survey scanner sent, four
//   fifths are TCP scans; the rarest of 65,536 ports then gets 3 of them: every port has a row at
//   every step. So it is with 12,000 UDP ports, twice (scans, all scan classes), and 5,000 service
//   ports of victims.
//   83 survey organisations: 8 that probe every port reach 2,000 ports in 5 minutes, 10,000 in an
//   hour, 40,000 in a day; the others 60 each.
//   200 countries and 8,000 autonomous systems with 6 and 4 classes, 7 tools with 4.
//   Together about 180,000 rows for 5 minutes, 250,000 for an hour, 500,000 for a day.
//
// Hosts are the packets over a number that is fixed for the port: enough for sums, not for science.
// The same flags give the same rows.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "base/text.h"
#include "store/engine.h"
#include "telescope/store_writer.h"

namespace yagura::bench {
namespace {

using telescope::Dimension;
using telescope::Level;
using telescope::NumbersRow;
using telescope::PacketClass;

struct Options {
  std::string folder;
  Timestamp until;
};

// What is counted within one step of a level.
struct Step {
  Level level = Level::five_minutes;
  int64_t seconds = 0;
  int64_t days = 0;             // that are filled
  uint32_t all_port_ports = 0;  // that one of the large survey organisations reaches
};
constexpr std::array<Step, 3> steps = {{{Level::day, 86'400, 365, 40'000},
                                        {Level::hour, 3'600, 365, 10'000},
                                        {Level::five_minutes, 300, 30, 2'000}}};

// Of no run: whatever the service takes back or shows again, these rows stay.
constexpr uint64_t synthetic_commit = uint64_t{1} << 40;

constexpr double packets_a_second = 22'200;
constexpr double survey_share = 0.55;
constexpr uint32_t port_count = 65'536;
constexpr uint32_t udp_ports = 12'000;
constexpr uint32_t victim_ports = 5'000;
constexpr uint16_t organisations = 83;
constexpr uint16_t all_port_organisations = 8;
constexpr uint32_t few_ports = 60;  // of the other organisations
constexpr uint32_t countries = 200;
constexpr uint32_t autonomous_systems = 8'000;
constexpr uint32_t tools = 7;

// A well mixed function of its arguments: the noise of a cell.
uint64_t mix(uint64_t a, uint64_t b = 0) {
  uint64_t z = a * 0x9e3779b97f4a7c15 + b * 0xbf58476d1ce4e5b9 + 0x94d049bb133111eb;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

// The port of a rank: the ranks go over all ports in an order of their own.
uint32_t port_of(uint32_t rank) { return (rank * 40'503u + 23) % port_count; }

class Filler {
 public:
  Filler(store::Connection& connection, uint64_t commit) : writer_(connection, commit) {
    for (uint32_t rank = 1; rank <= port_count; ++rank) {
      harmonic_.push_back((harmonic_.empty() ? 0 : harmonic_.back()) + 1.0 / rank);
      by_port_.push_back({port_of(rank - 1), rank});
    }
    std::sort(by_port_.begin(), by_port_.end());
  }

  // All rows of one step, in the store's order, as the pipeline writes them.
  Result<void> fill(const Step& step, Timestamp time) {
    step_ = step;
    time_ = static_cast<uint32_t>(time.seconds());
    // Nights are quieter, and no two steps alike.
    const double hour = static_cast<double>(time_ % 86'400) / 3600;
    const double wave = step.level == Level::day ? 1 : 1 + 0.2 * std::sin(hour / 24 * 6.2832);
    packets_ = packets_a_second * static_cast<double>(step.seconds) * wave;
    totals();
    ports(Dimension::tcp_port, {{PacketClass::scan_tcp, port_count, 0.8},
                                {PacketClass::backscatter_tcp, victim_ports, 0.05}});
    ports(Dimension::udp_port,
          {{PacketClass::scan_udp, udp_ports, 0.1}, {PacketClass::scans, udp_ports, 0.11}});
    places(Dimension::country, countries, 6);
    places(Dimension::asn, autonomous_systems, 4);
    places(Dimension::tool, tools, 4);
    for (uint16_t organisation = 2; organisation < organisations + 2; ++organisation)
      classes(Dimension::organisation, organisation, organisation, 4, of_survey(organisation));
    return writer_.status();
  }
  Result<void> finish() { return writer_.finish(); }
  uint64_t rows() const { return rows_; }

 private:
  struct PortClass {
    PacketClass class_;
    uint32_t ports;
    double share;  // of the packets that no survey scanner sent
  };
  static constexpr std::array<PacketClass, 7> class_order = {PacketClass::any,
                                                             PacketClass::scan_tcp,
                                                             PacketClass::scan_udp,
                                                             PacketClass::backscatter_tcp,
                                                             PacketClass::backscatter_icmp,
                                                             PacketClass::other_tcp,
                                                             PacketClass::scans};

  double of_nobody() const { return packets_ * (1 - survey_share); }
  // Three fifths are from the organisations that probe every port.
  double of_survey(uint16_t organisation) const {
    const bool all_ports = organisation < all_port_organisations + 2;
    return packets_ * survey_share *
           (all_ports ? 0.6 / all_port_organisations
                      : 0.4 / (organisations - all_port_organisations));
  }

  void add(Dimension dimension, uint32_t value, PacketClass class_, uint16_t organisation,
           double expected) {
    const uint64_t noise = mix(value * 16 + static_cast<uint64_t>(class_), time_ + organisation);
    const double share = 0.75 + static_cast<double>(noise % 1024) / 2048;
    const auto packets = static_cast<int64_t>(expected * share);
    if (packets == 0) return;
    const int64_t each = 1 + static_cast<int64_t>(mix(value) % 16);
    writer_.add(NumbersRow{step_.level, time_, dimension, value, class_, organisation, packets,
                           1 + packets / each / 4, 0});
    ++rows_;
  }

  // The first `count` classes in order of number, and `scans`.
  void classes(Dimension dimension, uint32_t value, uint16_t organisation, size_t count,
               double expected) {
    for (size_t c = 0; c < class_order.size(); ++c)
      if (c + 1 < count || c + 1 == class_order.size())
        add(dimension, value, class_order[c], organisation,
            c == 0 ? expected : expected / static_cast<double>(1 << std::min<size_t>(c, 6)) * 1.5);
  }

  void totals() {
    for (const PacketClass class_ : class_order) {
      const double share = class_ == PacketClass::any     ? 1
                           : class_ == PacketClass::scans ? 0.9
                                                          : 0.3;
      add(Dimension::total, 0, class_, 0, of_nobody() * share);
      if (class_ == PacketClass::backscatter_tcp || class_ == PacketClass::backscatter_icmp)
        continue;
      for (uint16_t o = 2; o < organisations + 2; ++o)
        add(Dimension::total, 0, class_, o, of_survey(o) * share);
    }
  }

  void ports(Dimension dimension, const std::vector<PortClass>& of_classes) {
    for (const auto& [port, rank] : by_port_)
      for (const PortClass& of : of_classes) {
        if (rank <= of.ports)
          add(dimension, port, of.class_, 0,
              of_nobody() * of.share / rank / harmonic_[of.ports - 1]);
        if (of.class_ == PacketClass::backscatter_tcp) continue;
        // Which ports are reached changes with time and organisation.
        const auto drawn = [&](uint16_t o) {
          return mix(port, uint64_t{time_} * organisations + o) % port_count;
        };
        const bool tcp = dimension == Dimension::tcp_port;
        for (uint16_t o = 2; o < organisations + 2; ++o) {
          const bool all_ports = tcp && o < all_port_organisations + 2;
          if (!all_ports && rank > port_count / 64) break;  // the others keep to popular ports
          const uint32_t reached = all_ports ? step_.all_port_ports : few_ports;
          if (drawn(o) < (all_ports ? reached : reached * 64))
            add(dimension, port, of.class_, o, of_survey(o) / reached);
        }
      }
  }

  void places(Dimension dimension, uint32_t count, size_t class_count) {
    for (uint32_t i = 0; i < count; ++i) {
      const uint32_t value = dimension == Dimension::country
                                 ? static_cast<uint32_t>(('A' + i / 26) * 256 + 'A' + i % 26)
                             : dimension == Dimension::asn ? 1'000 + i * 7
                                                           : i;
      classes(dimension, value, 0, class_count, of_nobody() / (i + 1) / harmonic_[count - 1]);
      for (uint16_t o = 2; o < organisations + 2; ++o)  // each sends from three places
        if (mix(i, o) % count < 3) classes(dimension, value, o, 4, of_survey(o) / 3);
    }
  }

  std::vector<double> harmonic_;
  std::vector<std::pair<uint32_t, uint32_t>> by_port_;  // port and rank, from 1
  telescope::StoreWriter writer_;
  Step step_;
  uint32_t time_ = 0;
  double packets_ = 0;
  uint64_t rows_ = 0;
};

// A year of parts was written in minutes. Over a year the engine merges them as they come.
Result<void> wait_for_merges(store::Connection& connection) {
  constexpr int seconds_of_rest = 20;  // the engine may sleep between two merges
  for (int rest = 0; rest < seconds_of_rest; ++rest) {
    TRY(const store::Block merges,
        connection.query("SELECT count() AS running FROM system.merges"));
    if (merges["running"].unsigned_at(0) > 0) rest = 0;
    std::this_thread::sleep_for(std::chrono::seconds(1));
  }
  return {};
}

Result<void> run(const Options& options) {
  TRY(const auto engine,
      store::open_embedded(
          {.folder = std::filesystem::absolute(options.folder) / "store", .library = {}}));
  TRY(const auto connection, engine->connect());
  Filler filler(*connection, synthetic_commit);
  for (const Step& step : steps) {
    const uint64_t before = filler.rows();
    const Timestamp from = options.until - Duration::days(step.days);
    for (Timestamp time = from; time < options.until; time = time + Duration::seconds(step.seconds))
      TRY_VOID(filler.fill(step, time));
    TRY_VOID(filler.finish());
    fmt::print("{}: {} rows from {}\n", telescope::level_names[static_cast<size_t>(step.level)],
               filler.rows() - before, format_day(from));
    std::fflush(stdout);
  }
  return wait_for_merges(*connection);
}

Result<Options> read_options(int argc, char** argv) {
  if (argc != 3) return failure("needs a data folder and the day that the statistics end at");
  Options options;
  options.folder = argv[1];
  TRY(options.until, parse_time(argv[2]));
  return options;
}

}  // namespace
}  // namespace yagura::bench

int main(int argc, char** argv) {
  const auto options = yagura::bench::read_options(argc, argv);
  const auto done = options ? yagura::bench::run(*options)
                            : yagura::Result<void>(tl::unexpected(options.error()));
  if (!done) fmt::print(stderr, "statistics_bench: {}\n", done.error().message());
  return done ? 0 : 1;
}
