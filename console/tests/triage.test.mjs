// SPDX-License-Identifier: Apache-2.0
//
// What the views of warnings decide without a browser: order and groups, keys, contacts, who may
// open what, where is asked.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from './modules.mjs';

const { charactersOf, deskOf, grouped, idle, mayOpen, press, quietOf, reachable, settle, targetOf,
  viewAt, zoneText } = await load('warning/groups.ts', 'warning/triage.ts', 'warning/contact.ts',
  'warning/comment.ts', 'warning/desk.ts', 'views/audience.ts');

const row = (id, member, state, severity, last = '2026-01-01T00:00:00Z') =>
  ({ id, member, state, severity, last });

test('organisations come in the order of their worst warning, with counts', () => {
  const groups = grouped([
    row(1, 'A', 'resolved', 'high'),
    row(2, 'B', 'continuing', 'medium'),
    row(3, 'A', 'new', 'low'),
    row(4, 'B', 'new', 'high'),
    row(5, 'C', 'continuing', 'high'),
  ]);
  assert.deepEqual(groups.map(({ member }) => member), ['B', 'C', 'A']);
  assert.deepEqual(groups[2].counts, { new: 1, continuing: 0, resolved: 1 });
  assert.deepEqual(groups.map(({ high }) => high), [1, 1, 0]);
});

test('within an organisation what is open and severe comes first, then what is newest', () => {
  const [group] = grouped([
    row(1, 'A', 'new', 'medium', '2026-01-01T00:00:00Z'),
    row(2, 'A', 'new', 'medium', '2026-01-01T00:01:00Z'),
    row(3, 'A', 'continuing', 'high'),
    row(4, 'A', 'resolved', 'high'),
    row(5, 'A', 'new', 'high'),
  ]);
  assert.deepEqual(group.rows.map(({ id }) => id), [5, 3, 2, 1, 4]);
});

test('warnings without an organisation, as in a portal, are one group', () => {
  const groups = grouped([row(1, undefined, 'new', 'low'), row(2, undefined, 'new', 'high')]);
  assert.deepEqual(groups.map(({ member, rows }) => [member, rows.length]), [['', 2]]);
});

test('the keyboard does not go into what is folded', () => {
  const groups = grouped([row(1, 'A', 'new', 'high'), row(2, 'B', 'new', 'low')]);
  assert.deepEqual(reachable(groups, new Set()), [1, 2]);
  assert.deepEqual(reachable(groups, new Set(['A'])), [2]);
});

// Presses keys one after another.
function pressed(keys, order, mayChange = true, start = idle) {
  let now = start;
  const acknowledged = [];
  for (const key of keys) {
    const step = press(now, key, order, mayChange);
    if (!step) continue;
    now = step.next;
    if (step.acknowledge !== undefined) acknowledged.push(step.acknowledge);
  }
  return { ...now, acknowledged };
}

for (const [keys, expected] of [
  ['j', { at: 1 }],
  ['k', { at: 1 }],
  ['jjj', { at: 3 }],
  ['jjjjjj', { at: 3 }],
  ['jjk', { at: 1 }],
  ['o', { at: 1, open: true }],
  ['jjo', { at: 2, open: true }],
  ['ojj', { at: 3, open: true }],
  ['a', { at: null, acknowledged: [] }],
  ['jaja', { at: 2, acknowledged: [1, 2] }],
  ['m', { at: null, asks: null }],
  ['jm', { at: 1, open: true, asks: 'mute' }],
  ['jjc', { at: 2, open: true, asks: 'comment' }],
  ['jmj', { at: 2, open: true, asks: null }],
  ['z', { at: null }],
])
  test(`keys "${keys}" lead to ${JSON.stringify(expected)}`, () => {
    const got = pressed([...keys], [1, 2, 3]);
    for (const [key, value] of Object.entries(expected)) assert.deepEqual(got[key], value, key);
  });

test('Enter opens, Escape closes one thing after another', () => {
  assert.equal(pressed(['j', 'Enter'], [1]).open, true);
  assert.deepEqual(pressed(['j', 'c', 'Escape'], [1]), { at: 1, open: true, asks: null, acknowledged: [] });
  assert.equal(pressed(['j', 'c', 'Escape', 'Escape'], [1]).open, false);
  assert.equal(press({ at: 1, open: false, asks: null }, 'Escape', [1], true), null);
});

test('who may only look changes nothing by keyboard', () => {
  assert.deepEqual(pressed(['j', 'a', 'm', 'c'], [1, 2], false),
    { at: 1, open: false, asks: null, acknowledged: [] });
});

test('in an empty list every key means nothing', () => {
  for (const key of ['j', 'k', 'o', 'Enter', 'a', 'm', 'c'])
    assert.equal(press(idle, key, [], true), null, key);
});

