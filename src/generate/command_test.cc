// SPDX-License-Identifier: Apache-2.0
#include "generate/command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace yagura::generate {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

const Flag& flag_named(std::string_view name) {
  for (const Flag& flag : all_flags())
    if (flag.name == name) return flag;
  ADD_FAILURE() << "no flag " << name;
  return all_flags()[0];
}

std::string error_of(std::string_view name, std::string_view text) {
  GenerateOptions options;
  const auto result = set_flag(flag_named(name), options, text);
  return result ? "accepted" : result.error().message();
}

TEST(GenerateFlags, ReadBackWhatTheyShow) {
  for (const Flag& flag : all_flags()) {
    GenerateOptions options;
    const std::string text = flag_text(flag, options);
    const auto result = set_flag(flag, options, text);
    ASSERT_TRUE(result.has_value()) << result.error().message();
    EXPECT_EQ(flag_text(flag, options), text);
    EXPECT_EQ(command_line(options), "yagura generate") << flag.name;
  }
}

TEST(GenerateFlags, EachSetsSomethingOfItsOwn) {
  const std::map<std::string_view, std::string_view> values = {
      {"count", "17"},     {"share", "17"},
      {"number", "17"},    {"0-3", "2"},
      {"port", "17"},      {"time", "2020-02-02T00:00:00Z"},
      {"duration", "17m"}, {"random|bots", "random"},
      {"us|ns", "ns"},     {"steady|synchronised", "steady"}};
  std::set<std::string_view> names;
  for (const Flag& flag : all_flags()) {
    EXPECT_TRUE(names.insert(flag.name).second) << flag.name << " twice";
    std::string text = flag.name == "dark" ? "198.19.0.0/24" : "2001:db8:1::/64";
    if (flag.value != "prefix") text = values.at(flag.value);
    GenerateOptions options;
    ASSERT_TRUE(set_flag(flag, options, text).has_value()) << flag.name;
    EXPECT_EQ(command_line(options), "yagura generate --" + std::string(flag.name) + " " + text);
  }
  EXPECT_EQ(names.size(), 20 + kind_count);
}

TEST(GenerateFlags, CountsMayHaveASuffix) {
  GenerateOptions options;
  ASSERT_TRUE(set_flag(flag_named("packets"), options, "20M").has_value());
  EXPECT_EQ(options.packets, 20'000'000U);
  ASSERT_TRUE(set_flag(flag_named("sources"), options, "400k").has_value());
  EXPECT_EQ(options.sources, 400'000U);
}

TEST(GenerateFlags, ErrorsNameTheFlagAndWhatItTakes) {
  EXPECT_THAT(error_of("packets", "many"), StartsWith("--packets: 'many' is no count"));
  EXPECT_THAT(error_of("packets", ""), HasSubstr("no count"));
  EXPECT_THAT(error_of("packets", "1T"), HasSubstr("no count"));
  EXPECT_THAT(error_of("packets", "99999999999999999999"), HasSubstr("no count"));
  EXPECT_THAT(error_of("packets", "99999999999G"), HasSubstr("no count"));
  EXPECT_THAT(error_of("campaign-port", "70000"), HasSubstr("70000 is above 65535"));
  EXPECT_THAT(error_of("ports", "zipf"), HasSubstr("neither 'random' nor 'bots'"));
  EXPECT_THAT(error_of("dark", "198.18.0.1/16"), HasSubstr("host bits"));
  EXPECT_THAT(error_of("start", "yesterday"), StartsWith("--start: "));
  EXPECT_THAT(error_of("duration", "long"), StartsWith("--duration: "));
}

TEST(GenerateFlags, HaveATableForTheManual) {
  const std::string table = flags_markdown();
  EXPECT_THAT(table, HasSubstr("| `--packets` | count | `1000000` | Packets in all"));
  EXPECT_THAT(table, HasSubstr("random\\|bots"));
}

TEST(RunGenerate, SaysWhichFileItCannotWrite) {
  GenerateOptions options;
  const auto missing = run_generate(options, "/nonexistent/a.pcap", "");
  ASSERT_FALSE(missing.has_value());
  EXPECT_THAT(missing.error().message(), HasSubstr("/nonexistent/a.pcap: No such file"));
  const auto no_truth = run_generate(options, "/dev/null", "/nonexistent/t.json");
  ASSERT_FALSE(no_truth.has_value());
  EXPECT_THAT(no_truth.error().message(), HasSubstr("/nonexistent/t.json: No such file"));
}

TEST(RunGenerate, SaysWhenTheDiskIsFull) {
  const auto result = run_generate({}, "/dev/full", "");
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().message(), "writing /dev/full: No space left on device");
}

TEST(RunGenerate, CountsNoTruthForMorePacketsThanItsMemoryIsBoundFor) {
  GenerateOptions options;
  options.packets = most_truth_packets + 1;
  const auto result = run_generate(options, "/dev/null", "/dev/null");
  ASSERT_FALSE(result.has_value());
  EXPECT_THAT(result.error().message(), HasSubstr("at most 500000000 packets"));
}

TEST(RunGenerate, TellsHowFarItIs) {
  GenerateOptions options;
  options.packets = 200'000;
  std::vector<uint64_t> told;
  ASSERT_TRUE(run_generate(options, "/dev/null", "", [&](uint64_t packets) {
                told.push_back(packets);
              }).has_value());
  EXPECT_THAT(told, testing::ElementsAre(65'536, 131'072, 196'608));
}

}  // namespace
}  // namespace yagura::generate
