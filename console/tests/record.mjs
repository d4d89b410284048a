// SPDX-License-Identifier: Apache-2.0
//
// Records what the command line answers, for fake_api.mjs to serve: the shapes and the numbers of
// the test double are those of the program. Usage:
//   node tests/record.mjs BINARY DATA > tests/recorded/answers.json
import { execFileSync } from 'node:child_process';

const [binary, data] = process.argv.slice(2);
if (!binary || !data) {
  console.error('usage: node tests/record.mjs BINARY DATA');
  process.exit(2);
}

function ask(...words) {
  const text = execFileSync(binary, [...words, '--data', data, '--format', 'json'], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return JSON.parse(text);
}

const telescope = (...words) => ask('telescope', ...words);

// The series of one dimension, from the numbers the program stores; port statistics count scans.
// Of the finest step only the last hours, or the recording would be megabytes.
function numbers(dimension, level, values) {
  const total = dimension === 'total';
  const classes = dimension.endsWith('_port')
    ? "'scan_tcp', 'scan_udp', 'probe_amplification'"
    : "'any'";
  const of = total ? '' : `AND class IN (${classes}) AND value IN (${values})`;
  const late = level === '5min' ? 'AND time >= (SELECT max(time) FROM numbers) - 43200' : '';
  return ask(
    'sql',
    `SELECT toUnixTimestamp(time) AS time, value, ${total ? 'toString(class)' : "'any'"} AS kind,
     organisation > 0 AS survey, toInt64(sum(packets)) AS packets, toInt64(sum(hosts)) AS hosts
     FROM numbers WHERE level = '${level}' AND dimension = '${dimension}' ${of} ${late}
     GROUP BY time, value, kind, survey ORDER BY time, value, kind, survey LIMIT 100000`,
  ).map((row) => [row.time, row.value, row.kind, Number(row.survey), row.packets, row.hosts]);
}

const countryValue = (code) => (code ? code.charCodeAt(0) * 256 + code.charCodeAt(1) : 0);
const tools = ['none', 'mirai', 'zmap', 'masscan', 'masscan_2023', 'nmap', 'unicornscan'];
const answers = { top: {}, pages: {}, activity: {}, filtered: {}, numbers: {} };
const kinds = ['port', 'tcp-port', 'udp-port', 'country', 'asn', 'tool', 'organisation', 'class'];
for (const by of kinds)
  for (const order of ['packets', 'hosts'])
    answers.top[`${by} ${order}`] = telescope('top', '--by', by, '--order', order, '--limit', '40');
for (const [name, value] of [['country', 'JP'], ['country', 'US'], ['tool', 'mirai']])
  for (const by of ['tcp-port', 'country', 'asn'])
    answers.filtered[`${by} ${name}=${value}`] =
      telescope('top', '--by', by, `--${name}`, value, '--limit', '40');
answers.filtered['country port=23/tcp'] =
  telescope('top', '--by', 'country', '--port', '23/tcp', '--limit', '40');
answers.sources = telescope('sources', '--limit', '150');
answers.events = telescope('events', '--limit', '120');
answers.attacks = telescope('attacks', '--limit', '150');
answers.scanners = telescope('scanners');
answers.report = telescope('report');

const first = (kind, key, count) =>
  answers.top[kind].slice(0, count).map((row) => row[key]).filter((value) => value !== null);
const pages = new Set([
  ...answers.sources.slice(0, 3).map((row) => row.source),
  ...answers.attacks.slice(0, 2).map((row) => row.victim),
  ...answers.sources.filter((row) => row.tool).slice(0, 2).map((row) => row.source),
  ...answers.sources.filter((row) => row.organisation).slice(0, 1).map((row) => row.source),
]);
for (const address of pages) {
  // Sample packets are bytes from outside, and the console does not show them.
  const { samples: _samples, ...page } = telescope('sources', address);
  answers.pages[address] = page;
  answers.activity[address] = telescope('activity', '--source', address, '--limit', '2000')
    .map((row) => [Date.parse(row.window) / 1000, row.class, row.packets]);
}
for (const level of ['5min', 'hour', 'day']) {
  answers.numbers[level] = {
    total: numbers('total', level),
    tcp_port: numbers('tcp_port', level, first('tcp-port packets', 'port', 12)),
    udp_port: numbers('udp_port', level, first('udp-port packets', 'port', 12)),
    country: numbers('country', level,
      first('country packets', 'country', 12).map(countryValue)),
    asn: numbers('asn', level, first('asn packets', 'asn', 12)),
    tool: numbers('tool', level, first('tool packets', 'tool', 12).map((t) => tools.indexOf(t))),
  };
}
process.stdout.write(`${JSON.stringify(answers)}\n`);
