// SPDX-License-Identifier: Apache-2.0
//
// The built bundle in a real browser, over the test double. `npm run build` comes first.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { openPage, seriousFaults, settled, startBrowser, startServer } from './browser.mjs';
import { answers } from './fake_api.mjs';
import { places } from './places.mjs';

const all = places(answers);
let browser;
let site;

before(async () => {
  browser = await startBrowser();
  site = await startServer();
});

after(async () => {
  await browser?.close();
  await site?.close();
});

// Opens a place, hands the page over, and then asserts that nothing untoward happened.
async function at(path, options, check) {
  site.state.loggedIn = options.loggedIn ?? true;
  const opened = await openPage(browser, site.origin, options);
  try {
    await opened.page.goto(site.origin + path);
    await settled(opened.page);
    await check(opened.page);
    assert.deepEqual(opened.trouble, []);
  } finally {
    await opened.close();
  }
}

async function api(path) {
  const response = await fetch(`${site.origin}/api/v1${path}`);
  return response.json();
}

const cells = (page, caption) =>
  page.locator(`section[aria-label="${caption}"] tbody tr`).evaluateAll((rows) =>
    rows.map((row) => [...row.children].map((cell) => cell.textContent.trim())),
  );

const count = (value) => new Intl.NumberFormat('en-GB').format(value);

const expectedStatus = { unseen: [404], login: [401] };

// The other views pass the same in tests/browser, before the program itself.
for (const language of ['en', 'ja'])
  for (const [name, path] of Object.entries(all).filter(([name]) =>
    ['unseen', 'login', 'setup'].includes(name)))
    test(`${name} in ${language}, light and dark: no error, no other host, accessible`, async () => {
      const loggedIn = name !== 'login' && name !== 'setup';
      const expected = expectedStatus[name] ?? [];
      await at(path, { language, loggedIn, expected }, async (page) => {
        assert.equal(await page.locator('html').getAttribute('lang'), language);
        // Contrast is a matter of the theme, names one of the language: three of four are enough.
        if (language === 'en') assert.deepEqual(await seriousFaults(page), []);
        await page.getByLabel(language === 'en' ? 'Theme' : '配色').selectOption('dark');
        assert.equal(await page.locator('html').getAttribute('data-theme'), 'dark');
        assert.deepEqual(await seriousFaults(page), []);
      });
    });

for (const width of [360, 1600])
  test(`every view fits a width of ${width}`, async () => {
    for (const [name, path] of Object.entries(all)) {
      const loggedIn = name !== 'login' && name !== 'setup';
      const options = { width, height: 800, loggedIn, expected: expectedStatus[name] ?? [] };
      await at(path, options, async (page) => {
        const over = await page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        );
        assert.ok(over <= 0, `${name} is ${over} px too wide`);
      });
    }
  });

test('no view asks for a translation it lacks: Japanese pages hold Japanese', async () => {
  for (const path of ['/overview', '/statistics', '/rankings', '/report', '/access'])
    await at(path, { language: 'ja' }, async (page) => {
      for (const text of await page.locator('th, h1, h2, button, dt').allTextContents())
        assert.ok(!/^(Packets|Hosts|Share|Country|Source|Ports?|Start|State|Tool)$/.test(text), text);
    });
});

test('the numbers of the overview are those of the API', async () => {
  const totals = await api('/telescope/totals');
  await at('/overview', {}, async (page) => {
    const rows = await cells(page, 'Packets and hosts per class');
    assert.equal(rows.length, totals.rows.length);
    totals.rows.forEach((row, i) => {
      assert.equal(rows[i][1], count(row.packets));
      assert.equal(rows[i][4], count(row.peak_hosts));
    });
    const sum = totals.rows.filter((r) => !r.is_sum).reduce((all, r) => all + r.packets, 0);
    assert.equal(await page.locator('.figure dd').first().textContent(), count(sum));
  });
});

test('the numbers of the rankings are those of the API', async () => {
  const { rows } = await api('/telescope/ranking?by=country&order=hosts&limit=25');
  await at('/rankings?by=country&order=hosts', {}, async (page) => {
    const shown = await cells(page, 'Countries, by hosts');
    assert.deepEqual(shown.map((row) => row[2]), rows.map((row) => count(row.packets)));
    assert.match(shown[0][1], new RegExp(rows[0].country));
  });
});

