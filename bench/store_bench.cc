// SPDX-License-Identifier: Apache-2.0
//
// What storing costs: CPU of the whole process per row, and bytes per packet, for the two tables
// that grow with the traffic.
//
//   store_bench FOLDER [--mix random|bots] [--order window|hour] [--windows N] [--block ROWS]
//   [--sql FILE]
//
// Rows as a /16 sees them in an hour of 20 million packets: 12 windows × 400,000 sources of 4.2
// packets each. `random`: every packet to a port of its own; `bots`: 1 to 3 ports of a Zipf
// distribution per source. `--order hour` writes all windows of a source together. --sql runs
// statements (";" at line ends) on the fresh tables first: how codecs and settings are compared.
// FOLDER must not exist.
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "store/engine.h"
#include "store/native_block.h"
#include "store/schema.h"
#include "store/size.h"
#include "telescope/rows.h"

namespace yagura::bench {
namespace {

using store::Connection;
using store::NativeBlockWriter;
using telescope::ActivityRow;
using telescope::Mark;
using telescope::PacketClass;
using telescope::SourceDayRow;

constexpr size_t source_count = 400'000;
constexpr size_t day_ports = 50;
constexpr uint32_t first_window = 1'700'002'800;  // on the hour

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

struct Options {
  std::string folder;
  std::string sql;
  size_t windows = 12;
  size_t block_rows = 262'144;
  bool bots = false;
  bool by_hour = false;
};

// What stays the same about a source from window to window.
struct Source {
  IpAddress address;
  PacketClass class_ = PacketClass::scan_tcp;
  uint8_t ttl = 0;
  uint16_t length = 0;  // of its packets
  bool mirai = false;
  std::vector<uint16_t> ports;  // of a bot; empty for random ones
};

// The arrays of the rows of a block, which ActivityRow only points to.
struct Arrays {
  std::vector<uint16_t> ports;
  std::vector<uint32_t> packets;
};

class Traffic {
 public:
  explicit Traffic(bool bots) : bots_(bots) {
    std::vector<double> weights(1000);
    for (size_t i = 0; i < weights.size(); ++i) weights[i] = 1.0 / static_cast<double>(i + 1);
    popular_ = std::discrete_distribution<size_t>(weights.begin(), weights.end());
    for (size_t i = 0; i < weights.size(); ++i) ranked_.push_back(uniform<uint16_t>(1, 65'535));
    make_sources();
  }

  const std::vector<Source>& sources() const { return sources_; }

  // The row of `source` in `window`; its arrays live in `arrays`.
  ActivityRow row(const Source& source, uint32_t window, Arrays& arrays) {
    const auto total = static_cast<uint32_t>(std::max(1, packets_(random_)));
    fill(source, total, arrays);
    std::array<uint16_t, 64> seconds{};
    const size_t shown = std::min<size_t>(total, seconds.size());
    for (size_t i = 0; i < shown; ++i) seconds[i] = uniform<uint16_t>(0, 299);
    const auto [first, last] = std::minmax_element(seconds.begin(), seconds.begin() + shown);
    ActivityRow row;
    row.window = window;
    row.sensor = 1;
    row.source = source.address;
    row.class_ = source.class_;
    row.packets = total;
    row.bytes = uint64_t{total} * source.length;
    row.dark_addresses = total;
    row.dark_hash = total == 1 ? uniform<uint32_t>(1, UINT32_MAX) : 0;
    row.first_second = *first;
    row.last_second = *last;
    row.ttl_min = row.ttl_max = source.ttl;
    row.ports = arrays.ports;
    row.port_packets = arrays.packets;
    mark_packets_ = total;
    if (source.mirai) {
      row.marks = mirai_;
      row.mark_packets = {&mark_packets_, 1};
    }
    row.commit = 1;
    return row;
  }

  SourceDayRow day_row(const Source& source, Arrays& arrays) {
    arrays.ports.clear();
    for (size_t i = 0; i < day_ports; ++i) arrays.ports.push_back(uniform<uint16_t>(0, 65'535));
    std::sort(arrays.ports.begin(), arrays.ports.end());
    arrays.packets.assign(day_ports, 1);
    SourceDayRow row;
    row.day = static_cast<uint16_t>(first_window / 86'400);
    row.source = source.address;
    row.class_ = source.class_;
    row.packets = day_ports;
    row.bytes = day_ports * uint64_t{source.length};
    row.first = first_window + uniform<uint32_t>(0, 299);
    row.last = first_window + 3300 + uniform<uint32_t>(0, 299);
    row.windows = 12;
    row.ports = arrays.ports;
    row.port_packets = arrays.packets;
    // Places follow the address: a network keeps to one country.
    row.country = static_cast<uint16_t>(0x4141 + source.address.v4() / 8'388'608 % 200);
    row.asn = source.address.v4() / 65'536;
    row.commit = 1;
    return row;
  }

 private:
  template <typename T>
  T uniform(uint32_t low, uint32_t high) {
    return static_cast<T>(std::uniform_int_distribution<uint32_t>(low, high)(random_));
  }

  void make_sources() {
    constexpr std::array<uint16_t, 4> lengths = {40, 40, 44, 60};
    for (size_t i = 0; i < source_count; ++i) {
      Source source;
      source.address = IpAddress::from_v4(uniform<uint32_t>(0x01000000, 0xDFFFFFFF));
      const auto kind = uniform<uint32_t>(0, 99);
      source.class_ = kind < 90   ? PacketClass::scan_tcp
                      : kind < 97 ? PacketClass::scan_udp
                                  : PacketClass::backscatter_tcp;
      source.ttl = uniform<uint8_t>(35, 60);
      source.length = lengths[uniform<size_t>(0, 3)];
      source.mirai = kind < 20;
      for (uint32_t n = bots_ ? uniform<uint32_t>(1, 3) : 0; n > 0; --n) {
        source.ports.push_back(ranked_[popular_(random_)]);
      }
      sources_.push_back(std::move(source));
    }
    std::sort(sources_.begin(), sources_.end(),
              [](const Source& a, const Source& b) { return a.address < b.address; });
  }

  // Spreads `total` packets over the source's ports, sorted and counted.
  void fill(const Source& source, uint32_t total, Arrays& arrays) {
    scratch_.clear();
    for (uint32_t i = 0; i < total; ++i) {
      scratch_.push_back(
          source.ports.empty()
              ? uniform<uint16_t>(0, 65'535)
              : source.ports[uniform<size_t>(0, static_cast<uint32_t>(source.ports.size() - 1))]);
    }
    std::sort(scratch_.begin(), scratch_.end());
    arrays.ports.clear();
    arrays.packets.clear();
    for (const uint16_t port : scratch_) {
      if (!arrays.ports.empty() && arrays.ports.back() == port) {
        ++arrays.packets.back();
      } else {
        arrays.ports.push_back(port);
        arrays.packets.push_back(1);
      }
    }
  }

  bool bots_;
  std::mt19937 random_{20'261'123};
  std::poisson_distribution<int> packets_{4.15};
  std::discrete_distribution<size_t> popular_;
  std::vector<uint16_t> ranked_;
  std::vector<Source> sources_;
  std::vector<uint16_t> scratch_;
  std::array<Mark, 1> mirai_ = {Mark::mirai};
  uint32_t mark_packets_ = 0;
};

struct Cost {
  uint64_t rows = 0;
  uint64_t packets = 0;
  double encode = 0;  // CPU seconds
  double insert = 0;
};

template <typename Row>
Result<void> flush(Connection& connection, NativeBlockWriter<Row>& writer, Cost& cost) {
  const double start = cpu_seconds();
  const std::span<const std::string_view> block = writer.finish();
  const double encoded = cpu_seconds();
  TRY_VOID(connection.insert(Row::table, writer.column_list(), block));
  cost.encode += encoded - start;
  cost.insert += cpu_seconds() - encoded;
  cost.rows += writer.rows();
  writer.clear();
  return {};
}

Result<Cost> write_activity(Connection& connection, Traffic& traffic, const Options& options) {
  NativeBlockWriter<ActivityRow> writer;
  Arrays arrays;
  Cost cost;
  const size_t rows = options.windows * source_count;
  for (size_t i = 0; i < rows; ++i) {
    const size_t window = options.by_hour ? i % options.windows : i / source_count;
    const size_t source = options.by_hour ? i / options.windows : i % source_count;
    const ActivityRow row = traffic.row(traffic.sources()[source],
                                        static_cast<uint32_t>(first_window + 300 * window), arrays);
    cost.packets += row.packets;
    writer.add(row);
    if (writer.rows() == options.block_rows) TRY_VOID(flush(connection, writer, cost));
  }
  TRY_VOID(flush(connection, writer, cost));
  return cost;
}

Result<Cost> write_source_days(Connection& connection, Traffic& traffic, const Options& options) {
  NativeBlockWriter<SourceDayRow> writer;
  Arrays arrays;
  Cost cost;
  for (const Source& source : traffic.sources()) {
    const SourceDayRow row = traffic.day_row(source, arrays);
    cost.packets += row.packets;
    writer.add(row);
    if (writer.rows() == options.block_rows) TRY_VOID(flush(connection, writer, cost));
  }
  TRY_VOID(flush(connection, writer, cost));
  return cost;
}

// The cost of NativeBlockWriter::add alone, on rows made before.
double add_nanoseconds(Traffic& traffic) {
  constexpr size_t rows = 200'000;
  std::vector<Arrays> arrays(rows);
  std::vector<ActivityRow> made;
  for (size_t i = 0; i < rows; ++i) {
    made.push_back(traffic.row(traffic.sources()[i], first_window, arrays[i]));
    made.back().mark_packets = {};
    made.back().marks = {};
  }
  NativeBlockWriter<ActivityRow> writer;
  constexpr int rounds = 10;
  double start = 0;
  for (int round = 0; round <= rounds; ++round) {
    if (round == 1) start = cpu_seconds();  // the first round only grows the buffers
    writer.clear();
    for (const ActivityRow& row : made) writer.add(row);
  }
  return (cpu_seconds() - start) / rounds / rows * 1e9;
}

Result<void> run_file(Connection& connection, const std::string& file) {
  std::ifstream stream(file);
  const std::string text((std::istreambuf_iterator<char>(stream)), {});
  for (size_t at = 0, end; (end = text.find(";\n", at)) != std::string::npos; at = end + 2) {
    TRY_VOID(connection.execute(text.substr(at, end - at)));
  }
  return {};
}

Result<void> report(Connection& connection, std::string_view table, const Cost& cost,
                    double background) {
  TRY(const auto sizes, store::table_sizes(connection));
  const auto size = std::find_if(sizes.begin(), sizes.end(),
                                 [&](const auto& each) { return each.table == table; });
  CHECK(size != sizes.end());
  const auto rows = static_cast<double>(cost.rows);
  fmt::print(
      "{}: {} rows, {} packets; CPU: block {:.2f} s, insert {:.2f} s ({:.3f} µs a row), "
      "after {:.2f} s; {} bytes in {} parts, {:.2f} a row, {:.2f} a packet\n",
      table, cost.rows, cost.packets, cost.encode, cost.insert, cost.insert / rows * 1e6,
      background, size->bytes, size->parts, size->bytes_per_row(),
      static_cast<double>(size->bytes) / static_cast<double>(cost.packets));
  TRY(const auto columns,
      connection.query("SELECT column, sum(column_data_compressed_bytes) AS bytes, "
                       "sum(column_marks_bytes) AS marks "
                       "FROM system.parts_columns "
                       "WHERE database = currentDatabase() AND table = {table:String} AND active "
                       "GROUP BY column ORDER BY bytes DESC",
                       {{"table", std::string(table)}}));
  for (size_t i = 0; i < columns.rows; ++i) {
    fmt::print("  {:<16} {:6.3f} bytes a row (marks {:.3f})\n", columns["column"].string_at(i),
               columns["bytes"].number_at(i) / rows, columns["marks"].number_at(i) / rows);
  }
  return {};
}

// CPU that the engine spends in the background in the seconds after.
double background_cpu() {
  constexpr unsigned seconds = 4;
  const double start = cpu_seconds();
  ::sleep(seconds);
  return cpu_seconds() - start;
}

Result<void> run(const Options& options) {
  TRY(const auto engine, store::open_embedded({.folder = options.folder, .library = {}}));
  TRY(const auto connection, engine->connect());
  TRY_VOID(store::migrate(*connection));
  if (!options.sql.empty()) TRY_VOID(run_file(*connection, options.sql));
  Traffic traffic(options.bots);
  fmt::print("NativeBlockWriter::add: {:.0f} ns a row\n", add_nanoseconds(traffic));
  TRY(const Cost activity, write_activity(*connection, traffic, options));
  TRY_VOID(report(*connection, ActivityRow::table, activity, background_cpu()));
  TRY(const Cost days, write_source_days(*connection, traffic, options));
  return report(*connection, SourceDayRow::table, days, background_cpu());
}

int main_function(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--mix" && i + 1 < argc) {
      options.bots = std::string(argv[++i]) == "bots";
    } else if (argument == "--block" && i + 1 < argc) {
      options.block_rows = std::stoul(argv[++i]);
    } else if (argument == "--order" && i + 1 < argc) {
      options.by_hour = std::string(argv[++i]) == "hour";
    } else if (argument == "--windows" && i + 1 < argc) {
      options.windows = std::stoul(argv[++i]);
    } else if (argument == "--sql" && i + 1 < argc) {
      options.sql = argv[++i];
    } else {
      options.folder = std::filesystem::absolute(argument);
    }
  }
  if (options.folder.empty() || std::filesystem::exists(options.folder)) {
    fmt::print(stderr,
               "usage: store_bench NEW_FOLDER [--mix random|bots] "
               "[--order window|hour] [--windows N] [--block ROWS] [--sql FILE]\n");
    return 2;
  }
  const auto result = run(options);
  if (!result) fmt::print(stderr, "store_bench: {}\n", result.error().message());
  return result ? 0 : 1;
}

}  // namespace
}  // namespace yagura::bench

int main(int argc, char** argv) { return yagura::bench::main_function(argc, argv); }
