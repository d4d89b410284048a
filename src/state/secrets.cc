// SPDX-License-Identifier: Apache-2.0
#include "state/secrets.h"

#include <fmt/format.h>
#include <sodium.h>

#include "base/text.h"

namespace yagura::state {
namespace {

constexpr int base64_variant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;

// libsodium wants this before anything else; it may be called from several threads.
void prepare_sodium() { CHECK(sodium_init() >= 0); }

// libsodium takes no null pointer, not even for nothing.
const char* bytes_of(std::string_view text) { return text.empty() ? "" : text.data(); }

std::string base64(const Digest& bytes) {
  constexpr size_t size = sodium_base64_ENCODED_LEN(sizeof(Digest), base64_variant);
  std::string text(size, '\0');
  sodium_bin2base64(text.data(), size, bytes.data(), bytes.size(), base64_variant);
  text.resize(size - 1);  // the NUL
  return text;
}

}  // namespace

std::string new_secret() {
  prepare_sodium();
  Digest bytes;
  randombytes_buf(bytes.data(), bytes.size());
  return base64(bytes);
}

Digest digest_of(std::string_view purpose, std::string_view text) {
  prepare_sodium();
  std::string message(purpose);
  message += '\0';
  message += text;
  Digest digest;
  CHECK(crypto_generichash(digest.data(), digest.size(),
                           reinterpret_cast<const unsigned char*>(message.data()), message.size(),
                           nullptr, 0) == 0);
  return digest;
}

std::string digest_text(std::string_view purpose, std::string_view text) {
  return base64(digest_of(purpose, text));
}

bool same_secret(std::span<const uint8_t> a, std::span<const uint8_t> b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

bool same_secret(std::string_view a, std::string_view b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

Result<std::string> hash_password(std::string_view password, PasswordCost cost) {
  prepare_sodium();
  std::array<char, crypto_pwhash_argon2id_STRBYTES> hash{};
  if (crypto_pwhash_argon2id_str(hash.data(), bytes_of(password), password.size(), cost.passes,
                                 cost.memory_bytes) != 0) {
    return failure(fmt::format("hashing a password: {} of memory are not to be had",
                               format_bytes(cost.memory_bytes)));
  }
  return std::string(hash.data());
}

bool verify_password(const std::string& hash, std::string_view password) {
  prepare_sodium();
  return crypto_pwhash_argon2id_str_verify(hash.c_str(), bytes_of(password), password.size()) == 0;
}

bool has_cost(const std::string& hash, PasswordCost cost) {
  return crypto_pwhash_argon2id_str_needs_rehash(hash.c_str(), cost.passes, cost.memory_bytes) == 0;
}

}  // namespace yagura::state
