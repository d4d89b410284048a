// SPDX-License-Identifier: Apache-2.0
//
// A browser before the test double or the program itself, with what every test watches for: console
// errors, and requests to any other host.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';
import { fakeServer } from './fake_api.mjs';

export async function startServer() {
  const { server, state } = fakeServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${server.address().port}`;
  return { origin, state, close: () => new Promise((resolve) => server.close(resolve)) };
}

export function startBrowser() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    // WebGL without a graphics card: SwiftShader.
    args: ['--no-sandbox', '--disable-gpu', '--enable-unsafe-swiftshader',
      '--ignore-gpu-blocklist', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync'],
  });
}

// The requests of each page that have no answer yet, without streams.
const asked = new WeakMap();

// `trouble` collects what must not happen. Answers of the API that a test provokes on purpose log
// a line in the browser; `expected` names their statuses.
export async function openPage(browser, origin, options = {}) {
  const { language = 'en', theme = 'light', width = 1280, height = 900, expected = [],
    motion = 'reduce' } = options;
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: theme,
    reducedMotion: motion, acceptDownloads: true,
    permissions: ['clipboard-read', 'clipboard-write'] });
  await context.addInitScript(
    ([language, theme]) => {
      if (localStorage.getItem('yagura.language') === null)
        localStorage.setItem('yagura.language', language);
      if (localStorage.getItem('yagura.theme') === null) localStorage.setItem('yagura.theme', theme);
    },
    [language, theme],
  );
  const page = await context.newPage();
  const trouble = [];
  page.on('console', (message) => {
    const text = message.text();
    if (!['error', 'warning'].includes(message.type())) return;
    if (/GL Driver Message .*Performance/.test(text)) return;  // of software WebGL, about itself
    if (expected.some((status) => text.includes(`status of ${status}`))) return;
    trouble.push(text);
  });
  page.on('pageerror', (error) => trouble.push(String(error)));
  const pending = new Set();
  asked.set(page, pending);
  page.on('requestfinished', (request) => pending.delete(request));
  page.on('requestfailed', (request) => pending.delete(request));
  page.on('request', (request) => {
    if (request.resourceType() !== 'eventsource') pending.add(request);
    if (!request.url().startsWith(origin) && !request.url().startsWith('blob:'))
      trouble.push(`request to ${request.url()}`);
  });
  return { page, trouble, close: () => context.close() };
}

// Nothing is being asked any more, and nothing waits for an answer. A stream never ends: it is not
// waited for.
export async function settled(page) {
  await page.waitForLoadState('load');
  for (;;) {
    await page.waitForFunction(
      () => !document.querySelector('.skeleton, [aria-busy="true"]') &&
        document.querySelector('h1') !== null,
    );
    // What was answered is drawn, and what that asks for has been asked.
    await page.evaluate(
      () => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
    const pending = asked.get(page);
    if (pending.size === 0) return;
    await page.waitForEvent('requestfinished', { timeout: 1000 }).catch(() => {});
  }
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

// axe is run from outside the page's policy, which rightly refuses an inline script.
export async function seriousFaults(page) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() =>
    globalThis.axe.run(document, { resultTypes: ['violations'], iframes: false }));
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map((node) => node.html).join(' | ')}`);
}
