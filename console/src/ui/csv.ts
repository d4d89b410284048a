// SPDX-License-Identifier: Apache-2.0
//
// A series as a file: the API gives tables as CSV, but not series.
import type { Drawable } from './series';

// A text that a spreadsheet would take for a formula stays a text.
function cell(value: string | number | null): string {
  if (value === null) return '';
  const text = String(value);
  const safe = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export function saveCsv({ times, series }: Drawable, name: string): void {
  const lines = [['time', ...series.map((entry) => entry.name)].map(cell).join(',')];
  times.forEach((time, at) => {
    const when = new Date(time * 1000).toISOString().replace('.000Z', 'Z');
    lines.push([when, ...series.map((entry) => entry.values[at] ?? null)].map(cell).join(','));
  });
  const url = URL.createObjectURL(
    new Blob([`${lines.join('\r\n')}\r\n`], { type: 'text/csv;charset=utf-8' }),
  );
  const link = document.createElement('a');
  link.href = url;
  link.download = `yagura_${name}.csv`;
  link.click();
  URL.revokeObjectURL(url);
}
