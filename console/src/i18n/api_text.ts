// SPDX-License-Identifier: Apache-2.0
//
// The program gives its reasons as English sentences. Here they are in Japanese; one that this
// console does not know stays English and is marked so for screen readers.
import { language } from '../state';

// "15 d", "1 h 30 min", "day": lengths of time as the program writes them.
function span(text: string): string {
  const units: Readonly<Record<string, string>> = {
    d: '日', h: '時間', min: '分', s: '秒', day: '日', hour: '時間', minutes: '分',
  };
  return text
    .split(' ')
    .map((part) => units[part] ?? part)
    .join('')
    .replace(/^日$/, '1日')
    .replace(/^時間$/, '1時間');
}

type Rule = [RegExp, (...parts: string[]) => string];

const japanese: readonly Rule[] = [
  [/^a published list names it as (.+)$/, (name) => `公開リストに ${name} として載っています`],
  [/^its host name belongs to (.+)$/, (name) => `ホスト名が ${name} のものです`],
  [
    /^on one day it probed many ports with at least a packet for every dark address$/,
    () => '一日に多くのポートを、ダークアドレス数以上のパケットで調べました',
  ],
  [
    /^([\d,]+) of ([\d,]+) TCP scan packets carry the mark of (.+)$/,
    (some, all, tool) => `TCPスキャン ${all} パケットのうち ${some} に ${tool} の特徴があります`,
  ],
  [
    /^([\d,]+) attacks? seen by its backscatter$/,
    (count) => `バックスキャッタから ${count} 件の攻撃が見えています`,
  ],
  [
    /^it reached ([\d,]+) dark addresses in one scan$/,
    (count) => `一度のスキャンで ${count} 個のダークアドレスに到達しました`,
  ],
  [
    /^one dark address, one service, at most ([\d,]+) packets in 5 minutes, in ([\d,]+) of ([\d,]+) hours$/,
    (packets, some, all) =>
      `一つのダークアドレスの一つのサービスに、5分間に最大 ${packets} パケット、${all} 時間中 ${some} 時間で送信しています`,
  ],
  [
    /^([\d,]+) packets are replies nobody dark asked for, too few or too short for an attack$/,
    (count) => `${count} パケットは誰も求めていない応答で、攻撃とするには少ないか短すぎます`,
  ],
  [
    /^([\d,]+) packets, ([\d,]+) of them scans, fit no rule$/,
    (all, scans) => `${all} パケット(うちスキャン ${scans})はどの規則にも当てはまりません`,
  ],
  [
    /^No misconfigured host: it reached more than one dark address\.$/,
    () => '設定ミスのホストではありません: 複数のダークアドレスに到達しています。',
  ],
  [
    /^No misconfigured host: it only sent replies\.$/,
    () => '設定ミスのホストではありません: 応答しか送っていません。',
  ],
  [
    /^No misconfigured host: it was seen for less than a day\.$/,
    () => '設定ミスのホストとは言えません: 観測が一日に足りません。',
  ],
  [
    /^All data, whatever the period of this report\. Dark addresses are the mean over the time observed\.$/,
    () => 'このレポートの期間にかかわらず全データです。ダークアドレス数は観測時間の平均です。',
  ],
  [
    /^"All scans and probes" holds the scan classes .+$/,
    () =>
      '「スキャンと探索の合計」は各スキャンと増幅器の探索の和です。一つのホストが複数に当てはまるため、ホスト数は和より少なくなります。',
  ],
  [
    /^Counted from daily rows, in whole days\.$/,
    () => '送信元ごとの日次の行から、丸一日単位で数えています。',
  ],
  [/^Sources are counted in whole days\.$/, () => '送信元は丸一日単位で数えています。'],
  [
    /^filters that are combined are counted from the 5-minute rows, at most (\d+) days at once; .+$/,
    (days) =>
      `組み合わせた絞り込みは5分ごとの行から数えるため、一度に${days}日までです。1日間隔にするか、期間を短くしてください。`,
  ],
  [
    /^filters that are combined need the 5-minute rows, and those of (\d+) hours, from (\S+) to (\S+), are .+$/,
    (hours, from, until) =>
      `組み合わせた絞り込みには5分ごとの行が要りますが、${from} から ${until} までの${hours}時間分は残っていません。1日間隔にするか、新しい期間を選んでください。`,
  ],
  [
    /^One point per ([^,]+), the highest of its values per (.+)\.$/,
    (step, level) => `1点は${span(step)}で、その中の${span(level)}ごとの最大値です。`,
  ],
  [/^One point per (.+)\.$/, (step) => `1点は${span(step)}です。`],
  [
    /^The home country \((.+)\): hosts here can be reached and helped\.$/,
    (country) => `自国(${country})のホストです。連絡して対処を助けられます。`,
  ],
  [
    /^Packets are those sent to addresses that are announced but unused, .+$/,
    () =>
      'パケットは、経路広告されていて使われていないアドレスに届いたものです。送る理由は誰にもないため、スキャン、偽装パケットへの応答、誤りのいずれかです。',
  ],
  [
    /^Hosts are distinct source addresses, exact per (5 minutes|hour|day)\. .+$/,
    (level) =>
      `ホスト数は異なる送信元アドレスの数で、${span(level)}ごとに正確です。複数の期間については平均と最大を示します。時間、種別、ポートをまたいで足すことはできません。`,
  ],
  [
    /^A source address can be forged; scans rarely are, .+$/,
    () =>
      '送信元アドレスは偽装できますが、スキャンは応答を必要とするため偽装はまれです。被害ホストは、偽装パケットの宛先になったアドレスです。',
  ],
  [
    /^Countries and autonomous systems are those of the address at the time it was read, .+$/,
    () => '国とASは、読み込んだ時点でのアドレスデータによるものです。',
  ],
  [
    /^Share of all scan and probe packets that are not from survey scanners\. .+$/,
    () =>
      '割合は、調査スキャナを除くスキャンと探索の全パケットに対するものです。IoTはIoT機器が使うことで知られるポートです。',
  ],
  [
    /^Distinct hosts over the whole days of the period, without survey scanners\.$/,
    () => '期間内の丸一日ごとの異なりホスト数で、調査スキャナを除きます。',
  ],
  [
    /^By marks in the packets, per source and day\. .+$/,
    () =>
      'パケットの特徴から、送信元と日ごとに判定します。多くのスキャナには特徴がなく、新しいZMapは隠すため、これは下限です。',
  ],
  [
    /^A scan event is one source's scanning until a long silence; .+$/,
    () => 'スキャンイベントは、一つの送信元が長い沈黙に入るまでのスキャンです。',
  ],
  [
    /^Seen by the replies of the victim to forged packets; .+$/,
    () => '偽装パケットに対する被害ホストの応答から見えたものです。',
  ],
  [
    /^Organisations that scan the Internet for research or business: .+$/,
    () => '研究や事業のためにインターネットを調査する組織です。',
  ],
  [
    /^Hours in which a port left its usual range of packets or hosts\. .+$/,
    () => 'ポートのパケット数かホスト数が普段の範囲を超えた時間帯です。24時間以上観測したポートを判定します。',
  ],
  [
    /^Stretches without any capture; nothing is estimated for them\.$/,
    () => '観測のない時間です。推定値で埋めることはしません。',
  ],
];

export interface ApiText {
  text: string;
  lang?: string; // set where it is not that of the page
}

export function apiText(sentence: string): ApiText {
  if (language.value === 'en') return { text: sentence };
  for (const [pattern, say] of japanese) {
    const match = pattern.exec(sentence);
    if (match) return { text: say(...match.slice(1)) };
  }
  return { text: sentence, lang: 'en' };
}
