// SPDX-License-Identifier: Apache-2.0
//
// The views that warn, before the test double: the inbox, an organisation, the outbox, and what a
// member's account sees.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { openPage, seriousFaults, settled, startBrowser, startServer } from './browser.mjs';
import { answers, memberAccount } from './fake_api.mjs';
import { FakeTelescope } from './fake_live.mjs';
import { freshWarning } from './fake_warning.mjs';

let browser;
let site;
let admin;

before(async () => {
  browser = await startBrowser();
  site = await startServer();
  admin = site.state.session;
});

after(async () => {
  await browser?.close();
  site?.state.live?.breakOff();
  await site?.close();
});

// Opens a place over fresh warnings, hands the page over, and then asserts that nothing untoward
// happened. `session` is who is logged in, by default the administrator.
async function at(path, options, check) {
  const live = new FakeTelescope(answers, { idle: true });
  Object.assign(site.state, { warning: freshWarning(), session: options.session ?? admin,
    loggedIn: true, live, requests: [] });
  const opened = await openPage(browser, site.origin, options);
  try {
    await opened.page.goto(site.origin + path);
    await settled(opened.page);
    await check(opened.page, live);
    assert.deepEqual(opened.trouble, []);
  } finally {
    await opened.close();
    live.breakOff();
  }
}

const rows = (page) => page.locator('.inbox-row');
const details = (page) => page.getByRole('article', { name: 'Warning' });
const chosen = (page) => new URL(page.url()).searchParams.get('id');
const warned = (id) => site.state.warning.warnings.find((row) => row.id === id);
const asMember = { session: memberAccount };

test('the inbox has the worst first, by organisation, with counts', () =>
  at('/warnings', {}, async (page) => {
    assert.deepEqual(await page.locator('.inbox-group h2').allTextContents(), ['▾City of A', '▾B']);
    assert.deepEqual(await rows(page).locator('.address').allTextContents(),
      ['198.51.100.7', '198.51.100.20', '203.0.113.9']);
    const counts = await page.locator('.inbox-counts').allTextContents();
    assert.deepEqual(counts, ['High 11 new, 1 continuing', '1 continuing']);
    await page.getByRole('button', { name: 'City of A' }).click();
    assert.deepEqual(await page.locator('.inbox-row:visible .address').allTextContents(), ['203.0.113.9']);
    await page.getByRole('link', { name: 'Resolved' }).click();
    await settled(page);
    assert.deepEqual(await rows(page).locator('.address').allTextContents(), ['198.51.100.33']);
  }));

test('the keyboard goes through the inbox: move, open, acknowledge, mute, comment, close', () =>
  at('/warnings', {}, async (page) => {
    await page.keyboard.press('j');
    assert.equal(chosen(page), null);
    await page.keyboard.press('Enter');
    await details(page).getByText('210 packets to at least 21 unused addresses of others').waitFor();
    assert.equal(chosen(page), '7');
    await page.keyboard.press('a');
    await details(page).getByText('by admin').waitFor();
    assert.equal(warned(7).acknowledged_by, 'admin');
    await page.keyboard.press('j');
    assert.equal(chosen(page), '9');
    await page.keyboard.press('m');
    const span = page.getByLabel('Mute for');
    assert.ok(await span.evaluate((element) => element === document.activeElement));
    await span.selectOption('7');
    await details(page).getByRole('button', { name: 'Mute', exact: true }).last().click();
    await details(page).getByText(/^Muted until/).waitFor();
    const away = Date.parse(warned(9).muted_until) - Date.now();
    assert.ok(Math.abs(away - 7 * 86_400_000) < 60_000, `${away} ms`);
    await page.keyboard.press('c');
    // Letters typed into a form are no keys.
    await page.getByLabel('Add a comment').pressSequentially('jack was asked');
    assert.equal(chosen(page), '9');
    await details(page).getByRole('button', { name: 'Comment' }).last().click();
    await page.locator('.comments').getByText('jack was asked').waitFor();
    await page.keyboard.press('Escape');
    await details(page).waitFor({ state: 'detached' });
    assert.equal(chosen(page), null);
    await page.keyboard.press('?');
    await page.getByRole('dialog').getByText('Mute its address').waitFor();
  }));

