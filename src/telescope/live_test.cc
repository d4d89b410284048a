// SPDX-License-Identifier: Apache-2.0
#include "telescope/live.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <set>

namespace yagura::telescope {
namespace {

using nlohmann::json;

constexpr int64_t start = 1'700'000'000;

class LiveTest : public testing::Test {
 protected:
  LiveTest() : live_(options()) { at(0); }

  LiveOptions options() {
    LiveOptions options;
    options.key = 7;
    options.sensors = {{1, "campus"}};
    options.publish = [this](std::string_view event, std::string_view data) {
      messages_.emplace_back(event, json::parse(data));
    };
    options.is_heard = [this] { return heard_; };
    return options;
  }
  // Moves both clocks and ticks.
  void at(double seconds) {
    const Duration since{static_cast<int64_t>(seconds * 1e9)};
    live_.tick({Timestamp::from_seconds(start) + since, Timestamp{} + since}, feeds_);
  }
  void packets(size_t count, const std::string& source, PacketClass class_ = PacketClass::scan_tcp,
               uint32_t position = 0) {
    capture::Packet packet;
    packet.destination = IpAddress::parse("198.51.100.7").value();
    model::DarkPacket dark;
    dark.packet = &packet;
    dark.sensor = &sensor_;
    dark.position = position;
    dark.classified.accounted = IpAddress::parse(source).value();
    dark.classified.class_ = class_;
    dark.classified.protocol = 6;
    dark.classified.service_port = 23;
    dark.classified.marks = 1U << static_cast<unsigned>(Mark::mirai);
    live_.add(std::vector<model::DarkPacket>(count, dark));
  }
  std::vector<json> of(const std::string& event) const {
    std::vector<json> found;
    for (const auto& [name, data] : messages_)
      if (name == event) found.push_back(data);
    return found;
  }

