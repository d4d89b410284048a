// SPDX-License-Identifier: Apache-2.0
#include "warning/watch.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <memory>
#include <random>
#include <set>

#include "base/result_for_tests.h"
#include "base/temporary_folder_for_tests.h"
#include "state/members.h"

namespace yagura::warning {
namespace {

using model::PacketClass;
using state::WarningState;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr int64_t start = 1'767'225'600;

Prefix prefix(std::string_view text) { return value(Prefix::parse(text)); }
IpAddress address(std::string_view text) { return value(IpAddress::parse(text)); }
Timestamp at(int64_t seconds) { return Timestamp::from_seconds(start + seconds); }

struct Sent {
  int64_t second = 0;
  std::string source;
  PacketClass class_ = PacketClass::scan_tcp;
  std::string destination = "192.0.2.200";
  uint16_t port = 23;
};

// Packets of one sensor.
class Packets {
 public:
  Packets(uint16_t sensor, const std::vector<Sent>& all) : sensor_{sensor, "s", 256} {
    packets_.reserve(all.size());
    for (const Sent& sent : all) {
      model::Packet& packet = packets_.emplace_back();
      packet.time = at(sent.second);
      packet.source = address(sent.source);
      packet.destination = address(sent.destination);
      packet.ip_length = 40;
      model::DarkPacket dark;
      dark.packet = &packet;
      dark.sensor = &sensor_;
      dark.classified.accounted = packet.source;
      dark.classified.class_ = sent.class_;
      dark.classified.protocol = 6;
      dark.classified.service_port = sent.port;
      dark.position = packet.destination.v4() & 0xff;
      dark_.push_back(dark);
    }
  }
  Packets(const Packets&) = delete;
  Packets& operator=(const Packets&) = delete;
  std::span<const model::DarkPacket> all() const { return dark_; }

 private:
  model::TapSensor sensor_;
  std::vector<model::Packet> packets_;
  std::vector<model::DarkPacket> dark_;
};

class WatchTest : public testing::Test {
 protected:
  WatchTest() {
    open(folder_.path() / "state.db");
    add_member("a", {"198.51.100.0/24"}, {"192.0.2.0/25"});
    add_member("b", {"203.0.113.0/24"}, {});
    begin();
  }

  void open(const std::filesystem::path& file) {
    database_ = std::move(*state::Database::open(file));
  }
  void begin() {
    watch_ = std::make_unique<Watch>(options_);
    succeeded(watch_->load(*database_, sensors_));
  }
  void add_member(const std::string& name, std::initializer_list<std::string_view> live,
                  std::initializer_list<std::string_view> dark) {
    state::Registration registration{name, {}, {}};
    for (const std::string_view text : live) registration.live.push_back(prefix(text));
    for (const std::string_view text : dark) registration.dark.push_back(prefix(text));
    ASSERT_TRUE(state::register_members(*database_, std::span(&registration, 1), at(0)));
  }
  void send(uint16_t sensor, const std::vector<Sent>& all) {
    const Packets packets(sensor, all);
    watch_->add(packets.all());
    succeeded(watch_->tick(*database_));
  }
  void commit(uint16_t sensor) {
    succeeded(database_->transaction([&] { return watch_->commit(*database_, sensor); }));
  }
  std::vector<state::Warning> told() {
    state::WarningQuery query;
    query.resolved = true;
    return value(state::warnings(*database_, query));
  }
  Episode episode(const state::Warning& warning) {
    return value(Story::load(warning.story))
        .episode(warning.member, warning.address, static_cast<Traffic>(warning.traffic));
  }