test('a comment is as long as the API takes it, in characters', () =>
  at('/warnings?id=7', {}, async (page) => {
    await details(page).waitFor();
    await page.keyboard.press('c');
    const button = details(page).getByRole('button', { name: 'Comment' }).last();
    await page.getByLabel('Add a comment').fill('🗼'.repeat(2001));
    await page.getByText('2,001 of at most 2,000 characters').waitFor();
    await button.click();
    await page.getByText('A comment has at most 2,000 characters.').waitFor();
    assert.equal(site.state.warning.comments[7], undefined);
    await page.getByLabel('Add a comment').fill('🗼'.repeat(2000));
    await button.click();
    await page.locator('.comments').getByText('🗼'.repeat(20)).waitFor();
    assert.equal([...site.state.warning.comments[7][0].text].length, 2000);
  }));

test('“g” and a letter go to a view and do nothing to the warning at hand', () =>
  at('/warnings?id=7', {}, async (page) => {
    await page.keyboard.press('g');
    await page.keyboard.press('a');
    await page.waitForFunction(() => location.pathname === '/attacks');
    assert.equal(warned(7).acknowledged, null);
  }));

test('a mute ends', () =>
  at('/warnings?id=7', {}, async (page) => {
    await details(page).getByRole('button', { name: 'Mute' }).click();
    await page.keyboard.press('Escape');
    assert.equal(await page.getByLabel('Mute for').count(), 0);
    await page.keyboard.press('m');
    await details(page).getByRole('button', { name: 'Mute', exact: true }).last().click();
    await details(page).getByRole('button', { name: 'End mute' }).click();
    await details(page).getByText(/^Muted/).waitFor({ state: 'detached' });
    assert.equal(warned(7).muted_until, null);
  }));

test('who may only look is offered nothing to change', () =>
  at('/warnings?id=7', { session: { ...admin, role: 'viewer' } }, async (page) => {
    await details(page).waitFor();
    assert.equal(await details(page).getByRole('button').count(), 1, 'to close it');
    await page.keyboard.press('a');
    await page.keyboard.press('m');
    assert.equal(await page.getByLabel('Mute for').count(), 0);
    assert.equal(warned(7).acknowledged, null);
  }));

test('what the stream tells appears, and what is read stays', () =>
  at('/warnings?id=7', {}, async (page, live) => {
    await details(page).waitFor();
    site.state.warning.warnings.unshift({ ...warned(7), id: 99, address: '203.0.113.77', member: 'B' });
    live.send('warning', { id: 99, member: 'B', address: '203.0.113.77', kind: 'external',
      severity: 'high', state: 'new' });
    await rows(page).getByText('203.0.113.77').waitFor();
    assert.equal(chosen(page), '7');
    await details(page).getByText('198.51.100.7').waitFor();
    // Resolved: it leaves the list, and the cursor goes on.
    warned(7).state = 'resolved';
    live.send('warning', { id: 7, member: 'City of A', address: '198.51.100.7', kind: 'external',
      severity: 'high', state: 'resolved' });
    await rows(page).getByText('198.51.100.7', { exact: true }).waitFor({ state: 'detached' });
    assert.equal(chosen(page), null);
  }));

test('a link to a warning that is not listed says so, and shows it among all', () =>
  at('/warnings?id=10', {}, async (page) => {
    await page.getByText('This warning is not among those shown.').waitFor();
    await page.locator('.not-filtered').getByRole('link', { name: 'Show all' }).click();
    await details(page).getByText('198.51.100.33').waitFor();
  }));

