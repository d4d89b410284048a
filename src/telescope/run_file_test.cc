// SPDX-License-Identifier: Apache-2.0
#include "telescope/run_file.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <set>

#include "base/temporary_folder_for_tests.h"
#include "telescope/source_merge.h"

namespace yagura::telescope {
namespace {

// A row that owns its values.
struct Owned {
  SourceRow row;
  std::map<uint16_t, uint32_t> ports;
  std::map<Mark, uint32_t> marks;
  std::set<uint32_t> dark;

  auto vote() const {
    const UnicornscanVote& v = row.unicornscan;
    return std::tuple(v.key, v.lead, v.count, v.dark, v.port, v.varied);
  }
  bool operator==(const Owned& o) const {
    return row.source == o.row.source && row.class_ == o.row.class_ && row.scope == o.row.scope &&
           row.ttl_min == o.row.ttl_min && row.ttl_max == o.row.ttl_max &&
           row.windows == o.row.windows && row.first == o.row.first && row.last == o.row.last &&
           row.packets == o.row.packets && row.bytes == o.row.bytes &&
           row.dark_addresses == o.row.dark_addresses && row.dark_hash == o.row.dark_hash &&
           ports == o.ports && marks == o.marks && dark == o.dark && vote() == o.vote();
  }
};
using Key = std::pair<IpAddress, PacketClass>;
using Rows = std::map<Key, Owned>;

Owned owned(const SourceRow& row) {
  Owned result{row, {}, {}, {row.dark.begin(), row.dark.end()}};
  EXPECT_EQ(row.ports.size(), row.port_packets.size());
  EXPECT_EQ(row.marks.size(), row.mark_packets.size());
  for (size_t i = 0; i < row.ports.size(); ++i) result.ports[row.ports[i]] = row.port_packets[i];
  for (size_t i = 0; i < row.marks.size(); ++i) result.marks[row.marks[i]] = row.mark_packets[i];
  return result;
}

// The rows of sources one after the other, their spans in vectors.
class Values {
 public:
  SourceRow row_of(const Owned& o) {
    auto& v = *values_.emplace_back(std::make_unique<Vectors>());
    v.dark.assign(o.dark.begin(), o.dark.end());
    for (const auto& [port, packets] : o.ports)
      v.ports.push_back(port), v.port_packets.push_back(packets);
    for (const auto& [mark, packets] : o.marks)
      v.marks.push_back(mark), v.mark_packets.push_back(packets);
    SourceRow row = o.row;
    row.ports = v.ports;
    row.port_packets = v.port_packets;
    row.marks = v.marks;
    row.mark_packets = v.mark_packets;
    row.dark = v.dark;
    return row;
  }

