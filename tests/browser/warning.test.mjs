// SPDX-License-Identifier: Apache-2.0
//
// The views that warn, in Chromium over the real program: the inbox, an organisation, the rings, and
// what an account of a member sees. How they behave in detail is tested in console/tests, over a
// double; here it is whether the program and the console mean the same.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { openPage, seriousFaults, settled, startBrowser } from '../../console/tests/browser.mjs';
import { members, root, startWarning } from './service.mjs';

const [city, university] = Object.keys(members);
const portal = { name: 'soc-of-a', password: 'battery horse correct' };

let browser;
let service;
let warnings;
let memberCookie;

// Logs in as the member's account; what a browser needs to be it.
async function entered({ name, password }) {
  const answer = await fetch(`${service.origin}/api/v1/session`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Origin: service.origin },
    body: JSON.stringify({ name, password }),
  });
  assert.ok(answer.ok, await answer.clone().text());
  const [cookie, value] = answer.headers.get('set-cookie').split(';')[0].split('=');
  return { name: cookie, value, url: service.origin };
}

before(async () => {
  [service, browser] = await Promise.all([startWarning(), startBrowser()]);
  warnings = (await service.api('/warning/warnings')).rows;
  await service.api('/accounts', 'POST', { ...portal, role: 'member', member: city });
  memberCookie = await entered(portal);
});

after(async () => {
  await browser?.close();
  await service?.close();
});

// Opens a place as the first account, or as who has `cookie`, hands the page over, then asserts that
// nothing untoward happened: no console error, no request to another host.
async function at(path, options, check) {
  const opened = await openPage(browser, service.origin, options);
  await opened.page.context().addCookies([options.cookie ?? service.cookie]);
  try {
    await opened.page.goto(service.origin + path);
    await settled(opened.page);
    await check(opened.page);
    assert.deepEqual(opened.trouble.filter((text) => !/GPU stall/.test(text)), []);
  } finally {
    await opened.close();
  }
}

// For people to look at.
const pictures = join(root, 'build/screenshots');
mkdirSync(pictures, { recursive: true });
const picture = (page, name, kind) =>
  page.screenshot({ path: join(pictures, `${name.replaceAll(' ', '-')}-${kind}.png`), fullPage: true });

const of = (member) => warnings.find((row) => row.member === member);
const details = (page) => page.getByRole('article', { name: 'Warning' });
const count = (value) => new Intl.NumberFormat('en-GB').format(value);

for (const language of ['en', 'ja'])
  test(`the views that warn in ${language}, light and dark, without an error, accessible`, async (context) => {
    const places = {
      inbox: [`/warnings?id=${of(city).id}`],
      member: [`/member?name=${encodeURIComponent(city)}`],
      rings: ['/rings'],
      outbox: ['/outbox?show=all'],
      'portal inbox': ['/warnings', memberCookie],
      'portal organisation': ['/member', memberCookie],
      'portal history': ['/history?last=30d', memberCookie],
      'portal access': ['/access', memberCookie],
    };
    for (const [name, [path, cookie]] of Object.entries(places))
      await context.test(name, () =>
        at(path, { language, cookie }, async (page) => {
          if (language === 'ja')
            assert.deepEqual(await page.locator('main :lang(en)').allTextContents(), []);
          assert.deepEqual(await seriousFaults(page), []);
          if (language === 'en') await picture(page, name, 'en-light');
          await page.getByLabel(language === 'en' ? 'Theme' : '配色').selectOption('dark');
          assert.deepEqual(await seriousFaults(page), []);
          if (language === 'ja') await picture(page, name, 'ja-dark');
        }));
  });

test('the inbox has the warnings of the API, and what is done there is known to it', () =>
  at('/warnings', {}, async (page) => {
    assert.deepEqual((await page.locator('.inbox-row .address').allTextContents()).sort(),
      warnings.map((row) => row.address).sort());
    const row = of(university);
    await page.locator('.inbox-row', { hasText: row.address }).click();
    await details(page).getByText(row.explanation).waitFor();
    await details(page).getByText(count(row.packets), { exact: true }).first().waitFor();
    await page.keyboard.press('a');
    await details(page).getByText('by admin').waitFor();
    await page.keyboard.press('m');
    await page.getByLabel('Mute for').selectOption('7');
    await details(page).getByRole('button', { name: 'Mute', exact: true }).last().click();
    await details(page).getByText(/^Muted until/).waitFor();
    await page.keyboard.press('c');
    await page.getByLabel('Add a comment').fill('They were called.');
    await details(page).getByRole('button', { name: 'Comment' }).last().click();
    await page.locator('.comments').getByText('They were called.').waitFor();
    const now = (await service.api('/warning/warnings')).rows.find(({ id }) => id === row.id);
    assert.equal(now.acknowledged_by, 'admin');
    assert.equal(now.comments, 1);
    assert.ok(Math.abs(Date.parse(now.muted_until) - Date.now() - 7 * 86_400_000) < 60_000);
    await details(page).getByRole('button', { name: 'End mute' }).click();
    await details(page).getByText(/^Muted/).waitFor({ state: 'detached' });
  }));

