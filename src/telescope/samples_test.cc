// SPDX-License-Identifier: Apache-2.0
#include "telescope/samples.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "telescope/rows_for_tests.h"

namespace yagura::telescope {
namespace {

constexpr uint16_t sensor = 2;
constexpr uint64_t key = 0xfeed'beef'cafe'f00d;

struct Sampler {
  Samples samples{sensor, key};
  CollectingSink sink;
  int64_t time = 0;

  void add(IpAddress source, PacketClass class_ = PacketClass::scan_tcp) {
    capture::Packet packet;
    packet.time = {++time};
    packet.source = source;
    Classified classified;
    classified.accounted = source;
    classified.class_ = class_;
    samples.add(packet, classified, sink);
  }
  void add_sources(uint32_t first, uint32_t count) {
    for (uint32_t i = 0; i < count; ++i) add(IpAddress::from_v4(first + i));
  }
};

TEST(SamplesTest, KeepTheFirstThreePacketsPerSourceClassAndDay) {
  std::mt19937_64 random(20);
  Sampler sampler;
  std::map<std::pair<IpAddress, PacketClass>, std::vector<int64_t>> expected;
  for (int day = 0; day < 2; ++day) {
    std::map<std::pair<IpAddress, PacketClass>, int> taken;
    for (int i = 0; i < 3000; ++i) {
      const IpAddress source = random() % 2 == 0
                                   ? IpAddress::from_v4(static_cast<uint32_t>(random() % 100))
                                   : IpAddress::from_halves(random() % 2, random() % 50);
      const auto class_ = static_cast<PacketClass>(1 + random() % 9);
      sampler.add(source, class_);
      if (++taken[{source, class_}] <= 3) expected[{source, class_}].push_back(sampler.time);
      if (i % 500 == 0) sampler.samples.end_window(900);
    }
    sampler.samples.end_day();
  }
  decltype(expected) actual;
  for (const SampleRow& row : sampler.sink.samples)
    actual[{row.source, row.class_}].push_back(row.time);
  EXPECT_EQ(actual, expected);
}

TEST(SamplesTest, KeepThePacketAsItWas) {
  const uint8_t payload[100] = {1, 2, 3};
  capture::Packet packet;
  packet.time = {1'600'000'000'123'456'789};
  packet.source = IpAddress::parse("203.0.113.5").value();
  packet.destination = IpAddress::parse("198.18.0.9").value();
  packet.payload = payload;
  packet.payload_length = sizeof payload;
  packet.protocol = 6;
  packet.source_port = 40000;
  packet.destination_port = 23;
  packet.ttl = 51;
  packet.ip_id = 54321;
  packet.ip_length = 140;
  packet.tcp_flags = 2;
  packet.tcp_window = 65535;
  packet.tcp_sequence = 77;
  Classified classified;
  classified.accounted = IpAddress::parse("203.0.113.6").value();
  classified.class_ = PacketClass::scan_tcp;
  CollectingSink sink;
  Samples(sensor, key).add(packet, classified, sink);
  SampleRow expected;
  expected.time = packet.time.nanoseconds;
  expected.sensor = sensor;
  expected.source = classified.accounted;
  expected.class_ = PacketClass::scan_tcp;
  expected.destination = packet.destination;
  expected.protocol = 6;
  expected.source_port = 40000;
  expected.destination_port = 23;
  expected.ttl = 51;
  expected.ip_id = 54321;
  expected.ip_length = 140;
  expected.tcp_flags = 2;
  expected.tcp_window = 65535;
  expected.tcp_sequence = 77;
  expected.payload = {reinterpret_cast<const char*>(payload), 64};
  EXPECT_EQ(sink.texts, std::vector{row_text(expected)});
}

TEST(SamplesTest, AWindowOfManySourcesIsSampledMoreThinlyInTheNext) {
  Sampler sampler;
  sampler.add_sources(1000, 4000);
  EXPECT_EQ(sampler.sink.samples.size(), 4000u);
  sampler.samples.end_window(100'000);  // a share of 1/32 gives 3,125 of them
  sampler.sink.samples.clear();
  sampler.add_sources(0x2000'0000, 100'000);
  EXPECT_NEAR(static_cast<double>(sampler.sink.samples.size()), 3125, 5 * std::sqrt(3125));
  sampler.samples.end_window(10);
  sampler.sink.samples.clear();
  sampler.add_sources(0x3000'0000, 10);
  EXPECT_EQ(sampler.sink.samples.size(), 10u);
}

TEST(SamplesTest, AWindowGivesAtMost20000Packets) {
  Sampler sampler;
  sampler.add_sources(0, 30'000);
  EXPECT_EQ(sampler.sink.samples.size(), 20'000u);
  sampler.samples.end_window(1);
  sampler.add_sources(40'000, 10);
  EXPECT_EQ(sampler.sink.samples.size(), 20'010u);
}

TEST(SamplesTest, AreTheSameInAReplayAndAfterSavingAndLoading) {
  const auto run = [](bool saving) {
    std::mt19937_64 random(21);
    Sampler sampler;
    for (int i = 0; i < 30'000; ++i) {
      sampler.add(IpAddress::from_v4(static_cast<uint32_t>(random() % 20'000)));
      if (i % 3000 == 0) sampler.samples.end_window(20'000);
      if (!saving || i % 1111 != 0) continue;
      ByteWriter saved;
      sampler.samples.save(saved);
      sampler.samples = Samples(sensor, key);
      ByteReader in(saved.bytes());
      EXPECT_TRUE(sampler.samples.load(in));
      EXPECT_EQ(in.remaining(), 0u);
    }
    return sampler.sink.texts;
  };
  const auto once = run(false);
  EXPECT_GT(once.size(), 500u);
  EXPECT_EQ(run(false), once);
  EXPECT_EQ(run(true), once);
}

TEST(SamplesTest, RefuseASavedStateThatIsCut) {
  Sampler sampler;
  sampler.add_sources(1, 5);
  ByteWriter saved;
  sampler.samples.save(saved);
  for (size_t size = 0; size < saved.bytes().size(); ++size) {
    ByteReader in(std::string_view(saved.bytes()).substr(0, size));
    EXPECT_FALSE(Samples(sensor, key).load(in)) << size;
  }
}

}  // namespace
}  // namespace yagura::telescope
