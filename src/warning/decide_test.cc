// SPDX-License-Identifier: Apache-2.0
#include "warning/decide.h"

#include <gmock/gmock.h>

#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <random>
#include <set>

#include "base/result_for_tests.h"
#include "base/temporary_folder_for_tests.h"
#include "state/contacts.h"
#include "state/members.h"
#include "state/outbox.h"
#include "state/telling.h"
#include "state/warnings.h"

namespace yagura::warning {
namespace {

using state::WarningState;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr int64_t start = 1'767'268'800;  // 2026-01-01 12:00
Timestamp at(int64_t seconds) { return Timestamp::from_seconds(start + seconds); }

template <typename T>
T taken(state::Outcome<T> outcome) {
  EXPECT_TRUE(outcome) << outcome.error().message();
  return outcome ? std::move(*outcome) : T{};
}
void taken(const state::Outcome<void>& outcome) { EXPECT_TRUE(outcome); }

// One member, 192.0.2.0/24, whose contacts are webhooks: their notices are JSON.
class DecideTest : public testing::Test {
 protected:
  DecideTest() {
    database_ = value(state::Database::open(folder_.path() / "state.db"));
    const state::Registration registration{"A", {value(Prefix::parse("192.0.2.0/24"))}, {}};
    taken(state::register_members(*database_, std::span(&registration, 1), at(0)));
    options_.letter.from = "warning@yagura.example";
  }
  int64_t contact(const std::string& name, std::string quiet = "") {
    state::Contact contact;
    contact.member = 1;
    contact.target = "https://hooks.example/" + name;
    contact.quiet = std::move(quiet);
    return taken(state::put_contact(*database_, contact, at(-1))).id;
  }
  // A warning about 192.0.2.`host` after so many packets.
  int64_t begin(int host, uint64_t packets = 1) {
    state::Warning warning;
    warning.member = 1;
    warning.address = value(IpAddress::parse("192.0.2." + std::to_string(host)));
    warning.first = warning.last = at(0);
    fill(warning, packets);
    return value(state::begin_warning(*database_, warning));
  }
  void update(int64_t id, WarningState state, uint64_t packets = 1) {
    state::Warning warning = *value(state::find_warning(*database_, id));
    warning.state = state;
    fill(warning, packets);
    succeeded(state::update_warning(*database_, warning));
  }
  static void fill(state::Warning& warning, uint64_t packets) {
    Story story;
    Sighting sighting;
    sighting.first = sighting.last = at(0);
    sighting.packets = packets;
    sighting.dark_addresses = 1;
    story.add(sighting);
    ByteWriter out;
    story.save(out);
    warning.story = out.bytes();
    warning.severity =
        static_cast<uint8_t>(severity_of(story.episode(1, warning.address, Traffic::to_others)));
  }
  uint64_t decide(int64_t seconds) {
    return value(decide_notices(*database_, options_, at(seconds)));
  }
  // What the n-th letter to a contact tells: "7 new", where 7 is the host.
  std::vector<std::vector<std::string>> told(int64_t contact) {
    std::vector<std::vector<std::string>> all;
    const auto letters = value(state::letters(*database_, {}));
    for (auto letter = letters.rbegin(); letter != letters.rend(); ++letter) {
      if (letter->contact != contact) continue;
      const auto body =
          nlohmann::json::parse(value(state::find_letter(*database_, letter->id))->body);
      auto& lines = all.emplace_back();
      for (const auto& warning : body["warnings"]) {
        const auto address = warning["address"].get<std::string>();
        lines.push_back(address.substr(address.rfind('.') + 1) + " " +
                        warning["change"].get<std::string>());
      }
    }
    return all;
  }

