// SPDX-License-Identifier: Apache-2.0
//
// Packets that fly between any two places, each on a bow of its own: one draw call for all of them.
// The newest takes the place of the oldest.
import {
  DynamicDrawUsage,
  InstancedBufferAttribute,
  type InstancedBufferGeometry,
  Mesh,
  ShaderMaterial,
  Vector2,
  type Vector3,
} from 'three';
import { flyingFragment, flyingSegments, flyingShader, never, ribbon, stillSegments, tail } from './flights';
import { classCount } from './palette';

export const mostComets = 2_000;
export const cometSeconds = 3;

export interface Comet {
  from: Vector3;
  over: Vector3; // what the bow is drawn towards
  to: Vector3;
  width: number; // CSS pixels
  classIndex: number;
}

const bow = /* glsl */ `
vec3 along(float u) {
  return mix(mix(begin, middle, u), mix(middle, finish, u), u);
}`;

export class Comets {
  readonly mesh: Mesh<InstancedBufferGeometry, ShaderMaterial>;
  readonly #places = ['begin', 'middle', 'finish'].map(() => new InstancedBufferAttribute(new Float32Array(mostComets * 3), 3));
  readonly #kind = new InstancedBufferAttribute(new Float32Array(mostComets * 4).fill(never), 4);
  #next = 0;

  constructor(still: boolean) {
    const geometry = ribbon(still ? stillSegments : 2 * flyingSegments);
    for (const attribute of [...this.#places, this.#kind]) attribute.setUsage(DynamicDrawUsage);
    ['begin', 'middle', 'finish'].forEach((name, i) =>
      geometry.setAttribute(name, this.#places[i] as InstancedBufferAttribute),
    );
    geometry.setAttribute('kind', this.#kind);
    geometry.instanceCount = 0;
    const attributes = 'attribute vec3 begin;\nattribute vec3 middle;\nattribute vec3 finish;';
    const material = new ShaderMaterial({
      vertexShader: flyingShader(attributes, bow),
      fragmentShader: flyingFragment,
      transparent: true,
      depthWrite: false,
      uniforms: {
        now: { value: 0 },
        life: { value: cometSeconds },
        tail: { value: tail },
        still: { value: still ? 1 : 0 },
        size: { value: new Vector2(1, 1) },
        palette: { value: new Float32Array(classCount * 3) },
        shown: { value: new Float32Array(classCount).fill(1) },
      },
    });
    material.side = 2; // a ribbon has no back
    this.mesh = new Mesh(geometry, material);
    this.mesh.frustumCulled = false;
    this.mesh.renderOrder = 3;
  }

  set(name: 'palette' | 'shown', values: number[]): void {
    (this.mesh.material.uniforms[name] as { value: Float32Array }).value.set(values);
  }

  add(comet: Comet, birth: number): void {
    const at = this.#next;
    this.#next = (at + 1) % mostComets;
    [comet.from, comet.over, comet.to].forEach(({ x, y, z }, i) => {
      const attribute = this.#places[i] as InstancedBufferAttribute;
      attribute.setXYZ(at, x, y, z);
      attribute.addUpdateRange(at * 3, 3);
      attribute.needsUpdate = true;
    });
    this.#kind.setXYZW(at, birth, comet.width, comet.classIndex, 0);
    this.#kind.addUpdateRange(at * 4, 4);
    this.#kind.needsUpdate = true;
    const { geometry } = this.mesh;
    geometry.instanceCount = Math.max(geometry.instanceCount, at + 1);
  }

  // Takes all away: their places belong to rings that are no more.
  clear(): void {
    this.#kind.array.fill(never);
    this.#kind.clearUpdateRanges();
    this.#kind.needsUpdate = true;
  }

  frame(now: number, width: number, height: number): void {
    const { uniforms } = this.mesh.material;
    (uniforms.now as { value: number }).value = now;
    (uniforms.size as { value: Vector2 }).value.set(width, height);
  }

  inFlight(now: number): number {
    let count = 0;
    const begun = now - cometSeconds * (1 + tail);
    for (let at = 0; at < mostComets; ++at) {
      const birth = this.#kind.array[at * 4] as number;
      if (birth > begun && birth <= now) count += 1;
    }
    return count;
  }
}