test('warnings are taken away in the forms that others read', () =>
  at('/warnings', {}, async (page) => {
    await page.getByText('Download').click();
    for (const [name, form] of [['IntelMQ (JSON)', 'intelmq'], ['CEF', 'cef'],
      ['Shadowserver, darknet (CSV)', 'shadowserver-darknet'], ['Shadowserver, DDoS (CSV)', 'shadowserver-ddos']]) {
      const [file] = await Promise.all([
        page.waitForEvent('download'), page.getByRole('link', { name, exact: true }).click()]);
      assert.equal(readFileSync(await file.path(), 'utf8'), `# ${form}\n`);
      assert.match(site.state.requests.at(-1), /state=open/);
    }
  }));

test('an organisation has its blocks, contacts, warnings and history', () =>
  at('/members', {}, async (page) => {
    await page.getByRole('link', { name: 'City of A' }).first().click();
    await settled(page);
    assert.equal(await page.locator('h1').textContent(), 'City of A');
    await page.getByRole('region', { name: 'Address blocks' }).first().getByText('198.51.100.128/26').waitFor();
    const contacts = page.locator('section.scroll[aria-label="Contacts"] tbody tr');
    assert.deepEqual(await contacts.locator('td:first-child').allTextContents(),
      ['soc@city-a.example', 'https://hooks.example/yagura']);
    const open = page.locator('section.scroll[aria-label="Open warnings"] tbody tr');
    assert.equal(await open.count(), 2);
    await open.first().getByRole('link', { name: 'New' }).click();
    await details(page).waitFor();
    assert.equal(chosen(page), '7');
    assert.equal(new URL(page.url()).searchParams.get('member'), 'City of A');
  }));

test('contacts are added, tested and removed', () =>
  at('/member?name=B', { expected: [409] }, async (page) => {
    await page.getByText('nobody is told of new warnings').waitFor();
    await page.getByRole('button', { name: 'Add a contact' }).click();
    await page.getByLabel('By').selectOption('webhook');
    await page.getByLabel('Address (https)').fill('http://hooks.example/b');
    await page.getByLabel('Secret').fill('s3cret');
    await page.getByLabel('Quiet from').fill('22:00');
    await page.getByRole('button', { name: 'Add a contact' }).click();
    await page.getByText('begins with https://').waitFor();
    await page.getByLabel('Address (https)').fill('https://hooks.example/b');
    await page.getByRole('button', { name: 'Add a contact' }).click();
    await page.getByText('Quiet hours need a beginning').waitFor();
    await page.getByLabel('Quiet until').fill('07:00');
    await page.getByLabel('Offset from UTC').fill('+09:00');
    await page.getByRole('button', { name: 'Add a contact' }).click();
    const row = page.locator('section.scroll[aria-label="Contacts"] tr', { hasText: 'hooks.example/b' });
    await row.getByText('22:00-07:00 +09:00').waitFor();
    assert.equal(await page.getByText('s3cret').count(), 0);
    await row.getByRole('button', { name: 'Send a test' }).click();
    await page.getByText('A test notice to https://hooks.example/b is on its way.').waitFor();
    await row.getByRole('button', { name: 'Send a test' }).click();
    await page.getByText('within the last minute').waitFor();
    page.once('dialog', (dialog) => dialog.accept());
    await row.getByRole('button', { name: 'Remove' }).click();
    await row.waitFor({ state: 'detached' });
  }));

test('an admin finds who waits for approval, and approves or refuses', async () => {
  await at('/members', {}, async (page) => {
    const claims = page.getByRole('region', { name: 'Wishes that wait for approval' }).first();
    await claims.getByRole('link', { name: 'B' }).click();
    await settled(page);
    const wish = page.getByRole('region', { name: 'Wish for more blocks' });
    await wish.locator('li', { hasText: '192.0.2.0/25' }).getByText('new').waitFor();
    await wish.getByRole('button', { name: 'Approve' }).click();
    await page.getByText('Approved: the blocks are in force.').waitFor();
    await wish.waitFor({ state: 'detached' });
    assert.ok(site.state.warning.members[1].live.includes('192.0.2.0/25'));
  });
  await at('/member?name=B', {}, async (page) => {
    page.once('dialog', (dialog) => dialog.accept());
    await page.getByRole('button', { name: 'Refuse' }).click();
    await page.getByText('Refused: the blocks stay as they are.').waitFor();
    assert.equal(site.state.warning.members[1].claim, null);
  });
  await at('/member?name=B', { session: { ...admin, role: 'analyst' } }, async (page) => {
    await page.getByText('An administrator decides.').waitFor();
    for (const name of ['Approve', 'Change blocks', 'Add a contact'])
      assert.equal(await page.getByRole('button', { name }).count(), 0, name);
  });
});

