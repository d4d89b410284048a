// SPDX-License-Identifier: Apache-2.0
//
// Secrets: making them, keeping only their hashes, comparing them. Private to this room; the one
// place that knows libsodium. Thread-safe.
//
// A secret we make is 256 random bits, which nobody guesses; a plain fast hash (BLAKE2b) of it is
// safe to keep, and looking that hash up in an index tells an attacker nothing. A password is
// weaker, so its hash is slow and takes memory (Argon2id, RFC 9106).
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "state/accounts.h"

namespace yagura::state {

using Digest = std::array<uint8_t, 32>;

// 256 random bits as 43 characters of base64url (RFC 4648), fit for a cookie, a header and a URL.
std::string new_secret();
// The BLAKE2b-256 hash of `text` for one `purpose`; what serves one says nothing about another.
Digest digest_of(std::string_view purpose, std::string_view text);
std::string digest_text(std::string_view purpose, std::string_view text);  // base64url
// Takes the same time wherever they differ. Only lengths are told.
bool same_secret(std::span<const uint8_t> a, std::span<const uint8_t> b);
bool same_secret(std::string_view a, std::string_view b);

// The text that is kept of a password (with salt and cost). Fails without the memory it takes.
Result<std::string> hash_password(std::string_view password, PasswordCost cost);
bool verify_password(const std::string& hash, std::string_view password);
// Whether `hash` was made at that cost.
bool has_cost(const std::string& hash, PasswordCost cost);

}  // namespace yagura::state
