// SPDX-License-Identifier: Apache-2.0
#include "warning/wording.h"

#include <gmock/gmock.h>

namespace yagura::warning {
namespace {

using model::Language;
using model::Tool;
using testing::HasSubstr;
using testing::Not;

Episode episode_of(Kind kind, uint64_t packets) {
  Episode episode;
  episode.kind = kind;
  episode.packets = packets;
  episode.dark_addresses = 1;
  return episode;
}

TEST(Explanation, SaysWhatWasSeenAndWhatItMayMean) {
  struct Case {
    Kind kind;
    std::string_view english, japanese;
  };
  for (const Case& each :
       {Case{Kind::external,
             "1,234 packets to unused addresses of others; nobody has a reason to send there. The "
             "address is probably infected, or scans.",
             "他組織の未使用アドレス宛てのパケットを1,234個観測しました。通常、そこへ送信する正当な"
             "理由はありません。このアドレスの機器は、感染しているか、スキャンを行っていると"
             "考えられます。"},
        Case{Kind::internal,
             "1,234 packets to unused addresses of the own organisation; nobody has a reason to "
             "send there. The address is probably infected, or scans.",
             "自組織の未使用アドレス宛てのパケットを1,234個観測しました。通常、そこへ送信する正当な"
             "理由はありません。このアドレスの機器は、感染しているか、スキャンを行っていると"
             "考えられます。"},
        Case{Kind::under_attack,
             "1,234 packets in answer to packets that somebody sent with forged sources: the "
             "address is the target of a flood, not infected.",
             "第三者が送信元を偽って送ったパケットへの応答を1,234個観測しました。このアドレスは"
             "フラッド攻撃の標的であり、感染ではないと考えられます。"},
        Case{Kind::misconfiguration,
             "1,234 packets to one service of one unused address, steadily and slowly: most likely "
             "a setting that names a wrong or an old address.",
             "一つの未使用アドレスの一つのサービス宛てに、ゆっくりと続けて送られたパケットを"
             "1,234個観測しました。設定に、誤ったアドレスまたは古いアドレスが残っていると考え"
             "られます。"}}) {
    EXPECT_EQ(explanation_of(episode_of(each.kind, 1'234), Language::english), each.english);
    EXPECT_EQ(explanation_of(episode_of(each.kind, 1'234), Language::japanese), each.japanese);
  }
}

TEST(Explanation, NamesTheToolAndHowManyAddressesWereHit) {
  Episode episode = episode_of(Kind::external, 12);
  episode.tool = Tool::mirai;
  episode.dark_addresses = 1'000;
  EXPECT_EQ(explanation_of(episode, Language::english),
            "12 packets to at least 1,000 unused addresses of others; nobody has a reason to send "
            "there. They look like those of Mirai. The address is probably infected, or scans.");
  EXPECT_EQ(explanation_of(episode, Language::japanese),
            "他組織の未使用アドレス(少なくとも1,000個)宛てのパケットを12個観測しました。通常、"
            "そこへ送信する正当な理由はありません。パケットの特徴はMiraiのものに似ています。この"
            "アドレスの機器は、感染しているか、スキャンを行っていると考えられます。");
}

TEST(Explanation, SaysOfASinglePacketThatItMayBeForged) {
  for (const Kind kind : {Kind::external, Kind::internal, Kind::under_attack}) {
    EXPECT_THAT(explanation_of(episode_of(kind, 1), Language::english), HasSubstr("forged by"));
    EXPECT_THAT(explanation_of(episode_of(kind, 1), Language::english), HasSubstr("1 packet "));
    EXPECT_THAT(explanation_of(episode_of(kind, 1), Language::japanese), HasSubstr("ただし"));
    EXPECT_THAT(explanation_of(episode_of(kind, 2), Language::english),
                Not(HasSubstr("forged by")));
    EXPECT_THAT(explanation_of(episode_of(kind, 2), Language::japanese), Not(HasSubstr("ただし")));
  }
}

TEST(ServiceText, HasAPortWhereTheProtocolHasOne) {
  EXPECT_EQ(service_text({6, 23, 1}), "23/tcp");
  EXPECT_EQ(service_text({17, 0, 1}), "0/udp");
  EXPECT_EQ(service_text({1, 2048, 1}), "icmp");
  EXPECT_EQ(service_text({0, 47, 1}), "other");
}

}  // namespace
}  // namespace yagura::warning