  TemporaryFolder folder_;
  WatchOptions options_;
  std::set<uint16_t> sensors_ = {1, 2};
  std::unique_ptr<state::Database> database_;
  std::unique_ptr<Watch> watch_;
};

TEST_F(WatchTest, TellsOfTheFirstPacketAtOnce) {
  send(1, {{0, "198.51.100.7"}, {0, "192.0.2.99"}});
  const auto warnings = told();
  ASSERT_THAT(warnings, SizeIs(1));
  EXPECT_EQ(warnings[0].member, 1);
  EXPECT_EQ(warnings[0].address, address("198.51.100.7"));
  EXPECT_EQ(warnings[0].state, WarningState::new_);
  EXPECT_EQ(warnings[0].first, at(0));
  EXPECT_EQ(episode(warnings[0]).kind, Kind::external);
}

TEST_F(WatchTest, TellsTheSortsOfTrafficApart) {
  send(1, {{0, "198.51.100.7"},
           {1, "198.51.100.7", PacketClass::scan_tcp, "192.0.2.9"},
           {2, "198.51.100.7", PacketClass::backscatter_tcp},
           {3, "203.0.113.7", PacketClass::scan_tcp, "192.0.2.9"}});
  std::multiset<Kind> kinds;
  for (const auto& warning : told()) kinds.insert(episode(warning).kind);
  EXPECT_EQ(kinds,
            (std::multiset{Kind::external, Kind::external, Kind::internal, Kind::under_attack}));
}

TEST_F(WatchTest, WritesWhatWasSeenWithTheCommitOfTheSensor) {
  send(1, {{0, "198.51.100.7"}});
  send(1, {{10, "198.51.100.7", PacketClass::scan_tcp, "192.0.2.201", 80}});
  EXPECT_EQ(episode(told()[0]).packets, 1u);
  EXPECT_THAT(value(state::warning_shares(*database_)), IsEmpty());
  commit(1);
  ASSERT_THAT(told(), SizeIs(1));
  const Episode seen = episode(told()[0]);
  EXPECT_EQ(seen.packets, 2u);
  EXPECT_EQ(seen.dark_addresses, 2u);
  EXPECT_THAT(seen.services, ElementsAre(Service{6, 23, 1}, Service{6, 80, 1}));
  EXPECT_EQ(told()[0].last, at(10));
}

TEST_F(WatchTest, GoesOnAndIsResolvedBySilence) {
  options_.silence = Duration::hours(2);
  begin();
  send(1, {{0, "198.51.100.7"}});
  commit(1);
  EXPECT_EQ(told()[0].state, WarningState::new_);
  send(1, {{3600, "198.51.100.7"}});
  commit(1);
  EXPECT_EQ(told()[0].state, WarningState::continuing);
  send(1, {{3600 + 7200, "192.0.2.99"}});  // somebody else: the clock goes on
  commit(1);
  EXPECT_EQ(told()[0].state, WarningState::continuing);
  send(1, {{3601 + 7200, "192.0.2.99"}});
  commit(1);
  ASSERT_THAT(told(), SizeIs(1));
  EXPECT_EQ(told()[0].state, WarningState::resolved);
  EXPECT_THAT(value(state::warning_shares(*database_)), IsEmpty());
  EXPECT_EQ(watch_->open(), 0u);
}

// Another sensor hears the present while this one reads captures of last week.
TEST_F(WatchTest, IsNotResolvedByTheClockOfASensorThatDidNotSeeIt) {
  send(1, {{0, "198.51.100.7"}});
  send(2, {{7 * 86'400, "192.0.2.99"}});
  commit(2);
  commit(1);
  EXPECT_EQ(told()[0].state, WarningState::new_);
  send(1, {{3600, "198.51.100.7"}});
  commit(2);
  ASSERT_THAT(told(), SizeIs(1));
  EXPECT_NE(told()[0].state, WarningState::resolved);
}

TEST_F(WatchTest, IsResolvedByTheOthersWhereItsSensorObservesNoMore) {
  send(1, {{0, "198.51.100.7"}});
  commit(1);
  sensors_ = {2};
  begin();
  send(2, {{7 * 86'400, "192.0.2.99"}});
  commit(2);
  EXPECT_EQ(told()[0].state, WarningState::resolved);
}

TEST_F(WatchTest, BeginsAnewAfterTheSilence) {
  options_.silence = Duration::hours(2);
  begin();
  send(1, {{0, "198.51.100.7"}});
  commit(1);
  send(1, {{7201, "198.51.100.7"}});
  commit(1);
  const auto warnings = told();
  ASSERT_THAT(warnings, SizeIs(2));
  EXPECT_EQ(warnings[0].first, at(7201));
  EXPECT_EQ(warnings[0].state, WarningState::new_);
  EXPECT_EQ(warnings[1].state, WarningState::resolved);
}

TEST_F(WatchTest, PutsTogetherWhatSeveralSensorsSee) {
  send(1, {{0, "198.51.100.7"}});
  send(2, {{5, "198.51.100.7"}});
  commit(1);
  commit(2);
  ASSERT_THAT(told(), SizeIs(1));
  EXPECT_EQ(episode(told()[0]).packets, 2u);
  EXPECT_EQ(episode(told()[0]).dark_addresses, 2u);
  EXPECT_THAT(value(state::warning_shares(*database_)), SizeIs(2));
}

TEST_F(WatchTest, FollowsTheMembersAsTheyChange) {
  send(1, {{0, "198.51.100.7"}, {0, "192.0.2.99"}});
  commit(1);
  add_member("a", {"198.51.100.128/25", "192.0.2.64/26"}, {});
  send(1, {{5, "198.51.100.7"}, {5, "192.0.2.99"}});
  send(1, {{6, "198.51.100.7"}, {6, "192.0.2.99"}});
  commit(1);
  const auto warnings = told();
  ASSERT_THAT(warnings, SizeIs(2));
  EXPECT_EQ(warnings[0].address, address("192.0.2.99"));
  EXPECT_EQ(warnings[0].state, WarningState::new_);
  EXPECT_EQ(warnings[1].state, WarningState::resolved);
}

TEST_F(WatchTest, ForgetsTheWarningsOfAMemberThatIsGone) {
  send(1, {{0, "198.51.100.7"}});
  commit(1);
  send(1, {{1, "198.51.100.7"}});
  ASSERT_TRUE(state::delete_member(*database_, "a"));
  commit(1);
  EXPECT_THAT(told(), IsEmpty());
  send(1, {{2, "198.51.100.7"}});
  EXPECT_THAT(told(), IsEmpty());
}

TEST_F(WatchTest, LeavesOutWarningsBeyondTheBoundAndCountsTheirPackets) {
  options_.most_open = 2;
  begin();
  send(1, {{0, "198.51.100.1"}, {0, "198.51.100.2"}, {0, "198.51.100.3"}, {1, "198.51.100.1"}});
  EXPECT_THAT(told(), SizeIs(2));
  EXPECT_EQ(watch_->left_out(), 1u);
}

// Two sensors commit now and then; at any moment everything but the database is lost, and each
// sensor's packets come again from its last commit on.
TEST_F(WatchTest, CountsOnceHoweverOftenItIsKilled) {
  struct Bare {
    uint16_t sensor;
    Sent sent;
  };
  std::mt19937 random(1);
  const auto number = [&](uint32_t below) { return static_cast<int64_t>(random() % below); };
  std::vector<Bare> all;
  int64_t second = 0;
  for (int i = 0; i < 400; ++i) {
    second += number(600);
    all.push_back(
        {static_cast<uint16_t>(1 + number(2)),
         {second, "198.51.100." + std::to_string(number(5)),
          number(3) == 0 ? PacketClass::backscatter_tcp : PacketClass::scan_tcp,
          "192.0.2." + std::to_string(128 + number(100)), static_cast<uint16_t>(number(3))}});
  }
  options_.silence = Duration::days(3);  // nothing ends, so that nothing ends between commits
  const auto summary = [&] {
    std::set<std::tuple<IpAddress, uint8_t, int64_t, uint64_t, uint64_t>> seen;
    for (const auto& warning : told()) {
      const Episode each = episode(warning);
      seen.insert({warning.address, warning.traffic, warning.last.nanoseconds, each.packets,
                   each.dark_addresses});
    }
    return seen;
  };
  const auto run = [&](bool killed) {
    begin();
    std::array<size_t, 3> committed{};  // by sensor: where to go on from
    for (size_t i = 0; i < all.size(); ++i) {
      send(all[i].sensor, {all[i].sent});
      if (number(10) == 0) {
        const auto sensor = static_cast<uint16_t>(1 + number(2));
        commit(sensor);
        committed[sensor] = i + 1;
      }
      if (!killed || number(25) != 0) continue;
      begin();
      for (size_t k = std::min(committed[1], committed[2]); k <= i; ++k)
        if (k >= committed[all[k].sensor]) send(all[k].sensor, {all[k].sent});
    }
    commit(1);
    commit(2);
    return summary();
  };
  const auto expected = run(false);
  EXPECT_THAT(expected, SizeIs(10));
  open(folder_.path() / "other.db");
  add_member("a", {"198.51.100.0/24"}, {});
  EXPECT_EQ(run(true), expected);
}

TEST(Story, IsReadAsItWasSaved) {
  Story story;
  const uint16_t port = 23;
  const uint32_t packets = 3;
  const model::Mark mark = model::Mark::mirai;
  story.add({at(0), at(5), PacketClass::scan_tcp, 3, 120, 1, 7, std::span(&port, 1),
             std::span(&packets, 1), std::span(&mark, 1), std::span(&packets, 1)});
  ByteWriter out;
  story.save(out);
  const Story again = value(Story::load(out.bytes()));
  EXPECT_EQ(again.episode(1, address("198.51.100.7"), Traffic::to_others),
            story.episode(1, address("198.51.100.7"), Traffic::to_others));
  for (size_t size = 0; size < out.bytes().size(); ++size)
    EXPECT_FALSE(Story::load(std::string_view(out.bytes()).substr(0, size))) << size;
  EXPECT_FALSE(Story::load(out.bytes() + "x"));
}

}  // namespace
}  // namespace yagura::warning
