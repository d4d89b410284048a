// SPDX-License-Identifier: Apache-2.0
#include "app/config_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace yagura::app {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

ConfigFile read(std::string_view text) { return read_config("/etc/yagura/yagura.toml", text); }

TEST(ConfigFile, AnEmptyFileLeavesEveryDefault) {
  const ConfigFile config = read("");
  EXPECT_TRUE(config.problems.empty());
  for (const Setting& setting : all_settings())
    EXPECT_EQ(value_text(setting, config.settings), value_text(setting, Settings{})) << setting.key;
}

TEST(ConfigFile, ReadsEveryKindOfValue) {
  const ConfigFile config = read(R"(
data = "/var/lib/yagura"
home_country = "jp"
[geo]
asn = ["a.csv", "/b.mmdb"]
[store]
memory = "1.5G"
[archive]
packets = true
[capture]
ring = 134217728
commit_interval = "2m"
[retention]
activity = "60d"
days = "forever"
)");
  EXPECT_THAT(config.problems, ElementsAre());
  EXPECT_EQ(config.settings.data, "/var/lib/yagura");
  EXPECT_EQ(config.settings.home_country, "JP");
  // Relative to the file, wherever the program was started.
  EXPECT_THAT(config.settings.geo_asn, ElementsAre("/etc/yagura/a.csv", "/b.mmdb"));
  EXPECT_EQ(config.settings.store_memory, 3ULL << 29);
  EXPECT_TRUE(config.settings.archive);
  EXPECT_EQ(config.settings.ring, 128ULL << 20);
  EXPECT_EQ(config.settings.commit_interval, Duration::minutes(2));
  EXPECT_EQ(config.settings.keep_activity, Duration::days(60));
  EXPECT_EQ(config.settings.keep_days, Duration{});
  EXPECT_EQ(config.lines.at("store.memory"), 7);
}

TEST(ConfigFile, EverySettingReadsBackWhatItShows) {
  for (const Setting& setting : all_settings()) {
    const std::string text = value_text(setting, Settings{});
    if (text == "\"\"" || text == "[]") continue;  // "search" has no text of its own
    const ConfigFile config = read(std::string(setting.key) + " = " + text);
    EXPECT_THAT(config.problems, ElementsAre()) << setting.key;
    if (setting.key != "data") {
      EXPECT_EQ(value_text(setting, config.settings), text) << setting.key;
    }
  }
}

TEST(ConfigFile, AnUnknownKeyIsAProblemWithItsLineAndWhatWasMeant) {
  EXPECT_THAT(read("\n[stor]\nmemory = 1\n").problems,
              ElementsAre("/etc/yagura/yagura.toml:2: unknown key 'stor'; did you mean 'store'?"));
  EXPECT_THAT(
      read("[store]\n\nmemroy = 1\n").problems,
      ElementsAre(
          "/etc/yagura/yagura.toml:3: unknown key 'store.memroy'; did you mean 'store.memory'?"));
  EXPECT_THAT(read("xyzzy = 1\n").problems, ElementsAre(HasSubstr("config show")));
}

TEST(ConfigFile, ProblemsComeInTheOrderOfTheFile) {
  const ConfigFile config = read("zeta = 1\n[archive]\npackets = 1\n[capture]\nring = \"lots\"\n");
  EXPECT_THAT(config.problems,
              ElementsAre(HasSubstr("yagura.toml:1: unknown key 'zeta'"),
                          HasSubstr("yagura.toml:3: 'archive.packets' must be true or false"),
                          HasSubstr("yagura.toml:5: 'capture.ring': 'lots' is not a size")));
}

TEST(ConfigFile, RefusesWhatIsOutOfBounds) {
  EXPECT_THAT(read("store.memory = 5").problems, ElementsAre(HasSubstr("out of range")));
  EXPECT_THAT(read("capture.commit_interval = \"2h\"").problems,
              ElementsAre(HasSubstr("1 s to 1 h is allowed")));
  EXPECT_THAT(read("capture.commit_interval = \"forever\"").problems,
              ElementsAre(HasSubstr("capture.commit_interval")));
  EXPECT_THAT(read("home_country = \"Japan\"").problems, ElementsAre(HasSubstr("home_country")));
}

