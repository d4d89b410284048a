// SPDX-License-Identifier: Apache-2.0
//
// Where things are in the picture of the rings, without any drawing: sources on the sphere, the
// addresses of an organisation along its ring, which organisations get one, and where rings are.
import { ipv6Halves, placeOfIpv4 } from '../live/address';
import type { GivenWarning, MemberRow } from '../warning/answers';

export const mostRings = 60;

// A source on the sphere of the IPv4 Internet: each /16 is a meridian, from pole to pole.
// Null for IPv6, which is not on it.
export function spherePlace(address: string): { longitude: number; latitude: number } | null {
  const place = placeOfIpv4(address);
  if (place === null) return null;
  const number = place * 2 ** 32;
  const [upper, lower] = [Math.floor(number / 65_536), number % 65_536];
  return { longitude: (upper / 65_536) * 360 - 180, latitude: (lower / 65_535) * 180 - 90 };
}

const ipv6Begin = 1n << 32n; // in the one line of all addresses, IPv4 comes first

export function addressNumber(address: string): bigint | null {
  const place = placeOfIpv4(address);
  if (place !== null) return BigInt(Math.round(place * 2 ** 32));
  const halves = ipv6Halves(address);
  return halves ? ipv6Begin + ((halves[0] << 64n) | halves[1]) : null;
}

function prefixRange(prefix: string): [bigint, bigint] | null {
  const [network = '', length] = prefix.split('/');
  const bits = network.includes(':') ? 128 : 32;
  const from = addressNumber(network);
  const kept = length === undefined ? bits : Number(length);
  if (from === null || !(kept >= 0 && kept <= bits)) return null;
  return [from, from + (1n << BigInt(bits - kept))];
}

export type Use = 'live' | 'dark';

// Addresses one after another, and the part of the ring they take, in turns of the whole.
export interface Segment {
  use: Use;
  from: bigint;
  until: bigint; // the first address that is no longer in it
  start: number;
  end: number;
}

const largest = 65_536; // addresses, or /64 of IPv6; larger blocks take no more room
const leastShare = 0.012; // of the ring, so that no block is out of sight

function weight({ from, until }: Pick<Segment, 'from' | 'until'>): number {
  const size = from >= ipv6Begin ? (until - from) >> 64n : until - from;
  return Math.sqrt(Math.max(1, Math.min(largest, Number(size))));
}

// The blocks of an organisation in the order of their addresses. A dark block within a live one is
// cut out of it; what is not registered has no room.
export function segmentsOf(live: readonly string[], dark: readonly string[]): Segment[] {
  const edges: { at: bigint; use: Use; by: 1 | -1 }[] = [];
  for (const [use, prefixes] of [['live', live], ['dark', dark]] as const)
    for (const prefix of prefixes) {
      const range = prefixRange(prefix);
      if (range) edges.push({ at: range[0], use, by: 1 }, { at: range[1], use, by: -1 });
    }
  edges.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  const open = { live: 0, dark: 0 };
  const found: Segment[] = [];
  edges.forEach(({ at, use, by }, i) => {
    open[use] += by;
    const until = edges[i + 1]?.at ?? at;
    const now = open.dark > 0 ? 'dark' : open.live > 0 ? 'live' : null;
    if (now === null || until === at) return;
    const last = found.at(-1);
    if (last && last.use === now && last.until === at) last.until = until;
    else found.push({ use: now, from: at, until, start: 0, end: 0 });
  });
  const weights = found.map(weight);
  const all = weights.reduce((sum, one) => sum + one, 0);
  const shares = weights.map((one) => Math.max(leastShare, one / all));
  const whole = shares.reduce((sum, one) => sum + one, 0);
  let start = 0;
  found.forEach((segment, i) => {
    segment.start = start;
    start += (shares[i] as number) / whole;
    segment.end = start;
  });
  return found;
}

// Where an address is on the ring, in turns; null if it is none of the organisation's.
export function placeOnRing(segments: readonly Segment[], address: string): number | null {
  const number = addressNumber(address);
  return number === null ? null : (within(segments, number)?.at ?? null);
}

