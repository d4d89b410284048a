// SPDX-License-Identifier: Apache-2.0
//
// The command line as its users meet it: exit codes, what is printed where, suggestions.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "app/session.h"
#include "base/temporary_folder_for_tests.h"

namespace yagura::app {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

struct Said {
  ExitCode code{};
  std::string out, err;
};

Said run(const std::vector<std::string>& arguments) {
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  Said said;
  said.code = run_program(arguments);
  said.out = testing::internal::GetCapturedStdout();
  said.err = testing::internal::GetCapturedStderr();
  return said;
}

TEST(Program, PrintsItsVersionAndHelp) {
  const Said version = run({"--version"});
  EXPECT_EQ(version.code, ExitCode::done);
  EXPECT_EQ(version.out, "yagura " YAGURA_VERSION "\n");
  const Said help = run({"--help"});
  EXPECT_EQ(help.code, ExitCode::done);
  EXPECT_THAT(help.out, HasSubstr("telescope"));
  EXPECT_EQ(help.err, "");
}

TEST(Program, EveryVerbHasHelpWithAnExampleAndItsCommonFlags) {
  const std::vector<std::vector<std::string>> asking = {
      {"telescope", "report"},  {"telescope", "top"},      {"telescope", "sources"},
      {"telescope", "events"},  {"telescope", "attacks"},  {"telescope", "scanners"},
      {"telescope", "read"},    {"telescope", "activity"}, {"telescope", "packets"},
      {"telescope", "capture"}, {"telescope", "forget"},   {"sql"},
      {"store", "size"},        {"store", "check"},        {"config", "show"}};
  for (auto verb : asking) {
    verb.push_back("--help");
    const Said help = run(verb);
    EXPECT_EQ(help.code, ExitCode::done) << testing::PrintToString(verb);
    EXPECT_THAT(help.out, HasSubstr("Example")) << testing::PrintToString(verb);
    for (const char* flag : {"--data", "--format", "--config"})
      EXPECT_THAT(help.out, HasSubstr(flag)) << testing::PrintToString(verb);
  }
}

TEST(Program, AMistypedVerbOrFlagIsAUsageErrorInOneLineWithASuggestion) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"telescop"}, "unknown command 'telescop'; did you mean 'telescope'?"},
      {{"telescope", "raed"}, "unknown command 'raed'; did you mean 'read'?"},
      {{"telescope", "top", "--limti", "5"}, "unknown flag '--limti'; did you mean '--limit'?"},
      {{"--data", "d", "telescope", "top"}, "'--data' stands behind the command"},
      {{"telescope", "top", "--limit", "0"}, "--limit"},
      {{"telescope", "top", "--by", "colour"}, "--by"},
      {{"telescope", "report", "--format", "yaml"}, "yaml"},
      {{"telescope", "read"}, "inputs"},
      {{"telescope", "top", "extra"}, "unexpected argument 'extra'"},
      {{"telescope", "scanners", "improt"}, "did you mean 'import'?"},
      {{"telescope", "scanners", "import"}, "files"},
      {{"telescope"}, "say what to do: read, capture, report"},
      {{"config"}, "say what to do: show, check, reference"},
      {{}, "say what to do: telescope"}};
  for (const auto& [arguments, words] : cases) {
    const Said said = run(arguments);
    EXPECT_EQ(said.code, ExitCode::usage) << testing::PrintToString(arguments);
    EXPECT_THAT(said.err, StartsWith("yagura: "));
    EXPECT_THAT(said.err, HasSubstr(words));
    EXPECT_THAT(said.err, EndsWith("--help`\n"));
    EXPECT_EQ(std::count(said.err.begin(), said.err.end(), '\n'), 1) << said.err;
    EXPECT_EQ(said.out, "");
  }
}

TEST(Program, TheHelpNamesTheWholeCommandAndNoInternals) {
  const Said help = run({"telescope", "capture", "--help"});
  EXPECT_THAT(help.out, HasSubstr("Usage: yagura telescope capture [OPTIONS] interface\n"));
  EXPECT_THAT(help.out, HasSubstr("--archive, --no-archive "));
  EXPECT_THAT(help.out, HasSubstr("--commit-interval DURATION "));
  EXPECT_THAT(help.out, Not(HasSubstr("{")));
  EXPECT_THAT(help.out, Not(HasSubstr("\n\n\n")));
}

// The verb it stands under can be asked too, and must not answer in its place.
TEST(Program, AVerbUnderAVerbIsTheOneThatIsDone) {
  const TemporaryFolder folder;
  const Said said = run(
      {"telescope", "scanners", "import", "/nonexistent/list", "--data", folder.path().string()});
  EXPECT_EQ(said.code, ExitCode::failed);
  if (said.err.find("address sanitizer") != std::string::npos)
    GTEST_SKIP() << "the store does not run in a build with the address sanitizer";
  EXPECT_THAT(said.err, HasSubstr("/nonexistent/list"));
}

TEST(Program, ControlBytesOfAnArgumentDoNotReachTheTerminal) {
  const Said said = run({"telescope", "\x1b[31mread"});
  EXPECT_EQ(said.err.find('\x1b'), std::string::npos) << said.err;
}

TEST(Program, AQuestionToNoDataSaysWhatToDo) {
  const Said said = run({"telescope", "report", "--data", "/nonexistent/yagura"});
  EXPECT_EQ(said.code, ExitCode::failed);
  EXPECT_THAT(said.err, HasSubstr("there is no data in /nonexistent/yagura"));
  EXPECT_THAT(said.err, HasSubstr("yagura telescope read"));
}

TEST(Program, FlagsStandAboveTheConfigFile) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "yagura.toml";
  std::ofstream(file) << "data = \"/from/file\"\n[retention]\nhours = \"10d\"\n";
  const Said said =
      run({"config", "show", "--config", file.string(), "--data", "/from/flag", "--format", "csv"});
  EXPECT_EQ(said.code, ExitCode::done) << said.err;
  EXPECT_THAT(said.out, HasSubstr("/from/flag"));
  EXPECT_THAT(said.out, HasSubstr("10d"));
  EXPECT_THAT(said.out, HasSubstr(file.string() + ":3"));

  std::ofstream(file) << "dta = 1\nretention.hours = \"-\"\n";
  const Said checked = run({"config", "check", "--config", file.string()});
  EXPECT_EQ(checked.code, ExitCode::failed);
  EXPECT_THAT(checked.err, HasSubstr(":1: unknown key 'dta'; did you mean 'data'?"));
  EXPECT_THAT(checked.err, HasSubstr(":2: 'retention.hours'"));
  const Said refused = run({"telescope", "top", "--config", file.string()});
  EXPECT_EQ(refused.code, ExitCode::failed);
  EXPECT_THAT(refused.err, HasSubstr("and 1 more"));
}

TEST(Output, AReaderThatLeftIsNoErrorAndAFullDiskIsOne) {
  std::signal(SIGPIPE, SIG_IGN);
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  ::close(ends[0]);
  Output left(ends[1]);
  EXPECT_TRUE(left.write("lines\n"));
  EXPECT_TRUE(left.closed());
  ::close(ends[1]);
  const int full = ::open("/dev/full", O_WRONLY);
  ASSERT_GE(full, 0);
  const Result<void> written = Output(full).write("lines\n");
  ASSERT_FALSE(written);
  EXPECT_THAT(written.error().message(), HasSubstr("No space left"));
  ::close(full);
}

}  // namespace
}  // namespace yagura::app
