// SPDX-License-Identifier: Apache-2.0
#include "warning/episode.h"

#include <gmock/gmock.h>

#include <array>

namespace yagura::warning {
namespace {

using model::Mark;
using model::PacketClass;
using model::Tool;
using testing::ElementsAre;
using testing::SizeIs;

constexpr uint16_t ntp = 123;
constexpr Timestamp start = Timestamp::from_seconds(1'767'225'600);
const IpAddress address = IpAddress::from_v4(0xc6336407);

Timestamp at(int64_t seconds) { return start + Duration::seconds(seconds); }

// One window's packets from one port to one dark address.
struct Seen {
  int64_t second = 0;
  uint64_t packets = 1;
  uint16_t port = ntp;
  PacketClass class_ = PacketClass::scan_udp;
  uint64_t dark = 7;
  uint64_t dark_addresses = 1;
  Mark mark{};
};

void add(Story& story, const Seen& seen) {
  const auto packets = static_cast<uint32_t>(seen.packets);
  Sighting sighting;
  sighting.first = at(seen.second);
  sighting.last = at(seen.second + (seen.packets > 1 ? 60 : 0));
  sighting.class_ = seen.class_;
  sighting.packets = seen.packets;
  sighting.bytes = seen.packets * 40;
  sighting.dark_addresses = seen.dark_addresses;
  sighting.dark = seen.dark;
  sighting.ports = std::span(&seen.port, 1);
  sighting.port_packets = std::span(&packets, 1);
  if (seen.mark != Mark{}) {
    sighting.marks = std::span(&seen.mark, 1);
    sighting.mark_packets = std::span(&packets, 1);
  }
  story.add(sighting);
}

Episode judged(const std::vector<Seen>& all, Traffic traffic = Traffic::to_others) {
  Story story;
  for (const Seen& seen : all) add(story, seen);
  return story.episode(3, address, traffic);
}

// Ten minutes apart over an hour: a clock that asks a time server which is no longer there.
std::vector<Seen> steady() {
  std::vector<Seen> all;
  for (int64_t i = 0; i < 7; ++i) all.push_back({.second = i * 600});
  return all;
}

TEST(Episode, TellsWhatWasSeenAndWhen) {
  const Episode episode = judged({{.second = 3000, .packets = 5, .port = 80},
                                  {.second = 0, .packets = 2, .port = 22},
                                  {.second = 900, .packets = 4, .port = 22}});
  EXPECT_EQ(episode.member, 3);
  EXPECT_EQ(episode.address, address);
  EXPECT_EQ(episode.kind, Kind::external);
  EXPECT_EQ(episode.first, at(0));
  EXPECT_EQ(episode.last, at(3060));
  EXPECT_EQ(episode.packets, 11u);
  EXPECT_EQ(episode.bytes, 440u);
  EXPECT_THAT(episode.services, ElementsAre(Service{17, 22, 6}, Service{17, 80, 5}));
}

TEST(Episode, IsInternalWhereTheDarkSpaceIsTheMembersOwn) {
  EXPECT_EQ(judged({{.packets = 3, .port = 445}}, Traffic::to_own_dark).kind, Kind::internal);
}

TEST(Episode, OfBackscatterIsAnAttackOnTheAddress) {
  const auto flooded = [](uint64_t packets) {
    return judged({{.packets = packets,
                    .port = 80,
                    .class_ = PacketClass::backscatter_tcp,
                    .dark_addresses = packets}},
                  Traffic::backscatter);
  };
  EXPECT_EQ(flooded(24).kind, Kind::under_attack);
  EXPECT_EQ(severity_of(flooded(24)), Severity::low);
  EXPECT_EQ(severity_of(flooded(25)), Severity::medium);
  EXPECT_EQ(severity_of(flooded(9'999)), Severity::medium);
  EXPECT_EQ(severity_of(flooded(10'000)), Severity::high);
  EXPECT_THAT(flooded(25).services, ElementsAre(Service{6, 80, 25}));
}

TEST(Episode, IsAMisconfigurationIfItAsksOneServiceOfOneAddressSteadily) {
  const Episode episode = judged(steady());
  EXPECT_EQ(episode.kind, Kind::misconfiguration);
  EXPECT_EQ(severity_of(episode), Severity::low);
  EXPECT_EQ(judged(steady(), Traffic::to_own_dark).kind, Kind::misconfiguration);
  auto most = steady();
  for (Seen& seen : most) seen.packets = 50;
  EXPECT_EQ(judged(most).kind, Kind::misconfiguration);
}

TEST(Episode, IsNoMisconfigurationIfOneOfItsSignsIsMissing) {
  auto another_address = steady();
  another_address[3].dark = 8;
  auto several_addresses = steady();
  several_addresses[6].dark_addresses = 2;
  auto another_port = steady();
  another_port[5].port = 53;
  auto another_protocol = steady();
  another_protocol[5].class_ = PacketClass::scan_tcp;
  auto fast = steady();
  for (Seen& seen : fast) seen.packets = 51;
  auto seldom = steady();
  seldom.erase(seldom.begin() + 1, seldom.begin() + 3);
  auto short_time = steady();
  for (size_t i = 0; i < short_time.size(); ++i)
    short_time[i].second = static_cast<int64_t>(i) * 300;
  auto a_tool = steady();
  for (Seen& seen : a_tool) {
    seen.class_ = PacketClass::scan_tcp;
    seen.mark = Mark::zmap;
  }
  for (const auto& [what, seen] : {std::pair("another address", another_address),
                                   {"several addresses", several_addresses},
                                   {"another port", another_port},
                                   {"another protocol", another_protocol},
                                   {"fast", fast},
                                   {"seldom", seldom},
                                   {"short", short_time},
                                   {"a tool", a_tool}})
    EXPECT_EQ(judged(seen).kind, Kind::external) << what;
}

TEST(Episode, IsMoreSevereTheMoreTheAddressDoes) {
  EXPECT_EQ(severity_of(judged({{.packets = 1}})), Severity::low);
  EXPECT_EQ(severity_of(judged({{.packets = 2}})), Severity::medium);
  EXPECT_EQ(severity_of(judged({{.packets = 10, .dark_addresses = 9}})), Severity::medium);
  EXPECT_EQ(severity_of(judged({{.packets = 10, .dark_addresses = 10}})), Severity::high);
  EXPECT_EQ(severity_of(judged({{.packets = 999}})), Severity::medium);
  EXPECT_EQ(severity_of(judged({{.packets = 1'000}})), Severity::high);
}

TEST(Episode, NamesTheToolAndTakesMiraiForGrave) {
  const Episode episode =
      judged({{.packets = 2, .port = 23, .class_ = PacketClass::scan_tcp, .mark = Mark::mirai}});
  EXPECT_EQ(episode.tool, Tool::mirai);
  EXPECT_EQ(severity_of(episode), Severity::high);
}

TEST(Episode, CountsFurtherServicesTogether) {
  std::vector<Seen> all;
  for (uint16_t port = 1; port <= Story::most_services + 3; ++port)
    all.push_back({.second = port, .packets = 2, .port = port});
  all.push_back({.second = 100, .packets = 9, .port = 5});
  const Episode episode = judged(all);
  EXPECT_THAT(episode.services, SizeIs(Story::most_services));
  EXPECT_EQ(episode.services[0], (Service{17, 5, 11}));
  EXPECT_EQ(episode.packets_elsewhere, 6u);
}

}  // namespace
}  // namespace yagura::warning
