// SPDX-License-Identifier: Apache-2.0
//
// The rings: where what is drawn, without a browser, and the picture with its tables in one, over a
// fake stream whose time a test moves on.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { openPage, seriousFaults, settled, startBrowser, startServer } from './browser.mjs';
import { answers } from './fake_api.mjs';
import { FakeTelescope } from './fake_live.mjs';
import { freshWarning } from './fake_warning.mjs';
import { load } from './modules.mjs';

const { chosenRings, darkPlace, finderOf, placeOnRing, ringRadius, segmentsOf, spherePlace, spots } =
  await load('scene/ring_places.ts');

test('a source is on the sphere by its /16 around and the rest from pole to pole', () => {
  assert.deepEqual(spherePlace('0.0.0.0'), { longitude: -180, latitude: -90 });
  assert.deepEqual(spherePlace('128.0.255.255'), { longitude: 0, latitude: 90 });
  const [a, b] = [spherePlace('203.0.0.1'), spherePlace('203.0.255.1')];
  assert.equal(a.longitude, b.longitude);
  assert.ok(a.latitude < b.latitude);
  assert.ok(spherePlace('203.1.0.0').longitude > a.longitude);
  assert.equal(spherePlace('2001:db8::1'), null);
});

const brief = (segments) => segments.map(({ use, from, until }) => [use, Number(until - from)]);

test('the addresses of a ring are in sequence, a dark block cut out of its live one', () => {
  const segments = segmentsOf(['203.0.113.0/24', '198.51.100.0/24'], ['198.51.100.64/26']);
  assert.deepEqual(brief(segments), [['live', 64], ['dark', 64], ['live', 128], ['live', 256]]);
  assert.equal(segments[0].start, 0);
  assert.ok(Math.abs(segments.at(-1).end - 1) < 1e-9);
  for (let i = 1; i < segments.length; ++i) assert.equal(segments[i].start, segments[i - 1].end);
});

test('neighbouring blocks of the same use are one, and a single address is a block', () => {
  assert.deepEqual(brief(segmentsOf(['10.0.0.0/25', '10.0.0.128/25', '10.0.2.7'], [])),
    [['live', 256], ['live', 1]]);
  assert.deepEqual(segmentsOf([], []), []);
  assert.deepEqual(segmentsOf(['nonsense', '10.0.0.0/40'], []), []);
});

test('IPv6 comes after IPv4, and no block is out of sight', () => {
  const segments = segmentsOf(['2001:db8::/32', '10.0.0.0/8'], ['10.1.2.3/32']);
  assert.deepEqual(segments.map(({ use }) => use), ['live', 'dark', 'live', 'live']);
  for (const { start, end } of segments) assert.ok(end - start > 0.01, `${end - start}`);
});

test('an address has its place within its block, others have none', () => {
  const segments = segmentsOf(['198.51.100.0/24'], []);
  assert.equal(placeOnRing(segments, '198.51.100.0'), 0);
  assert.equal(placeOnRing(segments, '198.51.100.128'), 0.5);
  for (const other of ['198.51.101.0', '198.51.99.255', '2001:db8::1', 'x'])
    assert.equal(placeOnRing(segments, other), null, other);
});

test('the ring of a source is found among all, as often as it is asked for', () => {
  const rings = [segmentsOf(['203.0.113.0/24'], []), segmentsOf(['198.51.100.0/24', '2001:db8::/48'], ['198.51.100.128/25'])];
  const find = finderOf(rings);
  for (let again = 0; again < 2; ++again) {
    assert.equal(find('203.0.113.9').ring, 0);
    assert.equal(find('198.51.100.200').ring, 1);
    assert.equal(find('2001:db8::7').ring, 1);
    assert.equal(find('192.0.2.1'), null);
  }
  assert.equal(find('198.51.100.200').at, placeOnRing(rings[1], '198.51.100.200'));
});

// Against the obvious: every address of small blocks, one by one.
test('random blocks: each address is found where counting finds it', () => {
  let state = 3;
  const random = (below) => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) % below;
  for (let round = 0; round < 50; ++round) {
    const prefix = () => {
      const bits = 24 + random(9);
      const size = 2 ** (32 - bits);
      return `10.0.0.${Math.floor(random(256) / size) * size}/${bits}`;
    };
    const [live, dark] = [Array.from({ length: 4 }, prefix), Array.from({ length: 3 }, prefix)];
    const holds = (all, last) => all.some((text) => {
      const [network, bits] = text.split('/');
      const [from, size] = [Number(network.split('.')[3]), 2 ** (32 - bits)];
      return last >= from && last < from + size;
    });
    const segments = segmentsOf(live, dark);
    for (let last = 0; last < 256; ++last) {
      const at = placeOnRing(segments, `10.0.0.${last}`);
      const wanted = holds(dark, last) ? 'dark' : holds(live, last) ? 'live' : null;
      const got = at === null ? null : segments.find(({ start, end }) => at >= start && at < end).use;
      assert.equal(got, wanted, `${last} of ${live} / ${dark}`);
    }
  }
});

