// SPDX-License-Identifier: Apache-2.0
#include "telescope/state_file.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/temporary_folder_for_tests.h"

namespace yagura::telescope {
namespace {

class StateFileTest : public testing::Test {
 protected:
  static std::vector<state::DarkPrefix> dark_space() {
    return {{Prefix::parse("198.18.0.0/15").value(), false, {}, {}},
            {Prefix::parse("198.18.4.0/24").value(), true, Timestamp::from_seconds(86'400), {}},
            {Prefix::parse("2001:db8::/48").value(), false, {}, Timestamp::from_seconds(172'800)}};
  }
  Result<void> write(std::string_view pipeline = {"a pipeline's bytes\0and more", 27}) const {
    return write_state_file(path_, dark_space(), [&](ByteWriter& out) {
      for (const char byte : pipeline) out.put(byte);
    });
  }
  std::string bytes() const {
    std::ifstream file(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void overwrite(std::string_view bytes) const {
    std::ofstream(path_, std::ios::binary | std::ios::trunc)
        .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }

  TemporaryFolder folder_;
  std::filesystem::path path_ = folder_.path() / "c1.state";
};

TEST_F(StateFileTest, GivesBackWhatWasWritten) {
  for (const std::string& pipeline :
       {std::string("a pipeline's"), std::string(), std::string((3 << 20) + 5, 'x')}) {
    ASSERT_TRUE(write(pipeline));
    const auto read = read_state_file(path_);
    ASSERT_TRUE(read) << read.error().message();
    EXPECT_EQ(read->dark_space, dark_space());
    EXPECT_TRUE(read->pipeline() == pipeline);
  }
}

TEST_F(StateFileTest, TheStartOfALongFileIsItsDarkSpaceAndTheFirstOfThePipeline) {
  const std::string pipeline = "names" + std::string(3 << 20, 'x');
  ASSERT_TRUE(write(pipeline));
  std::string changed = bytes();
  changed.back() = static_cast<char>(changed.back() ^ 1);
  overwrite(changed);  // of a checksum that nobody looks at here
  const auto start = read_state_start(path_);
  ASSERT_TRUE(start) << start.error().message();
  EXPECT_EQ(start->dark_space, dark_space());
  EXPECT_GE(start->pipeline().size(), size_t{64} << 10);
  EXPECT_LE(start->pipeline().size(), size_t{1} << 20);
  EXPECT_TRUE(pipeline.starts_with(start->pipeline()));
}

TEST_F(StateFileTest, TheStartOfAShortFileIsAllOfIt) {
  ASSERT_TRUE(write("a pipeline's"));
  const auto start = read_state_start(path_);
  ASSERT_TRUE(start) << start.error().message();
  EXPECT_EQ(start->pipeline(), "a pipeline's");
  overwrite(bytes() + "x");
  EXPECT_FALSE(read_state_start(path_));
}

TEST_F(StateFileTest, SaysWhichFormatAFileOfAnotherVersionHas) {
  ASSERT_TRUE(write());
  std::string other = bytes();
  other.replace(6, 2, "01");
  overwrite(other);
  const auto read = read_state_file(path_);
  ASSERT_FALSE(read);
  EXPECT_NE(read.error().message().find("c1.state has format 01, this yagura reads 02"),
            std::string::npos)
      << read.error().message();
}

TEST_F(StateFileTest, LeavesNoOtherFileBehind) {
  ASSERT_TRUE(write());
  size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder_.path()))
    files += entry.path() == path_ ? 1 : 100;
  EXPECT_EQ(files, 1u);
}

TEST_F(StateFileTest, EveryChangedByteIsNoticed) {
  ASSERT_TRUE(write());
  const std::string good = bytes();
  for (size_t at = 0; at < good.size(); ++at) {
    for (const int change : {0x01, 0x80, 0xff}) {
      std::string damaged = good;
      damaged[at] = static_cast<char>(damaged[at] ^ change);
      overwrite(damaged);
      const auto read = read_state_file(path_);
      ASSERT_FALSE(read) << "byte " << at;
      EXPECT_NE(read.error().message().find("c1.state"), std::string::npos);
    }
  }
}

TEST_F(StateFileTest, EveryCutAndEveryExtraByteIsNoticed) {
  ASSERT_TRUE(write());
  const std::string good = bytes();
  for (size_t size = 0; size < good.size(); ++size) {
    overwrite(std::string_view(good).substr(0, size));
    EXPECT_FALSE(read_state_file(path_)) << size;
  }
  overwrite(good + '\0');
  EXPECT_FALSE(read_state_file(path_));
}

TEST_F(StateFileTest, AFileThatIsMissingOrCannotBeWrittenIsNamed) {
  const auto read = read_state_file(path_);
  ASSERT_FALSE(read);
  EXPECT_NE(read.error().message().find("c1.state"), std::string::npos);
  EXPECT_FALSE(
      write_state_file(folder_.path() / "absent" / "c1.state", dark_space(), [](ByteWriter&) {}));
}

}  // namespace
}  // namespace yagura::telescope
