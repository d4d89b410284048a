// SPDX-License-Identifier: Apache-2.0
//
// The part of the test double that warns: members, warnings, contacts, claims, the outbox, and the
// portal of a member. All of it is invented.

const time = '2026-01-15T08:12:40Z';
const at = (minutes) => new Date(Date.parse(time) + minutes * 60_000).toISOString().replace('.000Z', 'Z');

const warning = (id, member, address, kind, severity, state, more = {}) => ({
  id, member, address, kind, severity, state, first: at(-id * 7), last: at(-id), packets: 30 * id,
  bytes: 1200 * id, dark_addresses: 3 * id, services: ['445/tcp'], tool: null, explanation: '',
  acknowledged: null, acknowledged_by: null, muted_until: null, comments: 0, ...more,
});

export function freshWarning() {
  const member = (name, live, dark, more = {}) => ({ name, registered: time, live, dark,
    allocation: live, contacts: [], claim: null, ...more });
  return {
    members: [
      member('City of A', ['198.51.100.0/24'], ['198.51.100.128/26'], {
        contacts: [
          { id: 1, target: 'mailto:soc@city-a.example', language: 'en', quiet: '' },
          { id: 2, target: 'https://hooks.example/yagura', language: 'ja',
            quiet: '22:00-07:00 +09:00' },
        ],
      }),
      member('B', ['203.0.113.0/24', '2001:db8:b::/48'], [], {
        claim: { live: ['203.0.113.0/24', '192.0.2.0/25', '2001:db8:b::/48'], dark: [], made: time },
      }),
    ],
    warnings: [
      warning(7, 'City of A', '198.51.100.7', 'external', 'high', 'new', {
        services: ['445/tcp', '139/tcp', '3389/tcp', '22/tcp'],
        explanation: {
          en: '210 packets to at least 21 unused addresses of others; nobody has a reason to send ' +
            'there. The address is probably infected, or scans.',
          ja: '他組織の未使用アドレス(少なくとも21個)宛てのパケットを210個観測しました。',
        } }),
      warning(8, 'B', '203.0.113.9', 'misconfiguration', 'low', 'continuing', { packets: 1,
        services: ['123/udp'], acknowledged: time, acknowledged_by: 'hanako', comments: 1 }),
      warning(9, 'City of A', '198.51.100.20', 'internal', 'medium', 'continuing', {
        services: ['23/tcp'], tool: 'mirai' }),
      warning(10, 'City of A', '198.51.100.33', 'under_attack', 'medium', 'resolved', {
        services: ['443/tcp'] }),
    ],
    comments: { 8: [{ time, by: 'hanako', text: 'The printer of the library.' }] },
    notices: [
      { id: 3, member: 'City of A', target: 'mailto:soc@city-a.example', subject: 'New warning: 198.51.100.7',
        state: 'sent', attempts: 1, made: at(-3), next: null, error: null },
      { id: 2, member: 'B', target: 'mailto:it@b.example', subject: 'Digest: 3 warnings continue',
        state: 'waiting', attempts: 2, made: at(-30), next: at(12),
        error: 'connection refused by mail.b.example:587' },
      { id: 1, member: 'B', target: 'https://hooks.b.example/old', subject: 'New warning: 203.0.113.9',
        state: 'dead', attempts: 12, made: at(-4000), next: null, error: 'HTTP status 410' },
    ],
    contactsMade: 2,
    tested: new Set(), // within the last minute
  };
}

const addresses = (prefixes, wanted) => prefixes.filter((prefix) => prefix.includes(':') === wanted)
  .reduce((sum, prefix) => sum + 2 ** ((wanted ? 64 : 32) - Number(prefix.split('/')[1])), 0);

const memberRow = ({ name, registered, live, dark }) => ({ member: name, registered,
  live_blocks: live.length, live_addresses: addresses(live, false),
  live_networks: addresses(live, true), dark_blocks: dark.length,
  dark_addresses: addresses(dark, false), dark_networks: addresses(dark, true) });

const table = (rows, query) => {
  const limit = Number(query?.get('limit') ?? 50);
  return { rows: rows.slice(0, limit), more: rows.length > limit, notes: [] };
};

function chosen(state, query, member) {
  const wanted = query.get('state') ?? 'open';
  const inState = (row) => wanted === 'all' || (row.state === 'resolved') === (wanted === 'resolved');
  return state.warnings.filter((row) => inState(row) && (!member || row.member === member));
}

const without = (rows) => rows.map(({ member: _member, ...row }) => row);

const told = (rows, query) => rows.map((row) =>
  ({ ...row, explanation: row.explanation && row.explanation[query.get('language') ?? 'en'] }));

