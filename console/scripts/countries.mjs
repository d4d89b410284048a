// SPDX-License-Identifier: Apache-2.0
//
// Writes src/scene/countries.ts: of every country of ISO 3166-1 its code, its number and a point
// in the middle of its largest part, from world-atlas and Debian's iso-codes:
// node scripts/countries.mjs
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { feature } from 'topojson-client';

const require = createRequire(import.meta.url);
const world = JSON.parse(readFileSync(require.resolve('world-atlas/countries-10m.json'), 'utf8'));
const codes = JSON.parse(readFileSync('/usr/share/iso-codes/json/iso_3166-1.json', 'utf8'))['3166-1'];

// Parts of another country on that map: their middles, as geographers give them.
const beside = { BQ: [-68.3, 12.2], BV: [3.4, -54.4], CC: [96.9, -12.2], CX: [105.6, -10.5],
  GF: [-53.1, 3.9], GP: [-61.5, 16.2], MQ: [-61.0, 14.6], RE: [55.5, -21.1], SJ: [16.0, 78.5],
  TK: [-171.8, -9.2], VA: [12.5, 41.9], YT: [45.2, -12.8] };

// A ring that crosses the 180th meridian goes on beyond it.
function unwrapped(ring) {
  let turn = 0;
  return ring.map(([x, y], i) => {
    const step = i === 0 ? 0 : x - ring[i - 1][0];
    if (step > 180) turn -= 360;
    if (step < -180) turn += 360;
    return [x + turn, y];
  });
}

// Area and centroid of a ring, on the plane of longitude and latitude.
function measured(closed) {
  const ring = unwrapped(closed);
  let [area, x, y] = [0, 0, 0];
  for (let i = 0; i + 1 < ring.length; ++i) {
    const [[ax, ay], [bx, by]] = [ring[i], ring[i + 1]];
    const cross = ax * by - bx * ay;
    area += cross;
    x += (ax + bx) * cross;
    y += (ay + by) * cross;
  }
  return { area: Math.abs(area), x: x / (3 * area), y: y / (3 * area) };
}

const byNumber = new Map();
for (const { id, geometry } of feature(world, world.objects.countries).features) {
  const parts = geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.coordinates;
  for (const [outer] of parts) {
    const found = measured(outer);
    if (!(found.area <= (byNumber.get(id)?.area ?? 0))) byNumber.set(id, found);
  }
}
const lines = codes
  .map(({ alpha_2: code, numeric }) => {
    const [x, y] = beside[code] ?? [];
    return { code, numeric, at: byNumber.get(numeric) ?? (beside[code] && { x, y }) };
  })
  .filter(({ at }) => at)
  .sort((a, b) => (a.code < b.code ? -1 : 1))
  .map(({ code, numeric, at }) => `  ${code}: [${Number(numeric)}, ${(((at.x + 540) % 360) - 180).toFixed(1)}, ${at.y.toFixed(1)}]`);
const output = fileURLToPath(new URL('../src/scene/countries.ts', import.meta.url));
writeFileSync(output, `// SPDX-License-Identifier: Apache-2.0
//
// Of every country its number in ISO 3166-1, and longitude and latitude of a point in the middle of
// its largest part. Written by scripts/countries.mjs.
export const countries: Readonly<Record<string, readonly [number, number, number]>> = {
${lines.join(',\n')},
};
`);
console.log(`${lines.length} of ${codes.length} countries`);
