// SPDX-License-Identifier: Apache-2.0
//
// Every row type against the tables of schema/, through the real engine.
#include "telescope/rows.h"

#include <gtest/gtest.h>

#include <deque>
#include <random>
#include <type_traits>

#include "store/native_block.h"
#include "store/pieces_for_tests.h"
#include "store/store_for_tests.h"

namespace yagura::telescope {
namespace {

// Fills rows with random values that their columns can hold; keeps what their spans point to.
class RowMaker {
 public:
  template <typename Row>
  Row make() {
    Row row;
    std::apply([&](const auto&... column) { (fill(row.*column.member, column.names), ...); },
               Row::columns());
    return row;
  }

 private:
  using Names = std::span<const std::string_view>;

  template <typename T>
  void fill(T& target, Names names) {
    if constexpr (std::is_enum_v<T>) {
      size_t value;
      do {
        value = random_() % names.size();
      } while (names[value].empty());
      target = static_cast<T>(value);
    } else if constexpr (std::is_floating_point_v<T>) {
      target = static_cast<T>(random_()) / static_cast<T>(3);
    } else if constexpr (std::is_same_v<T, int64_t>) {
      target = static_cast<int64_t>(random_() >> 2);  // within the years of DateTime64(9)
    } else {
      target = static_cast<T>(random_());
    }
  }
  void fill(IpAddress& target, Names) { target = IpAddress::from_halves(random_(), random_()); }
  void fill(std::string_view& target, Names) {
    std::string& text = texts_.emplace_back(random_() % 64, '\0');
    for (char& c : text) c = static_cast<char>(random_());
    target = text;
  }
  template <typename T>
  void fill(std::span<const T>& target, Names names) {
    auto& values = std::get<std::deque<std::vector<T>>>(arrays_).emplace_back(random_() % 5);
    for (T& each : values) fill(each, names);
    target = values;
  }

  std::mt19937_64 random_{7};
  std::deque<std::string> texts_;
  std::tuple<std::deque<std::vector<uint16_t>>, std::deque<std::vector<uint32_t>>,
             std::deque<std::vector<int64_t>>, std::deque<std::vector<Mark>>>
      arrays_;
};

class RowsTest : public store::StoreTest {
 protected:
  // One block of one row each, so that the store's order cannot matter.
  template <typename Row>
  void expect_round_trip() {
    succeeded(store::check_schema<Row>(connection()));
    const std::string table(Row::table);
    RowMaker maker;
    for (int i = 0; i < 20; ++i) {
      store::NativeBlockWriter<Row> writer;
      writer.add(maker.make<Row>());
      const store::Block sent = value(store::decode_native(store::joined(writer.finish())));
      succeeded(connection().execute("TRUNCATE TABLE " + table));
      succeeded(store::insert_rows(connection(), writer));
      const store::Block got =
          value(connection().query("SELECT " + writer.column_list() + " FROM " + table));
      ASSERT_EQ(got.rows, 1u);
      ASSERT_EQ(got.columns.size(), sent.columns.size());
      for (size_t column = 0; column < sent.columns.size(); ++column) {
        EXPECT_EQ(got.columns[column].name, sent.columns[column].name);
        EXPECT_EQ(got.columns[column].json_at(0), sent.columns[column].json_at(0))
            << table << "." << sent.columns[column].name;
      }
    }
  }
};

TEST_F(RowsTest, ActivityComesBackAsItWasStored) { expect_round_trip<ActivityRow>(); }
TEST_F(RowsTest, SourceDaysComeBackAsTheyWereStored) { expect_round_trip<SourceDayRow>(); }
TEST_F(RowsTest, NumbersComeBackAsTheyWereStored) { expect_round_trip<NumbersRow>(); }
TEST_F(RowsTest, PortNumbersComeBackAsTheyWereStored) { expect_round_trip<PortNumbersRow>(); }
TEST_F(RowsTest, EventsComeBackAsTheyWereStored) { expect_round_trip<EventRow>(); }
TEST_F(RowsTest, AttacksComeBackAsTheyWereStored) { expect_round_trip<AttackRow>(); }
TEST_F(RowsTest, SynchronyComesBackAsItWasStored) { expect_round_trip<SynchronyRow>(); }
TEST_F(RowsTest, AlarmsComeBackAsTheyWereStored) { expect_round_trip<AlarmRow>(); }
TEST_F(RowsTest, SamplesComeBackAsTheyWereStored) { expect_round_trip<SampleRow>(); }

}  // namespace
}  // namespace yagura::telescope