// What a GET answers; null: there is none.
function got(state, path, query, own) {
  const asMember = own !== null;
  const member = own ?? query.get('member');
  const local = (rows) => told(asMember ? without(rows) : rows, query);
  if (path === '/warnings') return table(local(chosen(state, query, member)), query);
  const [, id] = /^\/warnings\/(\d+)\/comments$/.exec(path) ?? [];
  if (id) return table(state.comments[id] ?? []);
  if (path === '/scan' || path === '/history')
    return table(local(chosen(state, new URLSearchParams('state=all'), member)), query);
  if (path.startsWith('/exports/') && query.has('limit')) return null;
  if (path.startsWith('/exports/')) return { file: `# ${path.slice(9)}\n` };
  if (asMember)
    return path === '/organisation' ? state.members.find(({ name }) => name === own) : null;
  if (path === '/members') return table(state.members.map(memberRow), new URLSearchParams('limit=10000'));
  if (path.startsWith('/members/'))
    return state.members.find(({ name }) => name === decodeURIComponent(path.slice(9))) ?? null;
  if (path === '/blocks')
    return table(state.members.flatMap(({ name, live, dark }) => [
      ...live.map((prefix) => ({ member: name, use: 'live', prefix })),
      ...dark.map((prefix) => ({ member: name, use: 'dark', prefix }))]));
  if (path === '/claims')
    return table(state.members.filter(({ claim }) => claim).map(({ name, claim }) =>
      ({ member: name, made: claim.made, live: claim.live.length, dark: claim.dark.length })));
  if (path === '/outbox') {
    const wanted = query.get('state');
    return table(state.notices.filter((row) => wanted === 'all' || row.state === wanted), query);
  }
  return null;
}

function addContact(state, member, body) {
  const { secret: _secret, ...contact } = body;
  state.contactsMade += 1;
  member.contacts = [...member.contacts, { id: state.contactsMade, ...contact }];
  return { status: 201 };
}

function changeContact(state, method, id, verb, members) {
  const owner = members.find(({ contacts }) => contacts.some((contact) => contact.id === id));
  if (!owner) return null;
  if (verb === 'test') {
    const again = state.tested.has(id);
    state.tested.add(id);
    return { status: again ? 409 : 202 };
  }
  owner.contacts = owner.contacts.filter((contact) => contact.id !== id);
  return { status: 204 };
}

function changeWarning(state, row, verb, body, by) {
  if (verb === 'acknowledge') Object.assign(row, { acknowledged: time, acknowledged_by: by });
  if (verb === 'mute') row.muted_until = body.until;
  if (verb === 'comments') {
    state.comments[row.id] = [...(state.comments[row.id] ?? []), { time, by, text: body.text }];
    row.comments += 1;
  }
  return { status: 204 };
}

// What is asked to be changed: { status }, or null where there is no such thing.
function changed(state, method, path, body, own, by) {
  const members = own === null ? state.members : state.members.filter(({ name }) => name === own);
  const [, id, verb] = /^\/(?:warnings|contacts|outbox)\/(\d+)(?:\/(\w+))?$/.exec(path) ?? [];
  if (path.startsWith('/warnings/')) {
    const row = state.warnings.find((entry) => entry.id === Number(id) && (own ?? entry.member) === entry.member);
    return row ? changeWarning(state, row, verb, body, by) : null;
  }
  if (path.startsWith('/contacts/')) return changeContact(state, method, Number(id), verb, members);
  if (own !== null) {
    if (path === '/contacts') return addContact(state, members[0], body);
    const within = body.live.every((prefix) => members[0].allocation.includes(prefix));
    Object.assign(members[0], within ? body : { claim: { ...body, made: time } });
    return { status: within ? 200 : 202 };
  }
  if (path.startsWith('/outbox/')) {
    Object.assign(state.notices.find((row) => row.id === Number(id)), { state: 'waiting', next: time });
    return { status: 204 };
  }
  const [, name, what, decision] = /^\/members\/([^/]+)(?:\/(contacts|claim)(?:\/(\w+))?)?$/.exec(path) ?? [];
  const member = members.find((entry) => entry.name === decodeURIComponent(name ?? ''));
  if (what === 'contacts') return addContact(state, member, body);
  if (what === 'claim') {
    const { made: _made, ...blocks } = member.claim;
    Object.assign(member, decision === 'approve' ? { ...blocks, allocation: blocks.live } : {},
      { claim: null });
    return { status: 204 };
  }
  if (method === 'DELETE') {
    state.members = members.filter((entry) => entry !== member);
    return { status: 204 };
  }
  if (member) Object.assign(member, body);
  else
    state.members.push({ name: decodeURIComponent(name), registered: time, allocation: body.live,
      contacts: [], claim: null, ...body });
  return { status: 200 };
}

// Answers what is asked of /warning and /portal; undefined: something else was asked. A member's
// account is refused everything but the portal and its tokens, and others are refused the portal.
export function answerWarning(state, session, method, path, query, body) {
  const own = session.role === 'member' ? session.member : null;
  const base = own === null ? '/warning' : '/portal';
  if (own !== null && !/^\/(portal|tokens)\b/.test(path)) return { status: 403 };
  if (!/^\/(warning|portal)\//.test(path)) return undefined;
  if (!path.startsWith(`${base}/`)) return { status: 403 };
  const rest = path.slice(base.length);
  if (method !== 'GET') return changed(state, method, rest, body, own, session.name) ?? { status: 404 };
  const answer = got(state, rest, query, own);
  return answer ? { status: 200, answer } : { status: 404 };
}
