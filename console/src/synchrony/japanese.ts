// SPDX-License-Identifier: Apache-2.0
import type { Widen } from '../i18n/en';
import type { english } from './english';

export const japanese: Widen<typeof english> = {
  about:
    'ホストがこれまでになく足並みをそろえて同じポートをスキャンした、またはスキャン全体の傾向が変わったキャンペーンです。開くと10分間ごとのアラームを表示します。グラフィカルラッソとChangeFinderはセンサの普段の状態を学習した後（設定を変えなければ3日間）、行列因子分解は30分後から判定します。',
  empty: 'この期間にキャンペーンはありません。先にセンサごとの普段の状態を学習します。',
  penalty: 'ペナルティ',
  chart: (penalty) => `ホスト間の依存関係の密度（ペナルティ ${penalty}）`,
  usual: 'アラームなし',
  alarm: 'アラーム',
  engine: 'エンジン',
  engines: {
    all: 'すべて',
    'graphical-lasso': 'グラフィカルラッソ',
    'change-finder': 'ChangeFinder',
    factorisation: '行列因子分解',
  },
  level: 'レベル',
  levels: {
    all: 'すべて',
    attack: '攻撃',
    survey: '調査',
    next: '次点',
    'single-target': '単一の標的',
  },
  windows: '区間数',
  windowsOf: (ports) => `${ports ? `ポート ${ports}` : 'ポート不明'}のキャンペーンの区間`,
  unfold: (n, ports) => `${ports ? `ポート ${ports}` : 'ポート不明'}のキャンペーンの${n}区間`,
  span: '期間',
  hosts: '最大ホスト数',
  end: '終了',
  endAbout: 'キャンペーンは終わっています。終わったことによるアラームです。',
  window: '10分間の始まり',
  votes: '判定したエンジン',
  why: '理由',
  lasso: (learned, density, hosts) =>
    `直前の${learned}区間より多くのホストが同期しています。${hosts}ホストで密度 ${density} です。`,
  change: (packets, hosts) =>
    `TCPスキャン全体の傾向が変わりました。変化度はパケット数 ${packets}、ホスト数 ${hosts} です。`,
  groups: (groups) => `30分間にわたり増減をともにするホストのグループが${groups}個あります。`,
  more: (n) => `ほか${n}件`,
};
