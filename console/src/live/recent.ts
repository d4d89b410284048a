// SPDX-License-Identifier: Apache-2.0
//
// The samples of the last minute, and what leads among them. Each sample is taken for as many
// packets as it stands for, so the sums are estimates of all packets.
import type { LivePackets, LiveSample } from '../api';

export const windowLength = 60_000;
const quarter = 0.25; // s that a message stands for
const mostSamples = 64 * 4 * 60;

export interface Weighed {
  time: number; // ms since 1970
  packets: number; // that it stands for
  sample: LiveSample;
}

export interface Leading {
  key: string;
  packets: number;
  share: number;
}

export interface LeadingSource {
  source: string;
  country: string;
  asn: number;
  packets: number;
  last: number;
  classes: Set<string>;
  services: Set<string>;
}

// "23/tcp"; a protocol alone where there are no ports.
export function serviceOf({ port, protocol }: LiveSample): string {
  return port > 0 ? `${port}/${protocol}` : protocol;
}

export class Recent {
  #kept: Weighed[] = [];

  add(message: LivePackets): void {
    const time = Date.parse(message.time);
    const packets = message.packets / Math.max(1, message.sample.length);
    for (const sample of message.sample) this.#kept.push({ time, packets, sample });
    const oldest = time - windowLength;
    let gone = Math.max(0, this.#kept.length - mostSamples);
    while (gone < this.#kept.length && (this.#kept[gone] as Weighed).time < oldest) gone += 1;
    if (gone > 0) this.#kept.splice(0, gone);
  }

  get size(): number {
    return this.#kept.length;
  }

  matching(test: (sample: LiveSample) => boolean): Weighed[] {
    return this.#kept.filter(({ sample }) => test(sample));
  }
}

// How many seconds what was found covers: less than a minute at first.
export function secondsOf(found: Weighed[]): number {
  const [first, last] = [found[0], found.at(-1)];
  return first && last ? Math.max(1, (last.time - first.time) / 1000 + quarter) : 1;
}

export function leading(found: Weighed[], keyOf: (sample: LiveSample) => string, most: number): Leading[] {
  const sums = new Map<string, number>();
  let all = 0;
  for (const { sample, packets } of found) {
    const key = keyOf(sample);
    sums.set(key, (sums.get(key) ?? 0) + packets);
    all += packets;
  }
  return [...sums]
    .sort((a, b) => b[1] - a[1])
    .slice(0, most)
    .map(([key, packets]) => ({ key, packets, share: packets / all }));
}

export function leadingSources(found: Weighed[], order: 'packets' | 'newest', most: number): LeadingSource[] {
  const bySource = new Map<string, LeadingSource>();
  for (const { sample, packets, time } of found) {
    let row = bySource.get(sample.source);
    if (!row) {
      const { source, country, asn } = sample;
      row = { source, country, asn, packets: 0, last: 0, classes: new Set(), services: new Set() };
      bySource.set(source, row);
    }
    row.packets += packets;
    row.last = Math.max(row.last, time);
    row.classes.add(sample.class);
    row.services.add(serviceOf(sample));
  }
  const by = (row: LeadingSource) => (order === 'packets' ? row.packets : row.last);
  return [...bySource.values()].sort((a, b) => by(b) - by(a)).slice(0, most);
}
