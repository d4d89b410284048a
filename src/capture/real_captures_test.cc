// SPDX-License-Identifier: Apache-2.0
//
// What real captures are known to hold. The numbers are those of the data folder's manifest,
// computed with tshark and corsaro.
#include <gtest/gtest.h>

#include "capture/captures_for_tests.h"
#include "capture/source.h"

namespace yagura::capture {
namespace {

class RealCapturesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = testing::shared_captures();
    if (folder_.empty()) GTEST_SKIP() << "THE SHARED CAPTURES ARE NOT HERE: nothing was tested";
  }

  // Copies of the packets; what they point to is gone.
  std::vector<Packet> read(const char* name, bool decapsulate = false) {
    FileSourceOptions options;
    options.decode.decapsulate = decapsulate;
    const auto source = open_files({{folder_ / name, 0, {}}}, options);
    CHECK(source.has_value());
    std::vector<Packet> packets;
    PacketBatch batch;
    do {
      CHECK((*source)->next(batch).has_value());
      packets.insert(packets.end(), batch.begin(), batch.end());
    } while (!batch.empty());
    summary_ = (*source)->summaries()[0];
    return packets;
  }

  std::filesystem::path folder_;
  InputSummary summary_;
};

TEST_F(RealCapturesTest, SeesBothMiraiSyns) {
  const auto packets = read("suricata_mac-eve-real-mirai-syn.pcap");
  ASSERT_EQ(packets.size(), 2u);
  const uint16_t windows[] = {6204, 63707};
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(packets[i].source.to_string(), "116.90.231.16");
    EXPECT_EQ(packets[i].destination_port, 23);
    EXPECT_EQ(packets[i].tcp_sequence, packets[i].destination.v4());  // Mirai's mark
    EXPECT_EQ(packets[i].tcp_window, windows[i]);
    EXPECT_EQ(packets[i].tcp_flags, syn);
    EXPECT_TRUE(packets[i].is(transport_cut));
  }
}

TEST_F(RealCapturesTest, SeesTheBackscatterOfOneDay) {
  const auto packets = read("ncsa-simplescan_backscatter.trace");
  const Prefix dark = *Prefix::parse("192.150.186.0/23");
  size_t backscatter = 0;
  for (const Packet& packet : packets) {
    if (!dark.contains(packet.destination)) continue;
    ++backscatter;
    EXPECT_EQ(packet.source.to_string(), "202.229.120.98");
    EXPECT_EQ(packet.source_port, 80);
  }
  EXPECT_EQ(packets.size(), 4771u);
  EXPECT_EQ(backscatter, 3468u);
  EXPECT_EQ(format_time(Timestamp::from_seconds(summary_.first->seconds())),
            "2009-03-15T08:45:06Z");
}

TEST_F(RealCapturesTest, PutsDisorderedCapturesInOrder) {
  for (const char* name :
       {"ncsa-simplescan_445_scan.pcap", "ncsa-simplescan_multiport_scan.pcap"}) {
    const auto packets = read(name);
    ASSERT_FALSE(packets.empty());
    EXPECT_TRUE(std::is_sorted(packets.begin(), packets.end(), [](const auto& a, const auto& b) {
      return a.time < b.time;
    })) << name;
    EXPECT_EQ(summary_.counts.late, 0u);
  }
}

TEST_F(RealCapturesTest, OpensTunnelsIfAsked) {
  for (const char* name : {"libtrace_vxlan.pcap", "ndpi_4in4tunnel.pcap"}) {
    size_t opened = 0;
    for (const Packet& packet : read(name, true)) opened += packet.is(decapsulated);
    EXPECT_GT(opened, 0u) << name;
    for (const Packet& packet : read(name)) EXPECT_FALSE(packet.is(decapsulated)) << name;
  }
}

TEST_F(RealCapturesTest, ReadsWhatIcmpErrorsQuote) {
  for (const char* name : {"zeek_icmp-destunreach-udp.pcap", "zeek_icmp-timeexceeded.pcap",
                           "zeek_icmp6-destunreach-ip6ext-udp.pcap"}) {
    const auto packets = read(name);
    ASSERT_EQ(packets.size(), 1u) << name;
    EXPECT_TRUE(packets[0].is(has_inner)) << name;
    EXPECT_NE(packets[0].inner_destination_port, 0) << name;
  }
  EXPECT_FALSE(read("zeek_icmp-destunreach-no-context.pcap")[0].is(has_inner));
}

TEST_F(RealCapturesTest, GivesPortsToFirstFragmentsOnly) {
  size_t first = 0, later = 0;
  for (const Packet& packet : read("zeek_fragmented-3.pcap")) {
    first += packet.is(first_fragment);
    later += packet.is(later_fragment);
    EXPECT_NE(packet.is(has_ports), packet.is(later_fragment));
  }
  EXPECT_GT(first, 0u);
  EXPECT_GT(later, 0u);
}

TEST_F(RealCapturesTest, HashesPcapAndPcapngOfTheSamePacketsAlike) {
  read("libtrace_100_packets.pcap");
  const std::string hash = summary_.content_hash;
  EXPECT_EQ(read("libtrace_100_packets.pcapng").size(), 100u);
  EXPECT_EQ(summary_.content_hash, hash);
}

}  // namespace
}  // namespace yagura::capture