test('all dark arcs lie in a row', () => {
  const rings = [segmentsOf(['10.0.0.0/24'], ['10.0.0.0/25']), segmentsOf(['10.0.1.0/24'], []), segmentsOf([], ['10.0.2.0/25'])];
  const place = darkPlace(rings);
  assert.equal(place(0).ring, 0);
  assert.equal(place(0.999).ring, 2);
  assert.equal(darkPlace([rings[1]])(0.5), null);
});

const member = (name, live) => ({ member: name, live_addresses: live, dark_addresses: 0,
  live_networks: 0, dark_networks: 0 });
const warning = (name, state) => ({ member: name, state });

test('rings are drawn of those with new warnings, then others with warnings, then the largest', () => {
  const members = [member('A', 10), member('B', 1000), member('C', 1), member('D', 2), member('E', 2)];
  const { drawn, others } = chosenRings(members,
    [warning('C', 'continuing'), warning('D', 'new'), warning('D', 'continuing'), warning('A', 'resolved')], 4);
  assert.deepEqual(drawn.map((ring) => ring.member.member), ['D', 'C', 'B', 'A']);
  assert.deepEqual([drawn[0].newOnes, drawn[0].continuing], [1, 1]);
  assert.equal(others, 1);
  assert.deepEqual(chosenRings([], []), { drawn: [], others: 0 });
});

for (const count of [1, 2, 7, 60])
  test(`${count} rings keep clear of each other and of the sphere`, () => {
    const radius = ringRadius(count);
    const places = spots(count).map(({ azimuth, height }) => {
      const flat = Math.sqrt(1 - height * height);
      return [flat * Math.cos(azimuth), height, flat * Math.sin(azimuth)].map((x) => 2.45 * x);
    });
    assert.ok(radius < 2.45 - 1);
    places.forEach((a, i) => places.slice(i + 1).forEach((b) =>
      assert.ok(Math.hypot(...a.map((x, k) => x - b[k])) > radius * 1.6)));
  });

let browser;
let site;

before(async () => {
  browser = await startBrowser();
  site = await startServer();
});

after(async () => {
  await browser?.close();
  site?.state.live?.breakOff();
  await site?.close();
});

async function until(condition, what) {
  for (let tries = 0; tries < 600; ++tries) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.fail(`waited in vain for ${what}`);
}

async function at(path, options, check) {
  const live = new FakeTelescope(answers, {});
  const warning = freshWarning();
  // The /24 of the fake that scans in step belongs to somebody here.
  warning.members[0].live.push('87.121.0.0/24');
  Object.assign(site.state, { warning, live, loggedIn: true });
  const opened = await openPage(browser, site.origin, options);
  try {
    await opened.page.goto(site.origin + path);
    await opened.page.waitForSelector('.scene.shown');
    await until(() => live.connections.size > 0, 'the stream');
    await settled(opened.page);
    await check(opened.page, live);
    assert.deepEqual(opened.trouble.filter((text) => !/GPU stall/.test(text)), []);
  } finally {
    await opened.close();
    live.breakOff();
  }
}

const tick = (live, times) => {
  for (let i = 0; i < times; ++i) live.tick();
};
const scene = (page) => page.evaluate(() => window.yaguraScene ?? null);
const cells = (page, caption) =>
  page.locator(`section.scroll[aria-label="${caption}"] tbody tr`).evaluateAll((rows) =>
    rows.map((row) => [...row.children].map((cell) => cell.textContent.trim())));

test('rings, marks and tables say the same, in few draw calls', () =>
  at('/rings', {}, async (page, live) => {
    tick(live, 8);
    await until(async () => (await scene(page))?.points > 0, 'comets');
    assert.ok((await scene(page)).drawCalls <= 6);
    assert.deepEqual(await page.locator('.ring-number').allTextContents(), ['1City of A', '2B']);
    const marks = page.locator('.ring-mark');
    assert.deepEqual(await marks.evaluateAll((all) => all.map((one) => one.classList[1])),
      ['new', 'continuing', 'continuing']);
    await until(async () => (await cells(page, 'Organisations'))[0]?.[4] !== '0', 'packets of a ring');
    const lines = await cells(page, 'Organisations');
    assert.deepEqual(lines.map((row) => row.slice(0, 4)), [['1', 'City of A', '1', '1'], ['2', 'B', '–', '1']]);
    assert.equal(lines[1][4], '0');
    assert.deepEqual((await cells(page, 'Open warnings')).map((row) => row[1]),
      ['198.51.100.7', '203.0.113.9', '198.51.100.20']);
  }));

