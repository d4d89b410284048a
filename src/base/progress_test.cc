// SPDX-License-Identifier: Apache-2.0
#include "base/progress.h"

#include <gtest/gtest.h>

#include <vector>

namespace yagura {
namespace {

constexpr uint64_t mega = 1'000'000;

TEST(ProgressLine, ShowsShareRateAndTimeLeft) {
  const ProgressState half{50, 100, 2 * mega, Duration::seconds(10)};
  EXPECT_EQ(progress_line("reading", "packets", half, 80),
            "reading [============>            ]  50 %  2,000,000 packets  200 k/s  11 s left");
}

TEST(ProgressLine, WithoutATotalSaysWhatIsKnown) {
  const ProgressState so_far{3 << 20, 0, 1000, Duration::seconds(2)};
  EXPECT_EQ(progress_line("reading", "packets", so_far, 80),
            "reading 1,000 packets  500/s  3.0 MiB");
}

TEST(ProgressLine, NeverPassesTheWidthOrAHundredPerCent) {
  const ProgressState over{200, 100, mega, Duration::seconds(1)};
  const std::string line = progress_line("reading", "packets", over, 40);
  EXPECT_LE(line.size(), 40u);
  EXPECT_NE(line.find("100 %"), std::string::npos) << line;
}

struct Recorder {
  std::vector<std::string> lines;
  Progress::Sink sink() {
    return [this](std::string_view text) { lines.emplace_back(text); };
  }
};

TEST(Progress, ElsewhereThanOnATerminalWritesALineEveryTenSeconds) {
  Recorder recorder;
  Progress progress({.terminal = false}, recorder.sink());
  for (int second = 0; second <= 25; ++second)
    progress.update({1, 100, 5, Duration::seconds(second)});
  progress.finish();
  ASSERT_EQ(recorder.lines.size(), 2u);
  EXPECT_EQ(recorder.lines[0].back(), '\n');
  EXPECT_EQ(recorder.lines[0].find('\x1b'), std::string::npos);
}

TEST(Progress, OnATerminalDrawsOneLineAgainAndClearsIt) {
  Recorder recorder;
  Progress progress({.terminal = true}, recorder.sink());
  progress.update({1, 100, 5, Duration::milliseconds(100)});
  EXPECT_TRUE(recorder.lines.empty()) << "what is over at once shows no bar";
  progress.update({1, 100, 5, Duration::milliseconds(600)});
  progress.update({1, 100, 5, Duration::milliseconds(700)});
  progress.finish();
  ASSERT_EQ(recorder.lines.size(), 2u);
  EXPECT_EQ(recorder.lines[0].front(), '\r');
  EXPECT_EQ(recorder.lines[1], "\r\x1b[K");
}

}  // namespace
}  // namespace yagura
