// SPDX-License-Identifier: Apache-2.0
#include "telescope/known_numbers.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <latch>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "store/migrations.h"
#include "telescope/sheets_for_tests.h"
#include "telescope/tables_breakdown.h"
#include "telescope/tables_for_tests.h"

namespace yagura::telescope {
namespace {

// Passes on, counts the questions, and does something once before an answer arrives.
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
    if (const auto once = std::exchange(meanwhile, {})) once();
    return block;
  }
  Result<void> stream(std::string_view sql, const store::Parameters& parameters,
                      const std::function<Result<void>(store::Block&)>& consume) override {
    ++questions;
    if (fails) return failure("no");
    auto done = inner_.stream(sql, parameters, consume);
    if (const auto once = std::exchange(meanwhile, {})) once();
    return done;
  }
  Result<void> insert(std::string_view, std::string_view,
                      std::span<const std::string_view>) override {
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
    const auto sheets = numbers.sheets(connection, {level, scans_of_tcp}, period);
    if (!sheets) return -1;
    for (const Sheet& sheet : *sheets) packets += sheet.at(23);
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
    add_packets(6, 3);
    known.changed({day(6).from, day(6).from});
  };
  EXPECT_EQ(telnet(known, observed, day(6)), 0) << "when anything was observed was read before";
  EXPECT_EQ(telnet(known, observed, day(6)), 3);
  known.clear();
  EXPECT_TRUE(known.observed(observed));
  observed.meanwhile = [&] {
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

TEST_F(KnownNumbersTest, WhatAnotherThreadReadsIsWaitedForAndNotReadAgain) {
  EXPECT_TRUE(known.observed(connection()));
  const auto other = yagura::value(engine()->connect());
  Observed first(connection()), second(*other);
  int64_t answer = 0;
  std::thread asker;
  first.meanwhile = [&] {
    std::latch asks(1);
    asker = std::thread([&] {
      asks.count_down();
      answer = telnet(known, second, both_days());
    });
    asks.wait();
  };
  EXPECT_EQ(telnet(known, first, both_days()), 390);
  asker.join();
  EXPECT_EQ(answer, 390);
  EXPECT_EQ(second.questions, 0);
}

TEST_F(KnownNumbersTest, WhatIsReadAheadIsKnown) {
  std::vector<std::unique_ptr<store::Connection>> connections(2);
  for (auto& made : connections) made = yagura::value(engine()->connect());
  known.read_with(std::make_unique<store::Readers>(std::move(connections)));
  const std::vector<KnownNumbers::Ahead> wanted = {
      {{Level::day, scans_of_tcp}, both_days()},
      {{Level::hour, scans_of_tcp, Survey::without, RankOrder::hosts, true}, day(1)},
      {{Level::hour, scans_of_tcp}, day(0)}};
  succeeded(known.read_ahead(connection(), wanted));
  Observed observed(connection());
  EXPECT_EQ(telnet(known, observed, both_days()), 390);
  EXPECT_EQ(telnet(known, observed, day(0), Level::hour), 90);
  EXPECT_EQ(observed.questions, 0);
}

TEST_F(KnownNumbersTest, WhatDiffersInItsKindAloneIsReadTogether) {
  constexpr SheetKind scans_of_udp = {Dimension::udp_port, PacketClass::scan_udp};
  std::vector<NumbersRow> rows;
  add_number(rows, 1, Dimension::udp_port, 5353, PacketClass::scan_udp, 0, 7, 1);
  add_number(rows, 1, Dimension::udp_port, 23, PacketClass::scan_udp, 2, 2, 1);
  add_number(rows, 1, Dimension::udp_port, 23, PacketClass::other, 0, 1000, 1);
  insert_numbers(rows);
  const auto read = [&](store::Connection& connection, Survey survey) {
    const std::vector<KnownNumbers::Ahead> wanted = {
        {{Level::day, scans_of_tcp, survey}, both_days()},
        {{Level::day, scans_of_udp, survey}, both_days()}};
    succeeded(known.read_ahead(connection, wanted));
  };
  Observed observed(connection());
  EXPECT_EQ(telnet(known, observed, day(0)), 90);  // one of four is known already
  const int questions = observed.questions;
  read(observed, Survey::without);
  EXPECT_EQ(observed.questions, questions + 1);
  read(observed, Survey::only);
  EXPECT_EQ(observed.questions, questions + 2);
  read(observed, Survey::with);
  EXPECT_EQ(telnet(known, observed, both_days()), 390);
  const auto sheets =
      yagura::value(known.sheets(observed, {Level::day, scans_of_udp, Survey::with}, both_days()));
  ASSERT_EQ(sheets.size(), 2u);
  EXPECT_EQ(sheets[0].at(5353), 0);
  EXPECT_EQ(sheets[1].at(5353), 7);
  EXPECT_EQ(sheets[1].at(23), 2);
  EXPECT_EQ(observed.questions, questions + 2);
}

TEST_F(KnownNumbersTest, HistoriesAreKeptAndReadAgainAfterAChange) {
  Observed observed(connection());
  const std::vector<uint32_t> ports = {2323, 23};
  const auto telnet_at_noon = [&](int n) {
    const auto histories =
        known.histories(observed, {Level::hour, scans_of_tcp}, ports, both_days());
    if (!histories || histories->size() != 2) return int64_t{-1};
    return (*histories)[1].at(Survey::with, PacketClass::scan_tcp,
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

// More lines than one thread reads.
TEST_F(KnownNumbersTest, SeriesOfManyLinesHaveEveryLine) {
  std::vector<std::unique_ptr<store::Connection>> connections(2);
  for (auto& made : connections) made = yagura::value(engine()->connect());
  known.read_with(std::make_unique<store::Readers>(std::move(connections)));
  std::vector<NumbersRow> rows;
  for (uint32_t i = 1; i <= 25; ++i)
    add_number(rows, 0, Dimension::tcp_port, i * 1000, PacketClass::scan_tcp, 0, i * 1000, i);
  insert_numbers(rows);
  BreakdownQuestion question;
  question.by = RankBy::tcp_port;
  question.period = day(0);
  question.level = Level::hour;
  question.top = 20;
  for (const RankOrder measure : {RankOrder::packets, RankOrder::hosts}) {
    question.measure = measure;
    const Breakdown found = yagura::value(breakdown(connection(), question, &known));
    ASSERT_EQ(found.lines.size(), 20u);
    for (uint32_t line = 0; line < 20; ++line) {
      const int64_t place = 25 - line;
      EXPECT_EQ(found.lines[line].value, place * 1000);
      EXPECT_EQ(found.steps.values[line],
                std::vector{measure == RankOrder::hosts ? place : place * 1000});
    }
  }
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
  const std::string ports = fmt::format(
      "SELECT dimension, class, organisation AS survey, toInt64(value) AS value, packets AS p, "
      "hosts AS h FROM {} WHERE level = 'day'",
      port_rows);
  const std::string others =
      "SELECT dimension, class, toUInt8(organisation > 0) AS survey, toInt64(value) AS value, "
      "packets AS p, hosts AS h FROM numbers WHERE level = 'day' AND dimension != 'total'";
  const store::Block expected = yagura::value(connection().query(
      fmt::format("SELECT dimension, class, survey, value, sum(p) AS packets, sum(h) AS hosts "
                  "FROM ({} UNION ALL {}) GROUP BY dimension, class, survey, value",
                  ports, others)));
  ASSERT_GT(expected.rows, 5000u);
  EXPECT_EQ(sums_of_sheets(connection()), sums_of_numbers(connection()));
  const auto sheets = [&](const SheetKind& kind, Survey survey, RankOrder measure) {
    auto found = yagura::value(known.sheets(connection(), {Level::day, kind, survey, measure},
                                            {day(0).from, day(3).until}));
    EXPECT_EQ(found.size(), 4u);
    return found;
  };
  const auto sum_at = [&](const std::vector<Sheet>& found, size_t index) {
    int64_t sum = 0;
    for (const Sheet& sheet : found) sum += sheet.at(index);
    return sum;
  };
  std::map<SheetKind, int64_t> packets_of_kind;
  for (size_t row = 0; row < expected.rows; ++row) {
    const SheetKind kind = {static_cast<Dimension>(expected["dimension"].unsigned_at(row)),
                            static_cast<PacketClass>(expected["class"].unsigned_at(row))};
    const auto value = static_cast<uint32_t>(expected["value"].signed_at(row));
    const Survey survey = expected["survey"].unsigned_at(row) == 0 ? Survey::without : Survey::only;
    packets_of_kind[kind] += expected["packets"].signed_at(row);
    const auto packets = sheets(kind, survey, RankOrder::packets);
    const auto hosts = sheets(kind, survey, RankOrder::hosts);
    const size_t index = known.index().find(kind.dimension, value);
    ASSERT_EQ(sum_at(packets, index), expected["packets"].signed_at(row));
    ASSERT_EQ(sum_at(hosts, index), expected["hosts"].signed_at(row));
    if (row % 50 != 0) continue;
    for (const PacketClass class_ : {kind.class_, PacketClass::any}) {
      for (const auto& [measure, expected_sheets] :
           {std::pair(RankOrder::packets, &packets), std::pair(RankOrder::hosts, &hosts)}) {
        const auto histories = yagura::value(
            known.histories(connection(), {Level::day, {kind.dimension, class_}, measure},
                            std::span(&value, 1), {day(0).from, day(3).until}));
        for (const Sheet& sheet : *expected_sheets)
          ASSERT_EQ(histories.front().at(survey, kind.class_, sheet.time), sheet.at(index));
      }
    }
  }
  // And nothing else.
  for (const auto& [kind, expected_packets] : packets_of_kind) {
    int64_t sum = 0;
    for (const Sheet& sheet : sheets(kind, Survey::with, RankOrder::packets)) {
      std::vector<int64_t> all(sheet.end());
      sheet.add_to(all);
      for (const int64_t packets : all) sum += packets;
    }
    EXPECT_EQ(sum, expected_packets);
  }
}

// Before version 6 there were no sheets, and ports lay 256 to a row.
TEST_F(KnownNumbersTest, SheetsOfAnEarlierStoreHoldWhatItsNumbersHold) {
  const store::Block tables = yagura::value(
      connection().query("SELECT name FROM system.tables WHERE database = currentDatabase()"));
  for (const std::string& name : tables["name"].strings)
    succeeded(connection().execute("DROP TABLE " + name + " SYNC"));
  succeeded(store::migrate_to(connection(), 5));
  succeeded(connection().execute(
      "INSERT INTO numbers (level, time, dimension, value, class, organisation, packets, hosts, "
      "commit, stored) SELECT if(number % 2 = 0, 'hour', 'day'), 86400 * (1 + number % 3), "
      "if(number % 5 = 0, 'total', 'asn'), if(number % 5 = 0, 0, number * 7 % 5000), "
      "if(number % 3 = 0, 'scans', 'scan_tcp'), number % 4, bitShiftLeft(1, number % 45) - 50, "
      "number % 5, 1 + number % 2, '2026-01-02' FROM numbers(20000)"));
  succeeded(connection().execute(
      "INSERT INTO port_numbers (level, time, dimension, class, block, survey, packets, hosts, "
      "commit, stored) SELECT 'hour', 86400 * (1 + number % 3), "
      "if(number % 5 = 0, 'udp_port', 'tcp_port'), 'scan_tcp', number * 7 % 256, number % 2, "
      "arrayMap(i -> bitShiftLeft(i % 3, number % 40), range(1 + number % 256)), "
      "arrayMap(i -> i - 100, range(1 + number % 256)), "
      "1 + number % 2, '2026-01-02' FROM numbers(3000)"));
  std::string wide(port_rows);
  wide.replace(wide.find("block * 32"), 10, "block * 256");
  const auto totals = [&](std::string_view table) {
    const store::Block sums = yagura::value(connection().query(
        fmt::format("SELECT sum(packets) AS p, sum(hosts * (value + 1)) AS h FROM {}", table)));
    return std::pair(sums["p"].signed_at(0), sums["h"].signed_at(0));
  };
  const auto before = std::pair(totals("numbers"), totals(wide));
  // Killed after what is there was copied.
  succeeded(store::migrate_to(connection(), 7));
  succeeded(connection().execute("DELETE FROM schema_version WHERE version > 5"));
  succeeded(store::migrate(connection()));
  EXPECT_EQ(std::pair(totals("numbers"), totals(port_rows)), before);
  const NumberSums sums = sums_of_numbers(connection());
  EXPECT_GT(sums.size(), 100'000u);
  EXPECT_EQ(sums_of_sheets(connection()), sums);
  EXPECT_EQ(number("SELECT count() FROM number_sheets WHERE stored != '2026-01-02'"), 0u);
}

}  // namespace
}  // namespace yagura::telescope
