// SPDX-License-Identifier: Apache-2.0
#include "state/sensors.h"

#include <gmock/gmock.h>

#include "state/state_for_tests.h"

namespace yagura::state {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class SensorsTest : public StateTest {};

TEST_F(SensorsTest, NumbersSensorsFromOneInTheOrderTheyAreNamed) {
  EXPECT_EQ(value(sensor_named(database(), "tokyo")).id, 1);
  EXPECT_EQ(value(sensor_named(database(), "kobe-2.b_c")).id, 2);
  EXPECT_EQ(value(sensor_named(database(), "tokyo")).id, 1);
  reopen();
  const auto all = value(sensors(database()));
  ASSERT_THAT(all, SizeIs(2));
  EXPECT_EQ(all[1].name, "kobe-2.b_c");
}

TEST_F(SensorsTest, RefusesNamesThatCannotBeWrittenEverywhere) {
  for (const std::string& name : {std::string(), std::string("a b"), std::string("a/b"),
                                  std::string("é"), std::string(65, 'a')}) {
    EXPECT_THAT(error_of(sensor_named(database(), name)), HasSubstr("1 to 64 letters")) << name;
  }
  EXPECT_TRUE(sensor_named(database(), std::string(64, 'a')));
  EXPECT_THAT(value(sensors(database())), SizeIs(1));
}

TEST_F(SensorsTest, GivesTheDarkSpaceBackAsItWasSet) {
  const auto sensor = value(sensor_named(database(), "a"));
  const std::vector<DarkPrefix> space = {
      {value(Prefix::parse("198.51.100.0/24")), false, std::nullopt, std::nullopt},
      {value(Prefix::parse("198.51.100.7")), true, Timestamp::from_seconds(86'400), std::nullopt},
      {value(Prefix::parse("0.0.0.0/0")), false, std::nullopt, Timestamp::from_seconds(172'800)},
      {value(Prefix::parse("2001:db8::/32")), false, Timestamp::from_seconds(0), Timestamp{1}},
      {value(Prefix::parse("::/0")), false, std::nullopt, std::nullopt},
  };
  succeeded(set_dark_space(database(), sensor.id, space));
  reopen();
  EXPECT_EQ(value(dark_space(database(), sensor.id)), space);
}

TEST_F(SensorsTest, ReplacesTheDarkSpaceOfOneSensorOnly) {
  const auto a = value(sensor_named(database(), "a"));
  const auto b = value(sensor_named(database(), "b"));
  const DarkPrefix first{value(Prefix::parse("198.51.100.0/24")), false, {}, {}};
  const DarkPrefix second{value(Prefix::parse("203.0.113.0/24")), false, {}, {}};
  succeeded(set_dark_space(database(), a.id, {first, second}));
  succeeded(set_dark_space(database(), b.id, {first}));
  succeeded(set_dark_space(database(), a.id, {second}));
  EXPECT_THAT(value(dark_space(database(), a.id)), ElementsAre(second));
  EXPECT_THAT(value(dark_space(database(), b.id)), ElementsAre(first));
  succeeded(set_dark_space(database(), b.id, {}));
  EXPECT_THAT(value(dark_space(database(), b.id)), IsEmpty());
}

TEST_F(SensorsTest, MakesOneKeyPerFolderAndKeepsIt) {
  const auto key = value(folder_key(database()));
  EXPECT_EQ(key.size(), 32u);
  reopen();
  EXPECT_EQ(value(folder_key(database())), key);
  const TemporaryFolder other;
  EXPECT_NE(value(folder_key(*value(Database::open(other.path() / "state.db")))), key);
}

}  // namespace
}  // namespace yagura::state
