// SPDX-License-Identifier: Apache-2.0
//
// From the API's series to what is drawn and said: names, colours and filters of its values.
import type { SeriesAnswer } from '../api';
import { classColour, seriesColour } from '../colours';
import { countryName } from '../format';
import { t, word } from '../i18n';
import type { Filter } from '../state';
import type { ChartSeries } from './chart';

export const stepSeconds = { '5min': 300, hour: 3600, day: 86_400 } as const;

export interface NamedSeries extends ChartSeries {
  id: string; // stable, for the URL
  filter: Filter | null; // null: the rest, or unknown
}

type Name = SeriesAnswer['names'][number];

function filterOf(by: string, { value, name }: Name): Filter | null {
  switch (by) {
    case 'class':
      return { class: name };
    case 'tcp_port':
    case 'udp_port':
      return { port: name };
    case 'country':
      return { country: name };
    case 'asn':
      return { asn: String(value) };
    case 'tool':
      return { tool: name };
    default:
      return { organisation: name };
  }
}

function labelOf(by: string, { name, label }: Name): string {
  if (by === 'class') return word(t().classes, name);
  if (by === 'country') return `${countryName(name)} (${name})`;
  if (by === 'tool') return word(t().tools, name);
  const text = label ? `${name} ${label}` : name;
  return by === 'asn' && /^\d/.test(text) ? `AS${text}` : text;
}

export function namedSeries(answer: SeriesAnswer): NamedSeries[] {
  return answer.names.map((entry, index) => {
    const values = answer.values[index] ?? [];
    const rest = entry.value === null && entry.name === 'other';
    // A class "other" has a value; the rest has none.
    if (rest)
      return { id: 'rest', name: t().statistics.other, colour: 'c8', values, filter: null };
    const unknown =
      answer.by !== 'organisation' && ['', 'unknown', 'none'].includes(entry.name);
    return {
      id: entry.name,
      name: unknown ? t().statistics.unknown : labelOf(answer.by, entry),
      colour:
        answer.by === 'class' ? classColour(entry.name) : seriesColour(index, false),
      values,
      filter: unknown ? null : filterOf(answer.by, entry),
    };
  });
}

export function seconds(times: string[]): number[] {
  return times.map((time) => Date.parse(time) / 1000);
}

// The sum of all series at each step; unknown where all are.
export function sums(series: (number | null)[][], steps: number): (number | null)[] {
  return Array.from({ length: steps }, (_, i) => {
    const known = series.map((values) => values[i]).filter((v): v is number => typeof v === 'number');
    return known.length > 0 ? known.reduce((a, b) => a + b, 0) : null;
  });
}
