// SPDX-License-Identifier: Apache-2.0
#include "telescope/known_numbers.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <vector>

#include "telescope/tables_for_tests.h"

namespace yagura::telescope {
namespace {

// Passes on, tells of every question, and does something before the answer arrives.
class Observed final : public store::Connection {
 public:
  explicit Observed(store::Connection& inner) : inner_(inner) {}

  Result<void> execute(std::string_view sql, const store::Parameters& parameters) override {
    return inner_.execute(sql, parameters);
  }
  Result<store::Block> query(std::string_view sql, const store::Parameters& parameters) override {
    ++questions;
    if (fails) return failure("no");
    auto block = inner_.query(sql, parameters);
    if (meanwhile) meanwhile();
    return block;
  }
  Result<void> stream(std::string_view sql, const store::Parameters& parameters,
                      const std::function<Result<void>(const store::Block&)>& consume) override {
    ++questions;
    if (fails) return failure("no");
    auto done = inner_.stream(sql, parameters, consume);
    if (meanwhile) meanwhile();
    return done;
  }
  Result<void> insert(std::string_view, std::string_view, std::string_view) override {
    return failure("only reads");
  }

  int questions = 0;
  bool fails = false;
  std::function<void()> meanwhile;

 private:
  store::Connection& inner_;
};

class KnownNumbersTest : public TablesTest {
 protected:
  static Period day(int n) {
    const Timestamp from = at(first_day + static_cast<uint32_t>(n) * day_seconds);
    return {from, from + Duration::days(1)};
  }
  void add_packets(int n, int64_t packets) {
    std::vector<NumbersRow> rows;
    add_number(rows, n, Dimension::tcp_port, 23, PacketClass::scan_tcp, 0, packets, 1);
    add_number(rows, n, Dimension::total, 0, PacketClass::any, 0, packets, 1);
    insert_numbers(rows);
  }
  // Packets to 23/tcp over the period, at the level.
  int64_t telnet(KnownNumbers& numbers, store::Connection& connection, const Period& period,
                 Level level = Level::day) {
    int64_t packets = 0;
    const auto sheets = numbers.sheets(connection, level, scans_of_tcp, period);
    if (!sheets) return -1;
    for (const auto& [time, sheet] : *sheets)
      packets += sheet->at(Survey::with, RankOrder::packets, 23);
    return packets;
  }
  int64_t telnet(const Period& period, Level level = Level::day) {
    return telnet(known, connection(), period, level);
  }

