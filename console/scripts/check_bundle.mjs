// SPDX-License-Identifier: Apache-2.0
//
// Prints what a first visit loads, what the 3-D views bring on top and what the others that are
// loaded when they are opened bring, compressed, and fails above their budgets.
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
// A chunk is of the 3-D views if it draws, or needs one that does.
const text = (file) => readFileSync(join(dist, file), 'utf8');
const imports = (file) =>
  [...text(file).matchAll(/(?:from|import)\s*"\.\/([^"]+)"/g)].map(([, name]) => `assets/${name}`);
const draws = (file, seen = new Set()) =>
  !seen.has(file) && seen.add(file) && !first.includes(file) &&
  (text(file).includes('WebGLRenderer') || imports(file).some((needed) => draws(needed, seen)));
const scenes = later.filter((file) => draws(file));
const others = later.filter((file) => !scenes.includes(file));
const fits = [
  check('first view', first, 100),
  check('3-D views, when opened', scenes, 200),
  check('other views, when opened', others, 40),
];
if (scenes.length === 0) {
  console.error('no 3-D view is loaded later: they have got into the first view');
  process.exit(1);
}
if (fits.includes(false)) process.exit(1);
