// SPDX-License-Identifier: Apache-2.0
//
// A test double of the server: serves dist/ and answers the API's questions from what the command
// line said (recorded/answers.json). It knows only the filters that were recorded; for another a
// ranking is given unfiltered with a note that says so, or refused, as the server may. Totals and
// series are only filtered by survey scanners: tests that compare numbers filter by nothing else.
//
// Run by itself it is a server to look at: npm run dev (name "admin", any password); with ACCOUNT=soc
// it is a member's portal.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FakeTelescope } from './fake_live.mjs';
import { answerWarning, freshWarning } from './fake_warning.mjs';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
export const answers = JSON.parse(readFileSync(here('recorded/answers.json'), 'utf8'));

const types = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css',
  '.svg': 'image/svg+xml' };
export const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
  "form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

class Refusal extends Error {
  constructor(status, title, detail) {
    super(detail);
    Object.assign(this, { status, title });
  }
}

// An answer without a body.
class Status {
  constructor(status) {
    this.status = status;
  }
}

const filterKeys = ['class', 'port', 'source', 'country', 'asn', 'tool', 'organisation'];
const inside = (time, from, until) => time >= from && time < until;

function periodOf(query) {
  const numbers = answers.numbers.hour.total;
  const first = numbers[0][0] * 1000;
  const last = numbers.at(-1)[0] * 1000 + 3_600_000;
  return {
    from: Date.parse(query.get('from') ?? '') || first,
    until: Date.parse(query.get('until') ?? '') || last,
  };
}

function addressMatches(address, prefix) {
  const [network, length = '32'] = prefix.split('/');
  if (network.includes(':') || address.includes(':')) return address === network;
  const number = (text) => text.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0);
  const size = 2 ** (32 - Number(length));
  return Math.floor(number(address) / size) === Math.floor(number(network) / size);
}

const rowFilters = {
  class: (row, value) => !row.classes || row.classes.includes(value),
  port: (row, value) =>
    (row.ports ?? []).some((port) => port === value || String(port) === value.split('/')[0]),
  source: (row, value) => addressMatches(row.source ?? row.victim, value),
  country: (row, value) => row.country === value,
  asn: (row, value) => String(row.asn) === value,
  tool: (row, value) => row.tool === value,
  organisation: (row, value) => row.organisation === value,
};

function filteredRows(rows, query, timeKey) {
  const { from, until } = periodOf(query);
  const survey = query.get('survey') ?? 'with';
  return rows.filter(
    (row) =>
      inside(Date.parse(row[timeKey]), from, until) &&
      (survey === 'with' || !('organisation' in row) ||
        (row.organisation !== null) === (survey === 'only')) &&
      filterKeys.every((key) => !query.get(key) || rowFilters[key](row, query.get(key))),
  );
}

const iso = (time) => new Date(time).toISOString().replace('.000Z', 'Z');

function paged(rows, query, notes = []) {
  const limit = Number(query.get('limit') ?? 50);
  const offset = Number(query.get('offset') ?? 0);
  if (!(limit >= 1 && limit <= 10_000))
    throw new Refusal(400, 'Bad Request', 'limit: 1 to 10000');
  const { from, until } = periodOf(query);
  return {
    period: { from: iso(from), until: iso(until) },
    rows: rows.slice(offset, offset + limit),
    more: rows.length > offset + limit,
    notes,
  };
}

const sortKeys = { packets: 'packets', bytes: 'bytes', days: 'days', start: 'start', first: 'first',
  last: 'last', rate: 'rate', ports: 'port_count', duration: 'duration',
  'dark-addresses': 'dark_addresses' };

function ordered(rows, query) {
  const order = query.get('order') ?? 'packets';
  const key = sortKeys[order];
  if (!key) throw new Refusal(400, 'Bad Request', `order: no such order as "${order}"`);
  const value = (row) => (typeof row[key] === 'string' ? Date.parse(row[key]) : row[key]);
  return [...rows].sort((a, b) => value(b) - value(a));
}

