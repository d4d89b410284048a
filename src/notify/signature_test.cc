// SPDX-License-Identifier: Apache-2.0
#include "notify/signature.h"

#include <gmock/gmock.h>

#include "base/result_for_tests.h"

namespace yagura::notify {
namespace {

using testing::ElementsAre;

// The example of the specification and of its reference libraries.
TEST(WebhookHeaders, SignAsTheSpecificationDoes) {
  EXPECT_THAT(
      value(webhook_headers("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
                            "msg_p5jXN8AQM9LWM0D4loKWxJek", Timestamp::from_seconds(1'614'265'330),
                            R"({"test": 2432232314})")),
      ElementsAre("webhook-id: msg_p5jXN8AQM9LWM0D4loKWxJek", "webhook-timestamp: 1614265330",
                  "webhook-signature: v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="));
}

TEST(WebhookHeaders, NeedASecret) {
  for (const std::string_view secret : {"", "whsec_", "secret", "whsec_!"})
    EXPECT_EQ(webhook_headers(secret, "a", {}, "b").has_value(), secret == "whsec_") << secret;
}

}  // namespace
}  // namespace yagura::notify
