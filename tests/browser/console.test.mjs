// SPDX-License-Identifier: Apache-2.0
//
// The console in Chromium over the real program and the sample captures: every view in both
// languages and both themes, and the numbers of every view against those of the API. How the
// console behaves (keys, filter, failures) is tested in console/tests, over a double.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { openPage, seriousFaults, settled, startBrowser } from '../../console/tests/browser.mjs';
import { account, root, startReplay, startService } from './service.mjs';

let browser;
let service;
let places;

before(async () => {
  [service, browser] = await Promise.all([startService(), startBrowser()]);
  const [source] = (await service.api('/telescope/sources?limit=1')).rows;
  const [attack] = (await service.api('/telescope/attacks?limit=1&order=start')).rows;
  await service.api('/warning/members/City%20of%20Example', 'PUT',
    { live: [source.source, attack.victim], dark: [] });
  places = {
    overview: '/overview',
    now: '/now',
    atlas: '/atlas',
    cube: '/cube',
    statistics: '/statistics',
    'statistics by port': '/statistics?by=tcp-port&measure=hosts&scale=log',
    rankings: '/rankings',
    rising: '/rising',
    synchrony: '/synchrony',
    sources: '/sources?survey=without',
    source: `/source?address=${source.source}`,
    victim: `/source?address=${attack.victim}`,
    port: '/port?service=23/tcp',
    events: '/events',
    attacks: '/attacks',
    attack: `/attack?victim=${attack.victim}&id=${attack.id}`,
    scanners: '/scanners',
    organisation: '/organisation?name=unknown',
    warnings: '/warnings',
    history: '/history',
    members: '/members',
    report: '/report',
    accounts: '/access',
    audit: '/audit',
    nowhere: '/nowhere',
  };
});

after(async () => {
  await browser?.close();
  await service?.close();
});

// Opens a place as the first account, hands the page over, then asserts that nothing untoward
// happened: no console error, no request to another host.
async function at(path, options, check) {
  const opened = await openPage(browser, service.origin, options);
  if (options.loggedIn ?? true) await opened.page.context().addCookies([service.cookie]);
  try {
    await opened.page.goto(service.origin + path);
    await settled(opened.page);
    await check(opened.page);
    assert.deepEqual(opened.trouble, []);
  } finally {
    await opened.close();
  }
}

// For people to look at: what is ugly, crowded or empty, no test sees.
const pictures = join(root, 'build/screenshots');
mkdirSync(pictures, { recursive: true });
const picture = (page, name, kind) =>
  page.screenshot({ path: join(pictures, `${name.replaceAll(' ', '-')}-${kind}.png`), fullPage: true });

for (const language of ['en', 'ja'])
  test(`every view in ${language}, light and dark, without an error, accessible`, async (context) => {
    for (const [name, path] of Object.entries(places))
      await context.test(name, () =>
        at(path, { language }, async (page) => {
          assert.equal(await page.locator('html').getAttribute('lang'), language);
          const untranslated = page.locator('main :lang(en)');
          if (language === 'ja') assert.deepEqual(await untranslated.allTextContents(), []);
          assert.deepEqual(await seriousFaults(page), []);
          if (language === 'en') await picture(page, name, 'en-light');
          await page.getByLabel(language === 'en' ? 'Theme' : '配色').selectOption('dark');
          assert.equal(await page.locator('html').getAttribute('data-theme'), 'dark');
          assert.deepEqual(await seriousFaults(page), []);
          if (language === 'ja') await picture(page, name, 'ja-dark');
        }),
      );
  });

const count = (value) => new Intl.NumberFormat('en-GB').format(value);
const packets = (row) => count(row.packets);

async function cells(page, caption) {
  const table = page.locator(`section[aria-label="${caption}"] table`).first();
  return table.locator('tbody tr').evaluateAll((rows) =>
    rows.map((row) => [...row.children].map((cell) => cell.textContent.trim())),
  );
}