 private:
  struct Vectors {
    std::vector<uint16_t> ports;
    std::vector<uint32_t> port_packets, mark_packets, dark;
    std::vector<Mark> marks;
  };
  std::vector<std::unique_ptr<Vectors>> values_;
};

// The mark says at least what the vote found.
void raise_unicornscan(Owned& o) {
  const uint32_t count = o.row.unicornscan.matching();
  if (count != 0) o.marks[Mark::unicornscan] = std::max(o.marks[Mark::unicornscan], count);
}

Rows random_rows(std::mt19937_64& random, size_t count, bool extremes = false) {
  Rows rows;
  for (size_t i = 0; i < count; ++i) {
    Owned o;
    const uint64_t n = random();
    o.row.source =
        n % 3 == 0 ? IpAddress::from_halves(n % 2 == 0 ? 0 : 0x20010db8'00000000ULL, random() % 50)
                   : IpAddress::from_v4(static_cast<uint32_t>(random() % 50) << 24);
    o.row.class_ = static_cast<PacketClass>(1 + random() % 9);
    o.row.scope = static_cast<AddressScope>(1 + random() % 5);
    o.row.ttl_min = static_cast<uint8_t>(random() % 100);
    o.row.ttl_max = static_cast<uint8_t>(100 + random() % 100);
    o.row.windows = static_cast<uint32_t>(1 + random() % 12);
    o.row.first = static_cast<uint32_t>(random());
    o.row.last = o.row.first + static_cast<uint32_t>(random() % (UINT32_MAX - o.row.first + 1ULL));
    o.row.packets = extremes ? random() : random() % 100'000;
    o.row.bytes = extremes ? random() : random() % 10'000'000;
    o.row.dark_addresses = extremes ? static_cast<uint32_t>(random()) : 0;
    o.row.dark_hash = extremes ? static_cast<uint32_t>(random()) : 0;
    UnicornscanVote& vote = o.row.unicornscan;
    vote.key = static_cast<uint32_t>(extremes ? random() : random() % 4);
    if (vote.key != 0) {
      vote.count = static_cast<uint32_t>(1 + random() % 4);
      vote.lead = static_cast<uint32_t>(random() % (vote.count + 1ULL));
      vote.dark = static_cast<uint32_t>(random() % 2);
      vote.port = static_cast<uint16_t>(random() % 2);
      vote.varied = random() % 4 == 0;
    }
    for (size_t k = random() % 6; k > 0; --k)
      o.ports[static_cast<uint16_t>(random() % (n % 5 == 0 ? 65536 : 20))] =
          static_cast<uint32_t>(random() % (extremes ? UINT32_MAX : 1000));
    for (size_t k = random() % 3; k > 0; --k)
      o.marks[static_cast<Mark>(1 + random() % 16)] = static_cast<uint32_t>(1 + random() % 1000);
    raise_unicornscan(o);
    for (size_t k = random() % 5; k > 0; --k)
      o.dark.insert(static_cast<uint32_t>(extremes ? random() : random() % 30));
    rows[{o.row.source, o.row.class_}] = o;
  }
  return rows;
}

class RunFileTest : public testing::Test {
 protected:
  std::filesystem::path write(const Rows& rows, const std::string& name = "a.run",
                              RunFileWriter::Dark dark = RunFileWriter::Dark::kept) {
    const auto path = folder_.path() / name;
    auto writer = RunFileWriter::create(path, dark);
    EXPECT_TRUE(writer);
    for (auto it = rows.begin(); it != rows.end();) {
      Values values;
      std::vector<SourceRow> source;
      for (const IpAddress address = it->first.first;
           it != rows.end() && it->first.first == address; ++it)
        source.push_back(values.row_of(it->second));
      EXPECT_TRUE(writer->add(source));
    }
    EXPECT_TRUE(writer->finish());
    return path;
  }
  static std::string bytes_of(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  std::filesystem::path write_bytes(std::string_view bytes) {
    const auto path = folder_.path() / "b.run";
    std::ofstream(path, std::ios::binary)
        .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    return path;
  }
  // Reads to the end; an error is returned.
  static Result<Rows> read(const std::filesystem::path& path) {
    TRY(const auto reader, RunFileReader::open(path));
    Rows rows;
    bool in_order = true;
    for (;;) {
      TRY(const auto source, reader->next());
      if (source.empty()) break;
      in_order &= keep(source, rows);
    }
    EXPECT_TRUE(in_order);
    return rows;
  }
  static Result<Rows> merge(const std::vector<std::filesystem::path>& files) {
    TRY(auto merge, SourceMerge::open(files));
    Rows rows;
    bool in_order = true;
    for (;;) {
      TRY(const bool more, merge.next());
      if (!more) break;
      in_order &= keep(merge.sum(), rows);
    }
    EXPECT_TRUE(in_order);
    return rows;
  }
  // True if all are of one source that was not there before, in order.
  static bool keep(std::span<const SourceRow> source, Rows& rows) {
    bool in_order = rows.empty() || rows.rbegin()->first.first < source[0].source;
    for (const SourceRow& row : source) {
      const Key key{row.source, row.class_};
      in_order &= row.source == source[0].source;
      in_order &= rows.empty() || rows.rbegin()->first < key;
      rows[key] = owned(row);
    }
    return in_order;
  }

  TemporaryFolder folder_;
};

TEST_F(RunFileTest, GivesBackWhatWasWritten) {
  std::mt19937_64 random(6);
  for (const size_t count : {0u, 1u, 5u, 300u}) {
    const Rows rows = random_rows(random, count, true);
    const auto read_back = read(write(rows));
    ASSERT_TRUE(read_back) << read_back.error().message();
    EXPECT_TRUE(*read_back == rows);
  }
}

// Each number of a short row one above what it has room for.
TEST_F(RunFileTest, GivesBackNumbersAtTheEdgeOfTheShortForm) {
  const std::vector<std::function<void(Owned&, uint32_t)>> edges = {
      [](Owned& o, uint32_t above) { o.row.packets = UINT16_MAX + above; },
      [](Owned& o, uint32_t above) { o.row.bytes = uint64_t{UINT32_MAX} + above; },
      [](Owned& o, uint32_t above) { o.row.last = o.row.first + UINT16_MAX + above; },
      [](Owned& o, uint32_t above) { o.row.windows = UINT8_MAX + above; },
      [](Owned& o, uint32_t above) { o.row.dark_addresses = 1 + above, o.row.dark_hash = 7; },
      [](Owned& o, uint32_t above) { o.row.unicornscan.lead = UINT8_MAX + above; },
      [](Owned& o, uint32_t above) { o.row.unicornscan.count = UINT8_MAX + above; },
      [](Owned& o, uint32_t above) { o.ports[65535] = UINT8_MAX + above; },
      [](Owned& o, uint32_t above) { o.marks[Mark::mirai] = UINT8_MAX + above; },
      [](Owned& o, uint32_t above) {
        for (uint32_t port = 0; port < UINT8_MAX + above; ++port)
          o.ports[static_cast<uint16_t>(port * 2)] = 1;
      }};
  Rows rows;
  const auto add = [&](Owned o) {
    o.row.source = IpAddress::from_v4(0xC6336400u + static_cast<uint32_t>(rows.size()));
    o.row.class_ = PacketClass::scan_tcp;
    o.row.first = o.row.last = 1'700'000'000;
    return &(rows[{o.row.source, o.row.class_}] = o);
  };
  for (const auto& edge : edges)
    for (const uint32_t above : {0u, 1u}) {
      Owned* const o = add({});
      edge(*o, above);
    }
  const size_t size_before = bytes_of(write(rows)).size();
  const auto read_back = read(write(rows));
  ASSERT_TRUE(read_back) << read_back.error().message();
  EXPECT_TRUE(*read_back == rows);
  add({});
  EXPECT_EQ(bytes_of(write(rows)).size(), size_before + 4 + 40);  // the fixed part, and its size
}

TEST_F(RunFileTest, GivesBackRowsLargerThanItsBuffers) {
  Rows rows;
  for (uint32_t n = 0; n < 3; ++n) {
    Owned o;
    o.row.source = IpAddress::from_v4(n);
    o.row.class_ = PacketClass::scan_tcp;
    for (uint32_t port = 0; port < 65536; ++port)
      o.ports[static_cast<uint16_t>(port)] = port * 3 + n;
    for (uint32_t dark = 0; dark < 700'000; ++dark) o.dark.insert(dark * 300);
    rows[{o.row.source, o.row.class_}] = o;
  }
  const auto read_back = read(write(rows));
  ASSERT_TRUE(read_back) << read_back.error().message();
  EXPECT_TRUE(*read_back == rows);
}

TEST_F(RunFileTest, AFileCutAnywhereIsAnErrorThatNamesIt) {
  std::mt19937_64 random(7);
  const std::string bytes = bytes_of(write(random_rows(random, 12)));
  for (size_t size = 0; size < bytes.size(); ++size) {
    const auto rows = read(write_bytes(std::string_view(bytes).substr(0, size)));
    ASSERT_FALSE(rows) << "cut at " << size;
    EXPECT_NE(rows.error().message().find("b.run"), std::string::npos);
  }
}

TEST_F(RunFileTest, AChangedByteAnywhereIsAnError) {
  std::mt19937_64 random(8);
  const std::string bytes = bytes_of(write(random_rows(random, 12)));
  for (size_t at = 0; at < bytes.size(); ++at) {
    for (const int change : {0x01, 0x80, 0xff}) {
      std::string damaged = bytes;
      damaged[at] = static_cast<char>(damaged[at] ^ change);
      EXPECT_FALSE(read(write_bytes(damaged))) << "byte " << at << " ^ " << change;
    }
  }
}

TEST_F(RunFileTest, ADamagedLengthCostsNoMemory) {
  const auto peak_kibibytes = [] {
    rusage usage{};
    EXPECT_EQ(::getrusage(RUSAGE_SELF, &usage), 0);
    return usage.ru_maxrss;
  };
  std::mt19937_64 random(10);
  std::string bytes = bytes_of(write(random_rows(random, 3)));
  const uint32_t claimed = 600'000'000;  // a block may be as long as that
  std::memcpy(bytes.data() + 8, &claimed, sizeof claimed);
  const long before = peak_kibibytes();
  EXPECT_FALSE(read(write_bytes(bytes)));
  EXPECT_LT(peak_kibibytes() - before, 64 << 10);
}

TEST_F(RunFileTest, SaysWhichFormatAFileOfAnotherVersionHas) {
  std::mt19937_64 random(14);
  std::string bytes = bytes_of(write(random_rows(random, 3)));
  bytes.replace(6, 2, "04");
  const auto rows = read(write_bytes(bytes));
  ASSERT_FALSE(rows);
  EXPECT_NE(rows.error().message().find("has format 04, this yagura reads 05"), std::string::npos)
      << rows.error().message();
}

TEST_F(RunFileTest, BytesBehindTheEndAreAnError) {
  std::mt19937_64 random(9);
  const std::string bytes = bytes_of(write(random_rows(random, 3)));
  EXPECT_FALSE(read(write_bytes(bytes + '\0')));
}

TEST_F(RunFileTest, AFileThatWasNotFinishedIsAnError) {
  const auto path = folder_.path() / "c.run";
  {
    auto writer = RunFileWriter::create(path, RunFileWriter::Dark::kept);
    ASSERT_TRUE(writer);
  }
  EXPECT_FALSE(read(path));
  EXPECT_FALSE(read(folder_.path() / "absent.run"));
}

void add_up(Rows& sum, const Rows& more) {
  for (const auto& [key, b] : more) {
    const auto [it, added] = sum.emplace(key, b);
    if (added) continue;
    Owned& a = it->second;
    a.row.ttl_min = std::min(a.row.ttl_min, b.row.ttl_min);
    a.row.ttl_max = std::max(a.row.ttl_max, b.row.ttl_max);
    a.row.windows += b.row.windows;
    a.row.first = std::min(a.row.first, b.row.first);
    a.row.last = std::max(a.row.last, b.row.last);
    a.row.packets += b.row.packets;
    a.row.bytes += b.row.bytes;
    for (const auto& [port, packets] : b.ports) a.ports[port] += packets;
    for (const auto& [mark, packets] : b.marks) a.marks[mark] += packets;
    a.row.unicornscan.add(b.row.unicornscan);
    a.dark.insert(b.dark.begin(), b.dark.end());
  }
}

TEST_F(RunFileTest, MergingAddsUpRowsOfTheSameSourceAndClass) {
  std::mt19937_64 random(10);
  for (int round = 0; round < 60; ++round) {
    const size_t runs = random() % 9;
    Rows twin;
    std::vector<std::filesystem::path> files;
    for (size_t i = 0; i < runs; ++i) {
      Rows rows = random_rows(random, random() % 80);
      // The scope is a property of the source: the same in every run.
      for (auto& [key, o] : rows) o.row.scope = scope_of(o.row.source);
      add_up(twin, rows);
      files.push_back(write(rows, std::to_string(i) + ".run"));
    }
    for (auto& [key, o] : twin) raise_unicornscan(o);
    const auto sum = merge(files);
    ASSERT_TRUE(sum) << sum.error().message();
    EXPECT_TRUE(*sum == twin) << "round " << round;
  }
}

TEST_F(RunFileTest, MergingTellsWhichFileHasWhatOfASource) {
  std::mt19937_64 random(12);
  std::vector<Rows> runs;
  std::vector<std::filesystem::path> files;
  for (size_t i = 0; i < 5; ++i) {
    runs.push_back(random_rows(random, 60));
    files.push_back(write(runs.back(), std::to_string(i) + ".run"));
  }
  auto merge = SourceMerge::open(files);
  ASSERT_TRUE(merge) << merge.error().message();
  std::vector<Rows> seen(files.size());
  while (*merge->next()) {
    for (size_t part = 0; part < merge->parts().size(); ++part) {
      EXPECT_TRUE(part == 0 || merge->file_of(part - 1) < merge->file_of(part));
      EXPECT_TRUE(keep(merge->parts()[part], seen[merge->file_of(part)]));
    }
  }
  EXPECT_TRUE(seen == runs);
}

TEST_F(RunFileTest, CountsThatAddUpToTooMuchStayAtTheLargest) {
  Owned o;
  o.row.source = IpAddress::from_v4(1);
  o.row.class_ = PacketClass::scan_tcp;
  o.ports = {{23, UINT32_MAX - 1}, {80, 5}};
  const Rows rows = {{{o.row.source, o.row.class_}, o}};
  const auto sum = merge({write(rows, "0.run"), write(rows, "1.run")});
  ASSERT_TRUE(sum) << sum.error().message();
  EXPECT_EQ(sum->begin()->second.ports, (std::map<uint16_t, uint32_t>{{23, UINT32_MAX}, {80, 10}}));
}

TEST_F(RunFileTest, DarkPositionsCanBeDropped) {
  std::mt19937_64 random(13);
  Rows rows = random_rows(random, 100);
  const auto path = write(rows, "a.run", RunFileWriter::Dark::dropped);
  for (auto& [key, o] : rows) o.dark.clear();
  const auto read_back = read(path);
  ASSERT_TRUE(read_back) << read_back.error().message();
  EXPECT_TRUE(*read_back == rows);
}

TEST_F(RunFileTest, MergingPassesADamagedRunOn) {
  std::mt19937_64 random(11);
  const auto good = write(random_rows(random, 20));
  const std::string bytes = bytes_of(good);
  const auto bad = write_bytes(std::string_view(bytes).substr(0, bytes.size() - 3));
  EXPECT_FALSE(merge({good, bad}));
}

}  // namespace
}  // namespace yagura::telescope
