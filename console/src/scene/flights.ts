// SPDX-License-Identifier: Apache-2.0
//
// Packets that fly from their country to the telescope: one draw call for all of them, each placed
// by the vertex shader from where and when it began. The arrays are a ring: the newest flight takes
// the place of the oldest, and only what is new goes to the graphics card.
import {
  BufferAttribute,
  DynamicDrawUsage,
  InstancedBufferAttribute,
  InstancedBufferGeometry,
  Mesh,
  ShaderMaterial,
  Vector2,
  Vector3,
} from 'three';
import { classCount } from './palette';

export const mostFlights = 20_000;
export const flightSeconds = 3.2;
export const tail = 0.3; // of the way
export const flyingSegments = 7; // of the part between head and tail
export const stillSegments = 28; // of the whole way
export const never = -1e6;

// The vertex shader of ribbons that fly: `attributes` and the way of one are told apart from how it
// is drawn. A ribbon begins at `kind.x`, is `kind.y` wide and of the class `kind.z`; the way is
// `vec3 along(float u)`, u from 0 to 1.
export function flyingShader(attributes: string, way: string): string {
  return /* glsl */ `
uniform float now;
uniform float life;
uniform float tail;
uniform float still;
uniform vec2 size;
uniform vec3 palette[${classCount}];
uniform float shown[${classCount}];
${attributes}
attribute vec4 kind;
varying vec4 tint;
varying float across;

${way}

void main() {
  float age = (now - kind.x) / life;
  int number = int(kind.z + 0.5);
  tint = vec4(0.0);
  across = 0.0;
  gl_Position = vec4(2.0, 2.0, 2.0, 1.0);
  if (age < 0.0 || age > 1.0 + tail || shown[number] < 0.5) return;
  float u = still > 0.5 ? position.x : clamp(age - tail * (1.0 - position.x), 0.0, 1.0);
  vec4 here = projectionMatrix * modelViewMatrix * vec4(along(u), 1.0);
  vec4 next = projectionMatrix * modelViewMatrix * vec4(along(u + 0.01), 1.0);
  vec2 way = (next.xy / next.w - here.xy / here.w) * size;
  float length_ = length(way);
  vec2 normal = length_ < 1e-5 ? vec2(0.0) : vec2(-way.y, way.x) / length_;
  float taper = still > 0.5 ? 0.6 : mix(0.12, 1.0, position.x);
  here.xy += normal * position.y * kind.y * taper / size * here.w;
  gl_Position = here;
  across = position.y;
  float faded = still > 0.5 ? 0.8 * (1.0 - smoothstep(0.5, 1.0, age))
                            : position.x * (1.0 - smoothstep(1.0, 1.0 + tail, age));
  tint = vec4(palette[number], faded);
}`;
}

const overTheGlobe = /* glsl */ `
vec3 along(float u) {
  float w = acos(clamp(dot(origin.xyz, home), -1.0, 1.0));
  float s = sin(w);
  vec3 flat_way = normalize(mix(origin.xyz, home, u));
  vec3 way = s < 0.02 ? flat_way : (sin((1.0 - u) * w) * origin.xyz + sin(u * w) * home) / s;
  return way * (1.004 + origin.w * 4.0 * u * (1.0 - u));
}`;

export const flyingFragment = /* glsl */ `
varying vec4 tint;
varying float across;
void main() {
  gl_FragColor = vec4(tint.rgb, tint.a * (1.0 - smoothstep(0.45, 1.0, abs(across))));
}`;

export interface Flight<Data> {
  from: Vector3; // on the unit sphere
  rise: number; // of the arc's top above the sphere, in radii
  width: number; // CSS pixels
  classIndex: number;
  data: Data;
}

export function ribbon(segments: number): InstancedBufferGeometry {
  const geometry = new InstancedBufferGeometry();
  const corners: number[] = [];
  const order: number[] = [];
  for (let i = 0; i <= segments; ++i) {
    corners.push(i / segments, -1, 0, i / segments, 1, 0);
    if (i === segments) continue;
    const at = i * 2;
    order.push(at, at + 1, at + 2, at + 2, at + 1, at + 3);
  }
  geometry.setAttribute('position', new BufferAttribute(new Float32Array(corners), 3));
  geometry.setIndex(order);
  return geometry;
}

export class Flights<Data> {
  readonly mesh: Mesh<InstancedBufferGeometry, ShaderMaterial>;
  readonly #origin = new InstancedBufferAttribute(new Float32Array(mostFlights * 4), 4);
  readonly #kind = new InstancedBufferAttribute(new Float32Array(mostFlights * 4).fill(never), 4);
  readonly #births = new Float64Array(mostFlights).fill(never);
  readonly #data: (Data | undefined)[] = Array<Data | undefined>(mostFlights);
  #next = 0;
  #home = new Vector3(1, 0, 0);