function within<One extends Segment>(
  ordered: readonly One[],
  number: bigint,
): { segment: One; at: number } | null {
  let [low, high] = [0, ordered.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ordered[middle] as One).until <= number) low = middle + 1;
    else high = middle;
  }
  const segment = ordered[low];
  if (!segment || number < segment.from) return null;
  // One digit in a thousand million is more than a ring can show.
  const scale = 1_000_000_000n;
  const share = Number(((number - segment.from) * scale) / (segment.until - segment.from)) / 1e9;
  return { segment, at: segment.start + share * (segment.end - segment.start) };
}

export interface OnRing {
  ring: number;
  at: number; // in turns
}

const mostKnown = 20_000; // addresses whose place is remembered

// Asked for every sample: which ring has this address, and where on it?
export function finderOf(rings: readonly (readonly Segment[])[]): (address: string) => OnRing | null {
  const all = rings
    .flatMap((segments, ring) => segments.map((segment) => ({ ...segment, ring })))
    .sort((a, b) => (a.from < b.from ? -1 : 1));
  const known = new Map<string, OnRing | null>();
  return (address) => {
    let place = known.get(address);
    if (place === undefined) {
      const number = addressNumber(address);
      const found = number === null ? null : within(all, number);
      place = found ? { ring: found.segment.ring, at: found.at } : null;
      if (known.size >= mostKnown) known.clear();
      known.set(address, place);
    }
    return place;
  };
}

// From 0 to 1 through all dark arcs of all rings, as if they lay in a row.
export function darkPlace(
  rings: readonly (readonly Segment[])[],
): (place: number) => OnRing | null {
  const arcs = rings.flatMap((segments, ring) =>
    segments.filter(({ use }) => use === 'dark').map(({ start, end }) => ({ ring, start, end })),
  );
  const all = arcs.reduce((sum, { start, end }) => sum + end - start, 0);
  return (place) => {
    let left = place * all;
    for (const { ring, start, end } of arcs) {
      if (left <= end - start) return { ring, at: start + left };
      left -= end - start;
    }
    const last = arcs.at(-1);
    return last ? { ring: last.ring, at: last.end } : null;
  };
}

export interface RingChoice {
  member: MemberRow;
  newOnes: number;
  continuing: number;
}

const addresses = (row: MemberRow) =>
  row.live_addresses + row.dark_addresses + row.live_networks + row.dark_networks;

// Organisations with new warnings, then those with others, then the largest.
export function chosenRings(
  members: readonly MemberRow[],
  warnings: readonly GivenWarning[],
  most = mostRings,
): { drawn: RingChoice[]; others: number } {
  const open = new Map<string, { new: number; continuing: number }>();
  for (const { member = '', state } of warnings) {
    if (state === 'resolved') continue;
    const counts = open.get(member) ?? { new: 0, continuing: 0 };
    counts[state] += 1;
    open.set(member, counts);
  }
  const all = members.map((member): RingChoice => {
    const counts = open.get(member.member);
    return { member, newOnes: counts?.new ?? 0, continuing: counts?.continuing ?? 0 };
  });
  all.sort(
    (a, b) =>
      Number(b.newOnes > 0) - Number(a.newOnes > 0) ||
      Number(b.continuing > 0) - Number(a.continuing > 0) ||
      addresses(b.member) - addresses(a.member) ||
      (a.member.member < b.member.member ? -1 : 1),
  );
  return { drawn: all.slice(0, most), others: Math.max(0, all.length - most) };
}

export interface Spot {
  azimuth: number; // radians
  height: number; // sine of the elevation
}

export const orbit = 2.45; // of the middle of a ring, in radii of the sphere
const flattest = 0.62; // sine of the highest elevation: no ring covers a pole

// Evenly around the sphere, neighbours on a spiral by the golden angle.
export function spots(count: number): Spot[] {
  const golden = Math.PI * (3 - Math.sqrt(5));
  return Array.from({ length: count }, (_, i) => ({
    azimuth: i * golden,
    height: count === 1 ? 0 : flattest * (1 - (2 * i) / (count - 1)),
  }));
}

// As large as possible without meeting a neighbour.
export function ringRadius(count: number): number {
  const room = (4 * Math.PI * orbit * orbit * flattest) / Math.max(1, count);
  return Math.max(0.2, Math.min(0.75, 0.42 * Math.sqrt(room)));
}
