// SPDX-License-Identifier: Apache-2.0
//
// What the spheres of the Atlas and of the rings share: places on them, and how wide packets are.
import { Vector3 } from 'three';

export const degrees = Math.PI / 180;

// As three's sphere lays a map of the world around itself.
export function pointOf(longitude: number, latitude: number): Vector3 {
  const [l, b] = [longitude * degrees, latitude * degrees];
  return new Vector3(Math.cos(b) * Math.cos(l), Math.sin(b), -Math.cos(b) * Math.sin(l));
}

// CSS pixels for as many packets: 1, 10, 100 … each a step wider.
export function widthOf(packets: number): number {
  return Math.min(9, 2 + 1.5 * Math.log10(Math.max(1, packets)));
}
