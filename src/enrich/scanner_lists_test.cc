// SPDX-License-Identifier: Apache-2.0
#include "enrich/scanner_lists.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

#include "enrich/organisation_names.h"

namespace yagura::enrich {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

ScannerList read(std::string_view name, std::string_view bytes) {
  auto list = read_scanner_list(name, bytes);
  EXPECT_TRUE(list.has_value()) << list.error().message();
  return list.value_or(ScannerList());
}
std::string error_of(std::string_view name, std::string_view bytes) {
  auto list = read_scanner_list(name, bytes);
  EXPECT_FALSE(list.has_value());
  return list ? std::string() : list.error().message();
}
Timestamp time_of(std::string_view text) { return parse_time(text).value(); }

constexpr std::string_view nict = R"([
    {"ip":"192.0.2.1", "scanner":"Censys", "last_seen":"2026-02-03"},
    {"ip":"192.0.2.2", "scanner":" Modat ", "last_seen":"2026-03-31"},
    {"ip":"2001:db8::7", "scanner":"", "last_seen":"2026-01-01"}])";

TEST(ScannerListsTest, ReadsNictJsonWithValidityFromTheFilesPeriodToADayAfterTheLastSight) {
  const ScannerList list = read("lists/surveyscanner_2026_1Q.json", nict);
  EXPECT_EQ(list.format, "nict-json");
  EXPECT_THAT(list.problems, IsEmpty());
  ASSERT_THAT(list.scanners, SizeIs(3));
  EXPECT_EQ(list.scanners[0].prefix.to_string(), "192.0.2.1/32");
  EXPECT_EQ(list.scanners[0].organisation, "Censys");
  EXPECT_EQ(list.scanners[0].from, time_of("2026-01-01"));
  EXPECT_EQ(list.scanners[0].until, time_of("2026-02-04"));
  EXPECT_EQ(list.scanners[1].organisation, "Modat");
  EXPECT_EQ(list.scanners[1].until, time_of("2026-04-01"));
  EXPECT_EQ(list.scanners[2].prefix.to_string(), "2001:db8::7/128");
  EXPECT_EQ(list.scanners[2].organisation, "unknown");
}

TEST(ScannerListsTest, TakesTheStartOfAYearOrAQuarterFromTheNameOfANictFile) {
  const auto from = [](std::string_view name) {
    return read(name, R"([{"ip":"192.0.2.1","scanner":"Censys","last_seen":"2026-12-31"}])")
        .scanners.at(0)
        .from;
  };
  EXPECT_EQ(from("surveyscanner_2025.json"), time_of("2025-01-01"));
  EXPECT_EQ(from("surveyscanner_2026_3Q.json"), time_of("2026-07-01"));
  EXPECT_EQ(from("surveyscanner_2026_4Q.json"), time_of("2026-10-01"));
  for (const auto* name : {"surveyscanner_2026_5Q.json", "surveyscanner_20xx.json", "x.json",
                           "surveyscanner_2026_1Q_copy.json"})
    EXPECT_EQ(from(name), std::nullopt) << name;
}

TEST(ScannerListsTest, ReportsNictEntriesItCannotRead) {
  const ScannerList list = read("surveyscanner_2026_1Q.json", R"([
    {"ip":"300.0.2.1", "scanner":"Censys", "last_seen":"2026-02-03"},
    {"ip":"192.0.2.1", "scanner":"Censys", "last_seen":"yesterday"},
    {"ip":"192.0.2.1", "scanner":"Censys", "last_seen":"2025-12-31"},
    {"ip":5, "scanner":"Censys", "last_seen":"2026-02-03"},
    "192.0.2.1",
    {"ip":"0.0.0.0/0", "scanner":"Censys", "last_seen":"2026-02-03"},
    {"ip":"192.0.2.1", "scanner":"Censys", "last_seen":"2026-01-01"}])");
  EXPECT_THAT(list.scanners, SizeIs(1));
  EXPECT_THAT(list.problems,
              ElementsAre(HasSubstr("entry 1: '300.0.2.1' is not an IP address"),
                          HasSubstr("entry 2: last_seen: "),
                          HasSubstr("entry 3: last seen on 2025-12-31, before the list's period"),
                          HasSubstr("entry 4: '' is not an IP address"),
                          HasSubstr("entry 5: not an object"), HasSubstr("entry 6: 0.0.0.0/0 is")));
}