test('staff go through the inbox by keyboard alone', () =>
  at('/warnings', {}, async (page) => {
    const chosen = () => page.locator('.inbox-row[aria-expanded="true"] .address').textContent();
    const order = await page.locator('.inbox-row .address').allTextContents();
    const first = async () => (await service.api('/warning/warnings')).rows
      .find(({ address }) => address === order[0]);
    const before = (await first()).comments;
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await details(page).waitFor();
    assert.equal(await chosen(), order[1]);
    await page.keyboard.press('k');
    await details(page).getByText(order[0], { exact: true }).waitFor();
    assert.equal(await chosen(), order[0]);
    await page.keyboard.press('c');
    await page.keyboard.type('jam 🗼');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.locator('.comments').getByText('jam 🗼').waitFor();
    await page.keyboard.press('m');
    await page.keyboard.press('Escape');
    assert.equal(await page.getByLabel('Mute for').count(), 0);
    await page.keyboard.press('Escape');
    await details(page).waitFor({ state: 'detached' });
    const row = await first();
    assert.equal(row.comments, before + 1);
    assert.equal(row.muted_until, null);
  }));

test('a comment of 2,000 characters of four bytes each is taken', () =>
  at(`/warnings?id=${of(city).id}`, {}, async (page) => {
    const button = details(page).getByRole('button', { name: 'Comment' });
    await details(page).waitFor();
    await page.keyboard.press('c');
    await page.getByLabel('Add a comment').fill('🗼'.repeat(2000));
    await button.last().click();
    await page.locator('.comments').getByText('🗼'.repeat(2000)).waitFor();
  }));

test('an explanation is in the language of the page', () =>
  at(`/warnings?id=${of(city).id}`, { language: 'ja' }, async (page) => {
    const { rows } = await service.api('/warning/warnings?language=ja');
    const { explanation } = rows.find(({ id }) => id === of(city).id);
    assert.match(explanation, /アドレス/);
    await page.locator('.warning-why').getByText(explanation).waitFor();
    await page.getByLabel('言語').selectOption('en');
    await page.locator('.warning-why').getByText(of(city).explanation).waitFor();
  }));

test('every form in which warnings are taken away is a file', () =>
  at('/warnings', {}, async (page) => {
    await page.getByText('Download').click();
    const links = page.locator('.menu a');
    assert.equal(await links.count(), 5);
    for (const link of await links.all()) {
      const [file] = await Promise.all([page.waitForEvent('download'), link.click()]);
      assert.equal(await file.failure(), null);
    }
  }));

// Of an organisation without warnings, so that the test is the first notice to it.
test('a contact is added, tested and removed; its notice is in the outbox', async () => {
  const school = `/warning/members/${encodeURIComponent('School of D')}`;
  await service.api(school, 'PUT', { live: ['192.0.2.0/24'] });
  await at('/member?name=School%20of%20D', { expected: [409] }, async (page) => {
    await page.getByRole('button', { name: 'Add a contact' }).click();
    await page.getByLabel('E-mail address').fill('soc@d.example');
    await page.getByLabel('Quiet from').fill('22:00');
    await page.getByLabel('Quiet until').fill('07:00');
    await page.getByLabel('Offset from UTC').fill('+09:00');
    await page.getByRole('button', { name: 'Add a contact' }).click();
    const row = page.locator('section.scroll[aria-label="Contacts"] tr', { hasText: 'soc@d.example' });
    await row.getByText('22:00-07:00 +09:00').waitFor();
    await row.getByRole('button', { name: 'Send a test' }).click();
    await page.getByText('A test notice to soc@d.example is on its way.').waitFor();
    const { rows } = await service.api('/warning/outbox?state=all');
    assert.ok(rows.some(({ target }) => target === 'mailto:soc@d.example'));
    await row.getByRole('button', { name: 'Send a test' }).click();
    await page.getByText('There was a test notice to this contact within the last minute.').waitFor();
    page.once('dialog', (dialog) => dialog.accept());
    await row.getByRole('button', { name: 'Remove' }).click();
    await row.waitFor({ state: 'detached' });
  });
  await service.api(school, 'DELETE');
});