test('a campaign is one row that unfolds, by mouse and keyboard, to its windows and why', async () => {
  await at('/synchrony?penalty=0.6', {}, async (page) => {
    const rows = page.locator('section[aria-label="Synchrony"] > table > tbody > tr');
    assert.equal(await rows.count(), 2);
    const text = await rows.nth(1).innerText();
    for (const word of ['37215/tcp (64)', '07:10 – 07:30', '1,474', 'graphical lasso',
      'factorisation', 'and 1 more'])
      assert.ok(text.includes(word), `${word} in ${text}`);
    await page.getByRole('heading', { name: 'penalty 0.6' }).waitFor();

    const campaign = page.getByRole('button', { name: '3 windows of the campaign on 37215' });
    assert.equal(await campaign.getAttribute('aria-expanded'), 'false');
    await page.getByRole('button', { name: '1 window of the campaign on 2323' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('region', { name: 'Windows of the campaign on 2323' }).waitFor();
    const [outer, inside] = await page.evaluate(() => ['', ' > tr.unfolded > td'].map((part) =>
      document.querySelector(`main section > table > tbody${part}`)
        .getBoundingClientRect().width));
    assert.equal(inside, outer, 'as wide as the table');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Space');
    assert.equal(await campaign.getAttribute('aria-expanded'), 'true');
    await page.getByRole('region', { name: 'Windows of the campaign on 37215' }).waitFor();
    const windows = await cells(page, 'Windows of the campaign on 37215');
    assert.deepEqual(windows.map(([time]) => time),
      ['2026-01-15 07:30end', '2026-01-15 07:20', '2026-01-15 07:10']);
    assert.match(windows[2][4], /432 windows before: density 0\.0800 among 120 hosts/);
    assert.match(windows[2][4], /over thirty minutes: 1\./);
    assert.deepEqual((await cells(page, 'Windows of the campaign on 2323')).map(([time]) => time),
      ['2026-01-15 07:20']);
    // Arrows within the windows move one step, and not that of the table around them as well.
    const inner = page.getByRole('region', { name: 'Windows of the campaign on 37215' });
    await inner.getByRole('link', { name: '07:30' }).focus();
    await page.keyboard.press('ArrowDown');
    assert.equal(await page.evaluate(() => document.activeElement.textContent), '2026-01-15 07:20');
    await campaign.click();
    await inner.waitFor({ state: 'detached' });

    await page.getByRole('link', { name: 'ChangeFinder' }).click();
    await page.getByText('No campaign in this time range').waitFor();
    await page.getByRole('navigation', { name: 'Engine' }).getByRole('link', { name: 'all' }).click();
    await rows.nth(1).getByRole('link', { name: '198.51.0.0/16' }).click();
    await page.waitForURL(/source=198\.51\.0\.0/);
  });
});

for (const [language, theme, button] of [['en', 'dark', /^3 windows/], ['ja', 'light', /3区間$/]])
  test(`an unfolded campaign fits a narrow screen in ${language}, ${theme}`, async () => {
    await at('/synchrony', { language, theme, width: 390 }, async (page) => {
      await page.getByRole('button', { name: button }).click();
      await page.locator('tr.unfolded tbody tr').first().waitFor();
      const [inside, width] = await page.evaluate(() =>
        [document.documentElement.scrollWidth, innerWidth]);
      assert.ok(inside <= width, `${inside} on ${width}`);
      for (const link of await page.locator('tr.unfolded td:first-child a').all()) {
        const box = await link.boundingBox();
        assert.ok(box.x >= 0 && box.x + box.width <= width, await link.textContent());
      }
      assert.deepEqual(await seriousFaults(page), []);
    });
  });

test('the table of every step and the legend add up to the series of the API', async () => {
  const series = await api('/telescope/series?by=tcp-port&measure=packets');
  await at('/statistics?by=tcp-port', {}, async (page) => {
    const legend = await cells(page, 'Legend');
    const lines = [...series.values, series.rest];
    const sums = lines.map((values) => values.reduce((a, b) => a + b, 0));
    assert.deepEqual(legend.map((row) => row[2]), sums.map(count));
    await page.locator('summary').click();
    const steps = await cells(page, 'Every step as a table');
    assert.equal(steps.length, series.times.length);
    assert.deepEqual(steps[3].slice(1), lines.map((values) => count(values[3])));
    const steps_drawn = await page.locator('.chart').getAttribute('data-steps');
    assert.equal(Number(steps_drawn), series.times.length);
  });
});

test('years without observation are cut out of a chart, and said to be', async () => {
  const series = await api('/telescope/series?by=class&measure=packets');
  const half = Math.floor(series.times.length / 2);
  const earlier = (time, i) => (i < half ? time.replace(/^20\d\d/, '2015') : time);
  const apart = { ...series, times: series.times.map(earlier) };
  await at('/overview', {}, async (page) => {
    await page.route('**/telescope/series*', (route) => route.fulfill({ json: apart }));
    await page.getByRole('link', { name: 'Statistics' }).first().click();
    await page.waitForFunction(() => location.pathname === '/statistics');
    await settled(page);
    const chart = page.locator('.chart');
    assert.equal(await chart.getAttribute('data-steps'), String(apart.times.length));
    assert.equal(await chart.getAttribute('data-cuts'), '1');
    await page.getByText('Time without observation is left out (broken lines: 1).').waitFor();
    const { x, y, width, height } = await chart.locator('.u-over').boundingBox();
    const middle = (step) => (width * (step + 0.5)) / (series.times.length + 1);
    const cut = x + middle(half);
    // The last step before the cut is drawn, and nothing in the cut but its line.
    const painted = await chart.locator('canvas').evaluate((canvas, places) => {
      const over = canvas.parentElement.querySelector('.u-over');
      const scale = canvas.width / canvas.clientWidth;
      const row = (over.offsetTop + over.clientHeight - 3) * scale;
      const { data } = canvas.getContext('2d').getImageData(0, row, canvas.width, 1);
      return places.map((left) => data[Math.round((over.offsetLeft + left) * scale) * 4 + 3] > 0);
    }, [middle(half - 1), middle(half) + 3, middle(half + 1)]);
    assert.deepEqual(painted, [true, false, true]);
    await page.mouse.move(cut, y + height / 2);
    assert.match(await page.locator('.chart-tip').textContent(), /^Nothing observed: 2015-.* – 20/);
    await page.mouse.move(x + 2, y + height / 2);
    await page.mouse.down();
    await page.mouse.move(cut, y + height / 2);
    await page.mouse.up();
    await page.waitForFunction(() => location.search.includes('from='));
    const query = new URL(page.url()).searchParams;
    assert.equal(query.get('from'), apart.times[0]);
    assert.ok(query.get('until') <= series.times[half], 'what is cut belongs to what was drawn over');
  });
});

test('the page of a source leads with its verdict and has the numbers of the API', async () => {
  const address = answers.sources[0].source;
  const source = await api(`/telescope/sources/${address}`);
  await at(`/source?address=${address}`, {}, async (page) => {
    const verdict = await page.locator('.verdicts li').first().textContent();
    assert.ok(verdict.includes(source.verdicts[0].reason));
    const classes = await cells(page, 'Classes');
    assert.deepEqual(classes.map((row) => row[1]), source.classes.map((row) => count(row.packets)));
    await page.getByRole('button', { name: 'Copy address' }).click();
    await page.getByText('Copied').waitFor();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), address);
    await page.getByRole('link', { name: /^Filter by .*\/24$/ }).click();
    await settled(page);
    assert.match(page.url(), /\/sources\?source=[\d.]+\.0\/24$/);
    assert.ok((await page.locator('tbody').textContent()).includes(address));
  });
});