TEST(ScannerListsTest, ReadsTheOrganisationsOfAScanorgCsv) {
  const ScannerList list = read("scanorg_2026.csv",
                                "\xef\xbb\xbfscanner name,type,TCP port count\r\n"
                                "Modat ,Threat Intelligence service,3\r\n"
                                "\"University of California, San Diego\",Research,1\n"
                                "BitSight (Internet Census Group),-,2\n"
                                "\"Broken,Research,1\n"
                                "bitsight, - ,4\n"
                                ",Research,4\n");
  EXPECT_EQ(list.format, "nict-csv");
  EXPECT_THAT(list.scanners, IsEmpty());
  EXPECT_THAT(list.organisations,
              ElementsAre("Modat", "University of California, San Diego", "bitsight"));
  EXPECT_THAT(list.problems, ElementsAre(HasSubstr("line 5: a quote is not closed"),
                                         HasSubstr("line 7: no organisation")));
}

TEST(ScannerListsTest, ReadsMispWarningListsOfScanners) {
  const ScannerList list = read("alphastrike.json", R"({
    "name": "Alphastrike research IP Ranges Used for Scanning", "type": "cidr",
    "description": "of a network telescope",
    "list": ["192.0.2.0/24", "2001:db8::/48", "192.0.2.7/24", 7]})");
  EXPECT_EQ(list.format, "misp");
  ASSERT_THAT(list.scanners, SizeIs(2));
  EXPECT_EQ(list.scanners[1].prefix.to_string(), "2001:db8::/48");
  EXPECT_EQ(list.scanners[1].organisation, "Limes Security (Alpha Strike Labs)");
  EXPECT_EQ(list.scanners[1].from, std::nullopt);
  EXPECT_THAT(list.problems, ElementsAre(HasSubstr("entry 3: '192.0.2.7/24' has host bits set"),
                                         HasSubstr("entry 4: not a text")));
}

TEST(ScannerListsTest, TakesNothingFromAWarningListOfSomethingElse) {
  const ScannerList list = read("rfc1918.json", R"({"name": "List of RFC 1918 CIDR blocks",
    "description": "private network CIDR blocks", "type": "cidr", "list": ["10.0.0.0/8"]})");
  EXPECT_THAT(list.scanners, IsEmpty());
  EXPECT_THAT(list.problems,
              ElementsAre(HasSubstr("'List of RFC 1918 CIDR blocks' is not a list of scanners")));
}

TEST(ScannerListsTest, ReadsTextWithHostNamesAndOrganisationsInComments) {
  const ScannerList list = read("mass_scanner.txt",
                                "# Copyright\n"
                                "\n"
                                "192.0.2.1 # scan-01.Shadowserver.org.\n"
                                "192.0.2.2 # cortex xpanse\r\n"
                                "192.0.2.3\n"
                                "192.0.2.4 # 192.0.2.4\n"
                                "192.0.2.5 # (unknown)\n"
                                "192.0.2.0/24 # probe7.example.co.uk\n"
                                "2001:db8::/64 # Example Laboratory\n"
                                "C192.0.2.6 # probe.onyphe.net\n"
                                "192.0.2.8 # shodan.io (parking)");
  EXPECT_EQ(list.format, "text");
  ASSERT_THAT(list.scanners, SizeIs(8));
  const std::pair<std::string, std::string> expected[] = {
      {"scan-01.Shadowserver.org", "Shadowserver"},
      {"", "Palo Alto Networks (Cortex-Xpanse)"},
      {"", "unknown"},
      {"", "unknown"},
      {"", "unknown"},
      {"probe7.example.co.uk", "example.co.uk"},
      {"", "Example Laboratory"},
      {"", "Shodan"}};
  for (size_t i = 0; i < std::size(expected); ++i) {
    EXPECT_EQ(list.scanners[i].host_name, expected[i].first) << i;
    EXPECT_EQ(list.scanners[i].organisation, expected[i].second) << i;
  }
  EXPECT_EQ(list.scanners[5].prefix.to_string(), "192.0.2.0/24");
  EXPECT_THAT(list.problems, ElementsAre("line 10: 'C192.0.2.6' is not an IP address or prefix"));
}

