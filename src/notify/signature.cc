// SPDX-License-Identifier: Apache-2.0
#include "notify/signature.h"

#include <fmt/format.h>
#include <sodium.h>

#include <array>

#include "notify/base64.h"

namespace yagura::notify {

Result<std::vector<std::string>> webhook_headers(std::string_view secret, std::string_view id,
                                                 Timestamp now, std::string_view body) {
  constexpr std::string_view prefix = "whsec_";
  std::array<uint8_t, 64> key;
  size_t key_size = 0;
  if (!secret.starts_with(prefix) ||
      sodium_base642bin(key.data(), key.size(), secret.data() + prefix.size(),
                        secret.size() - prefix.size(), nullptr, &key_size, nullptr,
                        sodium_base64_VARIANT_ORIGINAL) != 0)
    return failure("the webhook has no usable secret: give it a new one");
  const std::string head = fmt::format("{}.{}.", id, now.seconds());
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, key.data(), key_size);
  for (const std::string_view part : {std::string_view(head), body})
    crypto_auth_hmacsha256_update(&state, reinterpret_cast<const uint8_t*>(part.data()),
                                  part.size());
  std::array<uint8_t, crypto_auth_hmacsha256_BYTES> mac;
  crypto_auth_hmacsha256_final(&state, mac.data());
  sodium_memzero(key.data(), key.size());
  return std::vector<std::string>{
      fmt::format("webhook-id: {}", id), fmt::format("webhook-timestamp: {}", now.seconds()),
      fmt::format("webhook-signature: v1,{}",
                  base64({reinterpret_cast<const char*>(mac.data()), mac.size()}))};
}

}  // namespace yagura::notify
