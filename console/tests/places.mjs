// SPDX-License-Identifier: Apache-2.0
//
// An address of every view, over what was recorded.
export function places(answers) {
  const scanner = answers.sources[0].source;
  const victim = answers.attacks[0].victim;
  const end = Math.ceil(Date.parse(answers.report.sensors[0].until) / 300_000) * 300_000;
  const time = (ms) => new Date(ms).toISOString().replace('.000Z', 'Z');
  const half = `from=${time(end - 86_400_000)}&until=${time(end)}`;
  return {
    overview: '/overview',
    statistics: '/statistics',
    'statistics-ports': '/statistics?by=tcp-port&scale=log',
    'statistics-hosts': `/statistics?by=country&measure=hosts&compare=yes&${half}`,
    rankings: '/rankings',
    'rankings-country': '/rankings?by=country&order=hosts',
    'rankings-asn': '/rankings?by=asn',
    rising: '/rising',
    synchrony: '/synchrony',
    'synchrony-penalty': '/synchrony?penalty=0.6&engine=factorisation',
    sources: '/sources',
    'sources-filtered': '/sources?country=US&tool=mirai&survey=without',
    source: `/source?address=${scanner}`,
    victim: `/source?address=${victim}`,
    unseen: '/source?address=192.0.2.1',
    port: '/port?service=23/tcp',
    events: '/events?order=start',
    attacks: '/attacks',
    attack: `/attack?victim=${victim}&id=${answers.attacks[0].id}`,
    scanners: '/scanners',
    organisation: '/organisation?name=unknown',
    warnings: '/warnings',
    'warnings-open': '/warnings?id=7',
    history: '/history',
    members: '/members',
    member: '/member?name=City%20of%20A',
    'member-claim': '/member?name=B',
    outbox: '/outbox?show=all',
    report: '/report',
    access: '/access',
    audit: '/audit',
    login: '/login',
    setup: '/setup?link=x7c2',
    nowhere: '/nowhere',
  };
}
