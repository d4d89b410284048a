// SPDX-License-Identifier: Apache-2.0
#include "warning/history.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <random>

#include "store/store_for_tests.h"

namespace yagura::warning {
namespace {

using model::PacketClass;
using state::BlockUse;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr int64_t first_window = 1'767'225'600;  // 2026-01-01

Prefix prefix(std::string_view text) { return value(Prefix::parse(text)); }
IpAddress address(std::string_view text) { return value(IpAddress::parse(text)); }
Timestamp at(int64_t seconds) { return Timestamp::from_seconds(first_window + seconds); }

struct Row {
  int64_t window = 0;  // seconds after first_window
  std::string source;
  PacketClass class_ = PacketClass::scan_tcp;
  uint16_t sensor = 1;
  uint32_t packets = 1;
  uint16_t port = 23;
};

class HistoryTest : public store::StoreTest {
 protected:
  void SetUp() override {
    store::StoreTest::SetUp();
    if (engine() != nullptr) succeeded(connection().execute("TRUNCATE TABLE activity"));
  }

  void insert(const std::vector<Row>& rows) {
    std::string values;
    for (const Row& row : rows)
      values += fmt::format(
          "{}(toDateTime({}, 'UTC'), {}, toIPv6('{}'), '{}', 'global', {}, {}, 1, 9, 10, 20, 60, "
          "60, [{}], [{}], ['mirai'], [{}], 1)",
          values.empty() ? "" : ", ", first_window + row.window, row.sensor, row.source,
          model::class_names[static_cast<size_t>(row.class_)], row.packets, row.packets * 40,
          row.port, row.packets, row.packets);
    succeeded(connection().execute(
        "INSERT INTO activity (window, sensor, source, class, scope, packets, bytes, "
        "dark_addresses, dark_hash, first_second, last_second, ttl_min, ttl_max, ports, "
        "port_packets, marks, mark_packets, commit) VALUES " +
        values));
  }

