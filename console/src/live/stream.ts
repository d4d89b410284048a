// SPDX-License-Identifier: Apache-2.0
//
// The live stream, shared by the views that show it: open while at least one of them is on screen.
// It mends itself. A stream that breaks, or falls silent though a message is due every second, is
// closed and tried again after 1, 2, 4 … 30 s; what was missed of the last ten minutes is asked for
// anew. Everything it keeps is bounded.
import { signal } from '@preact/signals';
import {
  type AlarmRow,
  apiUrl,
  type AttackRow,
  type EventRow,
  get,
  type LiveFeed,
  type LiveNow,
  type LivePackets,
  type LiveSecond,
  Problem,
  type RisingRow,
  type SynchronyRow,
} from '../api';
import { askToLogIn } from '../ui/answer';
import type { WarningMessage } from '../warning/answers';

export type StreamState = 'connecting' | 'open' | 'broken';

export type Happening =
  | { kind: 'event'; id: string; time: string; row: EventRow }
  | { kind: 'attack'; id: string; time: string; row: AttackRow }
  | { kind: 'rising'; id: string; time: string; row: RisingRow }
  | { kind: 'alarm'; id: string; time: string; row: AlarmRow }
  | { kind: 'synchrony'; id: string; time: string; row: SynchronyRow };

export const mostSeconds = 600;
const mostHappenings = 200;
const silence = 6_000; // ms without a message after which the stream counts as broken
const longestWait = 30_000; // ms between two tries

export const streamState = signal<StreamState>('connecting');
export const retryAt = signal(0); // when the next try is, in ms of performance.now()
export const problem = signal<Problem | null>(null); // why there is no picture of the present
export const known = signal(false); // whether the present has been asked for and told
export const seconds = signal<LiveSecond[]>([]);
export const feeds = signal<LiveFeed[]>([]);
export const replay = signal(false);
export const happenings = signal<Happening[]>([]); // newest first
export const lostMessages = signal(0); // messages this browser was too slow for, since it opened

type PacketsListener = (message: LivePackets) => void;
type WarningListener = (message: WarningMessage) => void;
const listeners = new Set<PacketsListener>();
const warningListeners = new Set<WarningListener>();
let source: EventSource | null = null;
let users = 0;
let failures = 0;
let retryTimer = 0;
let silenceTimer = 0;

function merge(old: LiveSecond[], more: LiveSecond[]): LiveSecond[] {
  const byTime = new Map(old.map((second) => [second.time, second]));
  for (const second of more) byTime.set(second.time, second);
  const all = [...byTime.values()].sort((a, b) => Date.parse(a.time) - Date.parse(b.time));
  return all.slice(-mostSeconds);
}

function addSecond(second: LiveSecond): void {
  const last = seconds.value.at(-1);
  seconds.value =
    last && Date.parse(last.time) >= Date.parse(second.time)
      ? merge(seconds.value, [second])
      : [...seconds.value.slice(1 - mostSeconds), second];
}

function addHappenings(found: Happening[]): void {
  // An event or attack is told again when it changes, in one message too: its newest state stays.
  const told = new Set<string>();
  const newest = [...found.reverse(), ...happenings.value].filter(
    ({ id }) => !told.has(id) && told.add(id),
  );
  happenings.value = newest.slice(0, mostHappenings);
}

async function askPresent(): Promise<void> {
  try {
    const now = await get<LiveNow>(apiUrl('/telescope/now'));
    seconds.value = merge(seconds.value, now.seconds);
    feeds.value = now.feeds;
    replay.value = now.replay;
    problem.value = null;
    known.value = true;
  } catch (error) {
    if (error instanceof Problem && error.status === 401) {
      askToLogIn();
      return;
    }
    problem.value = error instanceof Problem ? error : new Problem(-1, String(error), '');
  }
}

function listen(stream: EventSource): void {
  const on = <T>(name: string, take: (data: T) => void) =>
    stream.addEventListener(name, (event) => {
      watchSilence();
      take(JSON.parse((event as MessageEvent<string>).data) as T);
    });
  on<LivePackets>('packets', (message) => {
    for (const listener of listeners) listener(message);
  });
  on<WarningMessage>('warning', (message) => {
    for (const listener of warningListeners) listener(message);
  });
  on<LiveSecond>('second', addSecond);
  on<{ feeds: LiveFeed[] }>('feeds', (message) => {
    feeds.value = message.feeds;
  });
  on<{ messages: number }>('dropped', ({ messages }) => {
    lostMessages.value += messages;
  });
  on<{ rows: EventRow[] }>('scan-event', ({ rows }) =>
    addHappenings(
      rows.map((row) => ({ kind: 'event', id: `event ${row.id}`, time: row.start, row })),
    ),
  );
  on<{ rows: AttackRow[] }>('attack', ({ rows }) =>
    addHappenings(
      rows.map((row) => ({ kind: 'attack', id: `attack ${row.id}`, time: row.start, row })),
    ),
  );
  on<{ rows: RisingRow[] }>('rising-port', ({ rows }) =>
    addHappenings(
      rows.map((row) => ({
        kind: 'rising',
        id: `rising ${row.sensor} ${row.hour} ${row.name}`,
        time: row.hour,
        row,
      })),
    ),
  );
  on<{ rows: AlarmRow[] }>('alarm', ({ rows }) =>
    addHappenings(
      rows.map((row) => ({
        kind: 'alarm',
        id: `alarm ${row.kind} ${row.sensor} ${row.time} ${row.protocol} ${row.port}`,
        time: row.time,
        row,
      })),
    ),
  );
  on<{ rows: SynchronyRow[] }>('synchrony', ({ rows }) =>
    addHappenings(
      rows.map((row) => ({
        kind: 'synchrony',
        id: `synchrony ${row.sensor} ${row.time}`,
        time: row.time,
        row,
      })),
    ),
  );
}

function watchSilence(): void {
  clearTimeout(silenceTimer);
  silenceTimer = window.setTimeout(breakOff, silence);
}

function breakOff(): void {
  close();
  streamState.value = 'broken';
  const wait = Math.min(longestWait, 1000 * 2 ** failures);
  failures += 1;
  retryAt.value = performance.now() + wait;
  retryTimer = window.setTimeout(open, wait);
}

function open(): void {
  close();
  if (failures === 0) streamState.value = 'connecting';
  void askPresent();
  source = new EventSource(apiUrl('/telescope/live'));
  source.onopen = () => {
    failures = 0;
    streamState.value = 'open';
    // Between the first question and this moment, seconds may have passed.
    void askPresent();
    watchSilence();
  };
  source.onerror = breakOff;
  listen(source);
}

function close(): void {
  clearTimeout(retryTimer);
  clearTimeout(silenceTimer);
  source?.close();
  source = null;
}

export function retryNow(): void {
  if (users > 0) open();
}

// Keeps the stream open until the function it returns is called.
export function watchStream(): () => void {
  users += 1;
  if (users === 1) {
    failures = 0;
    open();
  }
  return () => {
    users -= 1;
    if (users === 0) close();
  };
}

export function onPackets(listener: PacketsListener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function onWarning(listener: WarningListener): () => void {
  warningListeners.add(listener);
  return () => warningListeners.delete(listener);
}
