// SPDX-License-Identifier: Apache-2.0
#include "state/outbox.h"

#include <gmock/gmock.h>

#include "state/contacts.h"
#include "state/members.h"
#include "state/outcome_for_tests.h"
#include "state/state_for_tests.h"

namespace yagura::state {
namespace {

using testing::ElementsAre;
using testing::Field;
using testing::IsEmpty;
using testing::SizeIs;

constexpr Timestamp now = Timestamp::from_seconds(1'700'000'000);
Timestamp after(int64_t seconds) { return now + Duration::seconds(seconds); }

class OutboxTest : public StateTest {
 protected:
  OutboxTest() {
    const Registration registration{"A", {value(Prefix::parse("192.0.2.0/24"))}, {}};
    succeeded(register_members(database(), std::span(&registration, 1), now));
    Contact contact;
    contact.member = 1;
    contact.target = "https://hooks.example/a";
    secret_ = value(put_contact(database(), contact, now)).secret;
  }
  void post(std::string id, int64_t seconds = 0) {
    Letter letter;
    letter.contact = 1;
    letter.message_id = std::move(id);
    letter.subject = "s";
    letter.body = std::string("a\0b", 3);
    letter.made = letter.next = after(seconds);
    letter.expires = after(1000);
    yagura::succeeded(post_letter(database(), letter));
  }
  std::vector<int64_t> due(int64_t seconds) {
    std::vector<int64_t> ids;
    for (const Letter& letter : value(due_letters(database(), after(seconds), 10)))
      ids.push_back(letter.id);
    return ids;
  }
  std::string secret_;
};

TEST_F(OutboxTest, GivesBackTheSameBytes) {
  post("a");
  reopen();
  const auto letter = value(find_letter(database(), 1));
  ASSERT_TRUE(letter);
  EXPECT_EQ(letter->body, std::string("a\0b", 3));
  EXPECT_EQ(letter->secret, secret_);
  EXPECT_EQ(letter->target, "https://hooks.example/a");
  EXPECT_EQ(letter->member, "A");
  EXPECT_EQ(letter->expires, after(1000));
}

TEST_F(OutboxTest, KeepsALetterOfOneIdOnce) {
  post("a");
  post("a", 5);
  EXPECT_THAT(value(letters(database(), {})), SizeIs(1));
}

TEST_F(OutboxTest, HandsOutWhatIsDueTheLongestWaitingFirst) {
  post("a", 2);
  post("b", 1);
  post("c", 3);
  EXPECT_THAT(due(0), IsEmpty());
  EXPECT_THAT(due(2), ElementsAre(2, 1));
  yagura::succeeded(letter_failed(database(), 2, "why", after(10)));
  yagura::succeeded(letter_sent(database(), 1));
  EXPECT_THAT(due(9), ElementsAre(3));
  EXPECT_THAT(due(10), ElementsAre(3, 2));
  EXPECT_EQ(value(find_letter(database(), 2))->attempts, 1u);
  EXPECT_EQ(value(find_letter(database(), 2))->error, "why");
}

TEST_F(OutboxTest, TriesADeadLetterAgainWhenTold) {
  post("a");
  refused(StateError::Kind::absent, retry_letter(database(), 1, now, after(5)));
  yagura::succeeded(letter_dead(database(), 1, "refused"));
  EXPECT_THAT(due(99), IsEmpty());
  EXPECT_EQ(value(count_letters(database())).dead, 1u);
  succeeded(retry_letter(database(), 1, after(50), after(60)));
  EXPECT_THAT(due(50), ElementsAre(1));
  EXPECT_EQ(value(count_letters(database())).waiting, 1u);
}

TEST_F(OutboxTest, ForgetsWhatWasSentOrDiedLongAgo) {
  for (const char* id : {"a", "b", "c", "d"}) post(id);
  yagura::succeeded(letter_sent(database(), 1));
  yagura::succeeded(letter_dead(database(), 2, "x"));
  yagura::succeeded(prune_letters(database(), after(1), after(0)));
  EXPECT_THAT(value(letters(database(), {})),
              ElementsAre(Field(&Letter::id, 4), Field(&Letter::id, 3), Field(&Letter::id, 2)));
  yagura::succeeded(prune_letters(database(), after(1), after(1)));
  EXPECT_THAT(value(letters(database(), {})), SizeIs(2));
}

TEST_F(OutboxTest, LosesWhatWaitsWithItsContact) {
  post("a");
  EXPECT_TRUE(value(has_letter_since(database(), 1, "a", now)));
  EXPECT_FALSE(value(has_letter_since(database(), 1, "a", after(1))));
  EXPECT_FALSE(value(has_letter_since(database(), 1, "b", now)));
  succeeded(delete_contact(database(), 1));
  EXPECT_THAT(value(letters(database(), {})), IsEmpty());
}

}  // namespace
}  // namespace yagura::state