TEST(ConfigFile, WrongSyntaxNamesTheLine) {
  EXPECT_THAT(read("data = \"x\"\nstore = [\n").problems,
              ElementsAre(HasSubstr("/etc/yagura/yagura.toml:")));
}

TEST(ConfigFile, WhatTheFileSaysReachesNoTerminalUnescaped) {
  EXPECT_THAT(
      read("store.memory = \"1\\n\\u001b[2J\"").problems,
      ElementsAre("/etc/yagura/yagura.toml:1: 'store.memory': '1\\n\\x1b[2J' is not a size; "
                  "write 500M, 1.5G or a number of bytes"));
  EXPECT_THAT(read("\"\\u001b\" = 1").problems,
              ElementsAre(HasSubstr("yagura.toml:1: unknown key '\\x1b'")));
  EXPECT_THAT(read("[[sensor]]\nname = \"a\"\ndark = [\"\\u001b\"]\n\"\\u001b\" = 1").problems,
              Contains(HasSubstr("unknown key '\\x1b' of a sensor")));
}

TEST(ConfigFile, ReadsSensorsWithDatesAndExclusions) {
  const ConfigFile config = read(R"(
[[sensor]]
name = "campus"
dark = ["198.51.100.0/24", "2001:db8::/48"]
exclude = ["198.51.100.64/28"]
from = 2026-01-01
until = "2027-01-01"
[[sensor]]
name = "campus"
dark = ["203.0.113.0/24"]
[[sensor]]
name = "lab"
dark = ["192.0.2.7"]
)");
  ASSERT_THAT(config.problems, ElementsAre());
  ASSERT_EQ(config.settings.sensors.size(), 2u);
  const SensorSetting& campus = config.settings.sensors[0];
  EXPECT_EQ(campus.name, "campus");
  ASSERT_EQ(campus.dark_space.size(), 4u) << "tables of one name are one sensor";
  EXPECT_EQ(campus.dark_space[0].prefix.to_string(), "198.51.100.0/24");
  EXPECT_EQ(campus.dark_space[0].from, *parse_time("2026-01-01"));
  EXPECT_EQ(campus.dark_space[0].until, *parse_time("2027-01-01"));
  EXPECT_TRUE(campus.dark_space[2].excluded);
  EXPECT_EQ(campus.dark_space[3].from, std::nullopt);
  EXPECT_EQ(config.settings.sensors[1].dark_space[0].prefix.to_string(), "192.0.2.7/32");
}

TEST(ConfigFile, SaysWhatIsWrongWithASensor) {
  const ConfigFile config = read(R"(
[[sensor]]
nmae = "campus"
dark = ["198.51.100.7/24"]
[[sensor]]
name = "empty"
from = 2027-01-01
until = 2026-01-01
)");
  EXPECT_THAT(
      config.problems,
      ElementsAre(HasSubstr(":2: a sensor needs a name"),
                  HasSubstr(":2: a sensor needs its dark addresses"),
                  HasSubstr(":3: unknown key 'nmae' of a sensor; did you mean 'name'?"),
                  HasSubstr(":4: 'dark': "), HasSubstr(":5: 'until' must be later than 'from'"),
                  HasSubstr(":5: a sensor needs its dark addresses")));
}

TEST(ConfigFile, AFileThatCannotBeReadIsAnError) {
  const auto missing = load_config("/nonexistent/yagura.toml");
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().message(), HasSubstr("No such file"));
  const auto folder = load_config("/");
  ASSERT_FALSE(folder);
  EXPECT_THAT(folder.error().message(), HasSubstr("folder"));
}