  std::vector<Episode> judge(HistoryQuestion question = {}) {
    if (question.until == Timestamp()) {
      question.from = at(0);
      question.until = at(30 * 86'400);
    }
    return value(judge_history(connection(), MemberSpace(blocks_), sensors_, question));
  }

  std::vector<state::MemberBlock> blocks_ = {
      {1, BlockUse::live, prefix("198.51.100.0/24")},
      {1, BlockUse::dark, prefix("192.0.2.0/25")},
      {2, BlockUse::live, prefix("203.0.113.0/24")},
      {2, BlockUse::live, prefix("2001:db8::/48")},
  };
  std::vector<SensorDark> sensors_ = {{1, {prefix("192.0.2.128/25")}},
                                      {2, {prefix("192.0.2.0/26")}}};
};

TEST_F(HistoryTest, TellsOfMembersAddressesAlone) {
  insert({{0, "198.51.100.7"}, {0, "198.51.101.7"}, {300, "2001:db8::1"}, {0, "203.0.113.255"}});
  const auto episodes = judge();
  ASSERT_THAT(episodes, SizeIs(3));
  EXPECT_EQ(episodes[0].address, address("198.51.100.7"));
  EXPECT_EQ(episodes[0].member, 1);
  EXPECT_EQ(episodes[1].address, address("2001:db8::1"));  // later than the next
  EXPECT_EQ(episodes[1].member, 2);
  EXPECT_EQ(episodes[1].first, at(310));
  EXPECT_EQ(episodes[1].last, at(320));
  EXPECT_EQ(episodes[2].address, address("203.0.113.255"));
}

TEST_F(HistoryTest, ReadsWhatTheRowsSay) {
  insert({{0, "198.51.100.7", PacketClass::scan_tcp, 1, 5, 23},
          {300, "198.51.100.7", PacketClass::scan_tcp, 1, 3, 2323}});
  const auto episodes = judge();
  ASSERT_THAT(episodes, SizeIs(1));
  EXPECT_EQ(episodes[0].packets, 8u);
  EXPECT_EQ(episodes[0].bytes, 320u);
  EXPECT_EQ(episodes[0].tool, model::Tool::mirai);
  EXPECT_THAT(episodes[0].services, ElementsAre(Service{6, 23, 5}, Service{6, 2323, 3}));
}

TEST_F(HistoryTest, TellsTheOwnDarkSpaceFromThatOfOthersAndAttacksFromBoth) {
  insert({{0, "198.51.100.7", PacketClass::scan_tcp, 1},
          {0, "198.51.100.7", PacketClass::scan_tcp, 2},
          {0, "198.51.100.7", PacketClass::backscatter_tcp, 2},
          {0, "203.0.113.9", PacketClass::scan_tcp, 2}});
  std::vector<Kind> kinds;
  for (const Episode& episode : judge()) kinds.push_back(episode.kind);
  EXPECT_THAT(kinds,
              ElementsAre(Kind::external, Kind::internal, Kind::under_attack, Kind::external));
}

TEST_F(HistoryTest, EndsAnEpisodeByItsSilence) {
  insert({{0, "198.51.100.7"}, {7200, "198.51.100.7"}, {14'700, "198.51.100.7"}});
  HistoryQuestion question{at(0), at(86'400), Duration::hours(2), 0};
  const auto episodes = judge(question);
  ASSERT_THAT(episodes, SizeIs(2));  // 7,190 s of silence, then 7,490
  EXPECT_EQ(episodes[0].first, at(14'710));
  EXPECT_EQ(episodes[1].packets, 2u);
}

TEST_F(HistoryTest, KeepsToThePeriodAndTheMemberAskedFor) {
  insert({{0, "198.51.100.7"}, {3600, "198.51.100.7"}, {3600, "203.0.113.9"}});
  HistoryQuestion question{at(3600), at(7200), Duration::days(1), 1};
  const auto episodes = judge(question);
  ASSERT_THAT(episodes, SizeIs(1));
  EXPECT_EQ(episodes[0].member, 1);
  EXPECT_EQ(episodes[0].packets, 1u);
  question = {at(0), at(3600), Duration::days(1), 2};
  EXPECT_THAT(judge(question), IsEmpty());
}

TEST_F(HistoryTest, FindsTheSameWhereTheBlocksAreTooManyToNameOneByOne) {
  std::vector<Row> rows;
  for (uint32_t i = 0; i < 300; ++i) {
    const IpAddress each = IpAddress::from_v4(0x0b000000 + i * 512);
    blocks_.push_back({3, BlockUse::live, Prefix::of(each, 120)});
    rows.push_back({300, each.to_string()});
    rows.push_back({300, IpAddress::from_v4(each.v4() + 256).to_string()});  // nobody's
  }
  insert(rows);
  EXPECT_THAT(judge(), SizeIs(300));
  blocks_.resize(blocks_.size() - 100);  // few enough
  EXPECT_THAT(judge(), SizeIs(200));
}

// All rows of each address and sort of traffic, sorted by time and cut where it was silent.
TEST_F(HistoryTest, AgreesWithSortingAllByTime) {
  std::mt19937 random(1);
  std::vector<Row> rows;
  std::map<std::pair<std::string, bool>, std::map<int64_t, uint64_t>> seen;
  for (int i = 0; i < 2'000; ++i) {
    Row row;
    row.window = static_cast<int64_t>(random() % 2'000) * 300;
    row.source = "198.51.100." + std::to_string(random() % 40);
    row.packets = static_cast<uint32_t>(1 + random() % 5);
    row.class_ = std::array{PacketClass::scan_tcp, PacketClass::scan_udp,
                            PacketClass::backscatter_tcp}[random() % 3];
    const bool attack = model::is_backscatter(row.class_);
    seen[{row.source, attack}][row.window] += row.packets;
    rows.push_back(row);
  }
  insert(rows);
  std::vector<std::tuple<std::string, bool, int64_t, int64_t, uint64_t>> expected, found;
  constexpr int64_t silence = 3 * 3600;
  for (const auto& [key, windows] : seen) {
    std::optional<int64_t> first;
    int64_t last = 0;
    uint64_t packets = 0;
    const auto close = [&] {
      if (first) expected.emplace_back(key.first, key.second, *first + 10, last + 20, packets);
      first.reset();
      packets = 0;
    };
    for (const auto& [window, count] : windows) {
      if (first && window + 10 - (last + 20) > silence) close();
      if (!first) first = window;
      last = window;
      packets += count;
    }
    close();
  }
  for (const Episode& episode : judge({at(0), at(30 * 86'400), Duration::seconds(silence), 0}))
    found.emplace_back(episode.address.to_string(), episode.kind == Kind::under_attack,
                       episode.first.seconds() - first_window,
                       episode.last.seconds() - first_window, episode.packets);
  std::sort(expected.begin(), expected.end());
  std::sort(found.begin(), found.end());
  EXPECT_EQ(found, expected);
  EXPECT_GT(found.size(), 200u);
}

}  // namespace
}  // namespace yagura::warning
