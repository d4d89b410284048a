// SPDX-License-Identifier: Apache-2.0
#include "warning/mail_words.h"

namespace yagura::warning {
namespace {

using List = std::vector<std::string_view>;

MailWords english() {
  constexpr std::string_view find =
      "Find the device that had the address at these times. Behind address translation, its log "
      "says which one it was.";
  constexpr std::string_view treat =
      "If nobody scans there on purpose, treat it as infected: take it off the network, keep what "
      "may be evidence, find out how the intruder came in, and set it up anew.";
  return {
      .to = "To {0}",
      .one_subject = {"", "[Yagura] Warning ({0}): {1} {2}", "[Yagura] Continues ({0}): {1} {2}",
                      "[Yagura] Resolved ({0}): {1} {2}"},
      .did = {"", "sent packets to unused addresses of others",
              "sent packets to unused addresses of your own",
              "is the target of a flood with forged sources",
              "keeps asking for a service at an unused address"},
      .many_subject = "[Yagura] {0} warnings, the gravest {1}: {2}",
      .test_subject = "[Yagura] Test: nothing has to be done",
      .test =
          "This is a test of the delivery of warnings. Nothing has happened, and nothing has to "
          "be done.",
      .intro_one =
          "Yagura watches addresses that nobody uses. Packets to them are a sign of "
          "infection, of attack or of a wrong setting. This is about one of your addresses:",
      .intro_many =
          "Yagura watches addresses that nobody uses. Packets to them are a sign of "
          "infection, of attack or of a wrong setting. There are {0} warnings about your "
          "addresses:",
      .what_kinds = {"", "packets to unused addresses of others",
                     "packets to unused addresses of your own",
                     "the target of a flood with forged sources",
                     "steady requests to one service of an unused address"},
      .kinds = {"", "external", "internal", "under attack", "misconfiguration"},
      .short_kinds = {"", "external", "internal", "attacked", "setting"},
      .severities = {"", "low", "medium", "high"},
      .one_heading = {"", "NEW WARNING {0}", "CONTINUING WARNING {0}", "RESOLVED WARNING {0}"},
      .many_heading = {"", "NEW: {0}", "CONTINUING: {0}", "RESOLVED: {0}"},
      .address = "Address",
      .what = "What",
      .kind = "Kind",
      .severity = "Severity",
      .first = "First seen",
      .last = "Last seen",
      .packets = "Packets",
      .services = "Services",
      .attacked = "Attacked",
      .tool = "Tool",
      .more = "{0} more",
      .short_last = "Last, UTC",
      .left_out = "left out",
      .beyond = "beyond what one notice holds",
      .why = "WHY",
      .to_do = "WHAT TO DO",
      .about = "ABOUT THIS NOTICE",
      .one_ended =
          "The address has fallen silent: nothing more is told of it unless it begins "
          "again. If the cause was not found yet, it is still worth finding.",
      .many_ended =
          "Addresses whose warning is resolved have fallen silent: nothing more is told "
          "of them unless they begin again. A cause that was not found yet is still worth "
          "finding.",
      .advice_headings = {"external", "internal", "Mirai", "a single packet", "attacked",
                          "setting"},
      .advice =
          {List{find, treat, "Look whether other devices of yours do the same."},
           List{find, treat,
                "The packets stayed within your own network, where an intruder may be spreading: "
                "look at its other devices, too."},
           List{
               "Find the device that had the address at these times. With Mirai it is often a "
               "router, a camera, a recorder or the like.",
               "Take it off the network and restart it: Mirai mostly lives in memory. Before it is "
               "connected again, set a strong password and install the latest firmware.",
               "Close its Telnet, SSH and administration to the Internet, or it may be infected "
               "again within minutes."},
           List{"There was a single packet, and its source may be forged. It is enough to look "
                "whether the logs of the device show anything odd at this time."},
           List{"Look whether the service still works, and whether its load or the traffic of its "
                "line is high.",
                "If it suffers, ask your provider to filter; against a flood of SYNs, SYN cookies "
                "help.",
                "The address is not infected: there is nothing to clean."},
           List{"Look through the settings of the device (name, time and log servers, monitoring, "
                "backup) for a wrong address, or one that is no longer in use.",
                "Correct or remove the setting."}},
      .no_dark_address =
          "It names none of the unused addresses on purpose: they are of use only as "
          "long as nobody knows them. All times are UTC.",
      .quote = "If you have questions, please quote the number of this notice: {0}"};
}

MailWords japanese() {
  constexpr std::string_view find =
      "上記の時刻にこのアドレスを使用していた機器を特定してください。アドレス変換(NAT)をご利用の"
      "場合は、変換の記録をご確認ください。";
  constexpr std::string_view treat =
      "意図したスキャンでない場合は感染を想定し、機器をネットワークから切り離したうえで、証拠の"
      "保全、侵入経路の調査、再構築をお願いいたします。";
  return {
      .to = "{0}\nご担当者様",
      .one_subject = {"", "【警告】{1} {2} (重大さ: {0})", "【警告・継続】{1} {2} (重大さ: {0})",
                      "【警告・解決】{1} {2} (重大さ: {0})"},
      .did = {"", "から他組織の未使用アドレスへの通信を観測",
              "から自組織の未使用アドレスへの通信を観測", "を標的とするフラッド攻撃を観測",
              "から未使用アドレスへの継続的な問い合わせを観測"},
      .many_subject = "【警告】{0}件の警告 (最大の重大さ: {1}) {2}",
      .test_subject = "【テスト】警告の配信テスト (対応は不要です)",
      .test =
          "これは警告の配信テストです。実際に何かが起きたわけではありませんので、ご対応いただく"
          "必要はありません。",
      .intro_one =
          "未使用アドレス(ダークネット)を観測するシステムYaguraから、警告をお知らせ"
          "いたします。未使用アドレスに届くパケットは、感染、攻撃、または設定ミスの兆候"
          "です。貴組織のアドレスについて、次のとおり観測しました。",
      .intro_many =
          "未使用アドレス(ダークネット)を観測するシステムYaguraから、警告をお知らせ"
          "いたします。未使用アドレスに届くパケットは、感染、攻撃、または設定ミスの兆候"
          "です。貴組織のアドレスについて、{0}件の警告があります。",
      .what_kinds = {"", "他組織の未使用アドレスへの通信", "自組織の未使用アドレスへの通信",
                     "送信元を偽ったフラッド攻撃の標的",
                     "未使用アドレスのサービスへの継続的な問い合わせ"},
      .kinds = {"", "外部へ", "組織内", "攻撃を受けている", "設定ミス"},
      .short_kinds = {"", "外部へ", "組織内", "被攻撃", "設定ミス"},
      .severities = {"", "低", "中", "高"},
      .one_heading = {"", "■ 新規の警告 {0}", "■ 継続中の警告 {0}", "■ 解決した警告 {0}"},
      .many_heading = {"", "■ 新規: {0}件", "■ 継続中: {0}件", "■ 解決: {0}件"},
      .address = "アドレス",
      .what = "概要",
      .kind = "種類",
      .severity = "重大さ",
      .first = "最初の観測",
      .last = "最後の観測",
      .packets = "パケット数",
      .services = "サービス",
      .attacked = "攻撃対象",
      .tool = "ツール",
      .more = "ほか{0}",
      .short_last = "最後(UTC)",
      .left_out = "省略",
      .beyond = "一通に記載できる件数を超えたもの",
      .why = "■ 判断の理由",
      .to_do = "■ 対応のお願い",
      .about = "■ この通知について",
      .one_ended =
          "このアドレスからの通信は見られなくなりました。再び観測されない限り、これ以上の"
          "通知はありません。原因が判明していない場合は、引き続き調査をお願いいたします。",
      .many_ended =
          "解決した警告のアドレスからの通信は見られなくなりました。再び観測されない限り、"
          "これ以上の通知はありません。原因が判明していない場合は、引き続き調査を"
          "お願いいたします。",
      .advice_headings = {"外部へ", "組織内", "Mirai", "1パケットだけのもの", "被攻撃", "設定ミス"},
      .advice =
          {List{find, treat, "同様の通信をしている機器がほかにないか、ご確認ください。"},
           List{find, treat,
                "組織内の未使用アドレスへの通信であり、組織内で感染が広がっているおそれがあります。"
                "ほかの機器もご確認ください。"},
           List{
               "上記の時刻にこのアドレスを使用していた機器を特定してください。Miraiの場合は、"
               "ルータ、カメラ、レコーダーなどであることがよくあります。",
               "機器をネットワークから切り離して再起動してください(Miraiの多くはメモリ上にのみ存在"
               "します)。推測されにくいパスワードを設定し、ファームウェアを更新してから、再び接続"
               "してください。",
               "インターネットからのTelnet、SSH、管理画面への接続を制限してください。制限しない場合"
               "は、短時間で再び感染するおそれがあります。"},
           List{"観測したのは1パケットだけで、送信元が偽られた可能性があります。まずは、該当する"
                "時刻の機器のログに不審な点がないか、ご確認ください。"},
           List{
               "サービスが正常に動作しているか、負荷や回線の使用率が高くないか、ご確認ください。",
               "影響がある場合は、回線事業者へのフィルタリングの依頼や、SYN floodに対するSYN cookie"
               "などの対策をご検討ください。",
               "感染を示すものではありませんので、駆除の作業は必要ありません。"},
           List{"機器の設定(DNS、NTP、syslog、監視、バックアップなど)に、誤ったアドレスや、使われ"
                "なくなったアドレスが残っていないか、ご確認ください。",
                "該当する設定を修正または削除してください。"}},
      .no_dark_address =
          "未使用アドレスは、知られると観測に使えなくなるため、意図的に記載して"
          "おりません。時刻はすべて協定世界時(UTC)です。",
      .quote = "お問い合わせの際は、この通知の番号をお知らせください: {0}"};
}

}  // namespace

const MailWords& mail_words(model::Language language) {
  static const MailWords in_english = english(), in_japanese = japanese();
  return language == model::Language::japanese ? in_japanese : in_english;
}

}  // namespace yagura::warning