TEST(Settings, KeysAndFlagsAreUnique) {
  std::vector<std::string_view> seen;
  for (const Setting& setting : all_settings()) {
    EXPECT_EQ(std::count(seen.begin(), seen.end(), setting.key), 0) << setting.key;
    EXPECT_EQ(std::count(seen.begin(), seen.end(), setting.flag), 0) << setting.flag;
    seen.insert(seen.end(), {setting.key, setting.flag});
    EXPECT_TRUE(setting.flag.starts_with("--")) << setting.flag;
    EXPECT_THAT(settings_markdown(), HasSubstr(std::string(setting.key)));
  }
}

TEST(ConfigFile, LettersBeyondAsciiStandOnlyInQuotesAndComments) {
  for (const std::string_view text :
       {"# caf\u00e9\ndata = \"/caf\u00e9\"", "data = '/caf\u00e9'",
        "data = \"\"\"\n/caf\u00e9\"\"\"", "\ufeffdata = '/caf\u00e9'"}) {
    const ConfigFile config = read(text);
    EXPECT_THAT(config.problems, ElementsAre()) << text;
    EXPECT_EQ(config.settings.data, "/caf\u00e9") << text;
  }
  EXPECT_THAT(read("'\u00e9' = 1").problems,
              ElementsAre(HasSubstr(".toml:1: unknown key '\u00e9'")));
  for (const std::string_view text : {"data = 1\ncaf\u00e9 = 1", "\ndata = \"a\\\"\"\u3000"})
    EXPECT_THAT(read(text).problems, ElementsAre(HasSubstr(".toml:2: letters beyond ASCII")))
        << text;
  for (const std::string_view text : {"\ndata = caf\u00e9", "\ndata = \u00e9"})
    EXPECT_THAT(read(text).problems, ElementsAre(HasSubstr(".toml:2: "))) << text;
  for (const std::string_view text : {"'\n\xb4'", "[a]\n[\xff]", "\ndata = \"\xe9\""})
    EXPECT_THAT(read(text).problems, ElementsAre(HasSubstr(".toml:2: not UTF-8"))) << text;
}

TEST(ConfigFile, ReadsWhereASensorsPacketsComeFrom) {
  const ConfigFile config = read(R"(
[[sensor]]
name = "campus"
dark = ["198.51.100.0/24"]
interface = "eth1"
filter = "not port 22"
[[sensor]]
name = "branch"
dark = ["203.0.113.0/25"]
spool = "spool/branch"
[[sensor]]
name = "campus"
dark = ["192.0.2.0/24"]
)");
  EXPECT_THAT(config.problems, ElementsAre());
  ASSERT_EQ(config.settings.sensors.size(), 2u);
  EXPECT_EQ(config.settings.sensors[0].interface, "eth1");
  EXPECT_EQ(config.settings.sensors[0].filter, "not port 22");
  EXPECT_EQ(config.settings.sensors[1].spool, "/etc/yagura/spool/branch");
}

TEST(ConfigFile, ASensorHasOneFeed) {
  const ConfigFile config = read(R"(
[[sensor]]
name = "campus"
dark = ["198.51.100.0/24"]
interface = "eth1"
spool = "spool"
[[sensor]]
name = "twice"
dark = ["198.51.100.0/24"]
interface = "eth1"
[[sensor]]
name = "twice"
dark = ["192.0.2.0/24"]
interface = "eth2"
[[sensor]]
name = "same"
dark = ["192.0.2.0/24"]
spool = "spool"
filter = "no such word"
[[sensor]]
name = "odd"
dark = ["192.0.2.0/24"]
interface = 1
)");
  EXPECT_THAT(config.problems,
              ElementsAre(HasSubstr(":6: a sensor has an interface or a spool folder, not both"),
                          HasSubstr(":11: sensor 'twice' has an interface or a spool folder"),
                          HasSubstr(":15: the spool folder of 'same' is that of 'campus' already"),
                          HasSubstr(":19: 'filter' belongs to an 'interface'"),
                          HasSubstr(":19: filter \"no such word\": "),
                          HasSubstr(":23: 'interface' must be a text")));
}

}  // namespace
}  // namespace yagura::app
