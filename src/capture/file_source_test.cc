// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <random>
#include <thread>

#include "capture/captures_for_tests.h"
#include "capture/ordered_file.h"
#include "capture/source.h"

namespace yagura::capture {
namespace {

namespace fs = std::filesystem;
using testing::ByteString;
using ::testing::ElementsAre;
using testing::ethernet;
using testing::gzip;
using ::testing::HasSubstr;
using testing::ipv4;
using testing::pcap_file;
using testing::pcapng_file;
using testing::some_syns;
using testing::tcp;
using testing::TestFrame;
using testing::zstd;
using testing::operator+;  // NOLINT(misc-unused-using-decls): the check does not see operators used

// A packet as the tests compare it; `payload` shows that its bytes are still there.
struct Seen {
  int64_t time;
  unsigned source_port, destination_port;
  uint8_t sensor;
  bool operator==(const Seen&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Seen& seen) {
  return out << seen.time << ' ' << seen.source_port << " > " << seen.destination_port;
}

struct Reading {
  std::vector<Seen> packets;
  std::vector<InputSummary> summaries;
  std::string error;
};

Reading read_source(Result<std::unique_ptr<PacketSource>> source) {
  if (!source) return {{}, {}, source.error().message()};
  Reading reading;
  PacketBatch batch;
  while (true) {
    const auto result = (*source)->next(batch);
    if (!result) {
      reading.error = result.error().message();
      break;
    }
    if (batch.empty()) break;
    for (const Packet& packet : batch) {
      // Ports from the frame, not from the decoder: the frame must be valid while the batch is.
      const uint8_t* ports = packet.frame + 34;
      reading.packets.push_back({packet.time.nanoseconds, unsigned{ports[0]} << 8 | ports[1],
                                 unsigned{ports[2]} << 8 | ports[3], packet.sensor});
    }
  }
  EXPECT_TRUE(!reading.error.empty() || (*source)->finished());
  reading.summaries = (*source)->summaries();
  return reading;
}

Reading read_files(const std::vector<fs::path>& paths, FileSourceOptions options = {}) {
  std::vector<InputSpecification> inputs;
  for (const fs::path& path : paths)
    inputs.push_back({path, static_cast<uint8_t>(inputs.size()), {}});
  return read_source(open_files(std::move(inputs), std::move(options)));
}

TestFrame syn_at(int64_t time, unsigned source_port, unsigned destination_port) {
  return {time, ethernet(0x0800, ipv4({}, tcp(source_port, destination_port, 2)))};
}

TEST(FileSourceTest, MergesFilesByTimeAndTiesByOrderOfInputs) {
  const TemporaryFolder folder;
  const auto a = folder.write(
      "a", pcap_file({syn_at(10, 1, 1), syn_at(30, 1, 2), syn_at(30, 1, 3), syn_at(50, 1, 4)}));
  const auto b = folder.write(
      "b", pcapng_file({syn_at(20, 2, 1), syn_at(30, 2, 2), syn_at(50, 2, 3), syn_at(60, 2, 4)}));
  const auto c = folder.write("c", gzip(pcap_file({syn_at(70, 3, 1)})));
  const Reading reading = read_files({a, b, c});
  EXPECT_EQ(reading.error, "");
  EXPECT_THAT(reading.packets,
              ElementsAre(Seen{10, 1, 1, 0}, Seen{20, 2, 1, 1}, Seen{30, 1, 2, 0},
                          Seen{30, 1, 3, 0}, Seen{30, 2, 2, 1}, Seen{50, 1, 4, 0},
                          Seen{50, 2, 3, 1}, Seen{60, 2, 4, 1}, Seen{70, 3, 1, 2}));
  EXPECT_EQ(reading.summaries[1].first->nanoseconds, 20);
  EXPECT_EQ(reading.summaries[1].last->nanoseconds, 60);
  EXPECT_EQ(reading.summaries[1].counts.frames, 4u);
}

// The twin: all frames in one array, sorted stably.
TEST(FileSourceTest, MergesRandomFilesLikeASort) {
  std::mt19937 random(3);
  for (int round = 0; round < 30; ++round) {
    const TemporaryFolder folder;
    std::vector<fs::path> paths;
    std::vector<Seen> expected;
    const unsigned files = 1 + static_cast<unsigned>(random() % 6);
    const bool disorder = round % 2 == 1;
    for (unsigned file = 0; file < files; ++file) {
      std::vector<TestFrame> frames;
      int64_t time = static_cast<int64_t>(random() % 3000);
      for (unsigned i = 0, count = static_cast<unsigned>(random() % 3000); i < count; ++i) {
        time += static_cast<int64_t>(random() % 3);
        const int64_t shift = disorder ? static_cast<int64_t>(random() % 500) : 0;
        frames.push_back(syn_at(time + shift, file, i));
        expected.push_back({time + shift, file, i, static_cast<uint8_t>(file)});
      }
      const ByteString plain = random() % 2 == 0 ? pcap_file(frames) : pcapng_file(frames, true);
      const auto packing = random() % 3;
      paths.push_back(folder.write(std::to_string(file), packing == 0   ? plain
                                                         : packing == 1 ? gzip(plain)
                                                                        : zstd(plain)));
    }
    std::stable_sort(expected.begin(), expected.end(), [](const Seen& a, const Seen& b) {
      return a.time != b.time ? a.time < b.time : a.source_port < b.source_port;
    });
    FileSourceOptions options;
    options.spool_folder = folder.path();
    const Reading reading = read_files(paths, options);
    ASSERT_EQ(reading.error, "");
    ASSERT_EQ(reading.packets, expected) << "round " << round;
  }
}

TEST(FileSourceTest, GivesTheSameHashForTheSamePacketsInAnyContainer) {
  const TemporaryFolder folder;
  const auto frames = some_syns(1000);
  auto shorter = frames;
  shorter.pop_back();
  auto later = frames;
  later[500].time += 1000;
  auto changed = frames;
  changed[500].bytes[30] ^= 1;
  auto longer = frames;
  longer[500].wire_length = 100;
  const std::vector<ByteString> same = {pcap_file(frames), pcap_file(frames, true, false),
                                        pcapng_file(frames, true), gzip(pcap_file(frames)),
                                        zstd(pcapng_file(frames))};
  const std::vector<ByteString> others = {pcap_file(shorter), pcap_file(later), pcap_file(changed),
                                          pcap_file(longer), pcap_file(frames, false, true, 101)};
  const std::string expected = *content_hash({folder.write("first", same[0]), 0, {}});
  EXPECT_EQ(expected.size(), 32u);
  for (const ByteString& file : same) {
    const auto path = folder.write("same", file);
    EXPECT_EQ(*content_hash({path, 0, {}}), expected);
    EXPECT_EQ(read_files({path}).summaries[0].content_hash, expected);
  }
  for (const ByteString& file : others)
    EXPECT_NE(*content_hash({folder.write("other", file), 0, {}}), expected);
}

// The two-pass reading is the twin of the reading in one pass.
TEST(OrderedFileTest, GivesWhatAScanAndASecondPassGive) {
  const TemporaryFolder folder;
  std::vector<TestFrame> frames = some_syns(2000);
  frames[70].bytes.resize(5);  // no packet
  frames[71].time = frames[70].time;
  frames.push_back({frames.back().time, ByteString(max_frame, 7)});
  ByteString cut = pcap_file(frames);
  cut.resize(cut.size() - 5);
  const ByteString out_of_time = pcapng_file(frames) + testing::pcapng_interface(false, 1, 0) +
                                 testing::pcapng_packet(false, 1, ~0ULL, {0, ByteString(60, 1)});
  const struct {
    const char* what;
    ByteString file;
  } cases[] = {
      {"pcap", pcap_file(frames)},
      {"pcapng", pcapng_file(frames, true)},
      {"gzip", gzip(pcap_file(frames))},
      {"zstd", zstd(pcapng_file(frames))},
      {"cut", cut},
      {"garbage", pcap_file(frames) + ByteString(90, 0xa5)},
      {"a time out of range", out_of_time},
      {"empty", pcap_file({})},
      {"a single frame", pcap_file(some_syns(1))},
  };
  for (const auto& [what, bytes] : cases) {
    SCOPED_TRACE(what);
    const auto path = folder.write("capture", bytes);
    std::vector<std::string> skipped;
    auto expanded = *expand_inputs({{path, 3}}, skipped);
    const std::string fault = std::exchange(expanded[0].scan->failure, {});
    const auto scanned_first = expanded[0].scan->first;
    const Reading twice = read_source(open_files(expanded, {}));
    auto opened = OrderedFile::open({path, 3}, {});
    ASSERT_TRUE(opened) << opened.error().message();
    EXPECT_EQ((*opened)->first(), scanned_first);
    OrderedFile* file = opened->get();
    PacketBatch last;
    Reading once;
    while (!file->finished()) {
      ASSERT_TRUE(file->next(last));
      for (const Packet& packet : last) {
        const uint8_t* ports = packet.frame + 34;
        once.packets.push_back({packet.time.nanoseconds, unsigned{ports[0]} << 8 | ports[1],
                                unsigned{ports[2]} << 8 | ports[3], packet.sensor});
      }
    }
    EXPECT_EQ(once.packets, twice.packets);
    EXPECT_EQ(file->fault(), fault);
    EXPECT_FALSE(file->in_disorder());
    EXPECT_EQ(file->bytes_total(), bytes.size());
    const InputSummary a = file->summaries()[0], b = twice.summaries[0];
    EXPECT_EQ(a.name, b.name);
    EXPECT_EQ(a.sensor, b.sensor);
    EXPECT_EQ(a.counts.frames, b.counts.frames);
    EXPECT_EQ(a.counts.packets, b.counts.packets);
    EXPECT_EQ(a.counts.bytes, b.counts.bytes);
    EXPECT_EQ(a.counts.rejected, b.counts.rejected);
    EXPECT_EQ(a.first, b.first);
    EXPECT_EQ(a.last, b.last);
    EXPECT_EQ(a.content_hash, b.content_hash);
    EXPECT_EQ(a.warning, b.warning);
  }
}

TEST(OrderedFileTest, FailsAtTheFirstFrameThatComesTooLate) {
  const TemporaryFolder folder;
  for (const size_t place : {1u, 128u, 700u, 1999u}) {
    auto frames = some_syns(2000);
    frames[place].time = frames[place - 1].time - 1;
    const auto file = *OrderedFile::open({folder.write("capture", pcap_file(frames)), 0}, {});
    PacketBatch batch;
    size_t packets = 0;
    while (file->next(batch)) packets += batch.size();
    EXPECT_TRUE(file->in_disorder());
    EXPECT_FALSE(file->finished());
    EXPECT_LE(packets, place);
  }
}

TEST(OrderedFileTest, RefusesWhatIsNoCapture) {
  const TemporaryFolder folder;
  EXPECT_FALSE(OrderedFile::open({folder.write("text", ByteString{1, 2}), 0}, {}));
  EXPECT_FALSE(OrderedFile::open({folder.path() / "nothing", 0}, {}));
}

TEST(FileSourceTest, HandsOverThePacketsBeforeGarbageAndThenFails) {
  const TemporaryFolder folder;
  const auto path = folder.write("broken.pcap", pcap_file(some_syns(700)) + ByteString(90, 0xa5));
  const Reading reading = read_files({path});
  EXPECT_EQ(reading.packets.size(), 700u);
  EXPECT_THAT(reading.error, HasSubstr("broken.pcap: offset 49024: not a packet"));
  EXPECT_TRUE(content_hash({path, 0, {}}).has_value());

  const auto first = folder.write("first.pcap", pcap_file({}) + ByteString(90, 0xa5));
  EXPECT_THAT(read_files({first}).error, HasSubstr("first.pcap: offset 24: not a packet"));
}

TEST(FileSourceTest, ReadsACutFileAndWarns) {
  const TemporaryFolder folder;
  ByteString file = pcap_file(some_syns(10));
  file.resize(file.size() - 3);
  const Reading reading = read_files({folder.write("cut.pcap", file)});
  EXPECT_EQ(reading.error, "");
  EXPECT_EQ(reading.packets.size(), 9u);
  EXPECT_THAT(reading.summaries[0].warning, HasSubstr("offset 654; read to the last whole packet"));
}

TEST(FileSourceTest, CountsWhatIsNotDecoded) {
  const TemporaryFolder folder;
  std::vector<TestFrame> frames = {syn_at(1, 2, 3),
                                   {2, ethernet(0x0806, ByteString(28, 0))},
                                   {3, ethernet(0x0800, ByteString(3, 0x45))}};
  const Reading reading = read_files({folder.write("mixed", pcap_file(frames))});
  const InputCounts& counts = reading.summaries[0].counts;
  EXPECT_EQ(counts.frames, 3u);
  EXPECT_EQ(counts.packets, 1u);
  EXPECT_EQ(counts.bytes, 54u + 42u + 17u);
  EXPECT_EQ(counts.rejected[static_cast<size_t>(Reject::not_ip)], 1u);
  EXPECT_EQ(counts.rejected[static_cast<size_t>(Reject::ip_header_cut)], 1u);
}

TEST(FileSourceTest, ReadsAnEmptyCaptureAndNoCaptureAtAll) {
  const TemporaryFolder folder;
  const Reading reading = read_files({folder.write("empty", pcap_file({}))});
  EXPECT_EQ(reading.error, "");
  EXPECT_TRUE(reading.packets.empty());
  EXPECT_FALSE(reading.summaries[0].first.has_value());
  EXPECT_EQ(read_files({}).error, "");
  EXPECT_THAT(read_files({folder.path() / "missing"}).error, HasSubstr("No such file"));
}

TEST(FileSourceTest, BoundsTheFilesOpenAtATime) {
  const TemporaryFolder folder;
  std::vector<fs::path> overlapping, apart;
  for (int i = 0; i < 5; ++i) {
    overlapping.push_back(
        folder.write("o" + std::to_string(i), pcap_file({syn_at(i, 1, 1), syn_at(100 + i, 1, 1)})));
    apart.push_back(folder.write("a" + std::to_string(i),
                                 pcap_file({syn_at(10 * i, 1, 1), syn_at(10 * i + 5, 1, 1)})));
  }
  FileSourceOptions options;
  options.max_open_files = 4;
  EXPECT_THAT(read_files(overlapping, options).error, HasSubstr("more than 4 captures overlap"));
  EXPECT_EQ(read_files(apart, options).error, "");
  options.max_open_files = 5;
  EXPECT_EQ(read_files(overlapping, options).packets.size(), 10u);
}

TEST(FileSourceTest, CountsAFileThatGrowsAsItWasScanned) {
  const TemporaryFolder folder;
  const auto path = folder.write("growing", pcap_file(some_syns(1000)));
  std::vector<std::string> skipped;
  const auto inputs = *expand_inputs({{path, 0, {}}}, skipped);
  const std::string hash = *content_hash(inputs[0]);
  folder.write("growing", pcap_file(some_syns(1500)));
  const Reading grown = read_source(open_files(inputs, {}));
  EXPECT_EQ(grown.error, "");
  EXPECT_EQ(grown.packets.size(), 1000u);
  EXPECT_EQ(grown.summaries[0].content_hash, hash);
  folder.write("growing", pcap_file(some_syns(900)));
  const Reading shrunk = read_source(open_files(inputs, {}));
  EXPECT_THAT(shrunk.error, HasSubstr("has become shorter while being read"));
}

Reading read_through_pipe(const ByteString& file, const TemporaryFolder& folder) {
  const fs::path path = folder.path() / "pipe";
  CHECK(mkfifo(path.c_str(), 0600) == 0);
  std::thread writer([&] {
    std::ofstream out(path, std::ios::binary);
    out.write(reinterpret_cast<const char*>(file.data()),
              static_cast<std::streamsize>(file.size()));
  });
  Reading reading = read_files({path});
  writer.join();
  fs::remove(path);
  return reading;
}

TEST(FileSourceTest, ReadsAPipeLikeTheFile) {
  const TemporaryFolder folder;
  auto frames = some_syns(60'000);
  for (size_t i = 0; i + 300 < frames.size(); i += 300)
    std::swap(frames[i], frames[i + 299]);  // disorder within the bound
  for (const ByteString& file : {pcap_file(frames), zstd(pcapng_file(frames))}) {
    const Reading from_file = read_files({folder.write("file", file)});
    const Reading from_pipe = read_through_pipe(file, folder);
    EXPECT_EQ(from_pipe.error, "");
    EXPECT_EQ(from_pipe.packets, from_file.packets);
    EXPECT_EQ(from_pipe.summaries[0].content_hash, from_file.summaries[0].content_hash);
    EXPECT_EQ(from_pipe.summaries[0].first, from_file.summaries[0].first);
    EXPECT_EQ(from_pipe.summaries[0].last, from_file.summaries[0].last);
    EXPECT_EQ(from_pipe.summaries[0].counts.late, 0u);
  }
}

TEST(FileSourceTest, CountsFramesOfAPipeThatComeTooLate) {
  const TemporaryFolder folder;
  constexpr int64_t second = 1'000'000'000;
  std::vector<TestFrame> frames;
  for (int i = 0; i < 20; ++i) frames.push_back(syn_at(i * second, 1, 1));
  frames.push_back(syn_at(2 * second, 1, 2));   // 17 s late
  frames.push_back(syn_at(16 * second, 1, 3));  // 3 s: still in time
  // Reading starts when all of it is in the pipe's buffer, so nothing leaves before 20 are in.
  const Reading reading = read_through_pipe(pcap_file(frames), folder);
  EXPECT_EQ(reading.error, "");
  EXPECT_EQ(reading.summaries[0].counts.frames, 22u);
  EXPECT_TRUE(std::is_sorted(reading.packets.begin(), reading.packets.end(),
                             [](const Seen& a, const Seen& b) { return a.time < b.time; }));
  EXPECT_EQ(reading.packets.size() + reading.summaries[0].counts.late, 22u);
}

TEST(ExpandInputsTest, FindsCapturesInFoldersInOrderOfTime) {
  const TemporaryFolder folder;
  fs::create_directories(folder.path() / "year" / "month");
  folder.write("year/month/early.pcap", pcap_file({syn_at(30, 1, 1), syn_at(5, 1, 1)}));
  folder.write("year/late.gz", gzip(pcap_file({syn_at(90, 1, 1)})));
  folder.write("middle.pcapng", pcapng_file({syn_at(20, 1, 1)}));
  folder.write("notes.txt", ByteString{'h', 'i', ' ', 't', 'h', 'e', 'r', 'e'});
  folder.write("empty.pcap", {});
  fs::create_directory_symlink(folder.path(), folder.path() / "year" / "loop");
  fs::create_symlink(folder.path() / "middle.pcapng", folder.path() / "newest");
  fs::create_symlink(folder.path() / "gone", folder.path() / "dangling");
  std::vector<std::string> skipped;
  const auto inputs = expand_inputs({{folder.path(), 3, {}}}, skipped);
  ASSERT_TRUE(inputs.has_value()) << inputs.error().message();
  std::vector<std::string> names;
  for (const auto& input : *inputs) {
    names.push_back(input.path.filename());
    EXPECT_EQ(input.sensor, 3);
    EXPECT_TRUE(input.scan.has_value());
  }
  EXPECT_THAT(names, ElementsAre("early.pcap", "middle.pcapng", "late.gz"));
  EXPECT_THAT(skipped, ElementsAre(HasSubstr("dangling"), HasSubstr("empty.pcap: offset 0"),
                                   HasSubstr("newest: the same file"),
                                   HasSubstr("notes.txt: offset 0: not a capture")));
}

TEST(ExpandInputsTest, RefusesAGivenFileThatIsNoCapture) {
  const TemporaryFolder folder;
  std::vector<std::string> skipped;
  const auto text = folder.write("notes.txt", ByteString{'h', 'e', 'l', 'l', 'o'});
  const auto refused = expand_inputs({{text, 0, {}}}, skipped);
  ASSERT_FALSE(refused.has_value());
  EXPECT_THAT(refused.error().message(),
              HasSubstr("notes.txt: offset 0: not a capture (pcap or pcapng, plain, gzip or zstd): "
                        "it begins with 68 65 6c 6c 6f"));
  EXPECT_FALSE(expand_inputs({{folder.path() / "missing", 0, {}}}, skipped).has_value());
  EXPECT_FALSE(content_hash({"-", 0, {}}).has_value());
}

TEST(LiveSourceTest, SaysWhatIsWrongInOneLine) {
  LiveSourceOptions options;
  options.interface = "no-such-if0";
  const auto source = open_live(options);
  ASSERT_FALSE(source.has_value());
  EXPECT_THAT(source.error().message(), HasSubstr("capturing on no-such-if0: "));
  EXPECT_EQ(source.error().message().find('\n'), std::string::npos);
  options.snap_length = 10;
  EXPECT_THAT(open_live(options).error().message(), HasSubstr("snap length 10"));
}

}  // namespace
}  // namespace yagura::capture
