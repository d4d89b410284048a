// SPDX-License-Identifier: Apache-2.0
#include "learn/hashed_features.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace yagura::learn {
namespace {

std::vector<std::string> many_words(size_t n) {
  std::vector<std::string> words;
  for (size_t i = 0; i < n; ++i) words.push_back("permission:" + std::to_string(i));
  return words;
}

bool equal(const std::vector<SparseEntry>& a, const std::vector<SparseEntry>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](SparseEntry x, SparseEntry y) {
    return x.column == y.column && x.value == y.value;
  });
}

TEST(HashedFeatures, TakeASetOfWordsWhateverTheirOrder) {
  const HashedFeatures features(1 << 12);
  const std::vector<std::string_view> once{"SEND_SMS", "INTERNET"};
  const std::vector<std::string_view> twice{"INTERNET", "SEND_SMS", "INTERNET"};
  EXPECT_EQ(features.row(once).size(), 2u);
  EXPECT_TRUE(equal(features.row(once), features.row(twice)));
  EXPECT_TRUE(features.row({}).empty());
}

TEST(HashedFeatures, AddUpWordsThatShareAColumn) {
  const HashedFeatures features(4);
  const std::vector<std::string> words = many_words(40);
  const std::vector<std::string_view> views(words.begin(), words.end());
  std::map<uint32_t, float> sums;
  for (const std::string& word : words)
    sums[features.entry(word).column] += features.entry(word).value;
  std::vector<SparseEntry> expected;
  for (const auto& [column, value] : sums)
    if (value != 0) expected.push_back({column, value});
  EXPECT_TRUE(equal(features.row(views), expected));
}

TEST(HashedFeatures, DealWordsOutEvenlyAndSignsToo) {
  const HashedFeatures features(8);
  std::map<uint32_t, int> counts;
  int positive = 0;
  for (const std::string& word : many_words(8000)) {
    ++counts[features.entry(word).column];
    positive += features.entry(word).value > 0;
  }
  for (const auto& [column, count] : counts) EXPECT_NEAR(count, 1000, 150) << column;
  EXPECT_NEAR(positive, 4000, 300);
}

// The columns are part of every saved model. XXH3 has been fixed since version 0.8; this is its
// value of this word, by xxhsum -H3 (e51eb8c9fa8b8658), the first 16 bits.
TEST(HashedFeatures, AreTheSameAsEver) {
  const HashedFeatures features(1 << 16);
  EXPECT_EQ(features.entry("android.permission.SEND_SMS").column, 0xE51Eu);
  EXPECT_NE(HashedFeatures(1 << 16, 1).entry("android.permission.SEND_SMS").column,
            features.entry("android.permission.SEND_SMS").column);
}

}  // namespace
}  // namespace yagura::learn
