// SPDX-License-Identifier: Apache-2.0
//
// Numbers, times and names for people, by the chosen language. Times are UTC, always.
import { t } from './i18n';

const formats = new Map<string, Intl.NumberFormat>();

function numberFormat(key: string, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const id = `${t().locale} ${key}`;
  let format = formats.get(id);
  if (!format) {
    format = new Intl.NumberFormat(t().locale, options);
    formats.set(id, format);
  }
  return format;
}

export function count(value: number): string {
  return numberFormat('count', { maximumFractionDigits: 0 }).format(value);
}

// 12.4M, or 1240万 in Japanese: for axes and figures that are read at a glance.
export function short(value: number): string {
  if (Math.abs(value) < 10_000) return decimal(value);
  return numberFormat('short', { notation: 'compact', maximumSignificantDigits: 3 }).format(value);
}

export function decimal(value: number): string {
  const digits = Math.abs(value) >= 100 || Number.isInteger(value) ? 0 : value >= 10 ? 1 : 2;
  return numberFormat(`decimal${digits}`, { maximumFractionDigits: digits }).format(value);
}

export function percent(share: number): string {
  const digits = Math.abs(share) >= 0.1 || share === 0 ? 1 : 2;
  return numberFormat(`percent${digits}`, {
    style: 'percent',
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(share);
}

export function change(value: number): string {
  return numberFormat('change', {
    style: 'percent',
    signDisplay: 'exceptZero',
    maximumFractionDigits: Math.abs(value) < 0.1 ? 1 : 0,
  }).format(value);
}

const pad = (value: number) => String(value).padStart(2, '0');

function parts(time: string | number): { day: string; clock: string; seconds: string } {
  const d = new Date(time);
  return {
    day: `${d.getUTCFullYear()}-${pad(d.getUTCMonth() + 1)}-${pad(d.getUTCDate())}`,
    clock: `${pad(d.getUTCHours())}:${pad(d.getUTCMinutes())}`,
    seconds: pad(d.getUTCSeconds()),
  };
}

// Dates are written year first in both languages: they sort, and nobody mistakes the month.
export function day(time: string | number): string {
  const { day } = parts(time);
  return t().locale === 'ja-JP' ? day.replace(/-/g, '/') : day;
}

export function minute(time: string | number): string {
  return `${day(time)} ${parts(time).clock}`;
}

export function second(time: string | number): string {
  return `${minute(time)}:${parts(time).seconds}`;
}

export function clock(time: string | number): string {
  return parts(time).clock;
}

export function duration(seconds: number): string {
  const japanese = t().locale === 'ja-JP';
  const units: [number, string, string][] = [
    [86_400, 'd', '日'],
    [3_600, 'h', '時間'],
    [60, 'min', '分'],
  ];
  for (const [size, en, ja] of units) {
    if (seconds < size) continue;
    const value = seconds / size;
    return `${decimal(value < 10 ? Math.round(value * 10) / 10 : Math.round(value))} ${japanese ? ja : en}`;
  }
  return `${decimal(seconds < 10 ? Math.round(seconds * 10) / 10 : Math.round(seconds))} ${japanese ? '秒' : 's'}`;
}

const regions = new Map<string, Intl.DisplayNames>();

export function countryName(code: string | null | undefined): string {
  if (!code) return t().statistics.unknown;
  let names = regions.get(t().locale);
  if (!names) {
    names = new Intl.DisplayNames(t().locale, { type: 'region', fallback: 'code' });
    regions.set(t().locale, names);
  }
  try {
    return names.of(code) ?? code;
  } catch {
    return code;
  }
}
