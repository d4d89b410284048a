// SPDX-License-Identifier: Apache-2.0
#include "enrich/places.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>

#include "base/temporary_folder_for_tests.h"
#include "enrich/mmdb_writer_for_tests.h"

namespace yagura::enrich {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class PlacesTest : public ::testing::Test {
 protected:
  std::filesystem::path write(std::string_view name, const std::string& bytes) {
    const auto path = folder_.path() / name;
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }
  Places load(const PlaceFiles& files) {
    auto places = Places::load(files);
    EXPECT_TRUE(places.has_value()) << places.error().message();
    return places.value_or(Places());
  }
  std::string load_error(const PlaceFiles& files) {
    auto places = Places::load(files);
    EXPECT_FALSE(places.has_value());
    return places ? std::string() : places.error().message();
  }

  TemporaryFolder folder_;
};

IpAddress address(std::string_view text) { return IpAddress::parse(text).value(); }
std::string country_at(const Places& places, std::string_view text) {
  return country_text(places.find(address(text)).country);
}
uint32_t asn_at(const Places& places, std::string_view text) {
  return places.find(address(text)).asn;
}

TEST_F(PlacesTest, KnowsNothingWithoutFiles) {
  const Places places = load({});
  EXPECT_EQ(places.find(address("198.51.100.1")), Place{});
  EXPECT_EQ(places.asn_name(64496), "");
  EXPECT_EQ(Places::Cursor(places).find(address("2001:db8::1")), Place{});
}

TEST_F(PlacesTest, ReadsCountriesOfTheFlatAndTheNestedSchema) {
  for (const auto record : {flat_country, nested_country}) {
    MmdbWriter file;
    file.add("192.0.2.0/24", record("JP"));
    file.add("198.51.100.0/25", record("DE"));
    file.add("2001:db8:1::/48", record("FR"));
    const Places places = load({write("country.mmdb", file.bytes()), {}});
    EXPECT_EQ(country_at(places, "192.0.2.0"), "JP");
    EXPECT_EQ(country_at(places, "192.0.2.255"), "JP");
    EXPECT_EQ(country_at(places, "192.0.3.0"), "??");
    EXPECT_EQ(country_at(places, "198.51.100.127"), "DE");
    EXPECT_EQ(country_at(places, "198.51.100.128"), "??");
    EXPECT_EQ(country_at(places, "2001:db8:1:ffff::1"), "FR");
    EXPECT_EQ(country_at(places, "2001:db8:2::"), "??");
    EXPECT_EQ(country_at(places, "::c000:200"), "??");  // where mmdb keeps 192.0.2.0
  }
}

TEST_F(PlacesTest, ReadsATreeOfIpv4Alone) {
  MmdbWriter file(4);
  file.add("0.0.0.0/8", flat_country("US"));
  file.add("203.0.113.7/32", flat_country("JP"));
  file.add("255.255.255.255/32", flat_country("FR"));
  const Places places = load({write("country.mmdb", file.bytes()), {}});
  EXPECT_EQ(country_at(places, "0.0.0.0"), "US");
  EXPECT_EQ(country_at(places, "203.0.113.6"), "??");
  EXPECT_EQ(country_at(places, "203.0.113.7"), "JP");
  EXPECT_EQ(country_at(places, "255.255.255.255"), "FR");
}

TEST_F(PlacesTest, LeavesOutFurtherRoadsToIpv4) {
  MmdbWriter file;
  file.add("192.0.2.0/24", flat_country("JP"));
  for (const auto* network : {"2002::/16", "2001::/32", "64:ff9b::/96", "::ffff:0:0/96"})
    file.add_ipv4_alias(network);
  const Places places = load({write("country.mmdb", file.bytes()), {}});
  EXPECT_EQ(country_at(places, "192.0.2.1"), "JP");
  EXPECT_EQ(country_at(places, "2002:c000:201::1"), "??");
  EXPECT_EQ(country_at(places, "2001:0:c000:201::"), "??");
  EXPECT_EQ(country_at(places, "64:ff9b::c000:201"), "??");
}

TEST_F(PlacesTest, TakesOneRecordForAllOfTheSpace) {
  MmdbWriter file;
  file.add("::/1", flat_country("JP"));
  file.add("8000::/1", flat_country("US"));
  const Places places = load({write("country.mmdb", file.bytes()), {}});
  EXPECT_EQ(country_at(places, "192.0.2.1"), "JP");
  EXPECT_EQ(country_at(places, "::"), "JP");
  EXPECT_EQ(country_at(places, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), "US");
}

TEST_F(PlacesTest, TakesOneRecordForAllOfIpv4) {
  MmdbWriter file;
  file.add("0.0.0.0/0", flat_country("JP"));
  const Places places = load({write("country.mmdb", file.bytes()), {}});
  EXPECT_EQ(country_at(places, "0.0.0.0"), "JP");
  EXPECT_EQ(country_at(places, "255.255.255.255"), "JP");
  EXPECT_EQ(country_at(places, "::1"), "??");
}

TEST_F(PlacesTest, TakesOddCountryValuesAsUnknown) {
  MmdbWriter file;
  file.add("192.0.2.0/26", flat_country("jp"));
  file.add("192.0.2.64/26", flat_country(""));
  file.add("192.0.2.128/26", flat_country("None"));
  file.add("192.0.2.192/26", mmdb_map({{"country_code", mmdb_uint32(7)}}));
  const Places places = load({write("country.mmdb", file.bytes()), {}});
  EXPECT_EQ(country_at(places, "192.0.2.1"), "JP");
  EXPECT_EQ(country_at(places, "192.0.2.65"), "??");
  EXPECT_EQ(country_at(places, "192.0.2.129"), "??");
  EXPECT_EQ(country_at(places, "192.0.2.193"), "??");
}

TEST_F(PlacesTest, RefusesBrokenMmdbFilesByNameAndReason) {
  MmdbWriter good;
  good.add("192.0.2.0/24", flat_country("JP"));
  MmdbWriter loop;
  loop.add("192.0.2.0/24", flat_country("JP"));
  loop.add_loop("2001:db8::/32");
  MmdbWriter deep;
  deep.add_loop("2001:db8::1/128");
  MmdbWriter many_ways;
  many_ways.add("::/64", flat_country("JP"));
  many_ways.add_many_ways(60);
  MmdbWriter other;
  other.add("192.0.2.0/24", asn_record(64496, "Example"));
  std::string outside = good.bytes();
  outside.replace(0, 3, "\x7f\xff\xff", 3);  // the left side of the root
  // 2^31 more nodes of 6 bytes are none modulo 2^32.
  std::string wrapping = good.bytes();
  wrapping[wrapping.rfind("node_count") + std::string_view("node_count").size() + 1] = '\x80';
  const struct {
    std::string bytes;
    const char* why;
  } cases[] = {
      {"", "an empty file"},
      {wrapping, "its search tree would be larger than the file"},
      {"start,end,country\n", "not a MaxMind DB"},
      {good.bytes().substr(0, good.bytes().size() - 40), "not a MaxMind DB"},
      {good.bytes().substr(500), "not a MaxMind DB"},
      {loop.bytes(), "the same nodes over and over"},
      {deep.bytes(), "deeper than an address"},
      {many_ways.bytes(), "the same nodes over and over"},
      {outside, "corrupt search tree"},
      {other.bytes(), "no network in it has a country"},
  };
  for (const auto& test : cases) {
    const std::string error = load_error({write("bad.mmdb", test.bytes), {}});
    EXPECT_THAT(error, AllOf(HasSubstr("reading countries: "), HasSubstr("bad.mmdb: "),
                             HasSubstr(test.why)));
  }
  EXPECT_THAT(load_error({folder_.path() / "none.mmdb", {}}), HasSubstr("No such file"));
}

TEST_F(PlacesTest, ReadsAutonomousSystemsFromMmdb) {
  MmdbWriter file;
  file.add("192.0.2.0/24", asn_record(64496, "Example One"));
  file.add("2001:db8::/32", asn_record(4200000000, "Example Two"));
  const Places places = load({{}, {write("asn.mmdb", file.bytes())}});
  EXPECT_EQ(asn_at(places, "192.0.2.9"), 64496u);
  EXPECT_EQ(asn_at(places, "2001:db8:9::"), 4200000000u);
  EXPECT_EQ(places.asn_name(64496), "Example One");
  EXPECT_EQ(places.asn_name(4200000000), "Example Two");
  MmdbWriter countries;
  countries.add("192.0.2.0/24", flat_country("JP"));
  EXPECT_THAT(load_error({{}, {write("bad.mmdb", countries.bytes())}}),
              HasSubstr("no network in it has an autonomous_system_number"));
}

TEST_F(PlacesTest, ReadsAutonomousSystemsFromCsv) {
  const auto v4 = write("v4.csv",
                        "192.0.2.0,192.0.2.255,64496,\"Example, \"\"Inc.\"\"\"\r\n"
                        "\n"
                        "198.51.100.0,198.51.100.63,64497,Plain Name\n"
                        "198.51.100.64,198.51.100.127,64496,Another Name");
  const auto v6 = write("v6.csv", "2001:db8::,2001:db8:ffff:ffff:ffff:ffff:ffff:ffff,64498,Six\n");
  const Places places = load({{}, {v4, v6}});
  EXPECT_EQ(asn_at(places, "192.0.2.0"), 64496u);
  EXPECT_EQ(asn_at(places, "192.0.2.255"), 64496u);
  EXPECT_EQ(asn_at(places, "192.0.3.0"), 0u);
  EXPECT_EQ(asn_at(places, "198.51.100.63"), 64497u);
  EXPECT_EQ(asn_at(places, "198.51.100.64"), 64496u);
  EXPECT_EQ(asn_at(places, "2001:db8:8000::1"), 64498u);
  EXPECT_EQ(places.asn_name(64496), "Example, \"Inc.\"");  // the first one given
  EXPECT_EQ(places.asn_name(64497), "Plain Name");
  EXPECT_EQ(places.asn_name(64498), "Six");
}

TEST_F(PlacesTest, RefusesBrokenCsvByFileLineAndReason) {
  const std::string good = "192.0.2.0,192.0.2.255,64496,Example\n";
  const struct {
    std::string line, why;
  } cases[] = {
      {"192.0.2.0,192.0.2.255,64496", "not four fields"},
      {"192.0.2.0", "not four fields"},
      {"300.0.2.0,192.0.2.255,64496,Example", "'300.0.2.0' is not an IP address"},
      {"192.0.2.0,192.0.2,64496,Example", "'192.0.2' is not an IP address"},
      {"192.0.2.9,192.0.2.1,64496,Example", "ends at 192.0.2.1, before it begins"},
      {"192.0.2.9,2001:db8::,64496,Example", "an IPv4 and an IPv6 address"},
      {"192.0.2.0,192.0.2.255,AS64496,Example", "'AS64496' is not an AS number"},
      {"192.0.2.0,192.0.2.255,4294967296,Example", "'4294967296' is not an AS number"},
      {"192.0.2.0,192.0.2.255,64497,\"Example", "closing quote is missing"},
      {"192.0.2.0,192.0.2.255,64497,\"Example\" Inc.", "text after the name's closing quote"},
      {"192.0.2.0,192.0.2.255,64497,Example, Inc.", "more than four fields"},
      {"192.0.2.0,192.0.2.255,64497," + std::string(4096, 'x'), "longer than 4096 bytes"},
      {std::string(3 << 20, 'x'), "longer than 4096 bytes"},
  };
  for (const auto& test : cases) {
    const std::string error = load_error({{}, {write("bad.csv", good + test.line + "\n" + good)}});
    EXPECT_THAT(error, AllOf(HasSubstr("reading autonomous systems: "), HasSubstr("bad.csv: "),
                             HasSubstr("line 2: "), HasSubstr(test.why)));
  }
  EXPECT_THAT(load_error({{}, {folder_.path() / "none.csv"}}), HasSubstr("No such file"));
}

TEST_F(PlacesTest, ReadsLinesThatCrossTheBordersOfItsPieces) {
  std::string text;
  for (uint32_t i = 0; i < 40'000; ++i) {  // 1.6 MB: more than a piece
    const std::string a = IpAddress::from_v4(i * 512).to_string();
    const std::string b = IpAddress::from_v4(i * 512 + 255).to_string();
    text += a + "," + b + "," + std::to_string(i + 1) + ",Name of " + std::to_string(i) + "\n";
  }
  const Places places = load({{}, {write("asn.csv", text)}});
  for (uint32_t i = 0; i < 40'000; ++i) {
    ASSERT_EQ(places.find(IpAddress::from_v4(i * 512 + 255)).asn, i + 1);
    ASSERT_EQ(places.find(IpAddress::from_v4(i * 512 + 256)).asn, 0u);
    ASSERT_EQ(places.asn_name(i + 1), "Name of " + std::to_string(i));
  }
}

// Countries and autonomous systems that overlap in every way, against a look-up in each alone.
TEST_F(PlacesTest, JoinsCountriesAndAutonomousSystemsAsTheyOverlap) {
  std::mt19937 random(7);
  for (int round = 0; round < 50; ++round) {
    MmdbWriter countries(4);
    std::string asns;
    std::vector<std::string> country(256, "??");
    std::vector<uint32_t> asn(256, 0);
    for (uint32_t i = 0; i < 256; i += 16) {
      if (random() % 3 == 0) continue;
      const char* code = random() % 2 ? "JP" : "DE";
      countries.add("192.0.2." + std::to_string(i) + "/28", flat_country(code));
      std::fill_n(country.begin() + i, 16, code);
    }
    for (uint32_t i = 0; i < 256;) {
      const auto length = static_cast<uint32_t>(1 + random() % 40);
      const auto number = static_cast<uint32_t>(random() % 4);
      const uint32_t end = std::min<uint32_t>(i + length, 256);
      if (number > 0) {
        asns += "192.0.2." + std::to_string(i) + ",192.0.2." + std::to_string(end - 1) + "," +
                std::to_string(number) + ",Name\n";
        std::fill(asn.begin() + i, asn.begin() + end, number);
      }
      i = end;
    }
    countries.add("203.0.113.0/24", flat_country("US"));
    const Places places =
        load({write("country.mmdb", countries.bytes()), {write("asn.csv", asns)}});
    Places::Cursor cursor(places);
    for (uint32_t i = 0; i < 256; ++i) {
      const IpAddress at = IpAddress::from_v4(0xC0000200 + i);
      ASSERT_EQ(country_text(places.find(at).country), country[i]) << round << ": " << i;
      ASSERT_EQ(places.find(at).asn, asn[i]) << round << ": " << i;
      ASSERT_EQ(cursor.find(at), places.find(at));
    }
    EXPECT_EQ(places.find(IpAddress::from_v4(0xC00001FF)), Place{});
    EXPECT_EQ(places.find(IpAddress::from_v4(0xC0000300)), Place{});
  }
}

TEST_F(PlacesTest, LetsAnEarlierRangeKeepWhatALaterOneOverlaps) {
  const auto file = write("asn.csv",
                          "192.0.2.128,192.0.2.255,2,Two\n"
                          "192.0.2.0,192.0.2.199,1,One\n"
                          "192.0.2.10,192.0.2.20,3,Three\n");
  const Places places = load({{}, {file}});
  EXPECT_EQ(asn_at(places, "192.0.2.15"), 1u);
  EXPECT_EQ(asn_at(places, "192.0.2.199"), 1u);
  EXPECT_EQ(asn_at(places, "192.0.2.200"), 2u);
}

// The packages that `npm install` brings. Values from mmdblookup and grep on the pinned versions.
TEST_F(PlacesTest, ReadsThePackagesThatSetupInstalls) {
  const auto packages =
      std::filesystem::path(YAGURA_SOURCE_DIR) / "node_modules" / "@ip-location-db";
  const PlaceFiles files{packages / "iptoasn-country-mmdb" / "iptoasn-country.mmdb",
                         {packages / "asn" / "asn-ipv4.csv", packages / "asn" / "asn-ipv6.csv"}};
  if (!std::filesystem::exists(files.country))
    GTEST_SKIP() << "SKIPPED: " << files.country << " is not there; scripts/setup installs it";
  const Places places = load(files);
  EXPECT_EQ(country_at(places, "8.8.8.8"), "US");
  EXPECT_EQ(asn_at(places, "8.8.8.8"), 15169u);
  EXPECT_EQ(places.asn_name(15169), "Google LLC");
  EXPECT_EQ(country_at(places, "2001:200::1"), "JP");
  EXPECT_EQ(asn_at(places, "2001:200::1"), 2500u);
  EXPECT_EQ(country_at(places, "10.0.0.1"), "??");
}

TEST(CountriesTest, GivesNamesInEnglishAndJapanese) {
  EXPECT_EQ(country_name(country_code('J', 'P')), "Japan");
  EXPECT_EQ(country_name_ja(country_code('J', 'P')), "日本");
  EXPECT_EQ(country_name(country_code('Z', 'W')), "Zimbabwe");
  EXPECT_EQ(country_name(country_code('Q', 'Q')), "QQ");
  EXPECT_EQ(country_name_ja(0), "??");
}

TEST(CountriesTest, ReadsCodesOfTwoLetters) {
  EXPECT_EQ(parse_country("JP").value(), country_code('J', 'P'));
  EXPECT_EQ(parse_country("jp").value(), country_code('J', 'P'));
  for (const auto* text : {"", "J", "JPN", "J1", "--", "\xc3\xa4"})
    EXPECT_THAT(parse_country(text).error().message(), HasSubstr("two letters"));
}

}  // namespace
}  // namespace yagura::enrich
