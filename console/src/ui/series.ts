// SPDX-License-Identifier: Apache-2.0
//
// From the API's series to what is drawn and said: names, colours and filters of its values.
import type { SeriesAnswer } from '../api';
import { classColour, seriesColour } from '../colours';
import { countryName } from '../format';
import { t, word } from '../i18n';
import { type Filter, filter } from '../state';
import type { ChartSeries } from './chart';

export type SeriesBy =
  | 'class'
  | 'port'
  | 'tcp-port'
  | 'udp-port'
  | 'country'
  | 'asn'
  | 'tool'
  | 'organisation';

export interface NamedSeries extends ChartSeries {
  id: string; // stable, for the URL
  filter: Filter | null; // null: the rest, or unknown
}

export interface Drawable {
  times: number[]; // seconds; beginnings of the steps that have values
  step: number; // seconds
  series: NamedSeries[];
}

function nameOf(by: SeriesBy, value: string, label: string): string {
  if (by === 'class') return word(t().classes, value);
  if (by === 'country') return `${countryName(value)} (${value})`;
  if (by === 'tool') return word(t().tools, value);
  if (by === 'organisation') return value === 'unknown' ? t().statistics.unknown : value;
  return `${by === 'asn' ? 'AS' : ''}${value} ${label}`.trim();
}

function filterOf(by: SeriesBy, value: string): Filter {
  return { [by.endsWith('port') ? 'port' : by]: value };
}

// A filter by class chooses lines of an answer by class; "scans" stands for several of them.
function isChosen(by: SeriesBy, value: string | null): boolean {
  if (by !== 'class') return true;
  if (value === 'any' || value === 'scans') return false;
  const wanted = filter.value.class;
  if (!wanted || wanted === 'any') return true;
  if (wanted === 'scans') return /^(scan|probe)_/.test(value ?? '');
  return wanted === value;
}

export function drawable(answer: SeriesAnswer, by: SeriesBy): Drawable {
  const times = answer.times.map((time) => Date.parse(time) / 1000);
  const series: NamedSeries[] = [];
  answer.names.forEach(({ value, label }, index) => {
    if (!isChosen(by, value)) return;
    series.push({
      id: value ?? 'unknown',
      name: value === null ? t().statistics.unknown : nameOf(by, value, label),
      colour: by === 'class' ? classColour(value ?? '') : seriesColour(index, false),
      values: answer.values[index] ?? [],
      filter: value === null || (by === 'tool' && value === 'none') ? null : filterOf(by, value),
    });
  });
  if (answer.rest && by !== 'class')
    series.push({
      id: 'rest',
      name: t().statistics.other,
      colour: seriesColour(0, true),
      values: answer.rest,
      filter: null,
    });
  return { times, step: answer.step_seconds, series };
}

export function stepName(step: number): string {
  const names: Readonly<Record<number, string>> = {
    300: t().statistics.perStep['5min'],
    3600: t().statistics.perStep.hour,
    86400: t().statistics.perStep.day,
  };
  return names[step] ?? '';
}

// The sum of all series at each step; unknown where all are.
export function sums(series: (number | null)[][], steps: number): (number | null)[] {
  return Array.from({ length: steps }, (_, i) => {
    const known = series.map((values) => values[i]).filter((v): v is number => typeof v === 'number');
    return known.length > 0 ? known.reduce((a, b) => a + b, 0) : null;
  });
}
