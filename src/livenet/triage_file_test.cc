// SPDX-License-Identifier: Apache-2.0
#include "livenet/triage_file.h"

#include <gmock/gmock.h>

#include <fstream>

#include "base/temporary_folder_for_tests.h"
#include "learn/model_text.h"
#include "livenet/alerts_for_tests.h"

namespace yagura::livenet {
namespace {

using testing::HasSubstr;

class TriageFileTest : public testing::Test {
 protected:
  std::filesystem::path path() const { return folder_.path() / "office.model"; }
  TemporaryFolder folder_;
};

TEST_F(TriageFileTest, HoldsWhatWasWritten) {
  EXPECT_FALSE(value(read_model_file(path())).has_value());
  succeeded(write_model_file(path(), {"before", "after", 7, 9}));
  const auto model = value(read_model_file(path()));
  ASSERT_TRUE(model);
  EXPECT_EQ(model->before, "before");
  EXPECT_EQ(model->after, "after");
  EXPECT_EQ(model->alerts, 7u);
  EXPECT_EQ(model->fingerprint, 9u);
}

TEST_F(TriageFileTest, JudgesWhatBeginsWithTheLastInputByWhatWasKnownBeforeIt) {
  const auto alerts = made_record(1, 2);
  const auto begin = alerts.begin();
  const AlertLog last = log_of({begin, begin + 100});
  const ModelFile model{"before", "after", 100, last.fingerprint(100)};
  EXPECT_EQ(state_for(model, last), "before");
  EXPECT_EQ(state_for(model, log_of(alerts)), "before");
  EXPECT_EQ(state_for(model, log_of({begin, begin + 99})), "after");
  EXPECT_EQ(state_for(model, log_of({begin + 1, alerts.end()})), "after");
  EXPECT_EQ(state_for(model, log_of({begin + 100, alerts.end()})), "after");
}

TEST_F(TriageFileTest, LeavesTheModelAsItIsWhereTheNextIsTooLarge) {
  succeeded(write_model_file(path(), {"before", "after", 7, 9}));
  const ModelFile large{std::string(largest_model / 2, 'a'), std::string(largest_model / 2, 'b'), 7,
                        9};
  EXPECT_THAT(error_of(write_model_file(path(), large)), HasSubstr("larger than the 1024 MiB"));
  EXPECT_EQ(value(read_model_file(path()))->before, "before");
}

TEST_F(TriageFileTest, SaysThatAModelIsOfAnotherVersion) {
  std::ofstream(path()) << learn::seal_model("alert triage", 1, "as it was");
  EXPECT_THAT(error_of(read_model_file(path())), HasSubstr("version 1"));
}

TEST_F(TriageFileTest, SaysWhenItCannotBeTold) {
  std::filesystem::create_symlink("loop", folder_.path() / "loop");
  EXPECT_THAT(error_of(read_model_file(folder_.path() / "loop")), HasSubstr("loop: "));
}

}  // namespace
}  // namespace yagura::livenet
