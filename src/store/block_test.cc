// SPDX-License-Identifier: Apache-2.0
#include "store/block.h"

#include <gmock/gmock.h>

#include <cmath>
#include <cstring>

#include "store/native_type.h"

namespace yagura::store {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using namespace std::string_view_literals;

// A block of one column whose data is `bytes`.
std::string one_column(std::string_view type, size_t rows, std::string_view bytes) {
  std::string block;
  block += '\x01';
  block += static_cast<char>(rows);
  block += "\x01x";
  block += static_cast<char>(type.size());
  block += type;
  block += bytes;
  return block;
}

ColumnData column_of(std::string_view type, size_t rows, std::string_view bytes) {
  auto block = decode_native(one_column(type, rows, bytes));
  EXPECT_TRUE(block) << block.error().message();
  return block ? std::move(block->columns.at(0)) : ColumnData{};
}

std::string error_of(std::string_view bytes) {
  const auto block = decode_native(bytes);
  return block ? "" : block.error().message();
}

struct Shown {
  std::string_view type;
  std::string_view bytes;
  std::string_view text;
  std::string_view json;
};

TEST(BlockTest, ShowsEveryTypeAsAPersonAndAsJsonReadsIt) {
  const std::vector<Shown> cases = {
      {"UInt8", "\xFF"sv, "255", "255"},
      {"Int8", "\xFF"sv, "-1", "-1"},
      {"UInt64", "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"sv, "18446744073709551615",
       "18446744073709551615"},
      {"Int64", "\x00\x00\x00\x00\x00\x00\x00\x80"sv, "-9223372036854775808",
       "-9223372036854775808"},
      {"Bool", "\x01"sv, "true", "true"},
      {"Float64", "\x00\x00\x00\x00\x00\x00\xF8\x3F"sv, "1.5", "1.5"},
      {"Float64", "\x00\x00\x00\x00\x00\x00\xF8\x7F"sv, "nan", "null"},
      {"Float32", "\xCD\xCC\xCC\x3D"sv, "0.1", "0.1"},
      {"Date", "\x01\x00"sv, "1970-01-02", "\"1970-01-02\""},
      {"Date32", "\xFF\xFF\xFF\xFF"sv, "1969-12-31", "\"1969-12-31\""},
      {"DateTime", "\x3C\x00\x00\x00"sv, "1970-01-01T00:01:00Z", "\"1970-01-01T00:01:00Z\""},
      {"DateTime('UTC')", "\x3C\x00\x00\x00"sv, "1970-01-01T00:01:00Z", "\"1970-01-01T00:01:00Z\""},
      {"DateTime64(9, 'UTC')", "\x01\x00\x00\x00\x00\x00\x00\x00"sv,
       "1970-01-01T00:00:00.000000001Z", "\"1970-01-01T00:00:00.000000001Z\""},
      {"DateTime64(3)", "\xE8\x03\x00\x00\x00\x00\x00\x00"sv, "1970-01-01T00:00:01Z",
       "\"1970-01-01T00:00:01Z\""},
      {"Enum8('a' = -1, 'it\\'s, b' = 1)", "\x01"sv, "it's, b", "\"it's, b\""},
      {"Enum8('a' = -1)", "\xFF"sv, "a", "\"a\""},
      {"Enum8('a' = -1)", "\x05"sv, "5", "\"5\""},
      {"Enum16('a' = 300)", "\x2C\x01"sv, "a", "\"a\""},
      {"IPv4", "\x07\x64\x33\xC6"sv, "198.51.100.7", "\"198.51.100.7\""},
      {"IPv6", "\x20\x01\x0D\xB8\0\0\0\0\0\0\0\0\0\0\0\x01"sv, "2001:db8::1", "\"2001:db8::1\""},
      {"String", "\x05\"\\\n\xC3\xA9"sv, "\"\\\n\xC3\xA9", "\"\\\"\\\\\\u000a\xC3\xA9\""},
      {"String", "\x02\xFF\xC3"sv, "\xFF\xC3", "\"\\u00ff\\u00c3\""},
      {"FixedString(2)", "ab"sv, "ab", "\"ab\""},
      {"Nullable(UInt8)", "\x01\x00"sv, "", "null"},
      {"Nullable(UInt8)", "\x00\x07"sv, "7", "7"},
      {"Array(UInt16)", "\x02\0\0\0\0\0\0\0\x01\0\x02\0"sv, "[1,2]", "[1,2]"},
      {"Array(String)", "\x01\0\0\0\0\0\0\0\x01q"sv, "[q]", "[\"q\"]"},
  };
  for (const Shown& shown : cases) {
    const ColumnData column = column_of(shown.type, 1, shown.bytes);
    EXPECT_EQ(column.text_at(0), shown.text) << shown.type;
    EXPECT_EQ(column.json_at(0), shown.json) << shown.type;
  }
}

TEST(BlockTest, GivesArraysOfAddressesAndTexts) {
  const ColumnData addresses =
      column_of("Array(IPv4)", 2, "\1\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0\1\0\0\1\2\0\0\1"sv);
  EXPECT_THAT(addresses.address_array_at(1), ElementsAre(IpAddress::from_v4(0x01000002)));
  const ColumnData texts =
      column_of("Array(String)", 2, "\0\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0\1a\1b"sv);
  EXPECT_THAT(texts.string_array_at(0), ElementsAre());
  EXPECT_THAT(texts.string_array_at(1), ElementsAre("a", "b"));
  EXPECT_THAT(column_of("UInt16", 2, "\1\0\2\0"sv).as<uint16_t>(), ElementsAre(1, 2));
}

TEST(BlockTest, JoinsBlocksThatFollowEachOther) {
  const std::string one = one_column("Array(UInt8)", 2, "\1\0\0\0\0\0\0\0\3\0\0\0\0\0\0\0\1\2\3"sv);
  const auto block = decode_native(one + one);
  ASSERT_TRUE(block) << block.error().message();
  EXPECT_EQ(block->rows, 4u);
  EXPECT_THAT((*block)["x"].unsigned_array_at(2), ElementsAre(1u));
  EXPECT_THAT((*block)["x"].unsigned_array_at(3), ElementsAre(2u, 3u));
}

TEST(BlockTest, TakesNothingForAnEmptyResult) {
  const auto block = decode_native("");
  ASSERT_TRUE(block);
  EXPECT_EQ(block->rows, 0u);
  EXPECT_TRUE((*block)["anything"].strings.empty());
}

TEST(BlockTest, RefusesMalformedBytesWithTheirOffset) {
  EXPECT_EQ(error_of("\x80"), "native block: offset 1: the bytes end within a number");
  EXPECT_THAT(error_of(std::string(11, '\xFF')), HasSubstr("longer than 64 bits"));
  EXPECT_THAT(error_of("\x01"), HasSubstr("the bytes end within a number"));
  EXPECT_THAT(error_of("\x00\x05"sv), HasSubstr("more rows than bytes"));
  EXPECT_THAT(error_of("\x00\x01xxxxxxxx"sv), HasSubstr("rows without columns"));
  EXPECT_THAT(error_of("\x7F\x01xx"sv), HasSubstr("more columns than bytes"));
  EXPECT_THAT(error_of("\x01\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F\x01x\x05UInt8"sv),
              HasSubstr("more rows than bytes"));
  EXPECT_EQ(error_of(one_column("UInt32", 2, "\1\2\3\4\5\6\7"sv)),
            "native block: offset 11: the bytes end within a column");
  EXPECT_THAT(error_of(one_column("String", 1, "\x7Fq"sv)), HasSubstr("end within a column"));
  EXPECT_THAT(error_of(one_column("Map(String, String)", 1, "xxxx"sv)), HasSubstr("cast it"));
}

TEST(BlockTest, RefusesArrayOffsetsThatLie) {
  EXPECT_THAT(error_of(one_column("Array(UInt8)", 2, "\2\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\1\2"sv)),
              HasSubstr("offsets go down"));
  EXPECT_THAT(error_of(one_column("Array(UInt8)", 1, "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\1"sv)),
              HasSubstr("longer than the bytes"));
}

TEST(BlockTest, RefusesBlocksOfDifferentColumnsInARow) {
  const std::string a = one_column("UInt8", 1, "\x01"), b = one_column("Int8", 1, "\x01");
  EXPECT_THAT(error_of(a + b), HasSubstr("different columns"));
}

TEST(NativeTypeTest, RefusesTypesThatAColumnCannotHold) {
  for (const std::string_view type :
       {"", "Foo", "Array(Array(UInt8))", "Nullable(Array(UInt8))", "Array(Nullable(UInt8))",
        "FixedString(0)", "FixedString(-1)", "FixedString(99999999999)", "FixedString(2x)",
        "DateTime64(10)", "DateTime64()", "Enum8()", "Enum8('a')", "Enum8('a' = 1", "Enum8('a = 1)",
        "Enum8('a' = 1, )", "Array(UInt8", "LowCardinality(String)", "Decimal(9, 2)"}) {
    EXPECT_FALSE(is_readable_type(type)) << type;
  }
}

}  // namespace
}  // namespace yagura::store