test('of the members alone, nothing flies from outside', () =>
  at('/rings?traffic=members&source=1.2.3.4', {}, async (page, live) => {
    tick(live, 8);
    await page.waitForTimeout(500);
    assert.equal((await scene(page)).points, 0);
    await page.goto(`${site.origin}/rings?traffic=members&source=87.121.0.0/24`);
    await page.waitForSelector('.scene.shown');
    await settled(page);
    await until(async () => {
      live.tick();
      return (await scene(page))?.points > 0;
    }, 'comets of a member');
  }));

test('a click on a ring opens its organisation, one on a mark its warning', () =>
  at('/rings', {}, async (page) => {
    const middle = await page.locator('.ring-number').first().boundingBox();
    await page.mouse.click(middle.x + middle.width / 2, middle.y + middle.height / 2);
    await page.waitForFunction(() => location.pathname === '/member');
    assert.equal(new URL(page.url()).searchParams.get('name'), 'City of A');
    await page.goBack();
    await page.waitForSelector('.ring-mark.new');
    await page.locator('.ring-mark.new').dispatchEvent('click');
    await page.waitForFunction(() => location.pathname === '/warnings');
    assert.equal(new URL(page.url()).searchParams.get('id'), '7');
  }));

test('a new warning is marked and shown large for a moment', () =>
  at('/rings', {}, async (page, live) => {
    const row = { ...site.state.warning.warnings[0], id: 99, address: '203.0.113.77', member: 'B' };
    site.state.warning.warnings.push(row);
    live.send('warning', { id: 99, member: 'B', address: row.address, kind: row.kind,
      severity: row.severity, state: 'new' });
    await page.locator('.ring-mark.fresh').waitFor({ state: 'attached' });
    assert.match(await page.locator('.ring-mark.fresh').getAttribute('title'), /203\.0\.113\.77/);
    const [picture, large, usual] = await Promise.all(
      ['.scene', '.ring-mark.fresh', '.ring-mark:not(.fresh)'].map((name) => page.locator(name).first().boundingBox()));
    assert.ok(large.width > 2 * usual.width, `${large.width} px, others ${usual.width} px`);
    assert.ok(large.x > picture.x && large.x + large.width < picture.x + picture.width);
    await page.locator('.ring-mark.fresh').waitFor({ state: 'detached' });
    assert.equal(await page.locator('.ring-mark.new').count(), 2);
    assert.equal((await cells(page, 'Organisations'))[1][2], '1');
  }));

test('rings turn, unless the person wants no motion or pauses', async () => {
  const place = (page) => page.locator('.ring-number').first().evaluate((one) => one.style.translate);
  const moves = async (page) => {
    const before = await place(page);
    await page.waitForTimeout(700);
    return (await place(page)) !== before;
  };
  await at('/rings', { motion: 'no-preference' }, async (page) => {
    assert.equal(await moves(page), true);
    await page.locator('.scene canvas').focus();
    await page.keyboard.press('Space');
    await page.locator('.scene-buttons').getByRole('button', { name: 'Resume' }).waitFor();
    await page.waitForTimeout(100);
    assert.equal(await moves(page), false);
    await page.keyboard.press('ArrowLeft');
    assert.equal(await moves(page), false, 'turned at once, and then no more');
  });
  await at('/rings', { motion: 'reduce' }, async (page) => assert.equal(await moves(page), false));
});

test('the table of the rings can be taken away', () =>
  at('/rings', {}, async (page) => {
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('region', { name: 'Organisations' }).first().getByRole('button', { name: 'CSV' }).click(),
    ]);
    const lines = readFileSync(await file.path(), 'utf8').trimEnd().split('\r\n');
    assert.equal(lines[0].split(',').slice(0, 4).join(), 'number,member,new,continuing');
    assert.match(lines[1], /^1,City of A,1,1,/);
  }));

test('without members there is no ring, and that is said', async () => {
  Object.assign(site.state, { warning: { ...freshWarning(), members: [], warnings: [] },
    live: new FakeTelescope(answers, {}), loggedIn: true });
  const opened = await openPage(browser, site.origin, {});
  await opened.page.goto(`${site.origin}/rings`);
  await opened.page.getByText('No member is registered').waitFor();
  await opened.close();
  site.state.live.breakOff();
});

for (const [language, width] of [['en', 1280], ['ja', 360]])
  test(`the rings in ${language} at ${width}, light and dark: accessible, and they fit`, () =>
    at('/rings', { language, width, height: 800 }, async (page, live) => {
      tick(live, 4);
      assert.deepEqual(await seriousFaults(page), []);
      await page.getByLabel(language === 'en' ? 'Theme' : '配色').selectOption('dark');
      assert.deepEqual(await seriousFaults(page), []);
      const over = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      assert.ok(over <= 0, `${over} px too wide`);
    }));
