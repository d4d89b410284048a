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

test('a contact is added, tested and removed; its notice is in the outbox', () =>
  at(`/member?name=${encodeURIComponent(university)}`, {}, async (page) => {
    await page.getByRole('button', { name: 'Add a contact' }).click();
    await page.getByLabel('E-mail address').fill('soc@b.example');
    await page.getByLabel('Quiet from').fill('22:00');
    await page.getByLabel('Quiet until').fill('07:00');
    await page.getByLabel('Offset from UTC').fill('+09:00');
    await page.getByRole('button', { name: 'Add a contact' }).click();
    const row = page.locator('section.scroll[aria-label="Contacts"] tr', { hasText: 'soc@b.example' });
    await row.getByText('22:00-07:00 +09:00').waitFor();
    await row.getByRole('button', { name: 'Send a test' }).click();
    await page.getByText('A test notice to soc@b.example is on its way.').waitFor();
    const { rows } = await service.api('/warning/outbox?state=all');
    assert.ok(rows.some(({ target }) => target === 'mailto:soc@b.example'));
    page.once('dialog', (dialog) => dialog.accept());
    await row.getByRole('button', { name: 'Remove' }).click();
    await row.waitFor({ state: 'detached' });
  }));

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
      ['Warnings', 'Own organisation', 'History of warnings']);
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
