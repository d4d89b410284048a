// SPDX-License-Identifier: Apache-2.0
//
// The five-minute rows of one source as a chart by class.
import type { ActivityRow, PacketClass } from '../api';
import { classColour } from '../colours';
import { t, word } from '../i18n';
import { navigate, rangeUrl } from '../state';
import { Chart } from './chart';

const grain = 300;
const mostSteps = 400;

// Rows of the timeline as series of classes, in steps wide enough to be seen.
function timeline(rows: ActivityRow[]) {
  const at = rows.map((row) => Date.parse(row.window) / 1000);
  const span = Math.max(...at) - Math.min(...at);
  const step = [grain, 3600, 86_400].find((s) => span / s < mostSteps) ?? 7 * 86_400;
  const first = Math.floor(Math.min(...at) / step) * step;
  // A single step would fill the whole width and say nothing about its length.
  const steps = Math.max(12, Math.floor((Math.max(...at) - first) / step) + 1);
  const times = Array.from({ length: steps }, (_, i) => first + i * step);
  const sums = new Map<PacketClass, number[]>();
  rows.forEach((row, i) => {
    const values = sums.get(row.class) ?? Array<number>(steps).fill(0);
    const slot = Math.floor(((at[i] as number) - first) / step);
    values[slot] = (values[slot] ?? 0) + row.packets;
    sums.set(row.class, values);
  });
  return { times, step, sums };
}

export function Timeline({ rows }: { rows: ActivityRow[] }) {
  const words = t().source;
  if (rows.length === 0) return <p class="hint">{words.noTimeline}</p>;
  const { times, step, sums } = timeline(rows);
  return (
    <Chart
      title={words.timeline}
      height={180}
      times={times}
      step={step}
      series={[...sums].map(([name, values]) => ({
        name: word(t().classes, name),
        colour: classColour(name),
        values,
      }))}
      onBrush={(from, until) => navigate(rangeUrl({ from, until }))}
    />
  );
}