test('a notice nobody could be given is tried again', () =>
  at('/outbox', {}, async (page) => {
    await page.getByText('HTTP status 410').waitFor();
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('No notice was undeliverable.').waitFor();
    await page.getByRole('link', { name: 'Waiting' }).click();
    await settled(page);
    assert.equal(await page.locator('tbody tr').count(), 2);
  }));

test('an account of an organisation is made', () =>
  at('/access', {}, async (page) => {
    await page.getByRole('button', { name: 'New account' }).click();
    await page.getByLabel('Name').fill('soc-a');
    await page.getByLabel('Role').selectOption('member');
    await page.getByLabel('Organisation').selectOption('City of A');
    await page.getByLabel('Password', { exact: true }).fill('a long password');
    await page.getByRole('button', { name: 'Create account' }).click();
    await page.locator('tr', { hasText: 'soc-a' }).getByText('Member (City of A)').waitFor();
  }));

test('a member sees its own warnings, organisation and history, and asks for nothing else', () =>
  at('/', asMember, async (page) => {
    await page.waitForFunction(() => location.pathname === '/warnings');
    await settled(page);
    assert.deepEqual(await page.locator('.navigation a').allTextContents(),
      ['Warnings', 'Own organisation', 'History of warnings', 'Password and tokens']);
    assert.deepEqual(await rows(page).locator('.address').allTextContents(),
      ['198.51.100.7', '198.51.100.20']);
    await page.getByRole('link', { name: 'Own organisation' }).click();
    await settled(page);
    assert.equal(await page.locator('h1').textContent(), 'City of A');
    await page.getByRole('link', { name: 'History of warnings' }).click();
    await settled(page);
    assert.equal(await page.locator('tbody tr').count(), 3);
    await page.getByRole('link', { name: '24 hours' }).click();
    await settled(page);
    for (const url of site.state.requests)
      assert.match(url, /^\/api\/v1\/(portal\/|session$)/);
    for (const path of ['/overview', '/members', '/outbox', '/rings', '/audit']) {
      await page.goto(site.origin + path);
      await page.getByText('There is no such view').waitFor();
    }
  }));

test('a member goes through its inbox and leaves it nowhere it may not be', () =>
  at('/warnings', asMember, async (page) => {
    for (const key of ['j', 'o', 'a']) await page.keyboard.press(key);
    await details(page).getByText('by soc').waitFor();
    assert.equal(warned(7).acknowledged_by, 'soc');
    const places = await page.locator('main a[href]').evaluateAll((links) =>
      links.map((link) => new URL(link.href).pathname).filter((path) => !path.startsWith('/api/')));
    assert.deepEqual([...new Set(places)], ['/warnings']);
    const downloads = await page.locator('a[download]').evaluateAll((links) =>
      links.map((link) => new URL(link.href).pathname));
    assert.ok(downloads.every((path) => path.startsWith('/api/v1/portal/')), downloads.join());
  }));