test('a cursor whose warning is gone goes to the next one left, or else to the one before', () => {
  const at = (id) => ({ at: id, open: true, asks: null });
  assert.deepEqual(settle(at(2), [1, 2, 3], [1, 3]), { at: 3, open: false, asks: null });
  assert.deepEqual(settle(at(3), [1, 2, 3], [1, 2]).at, 2);
  assert.deepEqual(settle(at(1), [1], []).at, null);
  assert.deepEqual(settle(at(2), [1, 2], [4, 2, 1]), at(2));
  assert.deepEqual(settle(at(9), [1, 2], [1]), at(9));
});

for (const [channel, typed, target] of [
  ['mail', ' soc@city.example ', 'mailto:soc@city.example'],
  ['mail', 'mailto:soc@city.example', 'mailto:soc@city.example'],
  ['mail', 'soc', null],
  ['mail', 'a@b.example,c@d.example', null],
  ['mail', 'a@b.example?bcc=c@d.example', null],
  ['webhook', 'https://hooks.example/x?y=1', 'https://hooks.example/x?y=1'],
  ['webhook', 'http://hooks.example/x', null],
  ['syslog', 'log.example:6514', 'syslog+tls://log.example:6514'],
  ['syslog', 'syslog+tls://log.example:6514', 'syslog+tls://log.example:6514'],
  ['syslog', '[2001:db8::5]:6514', 'syslog+tls://[2001:db8::5]:6514'],
  ['syslog', 'log.example', null],
])
  test(`a contact by ${channel} typed "${typed}" is ${target}`, () => {
    assert.equal(targetOf(channel, typed), target);
  });

test('a character beyond the first plane counts once, as the API counts it', () => {
  assert.deepEqual(['', 'abc', '警告', '𠮷野家', '🗼🗼'].map(charactersOf), [0, 3, 2, 3, 2]);
});

test('quiet hours are whole or absent', () => {
  assert.equal(quietOf('22:00', '07:00', '+09:00'), '22:00-07:00 +09:00');
  assert.equal(quietOf('', '', '+09:00'), '');
  assert.equal(quietOf('22:00', '', '+09:00'), null);
  assert.equal(quietOf('22:00', '07:00', 'JST'), null);
  assert.equal(quietOf('24:00', '07:00', '+09:00'), null);
});

test('the offset of the browser is written as the API takes it', () => {
  assert.deepEqual([-540, 0, 210, -345].map(zoneText), ['+09:00', '+00:00', '-03:30', '+05:45']);
});

test('a member may open what is everybody’s and what is a member’s, nothing else', () => {
  const audiences = [undefined, 'staff', 'admin', 'member', 'all'];
  const allowed = (role) => audiences.map((audience) => mayOpen(audience, role));
  assert.deepEqual(allowed('member'), [false, false, false, true, true]);
  assert.deepEqual(allowed('viewer'), [true, true, false, false, true]);
  assert.deepEqual(allowed('admin'), [true, true, true, false, true]);
});

test('one address shows a member its own organisation and staff any', () => {
  const views = [{ path: '/member', audience: 'member' }, { path: '/member' }, { path: '/audit', audience: 'admin' }];
  assert.equal(viewAt(views, '/member', 'member'), views[0]);
  assert.equal(viewAt(views, '/member', 'viewer'), views[1]);
  assert.equal(viewAt(views, '/audit', 'member'), undefined);
});

test('a member asks the portal, staff ask for any member', () => {
  const portal = deskOf({ role: 'member', member: 'City of A' }, 'ja');
  assert.equal(portal.warnings({ state: 'open' }), '/api/v1/portal/warnings?state=open&language=ja');
  assert.equal(portal.history({ last: '7d' }), '/api/v1/portal/history?last=7d&language=ja');
  assert.equal(portal.organisation('anything'), '/api/v1/portal/organisation');
  assert.equal(portal.paths.contacts('anything'), '/portal/contacts');
  assert.equal(portal.paths.warning(7, 'mute'), '/portal/warnings/7/mute');
  const staff = deskOf({ role: 'analyst' }, 'en');
  assert.equal(staff.history({ last: '7d' }), '/api/v1/warning/scan?last=7d&language=en');
  assert.equal(staff.organisation('City of A'), '/api/v1/warning/members/City%20of%20A');
  assert.equal(staff.paths.contacts('B/C'), '/warning/members/B%2FC/contacts');
  assert.deepEqual([staff.mayTriage, staff.mayRegister, staff.mayDecide], [true, false, false]);
  assert.deepEqual([portal.mayTriage, portal.mayRegister, portal.mayDecide], [true, true, false]);
  assert.equal(deskOf({ role: 'viewer' }, 'en').mayTriage, false);
});
