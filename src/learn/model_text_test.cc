// SPDX-License-Identifier: Apache-2.0
#include "learn/model_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace yagura::learn {
namespace {

using testing::HasSubstr;

TEST(ModelText, GivesBackWhatWasSealed) {
  const std::string model = seal_model("forest", 3, std::string_view("a\0b", 3));
  const auto bytes = unseal_model(model, "forest", 3);
  ASSERT_TRUE(bytes);
  EXPECT_EQ(*bytes, std::string_view("a\0b", 3));
}

TEST(ModelText, SaysWhatDoesNotFit) {
  const std::string model = seal_model("forest", 3, "abc");
  EXPECT_THAT(unseal_model(model, "network", 3).error().message(),
              HasSubstr("of the kind \"forest\", where one of the kind \"network\" is"));
  EXPECT_THAT(unseal_model(model, "forest", 4).error().message(), HasSubstr("has version 3"));
  EXPECT_THAT(unseal_model("PK\3\4", "forest", 3).error().message(), HasSubstr("not a model"));
}

TEST(ModelText, FindsEveryChangedByteAndEveryCut) {
  const std::string model = seal_model("forest", 3, "abc");
  for (size_t i = 0; i < model.size(); ++i) {
    std::string changed = model;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(unseal_model(changed, "forest", 3)) << i;
    EXPECT_FALSE(unseal_model(model.substr(0, i), "forest", 3)) << i;
  }
}

}  // namespace
}  // namespace yagura::learn
