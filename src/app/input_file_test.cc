// SPDX-License-Identifier: Apache-2.0
#include "app/input_file.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <string>
#include <string_view>
#include <thread>

#include "base/result_for_tests.h"
#include "base/temporary_folder_for_tests.h"

namespace yagura::app {
namespace {

using ::testing::HasSubstr;

// A pipe into which a thread writes `bytes`, as far as they are read.
class FilledPipe {
 public:
  explicit FilledPipe(std::string bytes) : bytes_(std::move(bytes)) {
    std::signal(SIGPIPE, SIG_IGN);
    CHECK(::pipe(ends_) == 0);
    writer_ = std::thread([this] {
      std::string_view left = bytes_;
      for (ssize_t written = 0; !left.empty() && written >= 0;) {
        written = ::write(ends_[1], left.data(), left.size());
        if (written > 0) left.remove_prefix(static_cast<size_t>(written));
      }
      ::close(ends_[1]);
    });
  }
  ~FilledPipe() {
    ::close(ends_[0]);
    writer_.join();
  }
  FilledPipe(const FilledPipe&) = delete;
  FilledPipe& operator=(const FilledPipe&) = delete;

  std::string path() const { return fmt::format("/dev/fd/{}", ends_[0]); }

 private:
  std::string bytes_;
  int ends_[2] = {};
  std::thread writer_;
};

TEST(InputFileTest, AFileIsReadWholeUpToItsBound) {
  const TemporaryFolder folder;
  const std::string path = folder.path() / "a.csv";
  std::ofstream(path) << "12345";
  EXPECT_EQ(value(read_input_file(path, 5)), "12345");
  EXPECT_EQ(value(read_input(path, 5)), "12345");
  const std::string fault =
      fmt::format("reading {}: 5 B is more than the 4 B that are read of such a file", path);
  EXPECT_EQ(error_of(read_input_file(path, 4)), fault);
  EXPECT_EQ(error_of(read_input(path, 4)), fault);
}

TEST(InputFileTest, APipeIsReadWholeUpToItsBound) {
  std::string bytes(3'000'000, 'a');
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>('a' + i % 23);
  {
    const FilledPipe pipe(bytes);
    EXPECT_TRUE(value(read_input(pipe.path(), bytes.size())) == bytes);
  }
  const FilledPipe pipe(bytes);
  EXPECT_THAT(error_of(read_input(pipe.path(), bytes.size() - 1)),
              HasSubstr("more than the 2.9 MiB that are read of such a file"));
}

}  // namespace
}  // namespace yagura::app
