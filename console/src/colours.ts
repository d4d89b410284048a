// SPDX-License-Identifier: Apache-2.0
//
// A class has one colour everywhere, in the console and in the printed report (report_html.cc has
// the same palette under the same names). Values of other dimensions take the palette in order.
import type { PacketClass } from './api';

const classSlots: Readonly<Partial<Record<string, number>>> = {
  scan_tcp: 0,
  scan_udp: 1,
  scan_icmp: 2,
  probe_amplification: 3,
  backscatter_tcp: 4,
  backscatter_udp: 5,
  backscatter_icmp: 6,
  other_tcp: 7,
  other: 8,
};

export function classColour(name: PacketClass | string): string {
  return `c${classSlots[name] ?? 9}`;
}

// The rest of a split is grey; the palette has seven hues before its greys.
export function seriesColour(index: number, isRest: boolean): string {
  return isRest ? 'c8' : `c${index < 8 ? index : 9}`;
}

// What a name of the palette is in the present theme, for canvases.
export function resolved(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}