  constructor(still: boolean) {
    const geometry = ribbon(still ? stillSegments : flyingSegments);
    for (const attribute of [this.#origin, this.#kind]) attribute.setUsage(DynamicDrawUsage);
    geometry.setAttribute('origin', this.#origin);
    geometry.setAttribute('kind', this.#kind);
    geometry.instanceCount = 0;
    const material = new ShaderMaterial({
      vertexShader: flyingShader('uniform vec3 home;\nattribute vec4 origin;', overTheGlobe),
      fragmentShader: flyingFragment,
      transparent: true,
      depthWrite: false,
      uniforms: {
        now: { value: 0 },
        life: { value: flightSeconds },
        tail: { value: tail },
        still: { value: still ? 1 : 0 },
        home: { value: this.#home },
        size: { value: new Vector2(1, 1) },
        palette: { value: new Float32Array(classCount * 3) },
        shown: { value: new Float32Array(classCount).fill(1) },
      },
    });
    material.side = 2; // a ribbon has no back
    this.mesh = new Mesh(geometry, material);
    this.mesh.frustumCulled = false;
    this.mesh.renderOrder = 2;
  }

  set(values: { home?: Vector3; palette?: number[]; shown?: number[] }): void {
    const { uniforms } = this.mesh.material;
    if (values.home) this.#home.copy(values.home);
    if (values.palette) (uniforms.palette as { value: Float32Array }).value.set(values.palette);
    if (values.shown) (uniforms.shown as { value: Float32Array }).value.set(values.shown);
  }

  add(flight: Flight<Data>, birth: number): void {
    const at = this.#next;
    this.#next = (at + 1) % mostFlights;
    this.#births[at] = birth;
    this.#data[at] = flight.data;
    const { x, y, z } = flight.from;
    this.#origin.setXYZW(at, x, y, z, flight.rise);
    this.#kind.setXYZW(at, birth, flight.width, flight.classIndex, 0);
    for (const attribute of [this.#origin, this.#kind]) {
      attribute.addUpdateRange(at * 4, 4);
      attribute.needsUpdate = true;
    }
    const { geometry } = this.mesh;
    geometry.instanceCount = Math.max(geometry.instanceCount, at + 1);
  }

  // Takes away, or brings back, by what the flights carry.
  show(wanted: (data: Data) => boolean): void {
    for (let at = 0; at < mostFlights; ++at) {
      const data = this.#data[at];
      if (data !== undefined)
        this.#kind.setX(at, wanted(data) ? (this.#births[at] as number) : never);
    }
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
    const kind = this.#kind.array;
    const begun = now - flightSeconds * (1 + tail);
    for (let at = 0; at < mostFlights; ++at) {
      const birth = kind[at * 4] as number;
      if (birth > begun && birth <= now) count += 1;
    }
    return count;
  }

  // The flight whose head or tail is nearest to a point of the canvas. `place` says where a point
  // of the scene is on the canvas, null if it is hidden.
  nearest(
    now: number,
    within: number, // CSS pixels
    target: { x: number; y: number },
    place: (point: Vector3) => { x: number; y: number } | null,
    still: boolean,
  ): Data | null {
    let best: Data | null = null;
    let least = within;
    const { array: origin } = this.#origin;
    const from = new Vector3();
    for (let at = 0; at < mostFlights; ++at) {
      const age = (now - (this.#kind.array[at * 4] as number)) / flightSeconds;
      if (age < 0 || age > 1 + tail) continue;
      from.fromArray(origin, at * 4);
      for (let step = 0; step < 6; ++step) {
        const u = still ? (step + 0.5) / 6 : Math.min(1, age) - (step / 6) * tail;
        if (u < 0) break;
        const shown = place(this.#along(from, origin[at * 4 + 3] as number, u));
        if (!shown) continue;
        const distance = Math.hypot(shown.x - target.x, shown.y - target.y);
        if (distance >= least) continue;
        least = distance;
        best = this.#data[at] ?? null;
      }
    }
    return best;
  }

  // As the vertex shader places it.
  #along(from: Vector3, rise: number, u: number): Vector3 {
    const w = from.angleTo(this.#home);
    const s = Math.sin(w);
    const way =
      s < 0.02
        ? from.clone().lerp(this.#home, u).normalize()
        : from
            .clone()
            .multiplyScalar(Math.sin((1 - u) * w) / s)
            .addScaledVector(this.#home, Math.sin(u * w) / s);
    return way.multiplyScalar(1.004 + rise * 4 * u * (1 - u));
  }
}