function ranking(query) {
  const by = query.get('by') ?? 'port';
  const order = query.get('order') ?? 'packets';
  const plain = answers.top[`${by} ${order}`];
  if (!plain) throw new Refusal(400, 'Bad Request', `by: nothing is ranked by "${by}"`);
  const set = filterKeys.filter((key) => query.get(key));
  if (set.length === 0) return paged(plain, query);
  const recorded = answers.filtered[`${by} ${set[0]}=${query.get(set[0])}`];
  if (set.length === 1 && recorded)
    return paged(recorded, query, ['Counted from daily rows, in whole days.']);
  return paged(plain, query, ['The filter does not apply to this ranking.']);
}

const tools = ['none', 'mirai', 'zmap', 'masscan', 'masscan_2023', 'nmap', 'unicornscan'];

function nameOf(by, value) {
  const top = (kind, key, wanted = value) =>
    answers.top[`${kind} packets`].find((row) => row[key] === wanted);
  if (by === 'class')
    return { value, label: answers.report.classes.find((row) => row.class === value).label };
  if (by === 'tool') return { value: tools[value], label: top('tool', 'tool', tools[value]).name };
  if (by === 'asn') return { value: value ? String(value) : null, label: top('asn', 'asn')?.name ?? '' };
  if (by === 'country') {
    const code = value === 0 ? null : String.fromCharCode(value >> 8, value & 255);
    return { value: code, label: code ? top('country', 'country', code).name : 'unknown' };
  }
  return { value, label: top(`${value.endsWith('udp') ? 'udp' : 'tcp'}-port`, 'name')?.service ?? '' };
}

const longestFinePeriod = 31 * 86_400_000;
const stepSeconds = { '5min': 300, hour: 3600, day: 86_400 };

// 5-minute numbers were recorded for the last hours only.
const fittingStep = (from, until) => (until - from <= 43_200_000 ? '5min' : 'hour');
const isPart = (name) => name !== 'any' && name !== 'scans';

function numberRows(by, step) {
  const numbers = answers.numbers[step];
  const port = (protocol) =>
    numbers[`${protocol}_port`].map((row) => [row[0], `${row[1]}/${protocol}`, ...row.slice(2)]);
  switch (by) {
    case 'class':
      return numbers.total.filter((r) => isPart(r[2])).map((r) => [r[0], r[2], ...r.slice(2)]);
    case 'tcp-port': return port('tcp');
    case 'udp-port': return port('udp');
    case 'port': return [...port('tcp'), ...port('udp')];
    case 'organisation': return [];
    default:
      if (!numbers[by]) throw new Refusal(400, 'Bad Request', `by: no series by "${by}"`);
      return numbers[by];
  }
}

function seriesOf(query) {
  const by = query.get('by') ?? 'class';
  const { from, until } = periodOf(query);
  const step = query.get('step') ?? fittingStep(from, until);
  if (filterKeys.filter((key) => query.get(key)).length > 1 && step !== 'day' &&
      until - from > longestFinePeriod)
    throw new Refusal(400, 'Bad Request', 'filters that are combined are counted from the 5-minute ' +
      'rows, at most 31 days at once; ask for whole days (step=day) or a shorter period');
  const top = Number(query.get('top') ?? 8);
  const column = query.get('measure') === 'hosts' ? 5 : 4;
  const survey = query.get('survey') ?? 'with';
  const wanted = (row) =>
    inside(row[0] * 1000, from, until) && (survey === 'with' || (row[3] === 1) === (survey === 'only'));
  const rows = numberRows(by, step).filter(wanted);
  const all = answers.numbers[step].total.filter((row) => wanted(row) && row[2] === 'any');
  const times = [...new Set(all.map((row) => row[0]))];
  const totals = new Map();
  for (const row of rows) totals.set(row[1], (totals.get(row[1]) ?? 0) + row[column]);
  const shown = [...totals].sort((a, b) => b[1] - a[1]).map(([value]) => value)
    .slice(0, by === 'class' ? 20 : top);
  const at = new Map(times.map((time, index) => [time, index]));
  const values = shown.map(() => Array(times.length).fill(0));
  const rest = Array(times.length).fill(0);
  for (const row of rows) {
    const place = shown.indexOf(row[1]);
    (place >= 0 ? values[place] : rest)[at.get(row[0])] += row[column];
  }
  return {
    period: { from: iso(from), until: iso(until) },
    step_seconds: stepSeconds[step],
    times: times.map((time) => iso(time * 1000)),
    names: shown.map((value) => nameOf(by, value)),
    values,
    rest: column === 4 && by !== 'class' ? rest : null,
  };
}