test('the report has the sections and numbers of the API', async () => {
  const report = await api('/telescope/report');
  await at('/report', {}, async (page) => {
    assert.ok((await page.locator('#summary').textContent()).includes(count(report.summary.packets)));
    for (const name of Object.keys(report))
      if (!['title', 'subtitle', 'remarks'].includes(name))
        assert.equal(await page.locator(`section#${name}`).count(), 1, name);
  });
});

test('a click on a value filters, the address says so, back takes it away', async () => {
  await at('/sources', {}, async (page) => {
    await page.locator('td a.value', { hasText: /^US$/ }).first().click();
    await settled(page);
    assert.equal(new URL(page.url()).search, '?country=US');
    assert.equal(await page.locator('.chip').textContent(), 'Country: United States×');
    const asked = site.state.requests.at(-1);
    assert.match(asked, /country=US/);
    const countries = (await cells(page, 'Sources')).map((row) => row[1]);
    assert.deepEqual([...new Set(countries)], ['US']);
    await page.goBack();
    await settled(page);
    assert.equal(new URL(page.url()).search, '');
    assert.equal(await page.locator('.chip').count(), 0);
    await page.goForward();
    await settled(page);
    await page.getByRole('link', { name: /Remove filter/ }).click();
    await settled(page);
    assert.equal(new URL(page.url()).search, '');
  });
});