  using Lines = std::vector<std::string>;
  TemporaryFolder folder_;
  std::unique_ptr<state::Database> database_;
  DecideOptions options_;
};

TEST_F(DecideTest, TellsEachContactOnceThatAWarningBeganAndThatItEnded) {
  const int64_t a = contact("a"), b = contact("b");
  const int64_t warning = begin(7);
  EXPECT_EQ(decide(0), 2u);
  EXPECT_EQ(decide(1), 0u);
  update(warning, WarningState::continuing, 500);
  EXPECT_EQ(decide(2), 0u);
  update(warning, WarningState::resolved, 500);
  EXPECT_EQ(decide(3), 0u);  // the spacing
  EXPECT_EQ(decide(300), 2u);
  for (const int64_t each : {a, b})
    EXPECT_THAT(told(each), ElementsAre(Lines{"7 new"}, Lines{"7 resolved"}));
}

TEST_F(DecideTest, GathersWhatHappensBetweenNoticesAndThenWaitsLonger) {
  const int64_t a = contact("a");
  begin(1);
  EXPECT_EQ(decide(0), 1u);
  for (int host = 2; host <= 4; ++host) begin(host);
  EXPECT_EQ(decide(299), 0u);
  EXPECT_EQ(decide(300), 1u);
  begin(5);
  EXPECT_EQ(decide(899), 0u);  // ten minutes now
  EXPECT_EQ(decide(900), 1u);
  begin(6);
  EXPECT_EQ(decide(900 + 1199), 0u);
  EXPECT_EQ(decide(900 + 3600), 1u);  // after a long silence it begins anew
  begin(7);
  EXPECT_EQ(decide(900 + 3600 + 300), 1u);
  EXPECT_THAT(told(a), ElementsAre(Lines{"1 new"}, Lines{"2 new", "3 new", "4 new"}, Lines{"5 new"},
                                   Lines{"6 new"}, Lines{"7 new"}));
}

TEST_F(DecideTest, ListsInADigestWhatGoesOn) {
  const int64_t a = contact("a");
  const int64_t first = begin(1), second = begin(2);
  EXPECT_EQ(decide(0), 1u);
  EXPECT_EQ(decide(86'399), 0u);
  begin(3);
  update(second, WarningState::continuing, 5000);
  EXPECT_EQ(decide(86'400), 1u);
  EXPECT_EQ(decide(86'401), 0u);
  for (const int64_t each : {first, second, int64_t{3}}) update(each, WarningState::resolved);
  EXPECT_EQ(decide(2 * 86'400), 1u);
  EXPECT_EQ(decide(9 * 86'400), 0u);
  EXPECT_THAT(told(a),
              ElementsAre(Lines{"1 new", "2 new"}, Lines{"3 new", "2 continuing", "1 continuing"},
                          Lines{"1 resolved", "2 resolved", "3 resolved"}));
}

TEST_F(DecideTest, HoldsLowSeverityBackWhileItIsQuiet) {
  const int64_t a = contact("a", "12:00-14:00"), b = contact("b");
  const int64_t low = begin(1);
  begin(2, 5000);
  EXPECT_EQ(decide(0), 2u);
  EXPECT_THAT(told(a), ElementsAre(Lines{"2 new"}));
  EXPECT_THAT(told(b), ElementsAre(Lines{"2 new", "1 new"}));
  const int64_t rising = begin(3);
  EXPECT_EQ(decide(3600), 1u);  // to b
  update(rising, WarningState::new_, 5000);
  EXPECT_EQ(decide(3700), 1u);  // to a, since it is severe now
  update(low, WarningState::resolved);
  EXPECT_EQ(decide(7199), 1u);  // to b
  EXPECT_EQ(decide(7200), 1u);
  EXPECT_THAT(told(a),
              ElementsAre(Lines{"2 new"}, Lines{"3 new", "2 continuing"}, Lines{"1 resolved"}));
}

TEST_F(DecideTest, TellsAContactThatComesLaterWhatIsOpen) {
  begin(1);
  const int64_t over = begin(2);
  update(over, WarningState::resolved);
  EXPECT_EQ(decide(0), 0u);  // there is nobody to tell
  const int64_t a = contact("a");
  EXPECT_EQ(decide(1), 1u);
  EXPECT_THAT(told(a), ElementsAre(Lines{"1 continuing"}));
}

TEST_F(DecideTest, TellsSoonWhatHasBecomeMoreSevere) {
  const int64_t a = contact("a");
  const int64_t warning = begin(1);
  EXPECT_EQ(decide(0), 1u);
  update(warning, WarningState::new_, 5000);
  EXPECT_EQ(decide(60), 0u);  // the spacing
  EXPECT_EQ(decide(300), 1u);
  update(warning, WarningState::continuing, 50'000);  // as severe as before
  EXPECT_EQ(decide(4000), 0u);
  EXPECT_THAT(told(a), ElementsAre(Lines{"1 new"}, Lines{"1 continuing"}));
}

TEST_F(DecideTest, HoldsBackWhatIsMuted) {
  const int64_t a = contact("a");
  const int64_t muted = begin(1);
  taken(state::mute_address(*database_, muted, at(100'000)));
  begin(2);
  EXPECT_EQ(decide(0), 1u);
  EXPECT_EQ(decide(86'400), 1u);
  taken(state::mute_address(*database_, muted, std::nullopt));
  EXPECT_EQ(decide(2 * 86'400), 1u);
  EXPECT_THAT(told(a),
              ElementsAre(Lines{"2 new"}, Lines{"2 continuing"}, Lines{"1 new", "2 continuing"}));
}

TEST_F(DecideTest, GoesOnWithDigestsAfterAMuteOfAllThereIs) {
  const int64_t a = contact("a");
  const int64_t muted = begin(1);
  EXPECT_EQ(decide(0), 1u);
  taken(state::mute_address(*database_, muted, at(100'000)));
  EXPECT_EQ(decide(86'400), 0u);
  EXPECT_EQ(decide(100'001), 1u);
  EXPECT_THAT(told(a), ElementsAre(Lines{"1 new"}, Lines{"1 continuing"}));
}

TEST_F(DecideTest, ADecisionThatFailsIsMadeAgain) {
  const int64_t a = contact("a");
  begin(1);
  const auto failed = database_->transaction([&]() -> Result<void> {
    EXPECT_EQ(decide(0), 1u);
    return failure("the power went");
  });
  EXPECT_FALSE(failed);
  EXPECT_THAT(told(a), IsEmpty());
  EXPECT_EQ(decide(0), 1u);
  EXPECT_THAT(told(a), ElementsAre(Lines{"1 new"}));
}

TEST_F(DecideTest, ATestNoticeTellsOfNoWarning) {
  const int64_t a = contact("a");
  const auto known = *value(state::find_contact(*database_, a));
  succeeded(post_test_notice(*database_, known, options_.letter, at(0)));
  const auto letter = value(state::find_letter(*database_, 1));
  const auto body = nlohmann::json::parse(letter->body);
  EXPECT_TRUE(body["test"].get<bool>());
  EXPECT_EQ(body["member"].get<std::string>(), "A");
  EXPECT_THAT(body["warnings"], IsEmpty());
  EXPECT_EQ(letter->message_id, body["id"].get<std::string>());
}

// Whatever happens in whatever order: no beginning and no end is lost, none is told twice.
TEST_F(DecideTest, LosesAndRepeatsNothing) {
  std::mt19937 random(7);
  const std::vector<int64_t> contacts = {contact("a"), contact("b", "12:30-13:30"),
                                         contact("c", "00:00-12:20")};
  std::map<int64_t, int> open;  // warning: host
  std::set<std::string> began, ended;
  int hosts = 0;
  int64_t now = 0;
  for (int i = 0; i < 400; ++i) {
    now += random() % 120;
    if (random() % 2 == 0 && hosts < 250) {
      open.emplace(begin(++hosts, random() % 3 == 0 ? 5000 : 1), hosts);
      began.insert(std::to_string(hosts) + " new");
    } else if (!open.empty() && random() % 3 == 0) {
      const auto it = std::next(open.begin(), static_cast<long>(random() % open.size()));
      update(it->first, WarningState::resolved);
      ended.insert(std::to_string(it->second) + " resolved");
      open.erase(it);
    }
    decide(now);
  }
  for (; now < 200'000; now += 1000) decide(now);
  for (const int64_t each : contacts) {
    std::multiset<std::string> lines;
    for (const Lines& notice : told(each)) lines.insert(notice.begin(), notice.end());
    for (const std::string& line : ended) EXPECT_EQ(lines.count(line), 1u) << each << line;
    for (const std::string& line : began) {
      const bool is_over = ended.contains(line.substr(0, line.find(' ')) + " resolved");
      EXPECT_LE(lines.count(line), 1u) << line;
      if (is_over) continue;
      EXPECT_EQ(lines.count(line), 1u) << each << line;
    }
  }
}

}  // namespace
}  // namespace yagura::warning
