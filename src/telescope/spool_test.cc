// SPDX-License-Identifier: Apache-2.0
#include "telescope/spool.h"

#include <gmock/gmock.h>

#include <fstream>

#include "base/temporary_folder_for_tests.h"

namespace yagura::telescope {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class SpoolFolderTest : public testing::Test {
 protected:
  SpoolFolder open() {
    auto folder = SpoolFolder::open(path());
    EXPECT_TRUE(folder) << folder.error().message();
    return std::move(*folder);
  }
  std::filesystem::path path() const { return folder_.path(); }
  void write(const std::string& name, const std::string& text = "x") const {
    std::ofstream(path() / name) << text;
  }
  std::vector<std::string> complete(SpoolFolder& spool, int64_t seconds = 0) {
    const auto files = spool.complete(Timestamp::from_seconds(seconds));
    EXPECT_TRUE(files) << files.error().message();
    std::vector<std::string> names;
    for (const auto& file : *files) names.push_back(file.filename().string());
    return names;
  }

  TemporaryFolder folder_;
};

TEST_F(SpoolFolderTest, NamesFilesThatStandThere) {
  write("b.pcap");
  write("a.pcap");
  std::filesystem::create_directory(path() / "folder");
  SpoolFolder spool = open();
  EXPECT_THAT(complete(spool), ElementsAre("a.pcap", "b.pcap"));
  EXPECT_THAT(complete(spool), IsEmpty());
}

TEST_F(SpoolFolderTest, NamesAFileOnceItsWriterHasClosedIt) {
  SpoolFolder spool = open();
  EXPECT_THAT(complete(spool), IsEmpty());
  std::ofstream writer(path() / "slow.pcap");
  writer << "begun" << std::flush;
  EXPECT_THAT(complete(spool, 100), IsEmpty());
  writer.close();
  EXPECT_THAT(complete(spool, 100), ElementsAre("slow.pcap"));
}

TEST_F(SpoolFolderTest, LeavesAFileAloneThatSomebodyStillWritesAtTheStart) {
  std::ofstream writer(path() / "slow.pcap");
  writer << "begun" << std::flush;
  SpoolFolder spool = open();
  EXPECT_THAT(complete(spool), IsEmpty());
  writer.close();
  EXPECT_THAT(complete(spool), ElementsAre("slow.pcap"));
}

TEST_F(SpoolFolderTest, NamesAFileThatIsRenamedIntoPlace) {
  SpoolFolder spool = open();
  write("new.pcap.tmp");
  write(".hidden");
  write("a.part");
  write("a.partial");
  EXPECT_THAT(complete(spool), IsEmpty());
  std::filesystem::rename(path() / "new.pcap.tmp", path() / "new.pcap");
  EXPECT_THAT(complete(spool), ElementsAre("new.pcap"));
}

TEST_F(SpoolFolderTest, NamesAFileThatIsGoneNoMore) {
  SpoolFolder spool = open();
  write("brief.pcap");
  std::filesystem::remove(path() / "brief.pcap");
  EXPECT_THAT(complete(spool), IsEmpty());
}

TEST_F(SpoolFolderTest, FailsOnceTheFolderIsGone) {
  const auto folder = path() / "inner";
  EXPECT_THAT(SpoolFolder::open(folder).error().message(), HasSubstr("no such folder"));
  std::filesystem::create_directory(folder);
  auto spool = SpoolFolder::open(folder);
  ASSERT_TRUE(spool);
  ASSERT_TRUE(spool->complete({}));
  std::filesystem::remove(folder);
  EXPECT_THAT(spool->complete({}).error().message(), HasSubstr("the folder is gone"));
}

TEST_F(SpoolFolderTest, SetsFilesAsideUnderNamesThatAreFree) {
  for (const char* expected : {"a.pcap", "a.pcap.1", "a.pcap.2"}) {
    write("a.pcap", expected);
    const auto moved = set_aside(path() / "a.pcap");
    ASSERT_TRUE(moved) << moved.error().message();
    EXPECT_EQ(*moved, path() / "set-aside" / expected);
  }
  std::string first;
  std::ifstream(path() / "set-aside" / "a.pcap") >> first;
  EXPECT_EQ(first, "a.pcap");
  EXPECT_THAT(set_aside(path() / "absent").error().message(), HasSubstr("moving it"));
}

}  // namespace
}  // namespace yagura::telescope
