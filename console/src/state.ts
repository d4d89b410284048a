// SPDX-License-Identifier: Apache-2.0
//
// What the whole console shares. The address of the page is the state: path, time range, filter
// and the choices of a view live in the URL and nowhere else, so that every view can be bookmarked
// and the back button works. Language and theme are the person's and are remembered.
import { computed, signal } from '@preact/signals';
import type { Overview, Params, Session } from './api';

export const filterKeys = [
  'class',
  'port',
  'source',
  'country',
  'asn',
  'tool',
  'organisation',
  'survey',
] as const;
export type FilterKey = (typeof filterKeys)[number];
export type Filter = Partial<Record<FilterKey, string>>;

// Everything that follows the person from view to view.
const sharedKeys = [...filterKeys, 'from', 'until', 'last'] as const;

interface Place {
  path: string;
  query: URLSearchParams;
}

const here = (): Place => ({
  path: location.pathname,
  query: new URLSearchParams(location.search),
});

const place = signal<Place>(here());

export const path = computed(() => place.value.path);
export const query = computed(() => place.value.query);

export function navigate(url: string, replace = false): void {
  if (replace) history.replaceState(null, '', url);
  else history.pushState(null, '', url);
  const before = place.value.path;
  place.value = here();
  if (!replace && before !== place.value.path) scrollTo(0, 0);
}

// Lets the browser keep what it is better at: new tabs, downloads, other sites.
function followLink(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0) return;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const link = (event.target as Element).closest('a');
  if (!link || link.target || link.hasAttribute('download')) return;
  if (link.origin !== location.origin || link.pathname.startsWith('/api/')) return;
  if (link.hash && link.pathname === location.pathname) return;
  event.preventDefault();
  navigate(link.pathname + link.search);
}

export function startNavigation(): void {
  addEventListener('popstate', () => {
    place.value = here();
  });
  document.addEventListener('click', followLink);
}

function urlOf(path: string, entries: Iterable<readonly [string, string]>): string {
  const text = new URLSearchParams([...entries].map(([k, v]) => [k, v])).toString();
  // Slashes and colons may stand in a query; an address one can read is worth it.
  return path + (text ? `?${text.replace(/%2F/g, '/').replace(/%3A/g, ':')}` : '');
}

// Another view, with the same time range and filter.
export function viewUrl(path: string, own: Record<string, string> = {}): string {
  const entries: [string, string][] = [];
  for (const key of sharedKeys) {
    const value = query.value.get(key);
    if (value && !(key in own)) entries.push([key, value]);
  }
  return urlOf(path, [...Object.entries(own).filter(([, v]) => v !== ''), ...entries]);
}

// This view with some parameters changed; an empty text removes one. Pages begin anew.
export function changedUrl(changes: Record<string, string>): string {
  const next = new URLSearchParams(query.value);
  next.delete('offset');
  for (const [key, value] of Object.entries(changes)) {
    if (value === '') next.delete(key);
    else next.set(key, value);
  }
  return urlOf(path.value, next);
}

// These show one thing or all things, so a filter chosen there is asked of the sources.
const unfilteredViews = new Set([
  '/source', '/port', '/report', '/scanners', '/warnings', '/history', '/members', '/member',
  '/outbox', '/rings', '/access', '/audit',
]);

export function filterUrl(changes: Filter): string {
  if (unfilteredViews.has(path.value)) return viewUrl('/sources', changes);
  return changedUrl(changes);
}

export const filter = computed<Filter>(() => {
  const found: Filter = {};
  for (const key of filterKeys) {
    const value = query.value.get(key);
    if (value) found[key] = value;
  }
  return found;
});

export function clearedUrl(): string {
  return changedUrl(Object.fromEntries(filterKeys.map((key) => [key, ''])));
}

// What the program has and who is asking; null until it has said so.
export const overview = signal<Overview | null>(null);
export const session = signal<Session | null>(null);

export interface Range {
  from: number; // milliseconds since 1970, UTC
  until: number; // the first moment that is no longer in it
}

export const presets = ['1h', '6h', '24h', '7d', '30d', '365d'] as const;
export type Preset = (typeof presets)[number];