  static constexpr SheetKind scans_of_tcp = {Dimension::tcp_port, PacketClass::scan_tcp};
  KnownNumbers known;
};

TEST_F(KnownNumbersTest, WhatIsKnownIsNotReadAgain) {
  Observed observed(connection());
  EXPECT_EQ(telnet(known, observed, both_days()), 390);
  const int questions = observed.questions;
  EXPECT_GT(questions, 0);
  EXPECT_EQ(telnet(known, observed, both_days()), 390);
  EXPECT_EQ(telnet(known, observed, day(1)), 300);
  EXPECT_EQ(observed.questions, questions);
}

TEST_F(KnownNumbersTest, WhatChangedIsReadAgainAtEveryLevel) {
  const std::vector levels = {Level::five_minutes, Level::hour, Level::day};
  for (const Level level : levels) EXPECT_EQ(telnet(both_days(), level), 390);
  add_packets(0, 1);
  add_packets(1, 5);
  known.changed({day(1).from, day(1).until - Duration::seconds(1)});
  for (const Level level : levels) {
    EXPECT_EQ(telnet(day(0), level), 90) << "nobody said that it changed";
    EXPECT_EQ(telnet(day(1), level), 305);
  }
  known.clear();
  for (const Level level : levels) EXPECT_EQ(telnet(both_days(), level), 396);
}

TEST_F(KnownNumbersTest, ADayThatIsNewIsSeen) {
  EXPECT_EQ(telnet(day(5)), 0);
  add_packets(5, 7);
  add_packets(3, 2);
  EXPECT_EQ(telnet(day(5)), 0);
  known.changed({day(5).from, day(5).from});
  EXPECT_EQ(telnet(day(5)), 7);
  EXPECT_EQ(telnet(day(3)), 0);
  known.changed({day(3).from, day(3).from});
  known.changed({day(1).from, day(1).from});
  EXPECT_EQ(telnet({day(0).from, day(5).until}), 399);
}

TEST_F(KnownNumbersTest, WhatChangedWhileItWasReadIsNotKept) {
  Observed observed(connection());
  observed.meanwhile = [&] {
    observed.meanwhile = {};
    add_packets(6, 3);
    known.changed({day(6).from, day(6).from});
  };
  EXPECT_EQ(telnet(known, observed, day(6)), 0) << "when anything was observed was read before";
  EXPECT_EQ(telnet(known, observed, day(6)), 3);
  known.clear();
  EXPECT_TRUE(known.observed(observed));
  observed.meanwhile = [&] {
    observed.meanwhile = {};
    add_packets(6, 4);
    known.changed({day(6).from, day(6).from});
  };
  EXPECT_EQ(telnet(known, observed, day(6)), 3) << "the sheet was read before";
  EXPECT_EQ(telnet(known, observed, day(6)), 7);
}

TEST_F(KnownNumbersTest, AFailureIsNotKept) {
  Observed observed(connection());
  observed.fails = true;
  EXPECT_EQ(telnet(known, observed, both_days()), -1);
  observed.fails = false;
  EXPECT_TRUE(known.observed(observed));
  observed.fails = true;
  EXPECT_EQ(telnet(known, observed, both_days()), -1);
  observed.fails = false;
  EXPECT_EQ(telnet(known, observed, both_days()), 390);
}

TEST_F(KnownNumbersTest, HistoriesAreKeptAndReadAgainAfterAChange) {
  Observed observed(connection());
  const std::vector<uint32_t> ports = {2323, 23};
  const auto telnet_at_noon = [&](int n) {
    const auto histories = known.histories(observed, Level::hour, scans_of_tcp, ports, both_days());
    if (!histories || histories->size() != 2) return int64_t{-1};
    return (*histories)[1].at(Survey::with, RankOrder::packets, PacketClass::scan_tcp,
                              day(n).from + Duration::hours(12));
  };
  EXPECT_EQ(telnet_at_noon(0), 90);
  EXPECT_EQ(observed.questions, 1);
  EXPECT_EQ(telnet_at_noon(1), 300);
  EXPECT_EQ(observed.questions, 1);
  add_packets(1, 5);
  EXPECT_EQ(telnet_at_noon(1), 300);
  known.changed({day(1).from, day(1).from});
  EXPECT_EQ(telnet_at_noon(1), 305);
  EXPECT_EQ(telnet_at_noon(0), 90);
}

// Random numbers of every dimension in several commits, against sums that the engine makes.
TEST_F(KnownNumbersTest, SheetsAndHistoriesHoldWhatTheStoreHolds) {
  std::mt19937_64 random(9);
  for (int commit = 0; commit < 3; ++commit) {
    std::vector<NumbersRow> rows;
    for (int i = 0; i < 3000; ++i) {
      const auto dimension = static_cast<Dimension>(1 + random() % 7);
      const bool asn = dimension == Dimension::asn;
      const auto value = static_cast<uint32_t>(dimension == Dimension::total ? 0
                                               : asn ? random() % 300 * 10'000'019
                                                     : random() % 65'536);
      add_number(rows, static_cast<int>(random() % 4), dimension, value,
                 random() % 2 == 0 ? PacketClass::scan_tcp : PacketClass::scans,
                 static_cast<uint16_t>(random() % 3 * 2), int64_t{1} << random() % 40,
                 static_cast<int64_t>(random() % 1000));
    }
    insert_numbers(rows);
  }
  for (int n = 0; n < 4; ++n) add_packets(n, 1);
  const std::string ports =
      "SELECT dimension, class, survey, block * 256 + place - 1 AS value, p, h FROM port_numbers "
      "ARRAY JOIN packets AS p, hosts AS h, arrayEnumerate(packets) AS place WHERE level = 'day'";
  const std::string others =
      "SELECT dimension, class, toUInt8(organisation > 0) AS survey, toInt64(value) AS value, "
      "packets AS p, hosts AS h FROM numbers WHERE level = 'day' AND dimension != 'total'";
  const store::Block expected = yagura::value(connection().query(
      fmt::format("SELECT dimension, class, survey, value, sum(p) AS packets, sum(h) AS hosts "
                  "FROM ({} UNION ALL {}) GROUP BY dimension, class, survey, value",
                  ports, others)));
  ASSERT_GT(expected.rows, 5000u);
  std::map<SheetKind, std::vector<KnownNumbers::TimedSheet>> sheets;
  for (size_t row = 0; row < expected.rows; ++row) {
    const SheetKind kind = {static_cast<Dimension>(expected["dimension"].unsigned_at(row)),
                            static_cast<PacketClass>(expected["class"].unsigned_at(row))};
    auto& of_kind = sheets[kind];
    if (of_kind.empty())
      of_kind =
          yagura::value(known.sheets(connection(), Level::day, kind, {day(0).from, day(3).until}));
    ASSERT_EQ(of_kind.size(), 4u);
    const size_t index =
        known.index().find(kind.dimension, static_cast<uint32_t>(expected["value"].signed_at(row)));
    const Survey survey = expected["survey"].unsigned_at(row) == 0 ? Survey::without : Survey::only;
    int64_t packets = 0, hosts = 0;
    for (const auto& [time, sheet] : of_kind) {
      packets += sheet->at(survey, RankOrder::packets, index);
      hosts += sheet->at(survey, RankOrder::hosts, index);
    }
    ASSERT_EQ(packets, expected["packets"].signed_at(row));
    ASSERT_EQ(hosts, expected["hosts"].signed_at(row));
    if (row % 50 != 0) continue;
    const auto value = static_cast<uint32_t>(expected["value"].signed_at(row));
    for (const PacketClass class_ : {kind.class_, PacketClass::any}) {
      const auto histories =
          yagura::value(known.histories(connection(), Level::day, {kind.dimension, class_},
                                        std::span(&value, 1), {day(0).from, day(3).until}));
      for (const auto& [time, sheet] : of_kind)
        for (const RankOrder measure : {RankOrder::packets, RankOrder::hosts})
          ASSERT_EQ(histories.front().at(survey, measure, kind.class_, time),
                    sheet->at(survey, measure, index));
    }
  }
  // And nothing else.
  for (const auto& [kind, of_kind] : sheets) {
    int64_t sum = 0, sum_of_expected = 0;
    for (const auto& [time, sheet] : of_kind) {
      std::vector<int64_t> all(sheet->end());
      sheet->add_to(Survey::with, RankOrder::packets, all);
      for (const int64_t packets : all) sum += packets;
    }
    for (size_t row = 0; row < expected.rows; ++row)
      if (static_cast<Dimension>(expected["dimension"].unsigned_at(row)) == kind.dimension &&
          static_cast<PacketClass>(expected["class"].unsigned_at(row)) == kind.class_)
        sum_of_expected += expected["packets"].signed_at(row);
    EXPECT_EQ(sum, sum_of_expected);
  }
}

}  // namespace
}  // namespace yagura::telescope