test('the filter goes along from view to view and survives a reload', async () => {
  await at('/sources?country=US&last=6h', {}, async (page) => {
    await page.getByRole('link', { name: 'Rankings' }).click();
    await settled(page);
    assert.equal(new URL(page.url()).search, '?country=US&last=6h');
    await page.reload();
    await settled(page);
    assert.equal(await page.locator('.chip').count(), 1);
    assert.match(await page.locator('.period-button').textContent(), /Last 6 hours/);
  });
});

test('what is typed into the filter is read as what it could be', async () => {
  await at('/sources', {}, async (page) => {
    const tries = [['23/tcp', 'port=23/tcp'], ['japan', 'country=JP'], ['AS4134', 'asn=4134'],
      ['203.0.113.0/24', 'source=203.0.113.0/24'], ['mirai', 'tool=mirai']];
    for (const [text, wanted] of tries) {
      await page.keyboard.press('/');
      await page.keyboard.type(text);
      await page.keyboard.press('Enter');
      await page.waitForFunction((part) => location.search.includes(part), wanted);
      await page.locator('#filter-input').blur();
    }
    assert.equal(await page.locator('.chip').count(), 5);
  });
});

test('the survey filter is asked of the API', async () => {
  await at('/overview', {}, async (page) => {
    await page.getByLabel('Survey scanners').selectOption('without');
    await settled(page);
    assert.equal(new URL(page.url()).search, '?survey=without');
    const asked = (name) =>
      site.state.requests.findLast((url) => url.includes(`/telescope/${name}`));
    for (const name of ['totals', 'series', 'ranking', 'events'])
      assert.match(asked(name), /survey=without/);
    // Who is attacked is no scanner, so the page says that attacks are not filtered by them.
    assert.doesNotMatch(asked('attacks'), /survey/);
    assert.equal(await page.getByText('Not filtered by Survey scanners').count(), 1);
  });
});

test('the time range is set by presets, by the calendar, by arrows and keys', async () => {
  await at('/overview', {}, async (page) => {
    await page.locator('.period-button').click();
    await page.getByRole('link', { name: 'Last 24 hours' }).click();
    await settled(page);
    assert.equal(new URL(page.url()).search, '?last=24h');
    await page.getByRole('link', { name: 'Period before' }).click();
    await settled(page);
    const before = new URL(page.url()).searchParams;
    assert.equal(Date.parse(before.get('until')) - Date.parse(before.get('from')), 86_400_000);
    await page.keyboard.press(']');
    await settled(page);
    const afterwards = new URL(page.url()).searchParams;
    assert.equal(afterwards.get('from'), before.get('until'));
    await page.locator('.period-button').click();
    await page.getByLabel(/^From/).fill('2026-01-13T06:00');
    await page.getByLabel(/^Until/).fill('2026-01-13T05:00');
    await page.getByRole('button', { name: 'Apply' }).click();
    await page.getByText('The end must come after the beginning.').waitFor();
    await page.getByLabel(/^Until/).fill('2026-01-14T06:00');
    await page.getByRole('button', { name: 'Apply' }).click();
    await settled(page);
    const chosen = new URL(page.url()).searchParams;
    assert.equal(chosen.get('from'), '2026-01-13T06:00:00Z');
    assert.equal(chosen.get('until'), '2026-01-14T06:00:00Z');
  });
});

test('dragging across the chart zooms, and back zooms out', async () => {
  await at('/statistics', {}, async (page) => {
    const box = await page.locator('.u-over').boundingBox();
    await page.mouse.move(box.x + box.width * 0.25, box.y + 50);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.5, box.y + 60, { steps: 5 });
    await page.mouse.up();
    await page.waitForFunction(() => location.search.includes('from='));
    await settled(page);
    const { searchParams } = new URL(page.url());
    const length = Date.parse(searchParams.get('until')) - Date.parse(searchParams.get('from'));
    const { observed } = answers.report.sensors[0];
    assert.ok(length > 0 && length < observed * 500, 'a quarter of all, give or take a step');
    assert.equal(Date.parse(searchParams.get('from')) % 300_000, 0);
    await page.goBack();
    await settled(page);
    assert.equal(new URL(page.url()).search, '');
  });
});