function totals(query) {
  const { from, until } = periodOf(query);
  const survey = query.get('survey') ?? 'with';
  const sums = new Map();
  for (const [time, , name, isSurvey, packets, hosts] of answers.numbers[fittingStep(from, until)].total) {
    if (!inside(time * 1000, from, until)) continue;
    if (survey !== 'with' && (isSurvey === 1) !== (survey === 'only')) continue;
    const sum = sums.get(name) ?? { packets: 0, hosts: 0, peak: 0, steps: new Set() };
    sum.packets += packets;
    sum.hosts += hosts;
    sum.steps.add(time);
    sum.peak = Math.max(sum.peak, hosts);
    sums.set(name, sum);
  }
  const all = sums.get('any')?.packets ?? 0;
  const rows = answers.report.classes.filter((row) => sums.has(row.class)).map((row) => {
    const sum = sums.get(row.class);
    return { class: row.class, label: row.label, is_sum: row.is_sum, packets: sum.packets,
      share: sum.packets / all, mean_hosts: sum.hosts / sum.steps.size, peak_hosts: sum.peak };
  });
  return paged(rows, query);
}

function source(address) {
  const page = answers.pages[address];
  if (!page) throw new Refusal(404, 'Not Found', `${address} has never been seen by this telescope.`);
  return page;
}

function activity(query) {
  const { from, until } = periodOf(query);
  const rows = (answers.activity[query.get('source')] ?? [])
    .filter(([at]) => inside(at * 1000, from, until))
    .map(([at, name, packets]) => ({ window: iso(at * 1000), class: name, packets }));
  return paged(rows, query);
}

// A campaign of three windows, of which the last only tells that it was, a smaller one beside it,
// and what was usual around them.
const synchronySeries = Array.from({ length: 36 }, (_, at) => ({
  time: iso(Date.parse('2026-01-15T06:00:00Z') + at * 600_000), hosts: 120,
  ...Object.fromEntries([4, 5, 6, 7, 8, 9].map((tenths) =>
    [`density_0${tenths}`, (at === 7 ? 0.08 : 0.01) + (9 - tenths) / 100])),
  packets_score: 1.2, hosts_score: 0.8, groups: at === 7 ? 1 : 0,
  votes: at === 7 ? ['graphical-lasso', 'factorisation'] : at === 8 || at === 9
    ? ['factorisation'] : [],
}));
const prefixes = ['198.51.0.0/16', '203.0.0.0/16', '192.0.0.0/16', '100.64.0.0/16'];
const synchronyWindows = [9, 8, 7].map((at) => ({
  time: synchronySeries[at].time, sensor: 'default', level: 'attack',
  ports: at === 8 ? [37215, 2323] : [37215, 8443],
  port_levels: ['attack', at === 8 ? 'attack' : 'next'], port_hosts: [64, at === 8 ? 22 : 9],
  port_packets: [at === 9 ? 1 : 737, 12],
  port_votes: ['graphical-lasso factorisation', 'graphical-lasso'], hosts: 120, packets: 1100,
  votes: synchronySeries[at].votes, density: 0.08,
  densities: [0.13, 0.12, 0.11, 0.1, 0.09, 0.08].map(String), alarmed: 56, learned: 432,
  packets_score: 1.2, hosts_score: 0.8, groups: 1, prefixes, why: 'more hosts act in step',
}));
const campaignOf = (port, hosts, votes, windows, ends) => ({
  from: synchronySeries[windows[0]].time, until: synchronySeries[windows.at(-1) + 1].time,
  sensor: 'default', level: 'attack', ports: [port], port_levels: ['attack'], port_hosts: [hosts],
  port_packets: [737 * windows.length], port_votes: [votes.join(' ')], hosts,
  packets: 737 * windows.length, votes, windows: windows.map((at) => synchronySeries[at].time),
  ends: ends.map((at) => synchronySeries[at].time), prefixes,
});
const campaigns = [
  campaignOf(2323, 22, ['factorisation'], [8], []),
  campaignOf(37215, 64, ['graphical-lasso', 'factorisation'], [7, 8], [9]),
];