// A table of a view, the question whose rows it shows, and what its columns must read.
const tables = [
  ['/overview', 'Packets and hosts per class', 'totals', { Packets: packets, 'Hosts, peak': (row) => count(row.peak_hosts) }],
  ['/overview', 'Most scanned ports', 'ranking?by=port&limit=8', { Packets: packets }],
  ['/overview', 'Countries', 'ranking?by=country&limit=8', { Packets: packets }],
  ['/overview', 'Newest scan events', 'events?order=start&limit=8',
    { Source: (row) => row.source, Packets: packets }],
  ['/overview', 'Newest attacks', 'attacks?order=start&limit=8', { Victim: (row) => row.victim }],
  ['/rankings?by=tcp-port', 'TCP ports, by packets', 'ranking?by=tcp-port&limit=25',
    { Port: (row) => row.name, Packets: packets, 'Hosts, peak': (row) => count(row.peak_hosts) }],
  ['/rankings?by=country&order=hosts', 'Countries, by hosts',
    'ranking?by=country&order=hosts&limit=25',
    { Packets: packets, 'Hosts, peak': (row) => count(row.peak_hosts) }],
  ['/rankings?by=asn', 'Autonomous systems, by packets', 'ranking?by=asn&limit=25',
    { Packets: packets }],
  ['/rankings?by=tool&survey=without', 'Tools, by packets',
    'ranking?by=tool&survey=without&limit=25', { Packets: packets }],
  ['/sources?country=US', 'Sources', 'sources?country=US',
    { Source: (row) => row.source, Packets: packets }],
  ['/events?port=23/tcp', 'Scan events', 'events?port=23/tcp',
    { Source: (row) => row.source, Packets: packets,
      'Dark addresses': (row) => count(row.dark_addresses) }],
  ['/attacks', 'Attacks', 'attacks',
    { Victim: (row) => row.victim, Packets: packets,
      'Dark addresses': (row) => count(row.dark_addresses) }],
  ['/scanners', 'Survey scanners', 'scanners',
    { Packets: packets, Hosts: (row) => count(row.hosts), Ports: (row) => count(row.ports) }],
  ['/organisation?name=unknown', 'Sources', 'sources?organisation=unknown&limit=15',
    { Source: (row) => row.source, Packets: packets }],
  ['/organisation?name=unknown', 'Ports', 'ranking?organisation=unknown&by=port&limit=10',
    { Port: (row) => row.name, Packets: packets }],
  ['/port?service=23/tcp', 'Sources', 'sources?port=23/tcp&limit=15',
    { Source: (row) => row.source, Packets: packets }],
];

for (const [place, caption, question, columns] of tables)
  test(`${place} shows in "${caption}" the numbers of ${question}`, async () => {
    const { rows } = await service.api(`/telescope/${question}`);
    assert.ok(rows.length > 0, 'there is nothing to compare');
    await at(place, {}, async (page) => {
      const heads = await page
        .locator(`section[aria-label="${caption}"] table`)
        .first()
        .locator('thead th')
        .allTextContents();
      const shown = await cells(page, caption);
      assert.equal(shown.length, Math.min(rows.length, shown.length === 50 ? 50 : rows.length));
      for (const [head, expected] of Object.entries(columns)) {
        const column = heads.findIndex((text) => text.trim().startsWith(head));
        assert.notEqual(column, -1, `there is no column "${head}" among ${heads}`);
        const wanted = rows.slice(0, shown.length).map(expected);
        const read = shown.map((row) => row[column].split(/\s/)[0]);
        assert.deepEqual(read, wanted);
      }
    });
  });

test('the warnings are those of the API, and lead to the member and the source', async () => {
  const { rows } = await service.api('/warning/scan');
  assert.ok(rows.some((row) => row.kind === 'under_attack'));
  await at('/history', {}, async (page) => {
    const shown = await cells(page, 'History of warnings');
    assert.deepEqual(shown.map((row) => row.slice(2, 4)),
      rows.map((row) => [row.member, row.address]));
    assert.deepEqual(shown.map((row) => row[6]), rows.map(packets));
    await page.goto(`${service.origin}/history?member=City%20of%20Example`);
    await page.getByText('Only City of Example.').waitFor();
    await page.getByRole('link', { name: rows[0].address }).first().click();
    await page.waitForFunction(() => location.pathname === '/source');
    await settled(page);
  });
});