test('the chart and its table can be taken away', async () => {
  await at('/statistics?by=country', {}, async (page) => {
    const [png] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'PNG' }).click(),
    ]);
    const bytes = readFileSync(await png.path());
    assert.equal(bytes.subarray(1, 4).toString(), 'PNG');
    const [csv] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'CSV' }).click(),
    ]);
    const lines = readFileSync(await csv.path(), 'utf8').trimEnd().split('\r\n');
    const series = await api('/telescope/series?by=country&measure=packets');
    assert.equal(lines.length, series.times.length + 1);
    assert.ok(lines[1].startsWith(`${series.times[0]},${series.values[0][0]},`));
  });
});

test('a value hidden from the chart is hidden in the address too', async () => {
  await at('/statistics?by=country', {}, async (page) => {
    await page.locator('.swatch-button').first().click();
    const first = answers.top['country packets'][0].country;
    assert.equal(new URL(page.url()).searchParams.get('hide'), first);
    assert.equal(await page.locator('.swatch-button').first().getAttribute('aria-pressed'), 'false');
  });
});

test('the keyboard reaches every view, the help and the rows of a table', async () => {
  await at('/overview', {}, async (page) => {
    for (const [key, path] of [['t', '/statistics'], ['s', '/sources'], ['d', '/report'], ['o', '/overview']]) {
      await page.keyboard.press('g');
      await page.keyboard.press(key);
      await page.waitForFunction((wanted) => location.pathname === wanted, path);
    }
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    await page.keyboard.press('g');
    await page.keyboard.press('s');
    await page.waitForFunction(() => location.pathname === '/sources');
    await settled(page);
    await page.locator('tbody a.address').first().focus();
    await page.keyboard.press('ArrowDown');
    const second = answers.sources[1].source;
    assert.equal(await page.evaluate(() => document.activeElement.textContent), second);
    await page.keyboard.press('Enter');
    await settled(page);
    assert.match(page.url(), new RegExp(`address=${second.replaceAll('.', '\\.')}`));
  });
});

test('the skip link comes first and leads to the content', async () => {
  await at('/overview', {}, async (page) => {
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement.className), 'skip');
    await page.keyboard.press('Enter');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'content');
  });
});

test('a failure shows what the API said, and another try mends it', async () => {
  site.state.fail = (path) => path === '/telescope/sources';
  await at('/sources', { expected: [503] }, async (page) => {
    await page.getByText('the store is being upgraded').waitFor();
    site.state.fail = undefined;
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.locator('tbody tr').first().waitFor();
  });
  site.state.fail = undefined;
});

test('a question the API cannot combine with the filter is said plainly', async () => {
  await at('/attacks?tool=zmap', {}, async (page) => {
    await page.getByText('Not filtered by Tool').waitFor();
  });
  await at('/statistics?country=DE&class=scan_tcp', {}, async (page) => {
    assert.equal(await page.locator('.not-filtered').count(), 0);
    assert.equal((await cells(page, 'Legend')).length, 1);
  });
  await at('/rankings?country=DE', {}, async (page) => {
    await page.getByText('The filter does not apply to this ranking.').waitFor();
  });
  const long = 'step=hour&from=2026-01-01T00:00:00Z&until=2026-03-01T00:00:00Z';
  await at(`/statistics?country=DE&asn=1&${long}`, { expected: [400] }, async (page) => {
    await page.getByText('at most 31 days at once').waitFor();
    await page.locator('.problem').getByRole('link', { name: 'Clear filter' }).click();
    await page.locator('tbody tr').first().waitFor();
  });
});

test('an empty answer says what to do', async () => {
  await at('/events?source=192.0.2.0/24', {}, async (page) => {
    await page.getByText('Nothing matches in this time range with this filter.').waitFor();
    await page.locator('.state').getByRole('link', { name: 'Clear filter' }).click();
    await page.locator('tbody tr').first().waitFor();
  });
});

