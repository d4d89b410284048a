// SPDX-License-Identifier: Apache-2.0
#include "state/scanner_registry.h"

#include <gmock/gmock.h>

#include "state/state_for_tests.h"

namespace yagura::state {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class ScannerRegistryTest : public StateTest {};

TEST_F(ScannerRegistryTest, BeginsWithTheUnknownOrganisation) {
  const auto all = value(organisations(database()));
  ASSERT_THAT(all, SizeIs(1));
  EXPECT_EQ(all[0].id, 1);
  EXPECT_EQ(all[0].name, "unknown");
  EXPECT_EQ(value(organisation_named(database(), "Unknown")).id, 1);
}

TEST_F(ScannerRegistryTest, FoldsCaseAndSpacesOfOrganisations) {
  const auto first = value(organisation_named(database(), " Example  Survey\tProject "));
  EXPECT_EQ(first.id, 2);
  EXPECT_EQ(first.name, "Example Survey Project");
  EXPECT_EQ(value(organisation_named(database(), "EXAMPLE survey project")).id, 2);
  EXPECT_EQ(value(organisation_named(database(), "ExampleSurveyProject")).id, 3);
  EXPECT_THAT(error_of(organisation_named(database(), " \t")), HasSubstr("without a name"));
}

TEST_F(ScannerRegistryTest, GivesEntriesAndNamesBackAsTheyWereImported) {
  const auto organisation = value(organisation_named(database(), "example"));
  const std::vector<ScannerEntry> entries = {
      {value(Prefix::parse("198.51.100.7")), organisation.id, "a", Timestamp::from_seconds(86'400),
       Timestamp::from_seconds(172'800)},
      {value(Prefix::parse("2001:db8:1::/48")), 1, "a", std::nullopt, std::nullopt}};
  succeeded(replace_list(database(), "a", entries, {{".census.example.com", 2, "a"}}));
  reopen();
  const auto stored = value(scanner_entries(database()));
  ASSERT_THAT(stored, SizeIs(2));
  EXPECT_EQ(stored[0].prefix, entries[0].prefix);
  EXPECT_EQ(stored[0].organisation, organisation.id);
  EXPECT_EQ(stored[0].list, "a");
  EXPECT_EQ(stored[0].from, entries[0].from);
  EXPECT_EQ(stored[0].until, entries[0].until);
  EXPECT_EQ(stored[1].prefix, entries[1].prefix);
  EXPECT_EQ(stored[1].from, std::nullopt);
  const auto names = value(scanner_names(database()));
  ASSERT_THAT(names, SizeIs(1));
  EXPECT_EQ(names[0].suffix, ".census.example.com");
  EXPECT_EQ(names[0].organisation, 2);
}

TEST_F(ScannerRegistryTest, ReplacesAListAndLeavesTheOthers) {
  const ScannerEntry entry{value(Prefix::parse("198.51.100.7")), 1, "", {}, {}};
  succeeded(replace_list(database(), "a", {entry, entry}, {{".a.example", 1, "a"}}));
  succeeded(replace_list(database(), "b", {entry}, {}));
  succeeded(replace_list(database(), "a", {entry}, {}));
  const auto summaries = value(lists(database()));
  ASSERT_THAT(summaries, SizeIs(2));
  EXPECT_EQ(summaries[0].list, "a");
  EXPECT_EQ(summaries[0].entries, 1u);
  EXPECT_EQ(summaries[0].names, 0u);
  EXPECT_GT(summaries[0].imported, Timestamp::from_seconds(1'700'000'000));
  EXPECT_EQ(summaries[1].entries, 1u);
  EXPECT_THAT(value(scanner_entries(database())), SizeIs(2));
}

TEST_F(ScannerRegistryTest, KeepsTheOldListIfTheNewOneFails) {
  const ScannerEntry good{value(Prefix::parse("198.51.100.7")), 1, "a", {}, {}};
  const ScannerEntry bad{value(Prefix::parse("198.51.100.8")), 999, "a", {}, {}};
  succeeded(replace_list(database(), "a", {good}, {}));
  EXPECT_THAT(error_of(replace_list(database(), "a", {good, bad}, {})),
              HasSubstr("scanner list \"a\""));
  EXPECT_THAT(value(scanner_entries(database())), SizeIs(1));
}

TEST_F(ScannerRegistryTest, EveryChangeHasToReachEveryDay) {
  const ScannerEntry entry{value(Prefix::parse("198.51.100.7")), 1, "", {}, {}};
  EXPECT_EQ(value(registry_progress(database())).days_before, std::nullopt);
  succeeded(replace_list(database(), "a", {entry}, {}));
  const RegistryProgress first = value(registry_progress(database()));
  EXPECT_EQ(first.days_before, 65'536);
  succeeded(note_registry_progress(database(), first.version, 20'000));
  EXPECT_EQ(value(registry_progress(database())).days_before, 20'000);
  succeeded(replace_list(database(), "b", {entry}, {}));
  succeeded(note_registry_progress(database(), first.version, {}));  // too late
  const RegistryProgress second = value(registry_progress(database()));
  EXPECT_GT(second.version, first.version);
  EXPECT_EQ(second.days_before, 65'536);
  succeeded(note_registry_progress(database(), second.version, {}));
  EXPECT_EQ(value(registry_progress(database())).days_before, std::nullopt);
  succeeded(add_source_names(database(), {}));
  EXPECT_EQ(value(registry_progress(database())).version, second.version);
  const IpAddress source = value(IpAddress::parse("198.51.100.7"));
  succeeded(add_source_names(database(), {{source, "", Timestamp::from_seconds(100)}}));
  EXPECT_GT(value(registry_progress(database())).version, second.version);
}

TEST_F(ScannerRegistryTest, KeepsTheLatestNameOfASource) {
  const IpAddress source = value(IpAddress::parse("198.51.100.7"));
  const auto later = Timestamp::from_seconds(200), earlier = Timestamp::from_seconds(100);
  EXPECT_THAT(value(source_names(database())), IsEmpty());
  succeeded(add_source_names(database(), {{source, "old.example", earlier}}));
  succeeded(add_source_names(database(), {{source, "new.example", later}}));
  succeeded(add_source_names(database(), {{source, "old.example", earlier}}));
  const auto names = value(source_names(database()));
  ASSERT_THAT(names, SizeIs(1));
  EXPECT_EQ(names[0].source, source);
  EXPECT_EQ(names[0].name, "new.example");
  EXPECT_EQ(names[0].looked_up, later);
}

}  // namespace
}  // namespace yagura::state