test('an admin registers, changes, imports and removes members', async () => {
  await at('/members', { expected: [400, 409] }, async (page) => {
    await page.getByRole('button', { name: 'Register a member' }).click();
    await page.getByLabel('Name').fill('B, a university');
    await page.getByLabel('Live addresses').fill('203.0.113.1/24');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('alert').getByText('203.0.113.0/24').waitFor();
    await page.getByLabel('Live addresses').fill('203.0.113.0/24\n2001:db8::/48');
    await page.getByRole('button', { name: 'Save' }).click();
    const row = page.locator('tr', { hasText: 'B, a university' });
    await row.getByText('256 + 65,536 × /64').waitFor();
    await row.getByRole('link', { name: 'Change' }).click();
    await page.getByRole('button', { name: 'Change blocks' }).click();
    assert.equal(await page.getByLabel('Live addresses').inputValue(),
      '203.0.113.0/24\n2001:db8::/48');
    await page.getByLabel('Own dark addresses').fill('203.0.113.128/25');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('The blocks are in force.').waitFor();
    await page.goBack();
    await row.getByText('128').waitFor();
    const csv = (text) => ({ name: 'm.csv', mimeType: 'text/csv', buffer: Buffer.from(text) });
    await page.getByLabel('Members as CSV').setInputFiles(csv('C,live,203.0.113.64/26\n'));
    await page.getByRole('button', { name: 'Import' }).click();
    await page.getByRole('alert').getByText('overlaps').waitFor();
    await page.getByLabel('Members as CSV').setInputFiles(csv('C,live,192.0.2.64/26\n'));
    await page.getByRole('button', { name: 'Import' }).click();
    await page.locator('tr', { hasText: 'C' }).getByText('64').first().waitFor();
    page.once('dialog', (dialog) => dialog.accept());
    await row.getByRole('button', { name: 'Remove' }).click();
    await row.waitFor({ state: 'detached' });
  });
});

test('the chart of the statistics adds up to the series of the API, and so does its table', async () => {
  const series = await service.api('/telescope/series?by=tcp-port&measure=packets');
  const lines = [...series.values, series.rest];
  await at('/statistics?by=tcp-port', {}, async (page) => {
    const legend = await cells(page, 'Legend');
    const sums = lines.map((values) => values.reduce((sum, value) => sum + value, 0));
    assert.deepEqual(legend.map((row) => row[2]), sums.map(count));
    await page.locator('summary').click();
    const steps = await cells(page, 'Every step as a table');
    assert.equal(steps.length, series.times.length);
    for (let i = 0; i < steps.length; ++i)
      assert.deepEqual(steps[i].slice(1), lines.map((values) => count(values[i])));
  });
});

test('the page of a source has the verdicts, classes and ports of the API', async () => {
  const path = new URL(places.source, service.origin).searchParams.get('address');
  const source = await service.api(`/telescope/sources/${path}`);
  await at(places.source, {}, async (page) => {
    const verdicts = await page.locator('.verdicts li').allTextContents();
    assert.equal(verdicts.length, source.verdicts.length);
    source.verdicts.forEach(({ reason }, i) => assert.ok(verdicts[i].includes(reason)));
    const classes = await cells(page, 'Classes');
    assert.deepEqual(classes.map((row) => row[1]), source.classes.map(packets));
    const ports = await cells(page, 'Ports');
    assert.deepEqual(ports.map((row) => row[2]), source.ports.slice(0, ports.length).map(packets));
  });
});

test('the page of an attack has the numbers of the API', async () => {
  const query = new URL(places.attack, service.origin).searchParams;
  const { rows } = await service.api(`/telescope/attacks?victim=${query.get('victim')}`);
  const attack = rows.find(({ id }) => id === query.get('id'));
  await at(places.attack, {}, async (page) => {
    const facts = await page.locator('.facts').textContent();
    for (const value of [attack.packets, attack.dark_addresses, attack.max_packets_per_minute])
      assert.ok(facts.includes(count(value)), `${count(value)} in ${facts}`);
  });
});

