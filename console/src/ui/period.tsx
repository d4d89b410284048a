// SPDX-License-Identifier: Apache-2.0
//
// The one time range of all views: presets that count back from the newest data, any two moments,
// and the range before and after.
import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { minute } from '../format';
import { t } from '../i18n';
import {
  dataRange,
  navigate,
  type Preset,
  presets,
  presetUrl,
  query,
  type Range,
  range,
  rangeUrl,
  shifted,
} from '../state';

const open = signal(false);
const invalid = signal(false);

// 2026-01-15T09:00, what an input of local date and time takes; here it means UTC.
const inputText = (time: number) => new Date(time).toISOString().slice(0, 16);

function label(chosen: Range | null): string {
  const words = t().time;
  const last = query.value.get('last') as Preset | null;
  if (last && chosen && last in words.last) return words.last[last];
  return chosen ? `${minute(chosen.from)} – ${minute(chosen.until)}` : words.all;
}

function Calendar() {
  const words = t().time;
  const shown = range.value ?? dataRange.value;
  const from = useRef<HTMLInputElement>(null);
  const until = useRef<HTMLInputElement>(null);
  const apply = (event: Event) => {
    event.preventDefault();
    const next = {
      from: Date.parse(`${from.current?.value}Z`),
      until: Date.parse(`${until.current?.value}Z`),
    };
    invalid.value = !(next.from < next.until);
    if (invalid.value) return;
    open.value = false;
    navigate(rangeUrl(next));
  };
  return (
    <form class="calendar" onSubmit={apply}>
      <label>
        {words.from} <span class="utc">{words.utc}</span>
        <input ref={from} type="datetime-local" defaultValue={shown ? inputText(shown.from) : ''} />
      </label>
      <label>
        {words.until} <span class="utc">{words.utc}</span>
        <input
          ref={until}
          type="datetime-local"
          defaultValue={shown ? inputText(shown.until) : ''}
        />
      </label>
      {invalid.value && (
        <p class="form-problem" role="alert">
          {words.invalid}
        </p>
      )}
      <button type="submit">{words.apply}</button>
    </form>
  );
}

function Presets() {
  const words = t().time;
  const chosen = query.value.get('last') ?? (range.value ? null : '');
  const close = () => {
    open.value = false;
  };
  return (
    <ul class="presets">
      {['' as const, ...presets].map((preset) => (
        <li key={preset}>
          <a
            href={presetUrl(preset)}
            onClick={close}
            aria-current={chosen === preset ? 'true' : undefined}
          >
            {preset === '' ? words.all : words.last[preset]}
          </a>
        </li>
      ))}
    </ul>
  );
}

function Arrow({ by }: { by: -1 | 1 }) {
  const words = t().time;
  const name = by < 0 ? words.before : words.after;
  const sign = by < 0 ? '‹' : '›';
  if (!range.value)
    return (
      <button type="button" class="arrow" disabled aria-label={name}>
        {sign}
      </button>
    );
  return (
    <a class="arrow button" href={rangeUrl(shifted(range.value, by))} aria-label={name} title={name}>
      {sign}
    </a>
  );
}

export function closePeriod(): boolean {
  const was = open.value;
  open.value = false;
  return was;
}

export function Period() {
  const words = t().time;
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const outside = (event: Event) => {
      if (!box.current?.contains(event.target as Node)) open.value = false;
    };
    document.addEventListener('pointerdown', outside);
    return () => document.removeEventListener('pointerdown', outside);
  }, []);
  const chosen = range.value;
  return (
    <div class="period" ref={box}>
      <Arrow by={-1} />
      <button
        type="button"
        class="period-button"
        aria-expanded={open.value}
        aria-controls="period-choice"
        onClick={() => {
          invalid.value = false;
          open.value = !open.value;
        }}
      >
        <span class="unseen">{words.range}: </span>
        {label(chosen)} <span class="utc">{words.utc}</span>
      </button>
      <Arrow by={1} />
      {open.value && (
        <div class="popover" id="period-choice" role="dialog" aria-label={words.range}>
          <div>
            <Presets />
            <p class="hint">{words.newest}</p>
          </div>
          <Calendar />
        </div>
      )}
    </div>
  );
}
