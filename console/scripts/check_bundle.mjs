// SPDX-License-Identifier: Apache-2.0
//
// Prints what a first visit loads, compressed, and fails above the budget.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const budget = 100 * 1024;
const dist = fileURLToPath(new URL('../dist/', import.meta.url));
const page = readFileSync(join(dist, 'index.html'), 'utf8');
if (/<style|<script(?![^>]*\bsrc=)|\sstyle=|\son\w+=/.test(page)) {
  console.error('dist/index.html holds inline script or style, which the policy forbids');
  process.exit(1);
}
const loaded = [...page.matchAll(/(?:src|href)="\/([^"]+)"/g)].map((match) => match[1]);
let total = 0;
for (const file of ['index.html', ...loaded]) {
  const bytes = readFileSync(join(dist, file));
  const size = gzipSync(bytes, { level: 9 }).length;
  total += size;
  console.log(`${file.padEnd(36)} ${(size / 1024).toFixed(1).padStart(7)} KiB gzip`);
}
console.log(`${'first view'.padEnd(36)} ${(total / 1024).toFixed(1).padStart(7)} KiB gzip`);
if (total > budget) {
  console.error(`first view is over its budget of ${budget / 1024} KiB`);
  process.exit(1);
}
