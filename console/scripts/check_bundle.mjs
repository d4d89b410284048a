// SPDX-License-Identifier: Apache-2.0
//
// Prints what a first visit loads and what the 3-D views bring on top, compressed, and fails above
// their budgets. All that is loaded later belongs to the 3-D views.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const dist = fileURLToPath(new URL('../dist/', import.meta.url));
const page = readFileSync(join(dist, 'index.html'), 'utf8');
if (/<style|<script(?![^>]*\bsrc=)|\sstyle=|\son\w+=/.test(page)) {
  console.error('dist/index.html holds inline script or style, which the policy forbids');
  process.exit(1);
}

function check(name, files, budget) {
  let total = 0;
  const line = (text, size) =>
    console.log(`${text.padEnd(40)} ${(size / 1024).toFixed(1).padStart(7)} KiB gzip`);
  for (const file of files) {
    const size = gzipSync(readFileSync(join(dist, file)), { level: 9 }).length;
    total += size;
    line(file, size);
  }
  line(name, total);
  if (total <= budget * 1024) return true;
  console.error(`${name} is over its budget of ${budget} KiB`);
  return false;
}

const first = ['index.html', ...[...page.matchAll(/(?:src|href)="\/([^"]+)"/g)].map((match) => match[1])];
const later = readdirSync(join(dist, 'assets'))
  .map((file) => `assets/${file}`)
  .filter((file) => !first.includes(file));
const fits = [check('first view', first, 100), check('3-D views, when opened', later, 200)];
if (later.length === 0) {
  console.error('nothing is loaded later: the 3-D views have got into the first view');
  process.exit(1);
}
if (fits.includes(false)) process.exit(1);
