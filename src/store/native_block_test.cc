// SPDX-License-Identifier: Apache-2.0
#include "store/native_block.h"

#include <gmock/gmock.h>

#include <random>

#include "store/block.h"
#include "store/pieces_for_tests.h"

namespace yagura::store {
namespace {

using testing::ElementsAre;

enum class Colour : uint8_t { red = 1, blue = 3 };
constexpr std::array<std::string_view, 4> colour_names = {"", "red", "", "blue"};

struct PaintRow {
  uint32_t time = 0;
  int16_t level = 0;
  double share = 0;
  float weight = 0;
  IpAddress source;
  Colour colour = Colour::red;
  std::string_view text;
  std::span<const uint16_t> ports;
  std::span<const Colour> colours;

  static constexpr auto columns() {
    using R = PaintRow;
    return std::tuple(column("time", &R::time, "DateTime('UTC')"), column("level", &R::level),
                      column("share", &R::share), column("weight", &R::weight),
                      column("source", &R::source), column("colour", &R::colour, colour_names),
                      column("text", &R::text), column("ports", &R::ports),
                      column("colours", &R::colours, colour_names));
  }
};

struct TinyRow {
  uint16_t a = 0;
  std::span<const uint16_t> b;
  std::string_view c;
  static constexpr auto columns() {
    return std::tuple(column("a", &TinyRow::a), column("b", &TinyRow::b), column("c", &TinyRow::c));
  }
};

using namespace std::string_view_literals;

TEST(NativeBlockTest, WritesTheBytesThatClickHouseDocuments) {
  const std::array<uint16_t, 3> ports = {0x0102, 0x0304, 0x0506};
  NativeBlockWriter<TinyRow> writer;
  writer.add({.a = 0x1234, .b = std::span(ports).first(1), .c = "x"});
  writer.add({.a = 0xFFFF, .b = std::span(ports).subspan(1), .c = ""});
  EXPECT_EQ(joined(writer.finish()),
            "\x03\x02"
            "\x01"
            "a\x06UInt16\x34\x12\xFF\xFF"
            "\x01"
            "b\x0D"
            "Array(UInt16)"
            "\1\0\0\0\0\0\0\0\3\0\0\0\0\0\0\0\2\1\4\3\6\5"
            "\x01"
            "c\x06String\x01x\x00"sv);
}

TEST(NativeBlockTest, NamesTheTypesThatFollowFromTheMembers) {
  std::vector<std::string> types;
  for (const auto& column : describe_row<PaintRow>()) types.push_back(column.type);
  EXPECT_THAT(types, ElementsAre("DateTime('UTC')", "Int16", "Float64", "Float32", "IPv6",
                                 "Enum8('red' = 1, 'blue' = 3)", "String", "Array(UInt16)",
                                 "Array(Enum8('red' = 1, 'blue' = 3))"));
  EXPECT_EQ(NativeBlockWriter<PaintRow>::column_list(),
            "time, level, share, weight, source, colour, text, ports, colours");
}

TEST(NativeBlockTest, DecodesWhatItEncodesOverManyRowsAndBlocks) {
  std::mt19937 random(1);
  NativeBlockWriter<PaintRow> writer;
  for (int block = 0; block < 3; ++block) {
    const size_t rows = block == 0 ? 5'000 : 3;  // past the first capacity, then a small one
    std::vector<std::vector<uint16_t>> ports(rows);
    std::vector<std::string> texts(rows);
    std::vector<PaintRow> made(rows);
    const std::array<Colour, 2> both = {Colour::blue, Colour::red};
    for (size_t i = 0; i < rows; ++i) {
      ports[i].resize(random() % 20);
      for (auto& port : ports[i]) port = static_cast<uint16_t>(random());
      texts[i] = std::string(random() % 300, static_cast<char>(random()));
      made[i] = {.time = static_cast<uint32_t>(random()),
                 .level = static_cast<int16_t>(random()),
                 .share = static_cast<double>(random()) / 7,
                 .weight = static_cast<float>(random()) / 7,
                 .source = IpAddress::from_v4(static_cast<uint32_t>(random())),
                 .colour = i % 2 == 0 ? Colour::red : Colour::blue,
                 .text = texts[i],
                 .ports = ports[i],
                 .colours = std::span(both).first(i % 3)};
      writer.add(made[i]);
    }
    const std::string encoded = joined(writer.finish());
    const auto decoded = decode_native(encoded);
    ASSERT_TRUE(decoded) << decoded.error().message();
    ASSERT_EQ(decoded->rows, rows);
    const Block& got = *decoded;
    for (size_t i = 0; i < rows; ++i) {
      ASSERT_EQ(got["time"].unsigned_at(i), made[i].time);
      ASSERT_EQ(got["level"].signed_at(i), made[i].level);
      ASSERT_EQ(got["share"].number_at(i), made[i].share);
      ASSERT_EQ(got["weight"].number_at(i), static_cast<double>(made[i].weight));
      ASSERT_EQ(got["source"].address_at(i), made[i].source);
      ASSERT_EQ(got["colour"].text_at(i), i % 2 == 0 ? "red" : "blue");
      ASSERT_EQ(got["text"].string_at(i), texts[i]);
      ASSERT_EQ(got["ports"].unsigned_array_at(i),
                std::vector<uint64_t>(ports[i].begin(), ports[i].end()));
      ASSERT_EQ(got["colours"].text_at(i), (std::array{"[]", "[blue]", "[blue,red]"}[i % 3]));
    }
    writer.clear();
    EXPECT_TRUE(writer.empty());
  }
}

}  // namespace
}  // namespace yagura::store
