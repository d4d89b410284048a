// SPDX-License-Identifier: Apache-2.0
//
// The names and ticks of the Cube's axes: texts over the canvas, set along those edges of the cube
// that do not cross the picture from where one looks.
import { Vector3 } from 'three';
import type { Cube } from './cube';
import { portPlace, sourcePlace } from './cube';

export interface AxisWords {
  source: string;
  ipv6: string;
  port: string;
  destination: string;
}

const shortest = 90; // CSS pixels of an axis that is worth its ticks
const outside = 16; // CSS pixels between an edge and its ticks
const outsideName = 32;
const slantedName = 90; // more for an axis that runs towards the eye
const nearest = 26; // between two ticks of an axis

const sourceTicks: [number, string][] = [0, 64, 128, 192].map((octet) => [
  sourcePlace(`${octet}.0.0.0`),
  `${octet}.0.0.0`,
]);
const logPorts = [0, 22, 80, 443, 2323, 8080, 65_535];
const linearPorts = [0, 10_000, 20_000, 30_000, 40_000, 50_000, 60_000];

interface Point {
  x: number;
  y: number;
}

interface Axis {
  name: string;
  ticks: [number, string][];
  edges: ((at: number) => Vector3)[]; // candidates
  upright: boolean;
}

function axes(words: AxisWords, log: boolean): Axis[] {
  return [
    {
      name: words.source,
      ticks: [...sourceTicks, [0.97, words.ipv6]],
      edges: [0, 1].map((z) => (at: number) => new Vector3(at, 0, z)),
      upright: false,
    },
    {
      name: words.destination,
      ticks: [0, 0.25, 0.5, 0.75, 1].map((at) => [at, at === 0 || at === 1 ? String(at) : `${at * 100}%`]),
      edges: [0, 1].map((x) => (at: number) => new Vector3(x, 0, at)),
      upright: false,
    },
    {
      name: words.port,
      ticks: (log ? logPorts : linearPorts).map((port) => [portPlace(port, log), String(port)]),
      edges: [[0, 0], [0, 1], [1, 0], [1, 1]].map(
        ([x = 0, z = 0]) => (at: number) => new Vector3(x, at, z),
      ),
      upright: true,
    },
  ];
}

function label(text: string, name: boolean): HTMLSpanElement {
  const made = document.createElement('span');
  made.textContent = text;
  made.className = name ? 'axis-name' : 'axis-tick';
  return made;
}

function put(made: HTMLElement, { x, y }: Point): void {
  made.style.left = `${x.toFixed(1)}px`;
  made.style.top = `${y.toFixed(1)}px`;
}

// Draws all labels anew into `box`; called only when one turns, zooms or changes the scale.
export function drawLabels(box: HTMLElement, cube: Cube, words: AxisWords, log: boolean): void {
  const middle = cube.locate(new Vector3(0.5, 0.5, 0.5));
  const made: HTMLElement[] = [];
  for (const { name, ticks, edges, upright } of axes(words, log)) {
    const ends = edges.map((edge) => ({ edge, a: cube.locate(edge(0)), b: cube.locate(edge(1)) }));
    const mid = ({ a, b }: { a: Point; b: Point }) => ({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 });
    // Ports stand at the left; the others lie lowest, and of equals at the left.
    const worth = (found: { a: Point; b: Point }) => {
      const at = mid(found);
      return upright ? -at.x : Math.round(at.y) * 10 - at.x / 100;
    };
    const best = ends.sort((p, q) => worth(q) - worth(p))[0];
    if (!best || Math.hypot(best.a.x - best.b.x, best.a.y - best.b.y) < shortest) continue;
    const at = mid(best);
    // Away from the middle of the cube, square to the edge.
    const length = Math.hypot(best.b.x - best.a.x, best.b.y - best.a.y);
    let normal = { x: -(best.b.y - best.a.y) / length, y: (best.b.x - best.a.x) / length };
    if (normal.x * (at.x - middle.x) + normal.y * (at.y - middle.y) < 0)
      normal = { x: -normal.x, y: -normal.y };
    const shift = (point: Point, by: number) => ({ x: point.x + normal.x * by, y: point.y + normal.y * by });
    let last: Point | null = null;
    for (const [place, text] of ticks) {
      const tick = shift(cube.locate(best.edge(place)), outside);
      if (last && Math.hypot(tick.x - last.x, tick.y - last.y) < (upright ? 14 : nearest)) continue;
      last = tick;
      const element = label(text, false);
      put(element, tick);
      made.push(element);
    }
    const title = label(name, true);
    // Names are level: ports have theirs on top, a slanting axis needs more room for it.
    const top = best.a.y < best.b.y ? best.a : best.b;
    const steep = upright || Math.abs(normal.x) > 0.85;
    put(title, steep ? { x: top.x, y: top.y - outsideName } : shift(at, outsideName + Math.abs(normal.x) * slantedName));
    made.push(title);
  }
  box.replaceChildren(...made);
}
