// SPDX-License-Identifier: Apache-2.0
#include "state/contacts.h"

#include <gmock/gmock.h>

#include "state/members.h"
#include "state/outcome_for_tests.h"
#include "state/state_for_tests.h"

namespace yagura::state {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

constexpr Timestamp now = Timestamp::from_seconds(1'700'000'000);

class ContactsTest : public StateTest {
 protected:
  ContactsTest() {
    for (const char* name : {"A", "B"}) {
      const Registration registration{
          name, {value(Prefix::parse(*name == 'A' ? "192.0.2.0/24" : "203.0.113.0/24"))}, {}};
      succeeded(register_members(database(), std::span(&registration, 1), now));
    }
  }
  Outcome<Contact> put(std::string target, std::string secret = "", int64_t member = 1) {
    Contact contact;
    contact.member = member;
    contact.target = std::move(target);
    contact.secret = std::move(secret);
    return put_contact(database(), std::move(contact), now);
  }
};

void added(const Outcome<Contact>& contact) { EXPECT_TRUE(contact) << contact.error().message(); }

TEST_F(ContactsTest, AreKeptByMember) {
  added(put("mailto:a@city.example"));
  added(put("mailto:a@city.example", "", 2));
  reopen();
  EXPECT_THAT(value(contacts(database(), 1)), SizeIs(1));
  EXPECT_THAT(value(contacts(database())), SizeIs(2));
  const auto contact = value(find_contact(database(), 2));
  ASSERT_TRUE(contact);
  EXPECT_EQ(contact->member, 2);
  EXPECT_EQ(contact->secret, "");
}

TEST_F(ContactsTest, OfTheSameTargetAreOneThatIsChanged) {
  const Contact first = value(put("https://hooks.example/a"));
  EXPECT_THAT(first.secret, StartsWith("whsec_"));
  Contact again = first;
  again.id = 0;
  again.secret.clear();
  again.language = model::Language::japanese;
  again.quiet = "22:00-07:00";
  const Contact second = value(put_contact(database(), again, now));
  EXPECT_EQ(second.id, first.id);
  const auto kept = value(find_contact(database(), first.id));
  EXPECT_EQ(kept->secret, first.secret);
  EXPECT_EQ(kept->language, model::Language::japanese);
  EXPECT_EQ(kept->quiet, "22:00-07:00 +00:00");
}

TEST_F(ContactsTest, ThatCannotBeAreRefused) {
  EXPECT_THAT(refused(StateError::Kind::invalid, put("soc@city.example")), HasSubstr("mailto:"));
  EXPECT_THAT(refused(StateError::Kind::invalid, put("mailto:a@city.example", "whsec_AAAA")),
              HasSubstr("webhook"));
  EXPECT_THAT(refused(StateError::Kind::invalid, put("https://h/", "whsec_AAAA")),
              HasSubstr("24 to 64"));
  EXPECT_THAT(value(contacts(database())), IsEmpty());
}

TEST_F(ContactsTest, AreBoundedInNumber) {
  for (size_t i = 0; i < most_contacts; ++i)
    added(put("mailto:a" + std::to_string(i) + "@city.example"));
  EXPECT_THAT(refused(StateError::Kind::conflict, put("mailto:b@city.example")),
              HasSubstr("20 contacts"));
  added(put("mailto:a0@city.example"));
}

TEST_F(ContactsTest, GoWithTheirMember) {
  added(put("mailto:a@city.example"));
  succeeded(delete_member(database(), "A"));
  EXPECT_THAT(value(contacts(database())), IsEmpty());
  EXPECT_THAT(refused(StateError::Kind::absent, delete_contact(database(), 1)),
              HasSubstr("no contact 1"));
}

}  // namespace
}  // namespace yagura::state