test('the report has the sections of the API, and every number of packets in them', async () => {
  const report = await service.api('/telescope/report');
  await at('/report', {}, async (page) => {
    assert.ok((await page.locator('#summary').textContent()).includes(count(report.summary.packets)));
    for (const [name, section] of Object.entries(report)) {
      if (['title', 'subtitle', 'remarks'].includes(name)) continue;
      const shown = page.locator(`section#${name}`);
      assert.equal(await shown.count(), 1, name);
      const text = await shown.textContent();
      for (const row of Array.isArray(section) ? section.slice(0, 10) : [])
        if ('packets' in row) assert.ok(text.includes(packets(row)), `${name}: ${packets(row)}`);
    }
  });
});

test('the first account logs in by hand, makes a viewer, and finds it in the audit log', async () => {
  await at('/access', { loggedIn: false, expected: [401] }, async (page) => {
    await page.getByLabel('Name').fill(account.name);
    await page.getByLabel('Password').fill(account.password);
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.waitForFunction(() => location.pathname === '/access');
    await settled(page);
    await page.getByRole('button', { name: 'New account' }).click();
    await page.getByLabel('Name').fill('hanako');
    await page.getByLabel('Role').selectOption('viewer');
    await page.getByLabel('Password', { exact: true }).fill('correct horse battery');
    await page.getByRole('button', { name: 'Create account' }).click();
    await page.locator('tr', { hasText: 'hanako' }).waitFor();
    await page.goto(`${service.origin}/audit`);
    await settled(page);
    const log = await page.locator('tbody').textContent();
    assert.ok(log.includes('hanako'), log);
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.waitForFunction(() => location.pathname === '/login');
  });
});

// The service of a test of its own, whose packets come as it looks.
test('a replay is seen as it comes: Now, Atlas and Cube', async (context) => {
  const replayed = await startReplay();
  const see = async (path, check) => {
    const opened = await openPage(browser, replayed.origin, {});
    await opened.page.context().addCookies([replayed.cookie]);
    try {
      await opened.page.goto(replayed.origin + path);
      await opened.page.locator('h1').waitFor();
      await check(opened.page);
      assert.deepEqual(opened.trouble, []);
    } finally {
      await opened.close();
    }
  };
  try {
    await context.test('the start leads to what happens now, with the feeds of the API', () =>
      see('/', async (page) => {
        await page.waitForFunction(() => location.pathname === '/now');
        const { feeds, replay } = await replayed.api('/telescope/now');
        assert.equal(replay, true);
        for (const { sensor } of feeds) await page.getByText(sensor, { exact: true }).first().waitFor();
        await page.getByText('This is a replay').waitFor();
        await page.waitForFunction(() =>
          /[1-9]/.test(document.querySelector('.now-figures dd')?.textContent ?? ''));
        await picture(page, 'replay now', 'en-light');
      }));
    for (const view of ['atlas', 'cube'])
      await context.test(`${view} draws packets in few calls`, () =>
        see(`/${view}`, async (page) => {
          await page.waitForFunction(
            () => window.yaguraScene?.points > 0 && window.yaguraScene.drawCalls > 0);
          const scene = await page.evaluate(() => window.yaguraScene);
          assert.ok(scene.drawCalls <= 6, `${scene.drawCalls} draw calls`);
          await picture(page, `replay ${view}`, 'en-light');
        }));
    await context.test('the statistics of today are there while it runs', () =>
      see('/overview', async (page) => {
        await page.waitForFunction(async () => {
          const answer = await fetch('/api/v1/telescope/totals');
          return answer.ok && (await answer.json()).rows.length > 0;
        });
        await page.reload();
        await page.locator('section[aria-label="Packets and hosts per class"] tbody tr').first()
          .waitFor();
      }));
  } finally {
    await replayed.close();
  }
});
