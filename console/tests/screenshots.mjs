// SPDX-License-Identifier: Apache-2.0
//
// Pictures of every view, for people to look at: node tests/screenshots.mjs [FOLDER [NAME]]
import { mkdirSync } from 'node:fs';
import { answers } from './fake_api.mjs';
import { FakeTelescope } from './fake_live.mjs';
import { openPage, settled, startBrowser, startServer } from './browser.mjs';
import { places } from './places.mjs';

const [folder = 'screenshots', only = ''] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
const { origin, state, close } = await startServer();
const browser = await startBrowser();
const kinds = [
  { name: 'en-light', language: 'en', theme: 'light' },
  { name: 'ja-dark', language: 'ja', theme: 'dark' },
  { name: 'en-360', language: 'en', theme: 'light', width: 360, height: 740 },
  { name: 'ja-1600', language: 'ja', theme: 'light', width: 1600, height: 1000 },
];
for (const kind of kinds) {
  for (const [name, path] of Object.entries(places(answers))) {
    const file = `${name}-${kind.name}`;
    if (!file.includes(only)) continue;
    state.loggedIn = !['login', 'setup'].includes(name);
    const { page, close: closePage } = await openPage(browser, origin, kind);
    await page.goto(origin + path);
    await settled(page);
    await page.waitForTimeout(150);
    await page.screenshot({ path: `${folder}/${file}.png`, fullPage: true });
    await closePage();
  }
}

// The live views need a stream that runs for a while.
const live = { now: '/now', atlas: '/atlas', cube: '/cube', 'cube-front': '/cube?view=front&window=300',
  rings: '/rings' };
state.live = new FakeTelescope(answers);
state.loggedIn = true;
const stop = state.live.run();
for (const kind of kinds) {
  for (const [name, path] of Object.entries(live)) {
    const file = `${name}-${kind.name}`;
    if (!file.includes(only)) continue;
    const { page, close: closePage } = await openPage(browser, origin, { ...kind, motion: 'no-preference' });
    await page.goto(origin + path);
    await page.waitForTimeout(8000);
    await page.screenshot({ path: `${folder}/${file}.png`, fullPage: true, timeout: 120_000 });
    await closePage();
  }
}
stop();
await browser.close();
state.live.breakOff();
await close();
