// SPDX-License-Identifier: Apache-2.0
//
// Writes dist/ as a C++ source that defines yagura::embedded::console_files, each file plain and
// compressed: node scripts/pack.mjs OUTPUT
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const contentTypes = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
};
const bytesPerLine = 2048;

const [output] = process.argv.slice(2);
if (!output) {
  console.error('usage: node scripts/pack.mjs OUTPUT');
  process.exit(2);
}
const dist = fileURLToPath(new URL('../dist/', import.meta.url));

// As a string literal in lines: three octal digits a byte, so that no digit can follow an escape.
function literal(bytes) {
  const lines = [];
  for (let start = 0; start < bytes.length; start += bytesPerLine) {
    let line = '';
    for (const byte of bytes.subarray(start, start + bytesPerLine))
      line += `\\${byte.toString(8).padStart(3, '0')}`;
    lines.push(`    "${line}"`);
  }
  return `std::string_view(\n${lines.join('\n') || '    ""'},\n    ${bytes.length})`;
}

function entry(name) {
  const type = contentTypes[extname(name)];
  if (!type) throw new Error(`dist/${name}: no content type is known for this ending`);
  const bytes = readFileSync(join(dist, name));
  const compressed = gzipSync(bytes, { level: 9 });
  return `    {"/${name}",\n    ${literal(bytes)},\n    "${type}",\n    ${
    literal(compressed.length < bytes.length ? compressed : Buffer.alloc(0))
  },\n    ${name.startsWith('assets/')}},`;
}

const names = readdirSync(dist, { recursive: true, withFileTypes: true })
  .filter((found) => found.isFile())
  .map((found) => join(found.parentPath ?? found.path, found.name).slice(dist.length))
  .sort();
mkdirSync(dirname(output), { recursive: true });
writeFileSync(
  output,
  `// Written by console/scripts/pack.mjs.
#include <span>
#include <string_view>

#include "http/static_files.h"

namespace yagura::embedded {
namespace {
const http::StaticFile files[] = {
${names.map(entry).join('\n')}
};
}  // namespace
extern const std::span<const http::StaticFile> console_files;
const std::span<const http::StaticFile> console_files(files);
}  // namespace yagura::embedded
`,
);