const hour = 3_600_000;
const grain = 300_000; // statistics are kept in steps of five minutes

export function presetLength(preset: string): number | null {
  const match = /^(\d{1,4})([hd])$/.exec(preset);
  if (!match) return null;
  return Number(match[1]) * (match[2] === 'd' ? 24 * hour : hour);
}

// The steps of the statistics that hold all of a range.
export function wholeSteps({ from, until }: Range): Range {
  return { from: Math.floor(from / grain) * grain, until: Math.ceil(until / grain) * grain };
}

export const dataRange = computed<Range | null>(() => {
  const data = overview.value?.data;
  if (!data) return null;
  return wholeSteps({ from: Date.parse(data.from), until: Date.parse(data.until) });
});

// The chosen time range; null means all data. Presets count back from the newest data.
export const range = computed<Range | null>(() => {
  const from = Date.parse(query.value.get('from') ?? '');
  const until = Date.parse(query.value.get('until') ?? '');
  if (from < until) return { from, until };
  const length = presetLength(query.value.get('last') ?? '');
  const data = dataRange.value;
  return length && data ? { from: data.until - length, until: data.until } : null;
});

export function timeText(time: number): string {
  return new Date(time).toISOString().replace('.000Z', 'Z');
}

export function rangeUrl(next: Range): string {
  return changedUrl({ from: timeText(next.from), until: timeText(next.until), last: '' });
}

export function presetUrl(preset: Preset | ''): string {
  return changedUrl({ from: '', until: '', last: preset });
}

// The range of the same length before (-1) or after (1). Whole months move by months.
export function shifted({ from, until }: Range, by: -1 | 1): Range {
  const [start, end] = [new Date(from), new Date(until)];
  const startsMonth = (d: Date) => d.getUTCDate() === 1 && d.getTime() % (24 * hour) === 0;
  if (startsMonth(start) && startsMonth(end)) {
    const months =
      (end.getUTCFullYear() - start.getUTCFullYear()) * 12 + end.getUTCMonth() - start.getUTCMonth();
    const moved = (d: Date) => Date.UTC(d.getUTCFullYear(), d.getUTCMonth() + by * months);
    return { from: moved(start), until: moved(end) };
  }
  const length = until - from;
  return { from: from + by * length, until: until + by * length };
}

export const periodParams = computed<Params>(() =>
  range.value ? { from: timeText(range.value.from), until: timeText(range.value.until) } : {},
);

// A choice of a view, from the URL, one of those given; the first is the default.
export function choice<const Options extends readonly string[]>(
  key: string,
  options: Options,
): Options[number] {
  const value = query.value.get(key);
  return options.find((option) => option === value) ?? (options[0] as Options[number]);
}

// Private mode and full storage refuse: then nothing is remembered, which is no error.
function remembered(key: string): string | null {
  try {
    return localStorage.getItem(`yagura.${key}`);
  } catch {
    return null;
  }
}

function remember(key: string, value: string): void {
  try {
    localStorage.setItem(`yagura.${key}`, value);
  } catch {
    return;
  }
}

export type Language = 'en' | 'ja';
export type Theme = 'system' | 'light' | 'dark';

const firstLanguage = (): Language => {
  const kept = remembered('language');
  if (kept === 'en' || kept === 'ja') return kept;
  return navigator.language.toLowerCase().startsWith('ja') ? 'ja' : 'en';
};
const firstTheme = (): Theme => {
  const kept = remembered('theme');
  return kept === 'light' || kept === 'dark' ? kept : 'system';
};

export const language = signal<Language>(firstLanguage());
export const theme = signal<Theme>(firstTheme());

const systemIsDark = matchMedia('(prefers-color-scheme: dark)');
const systemDark = signal(systemIsDark.matches);
systemIsDark.addEventListener('change', () => {
  systemDark.value = systemIsDark.matches;
});

export const dark = computed(() =>
  theme.value === 'system' ? systemDark.value : theme.value === 'dark',
);

export function setLanguage(next: Language): void {
  language.value = next;
  remember('language', next);
}

export function setTheme(next: Theme): void {
  theme.value = next;
  remember('theme', next);
}
