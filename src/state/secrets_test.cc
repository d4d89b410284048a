// SPDX-License-Identifier: Apache-2.0
#include "state/secrets.h"

#include <gmock/gmock.h>

#include <set>

#include "state/accounts_for_tests.h"

namespace yagura::state {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;
using testing::StartsWith;

TEST(SecretsTest, MakesSecretsThatDifferAndFitIntoAUrl) {
  std::set<std::string> seen;
  for (int i = 0; i < 1'000; ++i) {
    const std::string secret = new_secret();
    EXPECT_THAT(secret, MatchesRegex("[A-Za-z0-9_-]+"));
    EXPECT_EQ(secret.size(), 43u);  // 256 bits of 6 each
    EXPECT_TRUE(seen.insert(secret).second);
  }
}

TEST(SecretsTest, HashesWhatServesAnotherPurposeDifferently) {
  EXPECT_EQ(digest_of("a", "x"), digest_of("a", "x"));
  EXPECT_NE(digest_of("a", "x"), digest_of("b", "x"));
  EXPECT_NE(digest_of("a", "x"), digest_of("ax", ""));
  EXPECT_NE(digest_of("a", {}), digest_of("a", "x"));
}

TEST(SecretsTest, ComparesSecretsWhole) {
  EXPECT_TRUE(same_secret(std::string_view("abc"), "abc"));
  EXPECT_FALSE(same_secret(std::string_view("abc"), "abd"));
  EXPECT_FALSE(same_secret(std::string_view("abc"), "ab"));
  EXPECT_TRUE(same_secret(std::string_view(), ""));
}

TEST(SecretsTest, KnowsAPasswordByItsHashAlone) {
  const PasswordCost cost = PasswordCost::least();
  const std::string hash = value(hash_password(good_password, cost));
  EXPECT_THAT(hash, StartsWith("$argon2id$v=19$m=8,t=1,p=1$"));
  EXPECT_NE(value(hash_password(good_password, cost)), hash);  // salted
  EXPECT_TRUE(verify_password(hash, good_password));
  EXPECT_FALSE(verify_password(hash, good_password + "r"));
  EXPECT_FALSE(verify_password(hash, {}));
  EXPECT_FALSE(verify_password("", good_password));
  EXPECT_FALSE(verify_password("$argon2id$v=19$m=8,t=1", good_password));
  EXPECT_TRUE(has_cost(hash, cost));
  EXPECT_FALSE(has_cost(hash, {2, 8192}));
}

TEST(SecretsTest, TakesEveryByteOfAPassword) {
  const std::string with_nul("twelve\0bytes", 12);
  const std::string hash = value(hash_password(with_nul, PasswordCost::least()));
  EXPECT_TRUE(verify_password(hash, with_nul));
  EXPECT_FALSE(verify_password(hash, "twelve"));
  EXPECT_FALSE(verify_password(hash, std::string("twelve\0Bytes", 12)));
}

TEST(SecretsTest, CostsAboutWhatTheRecommendationsAsk) {
  // OWASP asks of Argon2id for 19 MiB and 2 passes, or as much by other settings.
  EXPECT_GE(PasswordCost().memory_bytes, 19u << 20);
  EXPECT_GE(PasswordCost().passes, 2u);
  const std::string hash = value(hash_password(good_password, {}));
  EXPECT_THAT(hash, StartsWith("$argon2id$v=19$m=65536,t=2,p=1$"));
}

TEST(SecretsTest, SaysThatThereIsNoMemoryForAPassword) {
  const uint64_t more_than_there_is = uint64_t{4'398'046'510'080};  // libsodium's limit
  EXPECT_THAT(error_of(hash_password(good_password, {1, more_than_there_is})),
              HasSubstr("4.0 TiB of memory are not to be had"));
}

}  // namespace
}  // namespace yagura::state
