// SPDX-License-Identifier: Apache-2.0
//
// What is on the screen as a file, where the API gives no CSV: series, and what was picked out of
// the live stream.
import type { Drawable } from './series';

// A text that a spreadsheet would take for a formula stays a text.
function cell(value: string | number | null): string {
  if (value === null) return '';
  const text = String(value);
  const safe = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

type Row = (string | number | null)[];

export function saveRows(head: string[], rows: Row[], name: string): void {
  const lines = [head, ...rows].map((row) => row.map(cell).join(','));
  const url = URL.createObjectURL(
    new Blob([`${lines.join('\r\n')}\r\n`], { type: 'text/csv;charset=utf-8' }),
  );
  const link = document.createElement('a');
  link.href = url;
  link.download = `yagura_${name}.csv`;
  link.click();
  URL.revokeObjectURL(url);
}

export function saveCsv({ times, series }: Drawable, name: string): void {
  const rows = times.map((time, at): Row => {
    const when = new Date(time * 1000).toISOString().replace('.000Z', 'Z');
    return [when, ...series.map((entry) => entry.values[at] ?? null)];
  });
  saveRows(['time', ...series.map((entry) => entry.name)], rows, name);
}
