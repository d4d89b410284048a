// SPDX-License-Identifier: Apache-2.0
//
// Signs what goes to a webhook, by the Standard Webhooks specification
// (https://www.standardwebhooks.com): HMAC-SHA256 over id, time and body. Pure.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace yagura::notify {

// The headers webhook-id, webhook-timestamp and webhook-signature of a body that is sent at `now`.
// Fails on a secret that is not "whsec_" and base64.
Result<std::vector<std::string>> webhook_headers(std::string_view secret, std::string_view id,
                                                 Timestamp now, std::string_view body);

}  // namespace yagura::notify
