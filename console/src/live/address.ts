// SPDX-License-Identifier: Apache-2.0
//
// Addresses as numbers.

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
