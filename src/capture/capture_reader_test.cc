// SPDX-License-Identifier: Apache-2.0
#include "capture/capture_reader.h"

#include <gtest/gtest.h>

#include "capture/captures_for_tests.h"

namespace yagura::capture {
namespace {

using testing::ByteString;
using testing::FileBytes;
using testing::gzip;
using testing::pcap_file;
using testing::pcapng_block;
using testing::pcapng_file;
using testing::pcapng_interface;
using testing::pcapng_packet;
using testing::pcapng_section;
using testing::some_syns;
using testing::TestFrame;
using testing::zstd;
using testing::operator+;  // NOLINT(misc-unused-using-decls): the check does not see operators used

struct Contents {
  std::vector<TestFrame> frames{};
  std::vector<LinkType> links{};
  std::string warning{};
  std::string error{};
  uint64_t out_of_time = 0;
};

Contents read_all(const ByteString& file, size_t block_size = 64 * 1024) {
  Contents contents;
  auto bytes = decompressed(memory_source(file));
  if (!bytes) return {.error = bytes.error().message()};
  auto opened = CaptureReader::open(std::move(*bytes), block_size);
  if (!opened) return {.error = opened.error().message()};
  CaptureReader& reader = **opened;
  std::array<Frame, 7> some;
  while (true) {
    const auto [count, stop] = reader.read(no_limit, some);
    for (const Frame& frame : std::span(some).first(count)) {
      contents.frames.push_back({frame.time,
                                 ByteString(frame.data, frame.data + frame.captured_length),
                                 frame.wire_length});
      contents.links.push_back(frame.link);
    }
    if (stop != FrameReader::Stop::refill) continue;
    const auto more = reader.refill();
    if (!more) contents.error = more.error().message();
    if (!more || !*more) break;
  }
  contents.warning = reader.warning();
  contents.out_of_time = reader.frames_out_of_time();
  return contents;
}

// `got` is the beginning of `expected`, `count` frames long.
void expect_frames(const Contents& got, const std::vector<TestFrame>& expected, size_t count,
                   const std::string& what) {
  ASSERT_EQ(got.frames.size(), count) << what << ": " << got.error;
  for (size_t i = 0; i < count; ++i) {
    ASSERT_EQ(got.frames[i].time, expected[i].time) << what << " frame " << i;
    ASSERT_EQ(got.frames[i].bytes, expected[i].bytes) << what << " frame " << i;
    ASSERT_EQ(got.frames[i].wire_length, expected[i].wire()) << what << " frame " << i;
  }
}

TEST(CaptureReaderTest, ReadsEveryFormatAndByteOrder) {
  std::vector<TestFrame> frames = some_syns(300);
  frames[7].wire_length = 1500;
  frames[8].bytes.clear();
  frames[8].wire_length = 60;
  const ByteString little = pcap_file(frames);
  const struct {
    const char* what;
    ByteString file;
  } cases[] = {
      {"pcap, ns", little},
      {"pcap, ns, big-endian", pcap_file(frames, true)},
      {"pcap, us", pcap_file(frames, false, false)},
      {"pcap, us, big-endian", pcap_file(frames, true, false)},
      {"pcapng", pcapng_file(frames)},
      {"pcapng, big-endian", pcapng_file(frames, true)},
      {"gzip", gzip(little)},
      {"zstd", zstd(little)},
      {"gzip of pcapng", gzip(pcapng_file(frames))},
      {"zstd of pcapng", zstd(pcapng_file(frames, true))},
      {"gzip, two members", gzip(ByteString(little.begin(), little.begin() + 999)) +
                                gzip(ByteString(little.begin() + 999, little.end())) +
                                ByteString(512, 0)},
      {"zstd, two frames", zstd(ByteString(little.begin(), little.begin() + 999)) +
                               zstd(ByteString(little.begin() + 999, little.end()))},
      {"zstd behind a skippable frame",
       ByteString{0x5e, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3} + zstd(little)},
  };
  for (const auto& [what, file] : cases) {
    for (const size_t block_size : {64u, 100u, 4096u, 1u << 20}) {
      const Contents contents = read_all(file, block_size);
      EXPECT_EQ(contents.error, "") << what;
      EXPECT_EQ(contents.warning, "") << what;
      expect_frames(contents, frames, frames.size(), what);
    }
  }
}

TEST(CaptureReaderTest, ReadsAFileCutAtAnyByteToItsLastWholePacket) {
  const std::vector<TestFrame> frames = some_syns(6);
  const ByteString files[] = {pcap_file(frames), pcap_file(frames, true, false),
                              pcapng_file(frames) + pcapng_block(false, 4, ByteString(20, 0)),
                              gzip(pcap_file(frames)), zstd(pcapng_file(frames))};
  for (const ByteString& file : files) {
    size_t last_count = 0;
    for (size_t size = 0; size < file.size(); ++size) {
      const ByteString cut(file.begin(), file.begin() + static_cast<long>(size));
      const Contents contents = read_all(cut, 128);
      ASSERT_LE(contents.frames.size(), frames.size());
      expect_frames(contents, frames, contents.frames.size(), "cut at " + std::to_string(size));
      EXPECT_GE(contents.frames.size(), last_count);
      last_count = contents.frames.size();
      // Only a file without a whole header is refused.
      EXPECT_TRUE(contents.error.empty() || contents.frames.empty()) << contents.error;
    }
    // zstd puts so little into one block, which is there or not.
    const bool one_block = file[0] == 0x28;
    EXPECT_GE(last_count, one_block ? 0 : frames.size() - 1);
  }
}

TEST(CaptureReaderTest, ReadsAsMuchOfACutPackedFileInSmallStepsAsInLargeOnes) {
  // Few packed bytes stand for many: the decoder often has more to give than was asked for.
  const std::vector<TestFrame> frames(300, some_syns(1)[0]);
  for (const ByteString& file : {gzip(pcap_file(frames)), zstd(pcap_file(frames))})
    for (size_t size = 20; size < file.size(); ++size) {
      const ByteString cut(file.begin(), file.begin() + static_cast<long>(size));
      const Contents small = read_all(cut, 64), large = read_all(cut, 1u << 20);
      EXPECT_EQ(small.frames.size(), large.frames.size()) << "cut at " << size;
      EXPECT_EQ(small.warning, large.warning) << "cut at " << size;
      EXPECT_EQ(small.error, large.error) << "cut at " << size;
    }
}

TEST(CaptureReaderTest, SaysWhereAFileWasCut) {
  const std::vector<TestFrame> frames = some_syns(3);  // of 54 bytes; 24 + n * 70
  ByteString file = pcap_file(frames);
  file.pop_back();
  EXPECT_EQ(read_all(file).warning,
            "cut in the middle of a packet at offset 164; read to the last whole packet");
  ByteString packed = gzip(pcap_file(some_syns(2000)));
  packed.resize(packed.size() / 2);
  const Contents contents = read_all(packed);
  EXPECT_GT(contents.frames.size(), 100u);
  EXPECT_NE(contents.warning.find("the gzip data is cut at offset"), std::string::npos)
      << contents.warning;
}

TEST(CaptureReaderTest, RefusesGarbageWithItsOffsetAfterThePacketsBefore) {
  const std::vector<TestFrame> frames = some_syns(3);
  const ByteString garbage(100, 0xa5);
  Contents contents = read_all(pcap_file(frames) + garbage);
  expect_frames(contents, frames, 3, "pcap");
  EXPECT_EQ(contents.error.find("offset 234: not a packet"), 0u) << contents.error;

  contents = read_all(pcapng_file(frames) + garbage);
  expect_frames(contents, frames, 3, "pcapng");
  EXPECT_NE(contents.error.find("not a pcapng block"), std::string::npos) << contents.error;

  ByteString packed = gzip(pcap_file(frames));
  packed[packed.size() - 6] ^= 0xff;  // in its checksum
  contents = read_all(packed);
  expect_frames(contents, frames, 3, "gzip");
  EXPECT_NE(contents.error.find("damaged gzip data: incorrect data check"), std::string::npos)
      << contents.error;
  contents = read_all(zstd(pcap_file(frames)) + garbage);
  expect_frames(contents, frames, 3, "zstd");
  EXPECT_NE(contents.error.find("damaged zstd data"), std::string::npos) << contents.error;

  EXPECT_EQ(read_all({'{', '"', 'i', 'p'}).error,
            "offset 0: not a capture (pcap or pcapng, plain, gzip or zstd): it begins with 7b 22 "
            "69 70");
  EXPECT_NE(read_all({}).error.find("it is empty"), std::string::npos);
  EXPECT_NE(read_all(gzip({'x', 'y', 'z', 'z'})).error.find("not a capture"), std::string::npos);
}

TEST(CaptureReaderTest, BoundsTheLengthOfAFrame) {
  const TestFrame largest{1, ByteString(max_frame, 7)};
  expect_frames(read_all(pcap_file({largest}), 100), {largest}, 1, "pcap");
  expect_frames(read_all(pcapng_file({largest}), 100), {largest}, 1, "pcapng");
  const TestFrame larger{1, ByteString(max_frame + 1, 7)};
  EXPECT_NE(read_all(pcap_file({larger})).error.find("offset 24: not a packet"), std::string::npos);
  EXPECT_NE(read_all(pcapng_file({larger})).error.find("not a packet"), std::string::npos);
}

TEST(CaptureReaderTest, ReadsSectionsAndInterfacesOfDifferentKinds) {
  const ByteString a(60, 1), b(61, 2), c(62, 3), d(63, 4), e(64, 5), f(65, 6);
  ByteString file =
      pcapng_section(false) + pcapng_interface(false, 1) +  // microseconds
      pcapng_interface(false, 101, 9, 1'000'000) +          // offset of seconds
      pcapng_block(false, 0x80000bad, ByteString(500, 0)) +
      pcapng_packet(false, 0, 1'600'000'000'000'001, {0, a}) +
      pcapng_packet(false, 1, 500, {0, b}) + pcapng_section(true) +
      pcapng_interface(true, 113, 0x80 | 10, 0, 62) +  // 1/1024 s
      pcapng_packet(true, 0, 1024ULL * 7 + 512, {0, c}) +
      // A simple packet: cut by the interface's snap length, the time of the last.
      pcapng_block(true, 3, FileBytes(true).u32(80).raw(ByteString(62, 4)).bytes) +
      // The obsolete packet block: 16-bit interface and drops.
      pcapng_block(true, 2,
                   FileBytes(true).u16(0).u16(3).u32(0).u32(9216).u32(64).u32(64).raw(e).bytes);
  const Contents contents = read_all(file, 128);
  EXPECT_EQ(contents.error, "");
  const std::vector<TestFrame> expected = {
      {1'600'000'000'000'001'000, a},         {1'000'000'000'000'500, b}, {7'500'000'000, c},
      {7'500'000'000, ByteString(62, 4), 80}, {9'000'000'000, e},
  };
  expect_frames(contents, expected, expected.size(), "sections");
  EXPECT_EQ(contents.links[0], LinkType::ethernet);
  EXPECT_EQ(contents.links[1], LinkType::raw_ip);
  EXPECT_EQ(contents.links[2], LinkType::linux_sll);
}

TEST(CaptureReaderTest, CountsTimesOutOfRange) {
  const ByteString bytes(60, 1);
  const ByteString file = pcapng_section(false) + pcapng_interface(false, 1, 9, -10) +
                          pcapng_interface(false, 1, 0) +
                          pcapng_packet(false, 0, 9'000'000'000, {0, bytes}) +   // -1 s
                          pcapng_packet(false, 0, 11'000'000'000, {0, bytes}) +  // 1 s
                          pcapng_packet(false, 1, ~0ULL, {0, bytes}) +
                          pcapng_packet(false, 1, (1ULL << 32) - 1, {0, bytes}) +
                          pcapng_packet(false, 1, 1ULL << 32, {0, bytes});
  const Contents contents = read_all(file);
  EXPECT_EQ(contents.error, "");
  EXPECT_EQ(contents.out_of_time, 3u);
  expect_frames(contents, {{1'000'000'000, bytes}, {end_of_time - 1'000'000'000, bytes}}, 2, "");
}

TEST(CaptureReaderTest, RefusesBrokenPcapngBlocks) {
  const ByteString good = pcapng_section(false) + pcapng_interface(false, 1);
  const TestFrame frame{0, ByteString(60, 1)};
  ByteString differing = pcapng_packet(false, 0, 1, frame);
  differing.back() ^= 1;
  ByteString skipped = pcapng_block(false, 0x99, ByteString(16, 0));
  skipped.back() ^= 1;
  ByteString overrun = pcapng_interface(false, 1, 9);
  overrun[18] = 200;  // the length of its first option
  ByteString lengthy = pcapng_packet(false, 0, 1, frame);
  lengthy[20] = 200;  // captured length
  const struct {
    ByteString file;
    const char* error;
  } cases[] = {
      {good + differing, "two lengths differ"},
      {good + skipped, "not the end of a pcapng block"},
      {good + overrun, "an option runs past"},
      {good + lengthy, "not a packet"},
      {good + pcapng_packet(false, 1, 1, frame), "interface 1, which the section does not have"},
      {good + pcapng_section(false) + pcapng_packet(false, 0, 1, frame), "interface 0"},
      {good + pcapng_interface(false, 1, 20), "time resolution"},
      {good + pcapng_block(false, 6, ByteString(8, 0)), "too short"},
      {good + pcapng_block(false, 1, ByteString(2 << 20, 0)), "longer than"},
  };
  for (const auto& [file, error] : cases)
    EXPECT_NE(read_all(file).error.find(error), std::string::npos)
        << error << " / " << read_all(file).error;
  ByteString many = good;
  for (int i = 0; i < 4095; ++i) many = many + pcapng_interface(false, 1);
  EXPECT_EQ(read_all(many).error, "");
  EXPECT_NE(read_all(many + pcapng_interface(false, 1)).error.find("more than 4096 interfaces"),
            std::string::npos);
}

TEST(CaptureReaderTest, StopsBeforeAFrameBeyondTheLimit) {
  const std::vector<TestFrame> frames = some_syns(10, 1000, 10);
  for (const ByteString& file : {pcap_file(frames), pcapng_file(frames)}) {
    auto reader = *CaptureReader::open(memory_source(file), 4096);
    ASSERT_TRUE(reader->refill().has_value());
    std::array<Frame, 20> some;
    auto [count, stop] = reader->read(1040, some);
    EXPECT_EQ(count, 5u);
    EXPECT_EQ(stop, FrameReader::Stop::limit);
    EXPECT_EQ(reader->head_time(), 1050);
    EXPECT_EQ(reader->read(1049, some).count, 0u);
    EXPECT_EQ(reader->read(1050, some).count, 1u);
  }
}

}  // namespace
}  // namespace yagura::capture