// What each question takes; the server refuses the rest, and so does its double.
const period = ['from', 'until'];
const page = ['limit', 'offset', 'format'];
const every = [...filterKeys, 'survey'];
const taken = {
  '/overview': [],
  '/totals': [...period, ...every, 'format'],
  '/series': [...period, ...every, 'by', 'measure', 'step', 'top'],
  '/ranking': [...period, ...page, ...every, 'by', 'order', 'exact-hosts'],
  '/sources': [...period, ...page, ...every, 'order'],
  '/events': [...period, ...page, ...every, 'order', 'state'],
  '/attacks': [...period, ...page, 'victim', 'port', 'country', 'asn', 'protocol', 'order', 'state'],
  '/activity': [...period, ...page, ...every],
  '/scanners': [...period, 'port', 'source', 'country', 'asn', 'organisation', 'limit', 'format'],
  '/rising-ports': [...period, 'port', 'limit', 'format'],
  '/synchrony': [...period, ...page, 'port', 'sensor', 'engine', 'level'],
  '/synchrony-windows': [...period, ...page, 'port', 'sensor', 'engine', 'level'],
  '/synchrony-series': [...period, 'sensor', 'format'],
  '/report': [...period, 'ranks', 'format'],
};

function checkParameters(path, query) {
  for (const name of new Set(query.keys())) {
    if (query.getAll(name).length > 1)
      throw new Refusal(400, 'Bad Request', `${name} is given more than once`);
    if (!(taken[path] ?? []).includes(name))
      throw new Refusal(400, 'Bad Request', `there is no parameter ${name} here`);
  }
}

const admin = { name: 'admin', role: 'admin', csrf: 'c5f3' };
export const memberAccount = { name: 'soc', role: 'member', member: 'City of A', csrf: 'c5f3' };
const time = '2026-01-15T08:12:40Z';

function freshAccess() {
  return {
    accounts: [
      { name: 'admin', role: 'admin', disabled: false, created: time, last_login: time },
      { name: 'hanako', role: 'analyst', disabled: false, created: time, last_login: null },
      { name: 'guest', role: 'viewer', disabled: true, created: time, last_login: time },
    ],
    tokens: [{ id: 1, name: 'siem', account: 'admin', shown: 'ygr_4f9c', scopes: ['read'],
      created: time, expires: null, last_used: null }],
    audit: [
      { id: 2, time, account: 'admin', token: '', remote: '127.0.0.1', action: 'account.create',
        object: 'hanako', detail: { role: 'analyst' } },
      { id: 1, time, account: '', token: '', remote: null, action: 'account.setup', object: 'admin',
        detail: {} },
    ],
  };
}

function csv(rows) {
  const keys = Object.keys(rows[0] ?? {});
  return [keys.join(','), ...rows.map((row) => keys.map((key) => row[key] ?? '').join(','))].join('\n');
}