test('a member’s blocks are in force within what was granted, and wait beyond it', () =>
  at('/member', asMember, async (page) => {
    const save = async (live) => {
      await page.getByRole('button', { name: 'Change blocks' }).click();
      await page.getByLabel('Live addresses').fill(live);
      await page.getByRole('button', { name: 'Save' }).click();
    };
    await page.getByRole('button', { name: 'Change blocks' }).click();
    await page.getByLabel('Own dark addresses').fill('');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('The blocks are in force.').waitFor();
    assert.deepEqual(site.state.warning.members[0].dark, []);
    await save('198.51.100.0/24\n192.0.2.0/24');
    await page.getByText('it waits for an administrator').waitFor();
    await page.getByRole('region', { name: 'Wish for more blocks' }).getByText('192.0.2.0/24').waitFor();
    assert.equal(await page.getByRole('button', { name: 'Approve' }).count(), 0);
    await page.getByRole('button', { name: 'Add a contact' }).click();
    assert.equal(await page.getByLabel('By', { exact: true }).count(), 0, 'by mail alone');
  }));

test('a member makes and ends tokens of its own, which can do what its account can', () =>
  at('/warnings', asMember, async (page) => {
    await page.getByRole('link', { name: 'Password and tokens' }).click();
    await page.getByText('No token yet.').waitFor();
    assert.equal(await page.getByText('siem').count(), 0, 'nobody else’s');
    await page.getByRole('button', { name: 'New token' }).click();
    await page.getByLabel('Name').fill('ticketing');
    await page.getByRole('button', { name: 'Create token' }).click();
    await page.getByText('ygr_81b7a05e364f9c2d').waitFor();
    assert.deepEqual(site.state.tokens.at(-1).scopes, ['own']);
    await page.getByRole('button', { name: 'Done' }).click();
    const row = page.locator('tr', { hasText: 'ticketing' });
    page.once('dialog', (dialog) => dialog.accept());
    await row.getByRole('button', { name: 'Revoke' }).click();
    await row.waitFor({ state: 'detached' });
  }));

test('a member changes its password and logs in anew', () =>
  at('/access', { ...asMember, expected: [403] }, async (page) => {
    await page.getByRole('button', { name: 'Change password' }).click();
    await page.getByLabel('Present password').fill('wrong');
    await page.getByLabel('New password').fill('a long password');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('The password is wrong.').waitFor();
    await page.getByLabel('Present password').fill('correct');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('The password was changed.').waitFor();
    assert.equal(new URL(page.url()).pathname, '/login');
  }));

test('the explanation is in the language of the page', () =>
  at('/warnings?id=7', { language: 'ja' }, async (page) => {
    await page.getByText('(少なくとも21個)宛てのパケットを210個観測しました。').waitFor();
    assert.deepEqual(await page.locator('main :lang(en)').allTextContents(), []);
    await page.getByLabel('言語').selectOption('en');
    await page.getByText('210 packets to at least 21 unused addresses of others').waitFor();
  }));

for (const language of ['en', 'ja'])
  test(`inbox, organisation, outbox and portal in ${language}, light and dark: accessible`, async () => {
    for (const [path, session] of [['/warnings?id=7', admin], ['/member?name=B', admin],
      ['/outbox?show=all', admin], ['/history', admin], ['/members', admin],
      ['/warnings?id=7', memberAccount], ['/member', memberAccount], ['/history', memberAccount],
      ['/access', memberAccount]])
      await at(path, { language, session }, async (page) => {
        if (language === 'en') assert.deepEqual(await seriousFaults(page), []);
        await page.getByLabel(language === 'en' ? 'Theme' : '配色').selectOption('dark');
        assert.deepEqual(await seriousFaults(page), []);
        if (language === 'ja')
          for (const text of await page.locator('th, h1, h2, h3, button, dt, .tag').allTextContents())
            assert.doesNotMatch(text, /^(Warning|Member|Address|Severity|Open|Close|Contacts|New|High)/);
      });
  });

for (const width of [360, 1280])
  test(`inbox, organisation, outbox and portal fit a width of ${width}`, async () => {
    for (const [path, session] of [['/warnings?id=7', admin], ['/member?name=B', admin],
      ['/outbox?show=all', admin], ['/warnings', memberAccount], ['/member', memberAccount],
      ['/access', memberAccount]])
      await at(path, { width, height: 800, session }, async (page) => {
        const over = await page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        assert.ok(over <= 0, `${path} is ${over} px too wide`);
      });
  });
