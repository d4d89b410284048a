// SPDX-License-Identifier: Apache-2.0
//
// Questions to the plain numbers: totals, classes, series, rankings, years.
//
// Packets add up over any period. Hosts do not: a host seen on two days counts once on each. Over
// more than one bucket (5 minutes, hour or day, the longest that fits into the period) the answers
// give the mean and the peak of the buckets; the exact union is counted on request from the daily
// rows of every source, which costs time and disk instead of memory.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "telescope/tables.h"

namespace yagura::telescope {

class KnownNumbers;

// A part of a period answered by one level.
struct Tile {
  Level level = Level::day;
  Period period;
  bool operator==(const Tile&) const = default;
};
// Cuts `period` into whole days, whole hours at its edges and 5-minute windows at theirs, so that
// the fewest rows are read. Edges within 5 minutes are moved outwards. In order of time.
std::vector<Tile> tiles_of(const Period& period);
// The longest level that fits into the period: what its hosts are counted per.
Level hosts_level(const Period& period);
// The longest level whose buckets make up the period without a rest; 5 minutes where none does.
Level aligned_level(const Period& period);
Duration level_length(Level level);
std::string_view level_word(Level level);  // "day", "hour", "5 minutes"

struct Volume {
  int64_t packets = 0;
  double mean_hosts = 0;   // over the buckets of the period that hold data
  int64_t peak_hosts = 0;  // in one bucket
  Timestamp peak_time;     // start of that bucket
};

struct ClassVolume {
  PacketClass class_ = PacketClass::any;
  Volume volume;
};
struct ClassTotals {
  Level hosts_level = Level::day;
  uint64_t buckets = 0;              // of hosts_level, with data
  std::vector<ClassVolume> classes;  // in order of class, those with packets

  const Volume* find(PacketClass class_) const;
};
// Packets and hosts per class, with `any` and `scans`; of one country, tool … with `dimension`.
Result<ClassTotals> class_totals(store::Connection& connection, const Period& period, Survey survey,
                                 Dimension dimension = Dimension::total, uint32_t value = 0);
// The same of what passes the filter; `any` are the packets that do. From the numbers where they
// know the filter (slice_of in numbers_where.h), else from rows of sources (source_counts.h), which
// may refuse it: ask refusal_of first. Of a port there are no sums over classes.
// What `known` knows is not read again.
Result<ClassTotals> class_totals(store::Connection& connection, const Period& period,
                                 const Filter& filter, KnownNumbers* known = nullptr);

struct SeriesPoint {
  Timestamp time;
  PacketClass class_ = PacketClass::any;
  int64_t packets = 0;  // in the step
  int64_t hosts = 0;    // the peak of the step's buckets
};
struct Series {
  Level level = Level::day;
  Duration step;                    // a multiple of the level's length
  std::vector<SeriesPoint> points;  // by time, then class
};
// At most about `most_points` steps over the period.
Result<Series> series(store::Connection& connection, const Period& period, Survey survey,
                      int most_points = 300, std::optional<Level> level = {});

// What a ranking ranks. `port`: TCP and UDP ports together.
enum class RankBy { port, tcp_port, udp_port, country, asn, tool, organisation, packet_class };
inline constexpr Choice<RankBy> rank_by_choices[] = {{"port", RankBy::port},
                                                     {"tcp-port", RankBy::tcp_port},
                                                     {"udp-port", RankBy::udp_port},
                                                     {"country", RankBy::country},
                                                     {"asn", RankBy::asn},
                                                     {"tool", RankBy::tool},
                                                     {"organisation", RankBy::organisation},
                                                     {"class", RankBy::packet_class}};
enum class RankOrder { packets, hosts };
inline constexpr Choice<RankOrder> rank_order_choices[] = {{"packets", RankOrder::packets},
                                                           {"hosts", RankOrder::hosts}};

struct RankQuestion {
  RankBy by = RankBy::port;
  Period period;
  Filter filter;  // without a class: `scans`
  RankOrder order = RankOrder::packets;
  uint64_t limit = 10;
  uint64_t offset = 0;
  bool exact_hosts = false;  // count the union of hosts, in whole days
  bool compare = true;       // with the period before
};
struct Ranked {
  Dimension dimension = Dimension::total;  // total: value is a PacketClass
  uint32_t value = 0;
  Volume volume;
  double share = 0;  // of the packets that the filter lets through
  std::optional<uint64_t> exact_hosts;
  std::optional<double> change;  // of packets, to the period before; none if that has no data
};
struct Ranking {
  std::vector<Ranked> rows;
  int64_t total_packets = 0;
  Level hosts_level = Level::day;
  bool exact = false;  // hosts are the union over whole days
  Period period;       // as answered: whole days if counted from the daily rows
};
// What `known` knows is not read again.
Result<Ranking> ranking(store::Connection& connection, const RankQuestion& question,
                        KnownNumbers* known = nullptr);
// Only what is ranked, with nothing else about it. Of a question that the numbers know: one without
// a filter but by class or by what is ranked, and without exact hosts.
Result<std::vector<Ranked>> leaders(store::Connection& connection, const RankQuestion& question,
                                    KnownNumbers* known = nullptr);

// How many addresses were watched in a period, on the mean of the time anything was.
using DarkAddresses = std::function<double(const Period&)>;

struct YearVolume {
  int year = 0;
  int64_t packets = 0;
  int64_t survey_packets = 0;
  uint64_t days = 0;  // with data
  double dark_addresses = 0;
};
Result<std::vector<YearVolume>> years(store::Connection& connection,
                                      const DarkAddresses& dark_addresses);

}  // namespace yagura::telescope
