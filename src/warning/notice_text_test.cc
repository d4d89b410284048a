// SPDX-License-Identifier: Apache-2.0
#include "warning/notice_text.h"

#include <gmock/gmock.h>

#include <sstream>
#include <string>

#include "warning/mail_layout.h"
#include "warning/notices_for_tests.h"

namespace yagura::warning {
namespace {

using model::Language;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

Notice several() {
  Notice notice = notice_of({infected(), flooded(), spreading(), misled()});
  notice.left_out = 1'200;
  return notice;
}

TEST(TextOf, TellsOneWarningInFull) {
  EXPECT_EQ(text_of(notice_of({infected()}), Language::english), R"mail(To City of A

Yagura watches addresses that nobody uses. Packets to them are a sign of
infection, of attack or of a wrong setting. This is about one of your
addresses:

NEW WARNING 17

  Address     198.51.100.7 (AS64500, JP)
  What        packets to unused addresses of others
  Kind        external
  Severity    high
  First seen  2026-01-01 12:00:01 UTC
  Last seen   2026-01-01 12:31:01 UTC
  Packets     1,240
  Services    23/tcp, 2323/tcp, other
  Tool        Mirai

WHY

  1,240 packets to at least 256 unused addresses of others; nobody has a
  reason to send there. They look like those of Mirai. The address is probably
  infected, or scans.

WHAT TO DO

  1. Find the device that had the address at these times. With Mirai it is
     often a router, a camera, a recorder or the like.
  2. Take it off the network and restart it: Mirai mostly lives in memory.
     Before it is connected again, set a strong password and install the
     latest firmware.
  3. Close its Telnet, SSH and administration to the Internet, or it may be
     infected again within minutes.

ABOUT THIS NOTICE

  It names none of the unused addresses on purpose: they are of use only as
  long as nobody knows them. All times are UTC.
  If you have questions, please quote the number of this notice: 20260101-7.1
)mail");
}

TEST(TextOf, TellsOneWarningInFullInJapanese) {
  EXPECT_EQ(text_of(notice_of({infected()}), Language::japanese), R"mail(City of A
ご担当者様

未使用アドレス(ダークネット)を観測するシステムYaguraから、警告をお知らせいたし
ます。未使用アドレスに届くパケットは、感染、攻撃、または設定ミスの兆候です。貴
組織のアドレスについて、次のとおり観測しました。

■ 新規の警告 17

  アドレス    198.51.100.7 (AS64500, JP)
  概要        他組織の未使用アドレスへの通信
  種類        外部へ
  重大さ      高
  最初の観測  2026-01-01 12:00:01 UTC
  最後の観測  2026-01-01 12:31:01 UTC
  パケット数  1,240
  サービス    23/tcp, 2323/tcp, other
  ツール      Mirai

■ 判断の理由

  他組織の未使用アドレス(少なくとも256個)宛てのパケットを1,240個観測しました。
  通常、そこへ送信する正当な理由はありません。パケットの特徴はMiraiのものに似
  ています。このアドレスの機器は、感染しているか、スキャンを行っていると考えら
  れます。

■ 対応のお願い

  1. 上記の時刻にこのアドレスを使用していた機器を特定してください。Miraiの場合
     は、ルータ、カメラ、レコーダーなどであることがよくあります。
  2. 機器をネットワークから切り離して再起動してください(Miraiの多くはメモリ上
     にのみ存在します)。推測されにくいパスワードを設定し、ファームウェアを更新
     してから、再び接続してください。
  3. インターネットからのTelnet、SSH、管理画面への接続を制限してください。制限
     しない場合は、短時間で再び感染するおそれがあります。

■ この通知について

  未使用アドレスは、知られると観測に使えなくなるため、意図的に記載しておりませ
  ん。時刻はすべて協定世界時(UTC)です。
  お問い合わせの際は、この通知の番号をお知らせください: 20260101-7.1
)mail");
}

TEST(TextOf, TellsSeveralAsTablesByWhatChanged) {
  EXPECT_EQ(text_of(several(), Language::english), R"mail(To City of A

Yagura watches addresses that nobody uses. Packets to them are a sign of
infection, of attack or of a wrong setting. There are 1,204 warnings about
your addresses:

  external      1  packets to unused addresses of others
  internal      1  packets to unused addresses of your own
  attacked      1  the target of a flood with forged sources
  setting       1  steady requests to one service of an unused address
  left out  1,200  beyond what one notice holds

NEW: 2

Severity  Address       Kind      Last, UTC    Packets  Services
high      198.51.100.7  external  01-01 12:31    1,240  23/tcp +2, Mirai
high      203.0.113.80  attacked  01-01 12:31   25,000  443/tcp

CONTINUING: 1

Severity  Address  Kind      Last, UTC    Packets  Services
medium    2001:db8:1234:5678:9abc:def0:1234:5678
                   internal  01-01 12:31        3  445/tcp +1

RESOLVED: 1

Severity  Address       Kind     Last, UTC    Packets  Services
low       198.51.100.9  setting  01-01 12:31       60  123/udp

Addresses whose warning is resolved have fallen silent: nothing more is told
of them unless they begin again. A cause that was not found yet is still worth
finding.

WHAT TO DO

  internal
  1. Find the device that had the address at these times. Behind address
     translation, its log says which one it was.
  2. If nobody scans there on purpose, treat it as infected: take it off the
     network, keep what may be evidence, find out how the intruder came in,
     and set it up anew.
  3. The packets stayed within your own network, where an intruder may be
     spreading: look at its other devices, too.

  Mirai
  1. Find the device that had the address at these times. With Mirai it is
     often a router, a camera, a recorder or the like.
  2. Take it off the network and restart it: Mirai mostly lives in memory.
     Before it is connected again, set a strong password and install the
     latest firmware.
  3. Close its Telnet, SSH and administration to the Internet, or it may be
     infected again within minutes.

  attacked
  1. Look whether the service still works, and whether its load or the traffic
     of its line is high.
  2. If it suffers, ask your provider to filter; against a flood of SYNs, SYN
     cookies help.
  3. The address is not infected: there is nothing to clean.

ABOUT THIS NOTICE

  It names none of the unused addresses on purpose: they are of use only as
  long as nobody knows them. All times are UTC.
  If you have questions, please quote the number of this notice: 20260101-7.1
)mail");
}

TEST(TextOf, TellsSeveralAsTablesInJapanese) {
  EXPECT_EQ(text_of(several(), Language::japanese), R"mail(City of A
ご担当者様

未使用アドレス(ダークネット)を観測するシステムYaguraから、警告をお知らせいたし
ます。未使用アドレスに届くパケットは、感染、攻撃、または設定ミスの兆候です。貴
組織のアドレスについて、1,204件の警告があります。

  外部へ        1  他組織の未使用アドレスへの通信
  組織内        1  自組織の未使用アドレスへの通信
  被攻撃        1  送信元を偽ったフラッド攻撃の標的
  設定ミス      1  未使用アドレスのサービスへの継続的な問い合わせ
  省略      1,200  一通に記載できる件数を超えたもの

■ 新規: 2件

重大さ  アドレス      種類    最後(UTC)    パケット数  サービス
高      198.51.100.7  外部へ  01-01 12:31       1,240  23/tcp +2, Mirai
高      203.0.113.80  被攻撃  01-01 12:31      25,000  443/tcp

■ 継続中: 1件

重大さ  アドレス  種類    最後(UTC)    パケット数  サービス
中      2001:db8:1234:5678:9abc:def0:1234:5678
                  組織内  01-01 12:31           3  445/tcp +1

■ 解決: 1件

重大さ  アドレス      種類      最後(UTC)    パケット数  サービス
低      198.51.100.9  設定ミス  01-01 12:31          60  123/udp

解決した警告のアドレスからの通信は見られなくなりました。再び観測されない限り、
これ以上の通知はありません。原因が判明していない場合は、引き続き調査をお願いい
たします。

■ 対応のお願い

  組織内
  1. 上記の時刻にこのアドレスを使用していた機器を特定してください。アドレス変
     換(NAT)をご利用の場合は、変換の記録をご確認ください。
  2. 意図したスキャンでない場合は感染を想定し、機器をネットワークから切り離し
     たうえで、証拠の保全、侵入経路の調査、再構築をお願いいたします。
  3. 組織内の未使用アドレスへの通信であり、組織内で感染が広がっているおそれが
     あります。ほかの機器もご確認ください。

  Mirai
  1. 上記の時刻にこのアドレスを使用していた機器を特定してください。Miraiの場合
     は、ルータ、カメラ、レコーダーなどであることがよくあります。
  2. 機器をネットワークから切り離して再起動してください(Miraiの多くはメモリ上
     にのみ存在します)。推測されにくいパスワードを設定し、ファームウェアを更新
     してから、再び接続してください。
  3. インターネットからのTelnet、SSH、管理画面への接続を制限してください。制限
     しない場合は、短時間で再び感染するおそれがあります。

  被攻撃
  1. サービスが正常に動作しているか、負荷や回線の使用率が高くないか、ご確認く
     ださい。
  2. 影響がある場合は、回線事業者へのフィルタリングの依頼や、SYN floodに対する
     SYN cookieなどの対策をご検討ください。
  3. 感染を示すものではありませんので、駆除の作業は必要ありません。

■ この通知について

  未使用アドレスは、知られると観測に使えなくなるため、意図的に記載しておりませ
  ん。時刻はすべて協定世界時(UTC)です。
  お問い合わせの際は、この通知の番号をお知らせください: 20260101-7.1
)mail");
}

TEST(TextOf, SaysOfATestThatNothingHasToBeDone) {
  EXPECT_EQ(text_of(test_notice(), Language::english), R"mail(To City of A

This is a test of the delivery of warnings. Nothing has happened, and nothing
has to be done.

ABOUT THIS NOTICE

  If you have questions, please quote the number of this notice: 20260101-7.1
)mail");
  EXPECT_EQ(text_of(test_notice(), Language::japanese), R"mail(City of A
ご担当者様

これは警告の配信テストです。実際に何かが起きたわけではありませんので、ご対応い
ただく必要はありません。

■ この通知について

  お問い合わせの際は、この通知の番号をお知らせください: 20260101-7.1
)mail");
}

TEST(TextOf, SaysOfEachKindWhatItIsAndWhatToDo) {
  const auto english = [](const Told& told) {
    return text_of(notice_of({told}), Language::english);
  };
  const auto japanese = [](const Told& told) {
    return text_of(notice_of({told}), Language::japanese);
  };
  EXPECT_THAT(english(spreading()),
              AllOf(HasSubstr("CONTINUING WARNING 18"),
                    HasSubstr("  Address     2001:db8:1234:5678:9abc:def0:1234:5678 (AS64500, JP)"),
                    HasSubstr("  Services    445/tcp, icmp\n"), Not(HasSubstr("  Tool")),
                    HasSubstr("within your own network")));
  EXPECT_THAT(japanese(spreading()),
              AllOf(HasSubstr("■ 継続中の警告 18"), HasSubstr("組織内で感染")));
  EXPECT_THAT(english(flooded()),
              AllOf(HasSubstr("  Address     203.0.113.80\n"), HasSubstr("  Attacked    443/tcp\n"),
                    HasSubstr("nothing to clean"), Not(HasSubstr("single"))));
  EXPECT_THAT(japanese(flooded()),
              AllOf(HasSubstr("  攻撃対象    443/tcp\n"), HasSubstr("駆除の作業は必要ありません")));
  EXPECT_THAT(english(misled()),
              AllOf(HasSubstr("RESOLVED WARNING 20"), HasSubstr("  Kind        misconfiguration"),
                    HasSubstr("has fallen silent"), HasSubstr("Correct or remove the setting")));
  EXPECT_THAT(japanese(misled()), AllOf(HasSubstr("■ 解決した警告 20"), HasSubstr("設定を修正")));
}

TEST(TextOf, AsksLittleForASinglePacketThatMayBeForged) {
  Told told = spreading();
  told.episode.packets = 1;
  EXPECT_THAT(text_of(notice_of({told}), Language::english),
              AllOf(HasSubstr("may have been forged"), HasSubstr("  1. There was a single packet"),
                    Not(HasSubstr("  2. "))));
  EXPECT_THAT(text_of(notice_of({told}), Language::japanese),
              AllOf(HasSubstr("ただし、1パケット"), Not(HasSubstr("  2. "))));
}

TEST(TextOf, ShowsTenServicesAndCountsTheOthers) {
  Told told = spreading();
  told.episode.services.clear();
  for (uint16_t port = 1; port <= 10; ++port) told.episode.services.push_back({6, port, 1});
  EXPECT_THAT(text_of(notice_of({told}), Language::english),
              AllOf(HasSubstr(" 10/tcp\n"), Not(HasSubstr("more"))));
  told.episode.services.push_back({6, 11, 1});
  told.episode.services.push_back({6, 12, 1});
  EXPECT_THAT(text_of(notice_of({told}), Language::english),
              AllOf(HasSubstr("10/tcp, 2 more\n"), Not(HasSubstr("11/tcp"))));
  EXPECT_THAT(text_of(notice_of({told}), Language::japanese), HasSubstr("10/tcp, ほか2\n"));
}

TEST(TextOf, AsksForNothingWhereAllIsResolved) {
  const std::string text = text_of(notice_of({misled(), misled()}), Language::english);
  EXPECT_THAT(text, AllOf(HasSubstr("RESOLVED: 2"), HasSubstr("fallen silent"),
                          Not(HasSubstr("WHAT TO DO"))));
}

TEST(TextOf, SaysHowManyWereLeftOutOfTheMostThatAreTold) {
  std::vector<Told> told(Notice::most_told, infected());
  Notice notice = notice_of(std::move(told));
  EXPECT_THAT(text_of(notice, Language::english),
              AllOf(HasSubstr("5,000 warnings"), Not(HasSubstr("left out"))));
  notice.left_out = 1;
  EXPECT_THAT(text_of(notice, Language::english),
              AllOf(HasSubstr("5,001 warnings"), HasSubstr("  left out      1  beyond")));
  EXPECT_THAT(text_of(notice, Language::japanese), HasSubstr("5,001件の警告"));
}

TEST(TextOf, OfOneThatIsToldOfMoreIsATable) {
  Notice notice = notice_of({infected()});
  notice.left_out = 1;
  EXPECT_THAT(text_of(notice, Language::english), HasSubstr("NEW: 1\n"));
}

TEST(TextOf, KeepsItsLinesShort) {
  for (const Language language : {Language::english, Language::japanese}) {
    for (const Notice& notice :
         {notice_of({infected()}), notice_of({spreading()}), notice_of({flooded()}),
          notice_of({misled()}), several(), test_notice()}) {
      std::istringstream lines(text_of(notice, language));
      for (std::string line; std::getline(lines, line);) EXPECT_LE(columns_of(line), 78u) << line;
    }
  }
}

TEST(TextOf, TakesNamesAndIdsAsTheyAre) {
  Notice notice = notice_of({infected()});
  notice.member = R"(<A> & "B" 'C' | D=\{0} 市)";
  EXPECT_THAT(text_of(notice, Language::english), HasSubstr(R"(To <A> & "B" 'C' | D=\{0} 市)"));
  EXPECT_THAT(text_of(notice, Language::japanese), EndsWith(": 20260101-7.1\n"));
}

TEST(SubjectOf, SaysWhatChangedHowSevereItIsAndWhichAddress) {
  struct Case {
    Told told;
    std::string_view english, japanese;
  };
  for (const Case& each :
       {Case{infected(),
             "[Yagura] Warning (high): 198.51.100.7 sent packets to unused addresses of others",
             "【警告】198.51.100.7 から他組織の未使用アドレスへの通信を観測 (重大さ: 高)"},
        Case{spreading(),
             "[Yagura] Continues (medium): 2001:db8:1234:5678:9abc:def0:1234:5678 sent packets to "
             "unused addresses of your own",
             "【警告・継続】2001:db8:1234:5678:9abc:def0:1234:5678 "
             "から自組織の未使用アドレスへの通信を観測 (重大さ: 中)"},
        Case{flooded(),
             "[Yagura] Warning (high): 203.0.113.80 is the target of a flood with forged sources",
             "【警告】203.0.113.80 を標的とするフラッド攻撃を観測 (重大さ: 高)"},
        Case{
            misled(),
            "[Yagura] Resolved (low): 198.51.100.9 keeps asking for a service at an unused address",
            "【警告・解決】198.51.100.9 から未使用アドレスへの継続的な問い合わせを観測 "
            "(重大さ: 低)"}}) {
    EXPECT_EQ(subject_of(notice_of({each.told}), Language::english), each.english);
    EXPECT_EQ(subject_of(notice_of({each.told}), Language::japanese), each.japanese);
  }
}

TEST(SubjectOf, CountsSeveralAndSaysHowGraveTheGravestIs) {
  EXPECT_EQ(subject_of(several(), Language::english),
            "[Yagura] 1,204 warnings, the gravest high: City of A");
  EXPECT_EQ(subject_of(several(), Language::japanese),
            "【警告】1,204件の警告 (最大の重大さ: 高) City of A");
  EXPECT_EQ(subject_of(notice_of({misled(), misled()}), Language::english),
            "[Yagura] 2 warnings, the gravest low: City of A");
}

TEST(SubjectOf, SaysThatItIsATest) {
  EXPECT_EQ(subject_of(test_notice(), Language::english), "[Yagura] Test: nothing has to be done");
  EXPECT_EQ(subject_of(test_notice(), Language::japanese),
            "【テスト】警告の配信テスト (対応は不要です)");
}

}  // namespace
}  // namespace yagura::warning