  model::TapSensor sensor_{1, "campus", 256};
  std::vector<FeedStatus> feeds_;
  bool heard_ = true;
  std::vector<std::pair<std::string, json>> messages_;
  Live live_;
};

TEST_F(LiveTest, CountsEachSecondAndTheSilentOnes) {
  packets(3, "203.0.113.5");
  packets(2, "203.0.113.6", PacketClass::backscatter_udp);
  packets(1, "203.0.113.5");
  at(0.9);
  EXPECT_TRUE(of("second").empty());
  at(3.1);
  const auto seconds = of("second");
  ASSERT_EQ(seconds.size(), 3U);
  EXPECT_EQ(seconds[0], json::parse(R"({"time": "2023-11-14T22:13:20Z", "packets": 6, "hosts": 2,
      "classes": {"scan_tcp": 4, "backscatter_udp": 2}, "kernel_drops": 0, "queue_drops": 0,
      "late": 0})"));
  EXPECT_EQ(seconds[1]["packets"], 0);
  EXPECT_EQ(seconds[2]["time"], "2023-11-14T22:13:22Z");
  EXPECT_EQ(json::parse(live_.now_json())["seconds"], json(seconds));
}

TEST_F(LiveTest, KeepsTenMinutesAndNoMore) {
  for (int i = 1; i <= 700; ++i) at(i);
  const json now = json::parse(live_.now_json());
  ASSERT_EQ(now["seconds"].size(), Live::seconds_kept);
  EXPECT_EQ(now["seconds"].back()["time"], "2023-11-14T22:24:59Z");
  at(1e6);
  EXPECT_EQ(json::parse(live_.now_json())["seconds"].size(), Live::seconds_kept);
  EXPECT_LE(of("second").size(), 700 + Live::seconds_kept);
}

TEST_F(LiveTest, TellsDropsAsTheyComeToTheFeeds) {
  feeds_.resize(2);
  feeds_[0].kernel_drops = 5;
  at(1);
  feeds_[0].kernel_drops = 8;
  feeds_[1].late = 2;
  at(2);
  const auto seconds = of("second");
  EXPECT_EQ(seconds.at(0)["kernel_drops"], 5);
  EXPECT_EQ(seconds.at(1)["kernel_drops"], 3);
  EXPECT_EQ(seconds.at(1)["late"], 2);
}

TEST_F(LiveTest, SamplesAtMost64PacketsFourTimesASecond) {
  packets(1000, "203.0.113.5");
  at(0.3);
  packets(10, "203.0.113.5");
  at(0.4);
  auto messages = of("packets");
  ASSERT_EQ(messages.size(), 1U);
  EXPECT_EQ(messages[0]["packets"], 1000);
  EXPECT_EQ(messages[0]["sample"].size(), Live::sample_size);
  json sample = messages[0]["sample"][0];
  sample.erase("destination");
  EXPECT_EQ(sample, json::parse(R"({"sensor": "campus", "source": "203.0.113.5", "country": "",
      "asn": 0, "class": "scan_tcp", "protocol": "tcp", "port": 23, "tool": "mirai"})"));
  at(0.6);
  messages = of("packets");
  ASSERT_EQ(messages.size(), 2U);
  EXPECT_EQ(messages[1]["packets"], 10);
  at(0.9);
  EXPECT_EQ(of("packets").size(), 2U) << "nothing came";
}

TEST_F(LiveTest, SamplesNothingForNobody) {
  heard_ = false;
  at(0.1);
  packets(1000, "203.0.113.5");
  live_.on_event({});
  at(1.0);
  EXPECT_TRUE(of("packets").empty());
  EXPECT_TRUE(of("scan-event").empty());
  EXPECT_EQ(of("second").at(0)["packets"], 1000) << "the past is kept for who comes later";
}

TEST_F(LiveTest, ShowsEveryNewFindingAsTheQuestionsDo) {
  const uint16_t port = 23;
  const uint32_t count = 9;
  EventRow event;
  event.sensor = 1;
  event.source = IpAddress::parse("203.0.113.5").value();
  event.state = EventState::closed;
  event.packets = 9;
  event.ports = {&port, 1};
  event.port_packets = {&count, 1};
  for (int i = 0; i < 250; ++i) live_.on_event(event);
  AttackRow attack;
  attack.sensor = 1;
  attack.protocol = 6;
  attack.record = AttackRecord::end;
  live_.on_attack(attack);
  AlarmRow alarm;
  alarm.sensor = 1;
  alarm.protocol = 6;
  alarm.port = 5555;
  live_.on_alarm(alarm);
  at(0.1);
  size_t rows = 0;
  for (const json& message : of("scan-event")) rows += message["rows"].size();
  EXPECT_EQ(rows, 250U);
  const json row = of("scan-event")[0]["rows"][0];
  EXPECT_EQ(row["source"], "203.0.113.5");
  EXPECT_EQ(row["sensor"], "campus");
  EXPECT_EQ(row["ports"], json({23}));
  EXPECT_EQ(of("attack").at(0)["rows"][0]["state"], "ended");
  EXPECT_EQ(of("rising-port").at(0)["rows"][0]["name"], "5555/tcp");
  EXPECT_EQ(of("alarm").at(0)["rows"][0]["kind"], "rising_port");
}

TEST_F(LiveTest, TellsOfFeedsWhenTheyChangeAndNowAndThen) {
  const size_t before = of("feeds").size();
  feeds_.resize(1);
  feeds_[0].sensor = "campus";
  feeds_[0].name = "eth1";
  feeds_[0].frames = 3;
  at(0.1);
  feeds_[0].frames = 4;
  at(0.2);
  EXPECT_EQ(of("feeds").size(), before + 1) << "counts alone wait";
  feeds_[0].state = FeedState::failed;
  feeds_[0].detail = "there is no such interface";
  at(0.3);
  ASSERT_EQ(of("feeds").size(), before + 2);
  EXPECT_EQ(of("feeds").back()["feeds"][0], json::parse(R"({"sensor": "campus",
      "kind": "interface", "name": "eth1", "state": "failed",
      "detail": "there is no such interface", "frames": 4, "dark_packets": 0, "kernel_drops": 0,
      "queue_drops": 0, "late": 0, "last_packet": null, "files_done": 0, "files_waiting": 0,
      "files_set_aside": 0})"));
  at(5.4);
  EXPECT_EQ(of("feeds").size(), before + 3);
}

TEST(MaskedPlace, KeepsNeighboursTogetherAndTellsNoAddress) {
  const model::TapSensor sensor{1, "campus", 4096}, other{2, "border", 4096};
  const auto place = [](const model::TapSensor& of, uint32_t position, uint64_t key) {
    return masked_place({&of, {}, position, true}, key);
  };
  std::set<double> places;
  for (uint32_t position = 0; position < 4096; ++position) {
    const double here = place(sensor, position, 7);
    EXPECT_GE(here, 0);
    EXPECT_LT(here, 1);
    EXPECT_EQ(here * 4096, std::floor(here * 4096));
    places.insert(here);
    const double step = place(sensor, position + 1, 7) - here;
    EXPECT_LE(std::min(std::abs(step), 1 - std::abs(step)), 2.0 / 4096);
  }
  EXPECT_GT(places.size(), 4000U);
  EXPECT_NE(place(sensor, 0, 7), place(sensor, 0, 8)) << "the secret decides";
  EXPECT_NE(place(sensor, 0, 7), place(other, 0, 7)) << "for each sensor by itself";
}

TEST(FairSample, GivesEveryElementTheSameChance) {
  constexpr int rounds = 4000, elements = 40;
  std::vector<int> taken(elements);
  FairSample<int, 8> sample(1);
  for (int round = 0; round < rounds; ++round) {
    for (int i = 0; i < elements; ++i) sample.add([i] { return i; });
    EXPECT_EQ(sample.taken().size(), 8U);
    EXPECT_EQ(sample.seen(), 40U);
    for (const int i : sample.taken()) ++taken[static_cast<size_t>(i)];
    sample.clear();
  }
  // Expected 800 each, with a standard deviation of 25: five of them.
  for (const int count : taken) EXPECT_NEAR(count, rounds / 5.0, 130);
}

TEST(FairSample, KeepsAllOfAFew) {
  FairSample<int, 8> sample(1);
  for (int i = 0; i < 5; ++i) sample.add([i] { return i; });
  EXPECT_EQ(sample.taken(), std::vector<int>({0, 1, 2, 3, 4}));
}

}  // namespace
}  // namespace yagura::telescope
