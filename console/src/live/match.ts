// SPDX-License-Identifier: Apache-2.0
//
// The shared filter over live samples. What a sample does not carry (survey organisation) is left
// out, and the views say so.
import type { LiveSample } from '../api';
import { type Filter, type FilterKey, filterKeys } from '../state';
import { ipv6Halves, placeOfIpv4 } from './address';

const taken: readonly FilterKey[] = ['class', 'port', 'source', 'country', 'asn', 'tool'];

export function ignoredBySamples(filter: Filter): FilterKey[] {
  return filterKeys.filter((key) => filter[key] !== undefined && !taken.includes(key));
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