test('the rings and their table say what the API says', () =>
  at('/rings', {}, async (page) => {
    await page.waitForSelector('.scene.shown');
    await page.waitForFunction(() => window.yaguraScene?.drawCalls > 0);
    assert.ok((await page.evaluate(() => window.yaguraScene)).drawCalls <= 6);
    const names = await page.locator('.ring-number').evaluateAll((all) =>
      all.map((one) => one.lastChild.textContent));
    assert.deepEqual(names.sort(), Object.keys(members).sort());
    const marked = new Set(warnings.map(({ address }) => address)).size;
    assert.equal(await page.locator('.ring-mark').count(), marked);
    await page.locator(`.ring-mark[title*="${of(city).address}"]`).dispatchEvent('click');
    await page.waitForFunction(() => location.pathname === '/warnings');
    await settled(page);
    await details(page).getByText(of(city).address).first().waitFor();
  }));

test('a member sees its own and nothing of others, wherever it looks', () =>
  at('/', { cookie: memberCookie }, async (page) => {
    await page.waitForFunction(() => location.pathname === '/warnings');
    const said = [];
    page.on('response', async (response) => {
      if (response.url().includes('/api/')) said.push(await response.text().catch(() => ''));
    });
    for (const path of ['/warnings', '/member', '/history']) {
      await page.goto(service.origin + path);
      await settled(page);
      const text = (await page.locator('body').textContent()) + said.join('\n');
      assert.ok(!text.includes(university), `${path} names another member`);
      for (const secret of ['192.150.186.', '192.150.187.', '185.100.143.115', '95.130.237.126'])
        assert.ok(!text.includes(secret), `${path} tells the dark address ${secret}`);
    }
    assert.deepEqual(await page.locator('.navigation a').allTextContents(),
      ['Warnings', 'Own organisation', 'History of warnings', 'Password and tokens']);
    await page.goto(`${service.origin}/members`);
    await page.getByText('There is no such view').waitFor();
  }));

test('a member’s wish for more waits until an admin approves it', async () => {
  const more = '198.51.100.0/24';
  await at('/member', { cookie: memberCookie }, async (page) => {
    await page.getByRole('button', { name: 'Change blocks' }).click();
    await page.getByLabel('Live addresses').fill([...members[city].live, more].join('\n'));
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('it waits for an administrator').waitFor();
    await page.getByRole('region', { name: 'Wish for more blocks' }).getByText(more).waitFor();
  });
  await at('/members', {}, async (page) => {
    const claims = page.getByRole('region', { name: 'Wishes that wait for approval' }).first();
    await claims.getByRole('link', { name: city }).click();
    await settled(page);
    await page.getByRole('button', { name: 'Approve' }).click();
    await page.getByText('Approved: the blocks are in force.').waitFor();
  });
  const now = await service.api(`/warning/members/${encodeURIComponent(city)}`);
  assert.ok(now.live.includes(more) && now.claim === null);
});

test('a member goes through its inbox by keyboard', () =>
  at('/warnings', { cookie: memberCookie }, async (page) => {
    for (const key of ['j', 'o', 'a']) await page.keyboard.press(key);
    await details(page).getByText(`by ${portal.name}`).waitFor();
    assert.equal((await service.api('/warning/warnings')).rows
      .find(({ id }) => id === of(city).id).acknowledged_by, portal.name);
  }));

// What the API says to the member's account, whatever its pages ask for.
const answered = (cookie, path, headers = {}) =>
  fetch(`${service.origin}/api/v1${path}`, { headers: { Cookie: `${cookie.name}=${cookie.value}`, ...headers } });

test('a member is refused what is another’s, also where no page asks for it', async () => {
  const other = of(university).id;
  for (const [path, status] of [['/warning/warnings', 403], ['/warning/members', 403],
    ['/telescope/live', 403], ['/telescope/now', 403], ['/warning/outbox', 403], ['/accounts', 403],
    [`/portal/warnings/${other}/comments`, 404], ['/portal/warnings?member=x', 400]])
    assert.equal((await answered(memberCookie, path)).status, status, path);
  await at(`/warnings?id=${other}`, { cookie: memberCookie }, async (page) => {
    await page.getByText('This warning is not among those shown.').waitFor();
    assert.equal(await details(page).count(), 0);
  });
});

