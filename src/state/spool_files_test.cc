// SPDX-License-Identifier: Apache-2.0
#include "state/spool_files.h"

#include "state/state_for_tests.h"
#include "state/throw_away.h"

namespace yagura::state {
namespace {

class SpoolFilesTest : public StateTest {
 protected:
  const SpoolFile file_ = {"/spool/a.pcap", 24, Timestamp::from_seconds(7), 99};
};

TEST_F(SpoolFilesTest, RemembersWhatBecameOfAFile) {
  EXPECT_EQ(value(spool_outcome(database(), file_)), std::nullopt);
  succeeded(note_spool_file(database(), file_, SpoolOutcome::read));
  reopen();
  EXPECT_EQ(value(spool_outcome(database(), file_)), SpoolOutcome::read);
  succeeded(note_spool_file(database(), file_, SpoolOutcome::set_aside));
  EXPECT_EQ(value(spool_outcome(database(), file_)), SpoolOutcome::set_aside);
}

TEST_F(SpoolFilesTest, AnotherFileUnderTheNameIsNew) {
  succeeded(note_spool_file(database(), file_, SpoolOutcome::read));
  SpoolFile longer = file_, touched = file_, replaced = file_, moved = file_;
  longer.bytes = 25;
  touched.changed = touched.changed + Duration{1};
  replaced.inode = 100;
  moved.path = "/spool/b.pcap";
  for (const SpoolFile& other : {longer, touched, replaced, moved})
    EXPECT_EQ(value(spool_outcome(database(), other)), std::nullopt);
}

TEST_F(SpoolFilesTest, ForgetsThoseThatAreGoneFromTheFolder) {
  SpoolFile gone = file_, elsewhere = file_;
  gone.path = "/spool/gone.pcap";
  elsewhere.path = "/spool-2/gone.pcap";
  for (const SpoolFile& file : {file_, gone, elsewhere})
    succeeded(note_spool_file(database(), file, SpoolOutcome::read));
  succeeded(forget_spool_files(database(), "/spool/",
                               [](const std::string& path) { return path == "/spool/a.pcap"; }));
  EXPECT_EQ(value(spool_outcome(database(), file_)), SpoolOutcome::read);
  EXPECT_EQ(value(spool_outcome(database(), gone)), std::nullopt);
  EXPECT_EQ(value(spool_outcome(database(), elsewhere)), SpoolOutcome::read);
}

TEST_F(SpoolFilesTest, AFolderIsThrownAwayOnlyIfItIsMarked) {
  EXPECT_FALSE(value(is_throw_away(file())));
  succeeded(mark_throw_away(database()));
  succeeded(mark_throw_away(database()));
  EXPECT_TRUE(value(is_throw_away(file())));
}

}  // namespace
}  // namespace yagura::state