TEST(ScannerListsTest, CallsAListThatNamesNobodyAfterItsFile) {
  EXPECT_EQ(read("lists/onyphe.net.txt", "192.0.2.1\n192.0.2.2\n").scanners.at(1).organisation,
            "Onyphe");
  EXPECT_EQ(read("our scanners.txt", "192.0.2.1 # 192.0.2.1\n").scanners.at(0).organisation,
            "our scanners");
}

TEST(ScannerListsTest, ReadsTextWithFieldsAndDates) {
  const ScannerList list = read("own.csv",
                                "address,organisation,from,until\n"
                                "192.0.2.1,Censys\n"
                                "192.0.2.0/28 , \"Example, Inc.\" , 2025-01-01\n"
                                "192.0.2.2,,,2026-01-01\n"
                                "192.0.2.3,Example,2025-01-01,2026-01-01 # ours\n"
                                "192.0.2.4,Example,2026-01-01,2026-01-01\n"
                                "192.0.2.5,Example,soon\n"
                                "192.0.2.6,Example,2025-01-01,2026-01-01,more\n"
                                "192.0.2.7,census1.shodan.io\n");
  ASSERT_THAT(list.scanners, SizeIs(5));
  EXPECT_EQ(list.scanners[0].organisation, "Censys");
  EXPECT_EQ(list.scanners[0].until, std::nullopt);
  EXPECT_EQ(list.scanners[1].organisation, "Example, Inc.");
  EXPECT_EQ(list.scanners[1].from, time_of("2025-01-01"));
  EXPECT_EQ(list.scanners[2].organisation, "unknown");
  EXPECT_EQ(list.scanners[2].from, std::nullopt);
  EXPECT_EQ(list.scanners[2].until, time_of("2026-01-01"));
  EXPECT_EQ(list.scanners[3].until, time_of("2026-01-01"));
  EXPECT_EQ(list.scanners[4].organisation, "Shodan");
  EXPECT_EQ(list.scanners[4].host_name, "census1.shodan.io");
  EXPECT_THAT(list.problems,
              ElementsAre(HasSubstr("line 6: it ends before it begins"), HasSubstr("line 7: "),
                          HasSubstr("line 8: more than four fields")));
}

TEST(ScannerListsTest, RefusesWhatIsNoListAtAll) {
  EXPECT_THAT(error_of("a.txt", ""), HasSubstr("a.txt: an empty file"));
  EXPECT_THAT(error_of("a.txt", "hello\nworld\n"),
              HasSubstr("a.txt: not a list of scanners: line 1: 'hello' is not an IP address"));
  EXPECT_THAT(error_of("a.json", "[{]"), HasSubstr("a.json: broken JSON"));
  EXPECT_THAT(error_of("a.json", "[1, 2]"), HasSubstr("entry 1: not an object"));
  EXPECT_THAT(error_of("a.json", "{\"name\": \"x\"}"), HasSubstr("without \"name\" and \"list\""));
  EXPECT_THAT(error_of("a.txt", std::string(5000, 'x')), HasSubstr("longer than 4096 bytes"));
}