function telescope(path, query) {
  checkParameters(path, query);
  switch (path) {
    case '/overview': {
      const sensors = answers.report.sensors;
      return {
        data: { from: sensors[0].from, until: sensors[0].until },
        sensors,
        home_country: null,
        version: '0.1.0',
      };
    }
    case '/totals': return totals(query);
    case '/series': return seriesOf(query);
    case '/ranking': return ranking(query);
    case '/sources': return paged(ordered(filteredRows(answers.sources, query, 'first'), query), query);
    case '/events': return paged(ordered(filteredRows(answers.events, query, 'start'), query), query);
    case '/attacks': {
      const state = query.get('state');
      const asked = new URLSearchParams(query);
      if (query.get('victim')) asked.set('source', query.get('victim'));
      const rows = filteredRows(answers.attacks, asked, 'start');
      return paged(ordered(rows.filter((row) => !state || row.state === state), query), query);
    }
    case '/activity': return activity(query);
    case '/scanners': return paged(answers.scanners, query);
    case '/synchrony': return paged(campaigns.filter(({ votes }) =>
      !query.get('engine') || votes.includes(query.get('engine'))), query);
    case '/synchrony-windows': {
      const { from, until } = periodOf(query);
      return paged(synchronyWindows.filter(({ time }) => inside(Date.parse(time), from, until)),
        query);
    }
    case '/synchrony-series': return paged(synchronySeries, query);
    case '/rising-ports': return paged(answers.report.rising_ports, query);
    case '/report': return answers.report;
    default:
      if (path.startsWith('/sources/')) return source(decodeURIComponent(path.slice(9)));
      throw new Refusal(404, 'Not Found', `there is no ${path}`);
  }
}