test('language and theme are remembered', async () => {
  await at('/overview', {}, async (page) => {
    await page.getByLabel('Language').selectOption('ja');
    await page.getByLabel('配色').selectOption('dark');
    await page.reload();
    await settled(page);
    assert.equal(await page.locator('html').getAttribute('lang'), 'ja');
    assert.equal(await page.locator('html').getAttribute('data-theme'), 'dark');
    assert.equal(await page.locator('h1').textContent(), '概要');
  });
});

test('who is not logged in is asked to, and then gets where they wanted', async () => {
  await at('/events?order=start', { loggedIn: false, expected: [401] }, async (page) => {
    assert.match(page.url(), /\/login\?next=/);
    await page.getByLabel('Name').fill('admin');
    await page.getByLabel('Password').fill('wrong');
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByText('Name or password is wrong').waitFor();
    await page.getByLabel('Password').fill('right enough');
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.waitForFunction(() => location.pathname === '/events');
    await settled(page);
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.waitForFunction(() => location.pathname === '/login');
  });
});

test('the log-in leads to no other site', async () => {
  await at('/login?next=//example.org/', { loggedIn: false }, async (page) => {
    await page.getByLabel('Name').fill('admin');
    await page.getByLabel('Password').fill('right enough');
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.waitForFunction(() => location.pathname === '/overview');
  });
});

test('set-up makes the administrator only if the passwords agree', async () => {
  await at('/setup?link=x7c2', { loggedIn: false }, async (page) => {
    await page.getByLabel('Name').fill('admin');
    await page.getByLabel('Password', { exact: true }).fill('a long password');
    await page.getByLabel('Password once more').fill('another password');
    await page.getByRole('button', { name: 'Create administrator' }).click();
    await page.getByText('The two passwords differ.').waitFor();
    await page.getByLabel('Password once more').fill('a long password');
    await page.getByRole('button', { name: 'Create administrator' }).click();
    await page.waitForFunction(() => location.pathname === '/overview');
    await settled(page);
  });
});

test('an administrator makes and disables accounts and tokens', async () => {
  await at('/access', { expected: [403, 409] }, async (page) => {
    await page.getByRole('button', { name: 'New account' }).click();
    await page.getByLabel('Name').fill('taro');
    await page.getByLabel('Role').selectOption('analyst');
    await page.getByLabel('Password', { exact: true }).fill('a long password');
    await page.getByRole('button', { name: 'Create account' }).click();
    await page.locator('tr', { hasText: 'taro' }).waitFor();
    const taro = page.locator('tr', { hasText: 'taro' });
    await taro.getByRole('button', { name: 'Disable' }).click();
    await taro.getByText('disabled').waitFor();
    await taro.getByRole('button', { name: 'Change password' }).click();
    await page.getByLabel('Password', { exact: true }).fill('an even longer one');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('taro was changed.').waitFor();
    await page.locator('tr', { hasText: 'Administrator' }).getByRole('button', { name: 'Disable' })
      .click();
    await page.getByText('the last administrator cannot be disabled').waitFor();

    await page.getByRole('button', { name: 'New token' }).click();
    await page.getByLabel('Name').fill('feed');
    await page.getByRole('button', { name: 'Create token' }).click();
    await page.getByText('It is shown only this once.').waitFor();
    assert.match(await page.locator('.secret').textContent(), /^ygr_/);
    await page.getByRole('button', { name: 'Done' }).click();
    assert.equal(await page.locator('.secret').count(), 0);
    page.once('dialog', (dialog) => dialog.accept());
    await page.locator('tr', { hasText: 'feed' }).getByRole('button', { name: 'Revoke' }).click();
    await page.locator('tr', { hasText: 'feed' }).waitFor({ state: 'detached' });

    await page.getByRole('region', { name: 'Own password' }).getByRole('button').click();
    await page.getByLabel('Present password').fill('wrong');
    await page.getByLabel('New password').fill('the very longest one');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('The password is wrong.').waitFor();
    await page.getByLabel('Present password').fill('right enough');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Log in with the new one.').waitFor();
  });
});

test('text from outside stays text', async () => {
  const evil = '<img src=x onerror=alert(1)>';
  await at(`/sources?organisation=${encodeURIComponent(evil)}`, {}, async (page) => {
    assert.equal(await page.locator('.chip span').textContent(), `Organisation: ${evil}`);
    assert.equal(await page.locator('img').count(), 0);
  });
});