// While what is open is muted, so that the test is the first notice to it.
test('a member adds a contact of its own and tests it', async () => {
  const mute = async (until) => {
    for (const row of (await service.api(`/warning/warnings?member=${encodeURIComponent(city)}`)).rows)
      await service.api(`/warning/warnings/${row.id}/mute`, 'POST', { until });
  };
  await mute('2100-01-01T00:00:00Z');
  await at('/member', { cookie: memberCookie }, async (page) => {
    await page.getByRole('button', { name: 'Add a contact' }).click();
    assert.equal(await page.getByLabel('By', { exact: true }).count(), 0, 'by mail alone');
    await page.getByLabel('E-mail address').fill('soc@a.example');
    await page.getByLabel('Language').last().selectOption('ja');
    await page.getByRole('button', { name: 'Add a contact' }).click();
    const row = page.locator('section.scroll[aria-label="Contacts"] tr', { hasText: 'soc@a.example' });
    await row.getByText('日本語').waitFor();
    await row.getByRole('button', { name: 'Send a test' }).click();
    await page.getByText('A test notice to soc@a.example is on its way.').waitFor();
    await at('/outbox?show=all', {}, async (outbox) => {
      const notice = outbox.locator('tr', { hasText: 'soc@a.example' });
      await notice.getByText('waiting').waitFor();
      await notice.getByRole('link', { name: city }).waitFor();
    });
  });
  await mute(null);
});

test('a token of a member reads its portal and nothing else', () =>
  at('/access', { cookie: memberCookie }, async (page) => {
    await page.getByRole('button', { name: 'New token' }).click();
    await page.getByLabel('Name').fill('ticketing');
    await page.getByRole('button', { name: 'Create token' }).click();
    const token = await page.locator('.secret').textContent();
    const asked = async (path) => (await fetch(`${service.origin}/api/v1${path}`,
      { headers: { Authorization: `Bearer ${token}` } })).status;
    assert.equal(await asked('/portal/warnings'), 200);
    assert.equal(await asked('/warning/warnings'), 403);
    await page.getByRole('button', { name: 'Done' }).click();
    const row = page.locator('tr', { hasText: 'ticketing' });
    page.once('dialog', (dialog) => dialog.accept());
    await row.getByRole('button', { name: 'Revoke' }).click();
    await row.waitFor({ state: 'detached' });
    assert.equal(await asked('/portal/warnings'), 401);
  }));

test('a capture that comes is in the inbox and around its ring, with nobody asking', async () => {
  const clinic = 'Clinic of C';
  await service.api(`/warning/members/${encodeURIComponent(clinic)}`, 'PUT', { live: ['203.0.113.0/24'] });
  await at('/rings', {}, async (rings) => {
    await rings.waitForSelector('.scene.shown');
    await rings.getByRole('cell', { name: clinic }).first().waitFor();
    const marks = await rings.locator('.ring-mark').count();
    await at(`/warnings?id=${of(city).id}`, {}, async (inbox) => {
      const rows = await inbox.locator('.inbox-row').count();
      service.put('recorded_zmap.pcap');
      await inbox.locator('.inbox-row', { hasText: '203.0.113.10' }).waitFor();
      assert.equal(await inbox.locator('.inbox-row').count(), rows + 1);
      await inbox.getByRole('heading', { name: clinic }).waitFor();
      await details(inbox).getByText(of(city).address).first().waitFor();
    });
    const mark = rings.locator('.ring-mark[title*="203.0.113.10"]');
    await mark.waitFor({ state: 'attached' });
    assert.match(await mark.getAttribute('class'), /\bnew\b/);
    assert.equal(await rings.locator('.ring-mark').count(), marks + 1);
    await picture(rings, 'rings with three', 'en-light');
    service.put('recorded_nmap.pcap');
    await rings.locator('.ring-mark.new[title*="203.0.113.30"]').waitFor({ state: 'attached' });
    await rings.locator('section[aria-label="Open warnings"]').getByText('203.0.113.30').first().waitFor();
  });
});

test('a member changes its password and logs in with the new one', () =>
  at('/access', { cookie: memberCookie, expected: [403] }, async (page) => {
    await page.getByRole('button', { name: 'Change password' }).click();
    await page.getByLabel('Present password').fill('not the present one');
    await page.getByLabel('New password').fill('staple correct battery');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.locator('.form-problem').waitFor();
    await page.getByLabel('Present password').fill(portal.password);
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('The password was changed.').waitFor();
    await page.getByLabel('Name').fill(portal.name);
    await page.getByLabel('Password', { exact: true }).fill('staple correct battery');
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.waitForFunction(() => location.pathname === '/warnings');
    await settled(page);
    await page.locator('.inbox-row', { hasText: of(city).address }).first().waitFor();
  }));
