// SPDX-License-Identifier: Apache-2.0
//
// The shared filter over live samples. What a sample does not carry (survey organisation) is left
// out, and the views say so.
import type { LiveSample } from '../api';
import { type Filter, type FilterKey, filterKeys } from '../state';

const taken: readonly FilterKey[] = ['class', 'port', 'source', 'country', 'asn', 'tool'];

export function ignoredBySamples(filter: Filter): FilterKey[] {
  return filterKeys.filter((key) => filter[key] !== undefined && !taken.includes(key));
}

// An IPv4 address as a number from 0 to 1, null for any other.
export function placeOfIpv4(address: string): number | null {
  const octets = address.split('.');
  if (octets.length !== 4) return null;
  let value = 0;
  for (const octet of octets) value = value * 256 + Number(octet);
  return Number.isFinite(value) ? value / 2 ** 32 : null;
}

// The 128 bits of an IPv6 address as two numbers of 64, null for any other.
export function ipv6Halves(address: string): [bigint, bigint] | null {
  if (!address.includes(':') || address.includes('.')) return null;
  const [head = '', tail] = address.split('::');
  const groups = (text: string) => text.split(':').filter(Boolean);
  const before = groups(head);
  const after = tail === undefined ? [] : groups(tail);
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length);
  const all = [...before, ...Array<string>(zeros).fill('0'), ...after];
  if (all.length !== 8 || all.some((group) => !/^[0-9a-f]{1,4}$/i.test(group))) return null;
  const half = (from: number) =>
    BigInt(`0x${all.slice(from, from + 4).map((group) => group.padStart(4, '0')).join('')}`);
  return [half(0), half(4)];
}

function prefixTest(text: string): (address: string) => boolean {
  const [network = '', length] = text.split('/');
  const place = placeOfIpv4(network);
  if (place !== null) {
    const blocks = 2 ** (length === undefined ? 32 : Number(length));
    const wanted = Math.floor(place * blocks);
    return (address) => {
      const at = placeOfIpv4(address);
      return at !== null && Math.floor(at * blocks) === wanted;
    };
  }
  const bits = BigInt(length === undefined ? 128 : Number(length));
  const whole = (address: string) => {
    const halves = ipv6Halves(address);
    return halves ? ((halves[0] << 64n) | halves[1]) >> (128n - bits) : null;
  };
  const wanted = whole(network);
  return (address) => wanted !== null && whole(address) === wanted;
}

const always = () => true;

function classTest(value: string | undefined): (sample: LiveSample) => boolean {
  if (!value || value === 'any') return always;
  if (value === 'scans')
    return (sample) => sample.class.startsWith('scan_') || sample.class.startsWith('probe_');
  return (sample) => sample.class === value;
}

function portTest(value: string | undefined): (sample: LiveSample) => boolean {
  if (!value) return always;
  const [port, protocol] = value.split('/');
  return (sample) =>
    sample.port === Number(port) && (!protocol || sample.protocol === protocol);
}

// Made once for a filter, asked for every sample.
export function sampleTest(filter: Filter): (sample: LiveSample) => boolean {
  const ofClass = classTest(filter.class);
  const ofPort = portTest(filter.port);
  const ofSource = filter.source ? prefixTest(filter.source) : always;
  const country = filter.country?.toUpperCase();
  const asn = filter.asn ? Number(filter.asn) : null;
  const { tool } = filter;
  return (sample) =>
    ofClass(sample) &&
    ofPort(sample) &&
    (country === undefined || sample.country === country) &&
    (asn === null || sample.asn === asn) &&
    (tool === undefined || (sample.tool || 'none') === tool) &&
    ofSource(sample.source);
}