// A server of its own state: accounts made in one test are not seen by another. It observes
// nothing unless its `live` is set to a FakeTelescope.
export function fakeServer() {
  const state = { loggedIn: true, session: admin, live: null, ...freshAccess(),
    warning: freshWarning(), requests: [] };

  function change(method, path, body) {
    if (path === '/session' && method === 'DELETE') {
      state.loggedIn = false;
      return null;
    }
    if (path === '/session/password') {
      if (body.present === 'wrong') throw new Refusal(403, 'Forbidden', 'The password is wrong.');
      state.loggedIn = false;
      return null;
    }
    const [, kind, id] = /^\/(accounts|tokens)(?:\/(.+))?$/.exec(path) ?? [];
    const list = state[kind];
    if (!list) throw new Refusal(404, 'Not Found', `there is no ${path}`);
    const row = list.find((entry) => String(kind === 'tokens' ? entry.id : entry.name) === id);
    if (id && !row) throw new Refusal(404, 'Not Found', 'there is none');
    if (method === 'DELETE') {
      state[kind] = list.filter((entry) => entry !== row);
      return null;
    }
    if (method === 'PATCH') {
      if (row.name === 'admin' && body.disabled)
        throw new Refusal(409, 'Conflict', 'the last administrator cannot be disabled');
      if ('disabled' in body) row.disabled = body.disabled;
      return row;
    }
    const { password: _password, ...given } = body;
    if (kind === 'tokens' && given.scopes.includes('own') !== (state.session.role === 'member'))
      throw new Refusal(403, 'Forbidden', 'A token cannot have scopes that you do not have.');
    const made = kind === 'tokens'
      ? { id: list.length + 1, account: state.session.name, shown: 'ygr_81b7', created: time, last_used: null,
        ...given }
      : { disabled: false, created: time, last_login: null, ...given };
    list.push(made);
    return kind === 'tokens' ? { ...made, token: 'ygr_81b7a05e364f9c2d' } : made;
  }

  function api(method, path, query, body, headers) {
    if (path === '/setup') {
      state.loggedIn = true;
      return state.session;
    }
    if (path === '/session' && method === 'POST') {
      if (body.password === 'wrong')
        throw new Refusal(401, 'Unauthorized', 'name or password is wrong');
      state.loggedIn = true;
      return state.session;
    }
    if (!state.loggedIn) throw new Refusal(401, 'Unauthorized', 'log in first');
    if (method !== 'GET' && headers['x-csrf-token'] !== admin.csrf)
      throw new Refusal(403, 'Forbidden', 'the header X-CSRF-Token is missing or wrong');
    if (path === '/session' && method === 'GET') return state.session;
    const warned = path.startsWith('/session') ? undefined
      : answerWarning(state.warning, state.session, method, path, query, body);
    if (warned?.status >= 400) throw new Refusal(warned.status, 'Refused', `no ${path} for you`);
    if (warned) return warned.answer ?? new Status(warned.status);
    if (method !== 'GET') return change(method, path, body);
    if (path === '/tokens')
      return { rows: state.tokens.filter(({ account }) =>
        state.session.role === 'admin' || account === state.session.name), more: false };
    if (['/accounts', '/audit'].includes(path)) return { rows: state[path.slice(1)], more: false };
    if (path === '/telescope/now')
      return state.live?.now() ?? { seconds: [], feeds: [], replay: false };
    return telescope(path.replace('/telescope', ''), query);
  }

  // What is refused is refused as any other question; what is not becomes a stream.
  function stream(request, response, url) {
    if (!state.loggedIn || state.fail?.('/telescope/live'))
      return answerApi(request, response, url, '');
    return (state.live ?? new FakeTelescope(answers, { idle: true })).connect(response);
  }

  function answerApi(request, response, url, text) {
    try {
      const body = text ? JSON.parse(text) : {};
      const path = url.pathname.slice('/api/v1'.length);
      if (state.fail?.(path))
        throw new Refusal(503, 'Service Unavailable', 'the store is being upgraded');
      const answer = api(request.method, path, url.searchParams, body, request.headers);
      if (answer instanceof Status) return response.writeHead(answer.status).end();
      if (answer?.file) {
        response.writeHead(200, { 'Content-Type': 'text/plain',
          'Content-Disposition': 'attachment' });
        return response.end(answer.file);
      }
      if (url.searchParams.get('format') === 'csv') {
        response.writeHead(200, { 'Content-Type': 'text/csv' });
        return response.end(csv(answer.rows ?? []));
      }
      response.writeHead(answer === null ? 204 : 200, { 'Content-Type': 'application/json' });
      return response.end(answer === null ? '' : JSON.stringify(answer));
    } catch (error) {
      const status = error instanceof Refusal ? error.status : 500;
      response.writeHead(status, { 'Content-Type': 'application/problem+json' });
      return response.end(JSON.stringify({ type: 'about:blank', title: error.title ?? 'Error', status,
        detail: error.message }));
    }
  }

  function file(response, path) {
    const name = extname(path) === '' ? '/index.html' : normalize(path);
    try {
      const bytes = readFileSync(join(here('../dist'), name));
      response.writeHead(200, { 'Content-Type': types[extname(name)] ?? 'application/octet-stream',
        'Content-Security-Policy': policy });
      response.end(bytes);
    } catch {
      response.writeHead(404).end();
    }
  }

  const server = createServer((request, response) => {
    const url = new URL(request.url, 'http://localhost');
    if (!url.pathname.startsWith('/api/')) return file(response, url.pathname);
    state.requests.push(url.pathname + url.search);
    if (url.pathname === '/api/v1/telescope/live') return stream(request, response, url);
    let text = '';
    request.on('data', (part) => {
      text += part;
    });
    request.on('end', () => answerApi(request, response, url, text));
    return undefined;
  });
  return { server, state };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { server, state } = fakeServer();
  if (process.env.ACCOUNT === memberAccount.name) state.session = memberAccount;
  state.live = new FakeTelescope(answers, { factor: Number(process.env.FACTOR ?? 1) });
  state.live.run();
  server.listen(8788, '127.0.0.1', () => console.log('http://127.0.0.1:8788'));
}