TEST(ScannerListsTest, CountsComplaintsPastAThousand) {
  std::string text = "192.0.2.1\n";
  for (int i = 0; i < 1500; ++i) text += "nonsense" + std::string(500, 'x') + "\n";
  const ScannerList list = read("a.txt", text);
  EXPECT_THAT(list.scanners, SizeIs(1));
  ASSERT_THAT(list.problems, SizeIs(1001));
  EXPECT_EQ(list.problems.back(), "and 500 more");
  EXPECT_LE(list.problems.front().size(), 203u);
}

TEST(ScannerListsTest, RefusesPrefixesWiderThanAnyScanner) {
  const ScannerList list = read("a.txt", "192.0.0.0/7\n2000::/15\n192.0.0.0/8\n2001::/16\n::/0\n");
  EXPECT_THAT(list.scanners, SizeIs(2));
  EXPECT_THAT(list.problems,
              ElementsAre(HasSubstr("192.0.0.0/7 is too wide"), HasSubstr("2000::/15 is too wide"),
                          HasSubstr("::/0 is too wide")));
}

TEST(OrganisationNamesTest, KnowsAnOrganisationByItsOtherNames) {
  EXPECT_EQ(organisation_name("  CYBERRESILIENCE "), "UpGuard (CyberResilience)");
  EXPECT_EQ(organisation_name("Palo Alto  Networks(Cortex-Xpanse)"),
            "Palo Alto Networks (Cortex-Xpanse)");
  EXPECT_EQ(organisation_name("Somebody \t Else"), "Somebody Else");
  EXPECT_EQ(organisation_name(" "), "unknown");
  EXPECT_EQ(organisation_name(std::string(199, 'x') + "\xc3\xa4").size(), 199u);  // not half an ä
}

TEST(OrganisationNamesTest, TellsHostNamesFromOtherText) {
  for (const auto* text : {"example.org", "a-1.b_2.example.org.", "1.2.3.4.example.org", "x.c0m"})
    EXPECT_TRUE(is_host_name(text)) << text;
  for (const auto* text : {"", ".", "localhost", "192.0.2.1", "a..b", "two words.org", "a.b-",
                           ".a.b", "Example, Inc.", "(unknown)"})
    EXPECT_EQ(is_host_name(text), std::string_view(text) == "a.b-") << text;
  EXPECT_FALSE(is_host_name(std::string(64, 'a') + ".org"));
  EXPECT_FALSE(is_host_name(std::string(300, 'a')));
}

TEST(OrganisationNamesTest, NamesAListedHostByItsKnownOrRegisteredDomain) {
  EXPECT_EQ(organisation_of_listed_host("pinger-w1.ant.isi.edu"), "ANT lab");
  EXPECT_EQ(organisation_of_listed_host("x.isi.edu"), "isi.edu");
  EXPECT_EQ(organisation_of_listed_host("a.b.example.ac.jp"), "example.ac.jp");
  EXPECT_EQ(organisation_of_listed_host("example.ac.jp"), "example.ac.jp");
  EXPECT_EQ(organisation_of_listed_host("ac.jp"), "ac.jp");
  EXPECT_EQ(organisation_of_listed_host("A.Example.COM."), "example.com");
}

TEST(OrganisationNamesTest, HoldsTheSuffixesThatOnlyScannersHave) {
  std::map<std::string_view, std::string_view> names;
  for (const auto& name : known_scanner_names()) names.emplace(name.suffix, name.organisation);
  EXPECT_EQ(names.size(), known_scanner_names().size());
  EXPECT_EQ(names.at("shodan.io"), "Shodan");
  for (const auto& [suffix, organisation] : names) {
    EXPECT_TRUE(is_host_name(suffix)) << suffix;
    EXPECT_EQ(organisation_name(organisation), organisation) << "an alias stands for a name";
  }
}

class PublishedListsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* shared = std::getenv("YAGURA_SHARED_DATA");
    folder_ = shared ? std::filesystem::path(shared)
                     : std::filesystem::path(YAGURA_SOURCE_DIR) / ".." / "shared" / "data";
    folder_ /= "telescope/scanners";
    if (!std::filesystem::exists(folder_))
      GTEST_SKIP() << "SKIPPED: no published scanner lists in " << folder_;
  }
  ScannerList read_file(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return read(file.string(), std::string(std::istreambuf_iterator<char>(stream), {}));
  }
  static std::map<std::string, size_t> count(const ScannerList& list) {
    std::map<std::string, size_t> counts;
    for (const auto& scanner : list.scanners) ++counts[scanner.organisation];
    return counts;
  }

  std::filesystem::path folder_;
};

// Counts by jq and grep on the files.
TEST_F(PublishedListsTest, GivesWhatTheNictFilesHold) {
  const ScannerList year = read_file(folder_ / "surveyscanner_2025.json");
  EXPECT_THAT(year.scanners, SizeIs(17348));
  EXPECT_THAT(year.problems, IsEmpty());
  EXPECT_THAT(count(year), SizeIs(87));
  EXPECT_EQ(count(year)["Stretchoid"], 2267u);
  const ScannerList quarter = read_file(folder_ / "surveyscanner_2026_1Q.json");
  EXPECT_THAT(quarter.scanners, SizeIs(14889));
  EXPECT_THAT(count(quarter), SizeIs(83));
  EXPECT_THAT(read_file(folder_ / "scanorg_2025.csv").organisations, SizeIs(87));
  // An organisation has one name in the addresses and in the organisations of a period.
  const auto organisations = read_file(folder_ / "scanorg_2026_1Q.csv").organisations;
  const std::set<std::string> named(organisations.begin(), organisations.end());
  for (const auto& [organisation, entries] : count(quarter))
    EXPECT_TRUE(named.contains(organisation)) << organisation;
}

TEST_F(PublishedListsTest, GivesWhatTheMispListsHold) {
  size_t lists = 0, prefixes = 0, refused = 0;
  std::set<std::string> organisations;
  for (const auto& file : std::filesystem::directory_iterator(folder_ / "misp-warninglists")) {
    const ScannerList list = read_file(file.path());
    if (list.scanners.empty()) {
      ++refused;
      EXPECT_THAT(file.path().filename().string(), HasSubstr("rfc"));
      EXPECT_THAT(list.problems, SizeIs(1));
      continue;
    }
    ++lists;
    prefixes += list.scanners.size();
    EXPECT_THAT(list.problems, IsEmpty());
    organisations.insert(list.scanners.front().organisation);
  }
  EXPECT_EQ(refused, 4u);  // RFC 1918, 3849, 5735, 6598
  EXPECT_EQ(lists, 32u);
  EXPECT_EQ(prefixes, 3992u);
  EXPECT_EQ(organisations.size(), 25u);
}

TEST_F(PublishedListsTest, GivesWhatTheMaltrailListsHold) {
  const ScannerList list = read_file(folder_ / "maltrail_mass_scanner.txt");
  EXPECT_THAT(list.scanners, SizeIs(19215));
  EXPECT_THAT(list.problems,
              SizeIs(5));  // two lines of an attacker's words, three with a C in front
  auto counts = count(list);
  EXPECT_EQ(counts["Stretchoid"], 3016u);
  EXPECT_EQ(counts["Censys"], 2542u);
  EXPECT_EQ(counts["FR Cert"], 8u);
  EXPECT_EQ(counts["unknown"], 2265u);
  const ScannerList networks = read_file(folder_ / "maltrail_mass_scanner_cidr.txt");
  EXPECT_THAT(networks.scanners, SizeIs(1106));
  EXPECT_THAT(networks.problems, IsEmpty());
}

}  // namespace
}  // namespace yagura::enrich
