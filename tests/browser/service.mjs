// SPDX-License-Identifier: Apache-2.0
//
// The real program over the sample captures, for tests in a browser and for pictures: reads them
// into a folder of its own, serves it on a free port and makes the first account.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync }
  from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../', import.meta.url));
const binary = process.env.YAGURA_BINARY ?? join(root, 'build/release/yagura');
export const account = { name: 'admin', password: 'correct horse battery' };

async function run(...parameters) {
  const child = spawn(binary, parameters, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (text) => (said += text));
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`yagura ${parameters.join(' ')}: exit ${code}\n${said}`);
}

// The sensors of data/captures/samples.txt: name → { dark, files }.
function samples() {
  const captures = join(root, 'data/captures');
  const sensors = new Map();
  for (const line of readFileSync(join(captures, 'samples.txt'), 'utf8').split('\n')) {
    const [capture, sensor, dark] = line.trim().split(/\s+/);
    if (!capture || capture.startsWith('#')) continue;
    const known = sensors.get(sensor) ?? { dark: dark.split(','), files: [] };
    known.files.push(join(captures, capture));
    sensors.set(sensor, known);
  }
  return sensors;
}

// What `make run` reads, one command a sensor.
async function readSamples(data) {
  for (const [sensor, { dark, files }] of samples()) {
    const prefixes = dark.flatMap((prefix) => ['--dark', prefix]);
    await run('telescope', 'read', '--data', data, '--sensor', sensor, ...prefixes, ...files);
  }
}

// Starts `yagura serve` with these flags; `lines` are what it prints.
async function serve(...parameters) {
  const child = spawn(binary, ['serve', '--port', '0', ...parameters],
    { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.on('data', (text) => (said += text));
  let origin;
  for await (const line of createInterface({ input: child.stdout })) {
    origin ??= /^Yagura serves (\S+)$/.exec(line)?.[1];
    const link = /\/setup\?link=(\S+)$/.exec(line)?.[1];
    if (link) return { child, origin, link };
  }
  throw new Error(`yagura serve ended: ${said}`);
}

// Makes the first account of a service. `origin`, `api(path)` asks it as that account, `cookie` is
// the session's; `folder` is removed at the end.
async function enter({ child, origin, link }, folder) {
  const made = await fetch(`${origin}/api/v1/setup`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Origin: origin },
    body: JSON.stringify({ link, ...account }),
  });
  if (made.status >= 300) throw new Error(`set-up: ${made.status} ${await made.text()}`);
  const [name, value] = made.headers.get('set-cookie').split(';')[0].split('=');
  const { csrf } = await made.json();
  return {
    origin,
    cookie: { name, value, url: origin },
    async api(path, method = 'GET', body = undefined) {
      const headers = { Cookie: `${name}=${value}` };
      if (method !== 'GET')
        Object.assign(headers, { 'Content-Type': 'application/json', 'X-CSRF-Token': csrf });
      const answer = await fetch(`${origin}/api/v1${path}`,
        { method, headers, body: body === undefined ? body : JSON.stringify(body) });
      const text = await answer.text();
      if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text}`);
      return text === '' ? undefined : JSON.parse(text);
    },
    async close() {
      child.kill('SIGTERM');
      if (child.exitCode === null) await once(child, 'exit');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function newFolder() {
  return mkdtempSync(join(tmpdir(), 'yagura-browser-'));
}

// Over all sample captures, read as `make run` reads them.
export async function startService() {
  const folder = newFolder();
  const data = join(folder, 'data');
  await readSamples(data);
  return enter(await serve('--data', data), folder);
}

// A replay of the synthetic hour and of the day of 2009, again and again.
export async function startReplay() {
  const folder = newFolder();
  const chosen = [...samples()].filter(([name]) => ['border-2009', 'synthetic'].includes(name));
  const config = join(folder, 'yagura.toml');
  writeFileSync(config, chosen.map(([name, { dark }]) =>
    `[[sensor]]\nname = "${name}"\ndark = ${JSON.stringify(dark)}\n`).join(''));
  const replay = chosen.flatMap(([name, { files }]) =>
    files.flatMap((file) => ['--replay', `${name}=${file}`]));
  return enter(await serve('--config', config, ...replay, '--speed', '60', '--repeat'), folder);
}

// Two organisations whose addresses are in the sample captures, which come through spool folders:
// the victim of 2009 and a host that carries the mark of Mirai.
export const members = {
  'City of A': { live: ['202.229.120.0/24'], dark: ['202.229.120.128/26'] },
  'University of B': { live: ['116.90.231.0/24'], dark: [] },
};

// A sensor whose captures come later, one by one.
const later = 'laboratory';

// Resolves when the service has read all but those of `later`, and given a warning of each
// organisation. `put(capture)` lets one of those come.
export async function startWarning() {
  const folder = newFolder();
  const chosen = [...samples()].filter(([name]) =>
    ['border-2009', 'pair-2020', later].includes(name));
  const config = join(folder, 'yagura.toml');
  writeFileSync(config, chosen.map(([name, { dark }]) => `[[sensor]]\nname = "${name}"\n` +
    `dark = ${JSON.stringify(dark)}\nspool = ${JSON.stringify(join(folder, name))}\n`).join(''));
  for (const [name] of chosen) mkdirSync(join(folder, name));
  // Registered before the first packet comes.
  const csv = join(folder, 'members.csv');
  writeFileSync(csv, Object.entries(members).flatMap(([name, blocks]) =>
    Object.entries(blocks).flatMap(([use, prefixes]) =>
      prefixes.map((prefix) => `${name},${use},${prefix}\n`))).join(''));
  const data = join(folder, 'data');
  await run('warning', 'members', 'import', '--data', data, csv);
  const service = await enter(await serve('--config', config, '--data', data), folder);
  // Whole at once, as a spool folder wants it.
  const put = (name, file) => {
    const part = join(folder, basename(file));
    copyFileSync(file, part);
    renameSync(part, join(folder, name, basename(file)));
  };
  const now = chosen.filter(([name]) => name !== later);
  for (const [name, { files }] of now) for (const file of files) put(name, file);
  for (let tries = 0; tries < 600; ++tries) {
    const { rows } = await service.api('/warning/warnings');
    const { feeds } = await service.api('/telescope/now');
    const done = (name) => feeds.find((feed) => feed.sensor === name)?.files_done;
    if (new Set(rows.map((row) => row.member)).size === 2 &&
        now.every(([name, { files }]) => done(name) === files.length))
      return { ...service, put: (capture) => put(later, join(root, 'data/captures', capture)) };
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await service.close();
  throw new Error('the service gave no warnings of the sample captures');
}
