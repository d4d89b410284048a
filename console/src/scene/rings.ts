// SPDX-License-Identifier: Apache-2.0
//
// The rings: in the middle the IPv4 Internet as a wire-frame sphere, around it each organisation a
// ring of its addresses, which goes around the sphere and turns in itself, so that nobody reads from
// the picture where its dark blocks begin. Packets fly between both. Four draw calls: sphere,
// meridians, rings, comets; names and marks are texts above (ring_labels.ts).
import {
  BufferAttribute,
  BufferGeometry,
  DataTexture,
  InstancedBufferAttribute,
  InstancedBufferGeometry,
  LineSegments,
  Mesh,
  NearestFilter,
  Quaternion,
  RedFormat,
  ShaderMaterial,
  SphereGeometry,
  Vector3,
} from 'three';
import type { LivePackets, LiveSample } from '../api';
import { resolved } from '../colours';
import { Comets, cometSeconds } from './comets';
import { pointOf, widthOf } from './globe_places';
import { classIndex, palette, shownClasses } from './palette';
import {
  darkPlace, finderOf, mostRings, type OnRing, orbit, ringRadius, type Segment, spherePlace, type Spot, spots,
} from './ring_places';
import { rgb, Stage } from './stage';

export interface Ring {
  name: string;
  segments: Segment[];
}

const start = { azimuth: -60, elevation: 22, distance: 10.8 };
const cells = 1024; // of a ring, each of one colour
const sides = 96; // of a ring
const inner = 0.84; // of its radius
const revolution = 240; // s around the sphere
const rotation = 60; // s in itself
const quarter = 0.25; // s between two messages; its packets set out one after another
const mostFromOutside = 10; // drawn of a message
const up = new Vector3(0, 1, 0);
const facing = new Vector3(0, 0, 1);

const ringVertex = /* glsl */ `
attribute vec4 centre; // and radius
attribute vec4 turn;
attribute float row;
varying vec2 cell;
varying float near;
vec3 turned(vec3 v) { return v + 2.0 * cross(turn.xyz, cross(turn.xyz, v) + turn.w * v); }
void main() {
  vec4 eye = modelViewMatrix * vec4(centre.xyz + turned(vec3(position.xy, 0.0)) * centre.w, 1.0);
  vec4 middle = modelViewMatrix * vec4(0.0, 0.0, 0.0, 1.0);
  near = clamp(0.5 + (eye.z - middle.z) / ${(2 * orbit).toFixed(2)}, 0.0, 1.0);
  cell = vec2(position.z, row);
  gl_Position = projectionMatrix * eye;
}`;

// A cell is live (1), dark (2), or between two blocks (0). Far rings are paler.
const ringFragment = /* glsl */ `
uniform sampler2D uses;
uniform vec3 live;
uniform vec3 dark;
uniform vec3 paper;
varying vec2 cell;
varying float near;
void main() {
  float use = texture2D(uses, cell).r * 255.0;
  if (use < 0.5) discard;
  gl_FragColor = vec4(mix(paper, use < 1.5 ? live : dark, 0.15 + 0.85 * near * near), 1.0);
}`;

const plainVertex = /* glsl */ `
attribute float weight;
varying float strength;
void main() {
  strength = weight;
  gl_Position = projectionMatrix * modelViewMatrix * vec4(position, 1.0);
}`;

const plainFragment = /* glsl */ `
uniform vec3 ink;
varying float strength;
void main() { gl_FragColor = vec4(ink, strength); }`;

// Every 1,024th of the 65,536 meridians, those of eighths stronger, and a few parallels.
function meridians(): BufferGeometry {
  const places: number[] = [];
  const weights: number[] = [];
  const line = (a: Vector3, b: Vector3, weight: number) => {
    places.push(a.x, a.y, a.z, b.x, b.y, b.z);
    weights.push(weight, weight);
  };
  for (let meridian = 0; meridian < 64; ++meridian) {
    const longitude = (meridian / 64) * 360 - 180;
    for (let at = -90; at < 90; at += 6)
      line(pointOf(longitude, at), pointOf(longitude, at + 6), meridian % 8 === 0 ? 1 : 0.45);
  }
  for (const latitude of [-45, 0, 45])
    for (let at = -180; at < 180; at += 5)
      line(pointOf(at, latitude), pointOf(at + 5, latitude), latitude === 0 ? 0.8 : 0.4);
  const geometry = new BufferGeometry();
  geometry.setAttribute('position', new BufferAttribute(new Float32Array(places), 3));
  geometry.setAttribute('weight', new BufferAttribute(new Float32Array(weights), 1));
  return geometry;
}

// A flat ring; the third number of a corner is how far around it is, in turns.
function annulus(): InstancedBufferGeometry {
  const geometry = new InstancedBufferGeometry();
  const corners: number[] = [];
  const order: number[] = [];
  for (let i = 0; i <= sides; ++i) {
    const angle = (i / sides) * 2 * Math.PI;
    for (const radius of [inner, 1]) corners.push(radius * Math.cos(angle), radius * Math.sin(angle), i / sides);
    if (i < sides) order.push(2 * i, 2 * i + 1, 2 * i + 2, 2 * i + 2, 2 * i + 1, 2 * i + 3);
  }
  geometry.setAttribute('position', new BufferAttribute(new Float32Array(corners), 3));
  geometry.setIndex(order);
  return geometry;
}

export class Rings {
  readonly stage: Stage;
  wanted: (sample: LiveSample) => boolean = () => true;
  // Whether this address is known to send to its own organisation's dark space.
  toOwnDark: (address: string) => boolean = () => false;
  membersOnly = false;
  onChoose: (ring: number) => void = () => {};
  onMoved: () => void = () => {}; // texts above the picture must follow

  readonly #still: boolean;
  readonly #comets: Comets;
  readonly #ball: Mesh<SphereGeometry, ShaderMaterial>;
  readonly #lines: LineSegments<BufferGeometry, ShaderMaterial>;
  readonly #bands: Mesh<InstancedBufferGeometry, ShaderMaterial>;
  readonly #centre = new InstancedBufferAttribute(new Float32Array(mostRings * 4), 4);
  readonly #turn = new InstancedBufferAttribute(new Float32Array(mostRings * 4), 4);
  readonly #uses = new DataTexture(new Uint8Array(cells * mostRings), cells, mostRings, RedFormat);
  #rings: Ring[] = [];
  #spots: Spot[] = [];
  #radius = 0.5;
  #find = finderOf([]);
  #dark = darkPlace([]);

  // `still`: the person wants no motion, so rings stand and comets are bows that fade.
  static create(canvas: HTMLCanvasElement, still: boolean): Rings | null {
    // On a narrow screen from farther away, so that the rings at the sides are seen.
    const box = canvas.parentElement;
    const slim = Math.min(1, (box?.clientWidth ?? 1) / Math.max(1, box?.clientHeight ?? 1));
    const stage = Stage.create(canvas, {
      view: 'rings', fieldOfView: 32, start: { ...start, distance: start.distance / slim },
      nearest: 4, farthest: 26,
    });
    return stage ? new Rings(stage, still) : null;
  }

  private constructor(stage: Stage, still: boolean) {
    this.stage = stage;
    this.#still = still;
    this.#comets = new Comets(still);
    this.#lines = new LineSegments(
      meridians(),
      new ShaderMaterial({
        vertexShader: plainVertex,
        fragmentShader: plainFragment,
        transparent: true,
        uniforms: { ink: { value: new Vector3() } },
      }),
    );
    const ball = new SphereGeometry(0.992, 64, 48);
    ball.setAttribute('weight', new BufferAttribute(new Float32Array(ball.attributes.position?.count ?? 0).fill(1), 1));
    this.#ball = new Mesh(
      ball,
      new ShaderMaterial({
        vertexShader: plainVertex,
        fragmentShader: plainFragment,
        uniforms: { ink: { value: new Vector3() } },
      }),
    );
    this.#uses.magFilter = NearestFilter;
    this.#uses.minFilter = NearestFilter;
    const geometry = annulus();
    geometry.setAttribute('centre', this.#centre);
    geometry.setAttribute('turn', this.#turn);
    const rows = Float32Array.from({ length: mostRings }, (_, i) => (i + 0.5) / mostRings);
    geometry.setAttribute('row', new InstancedBufferAttribute(rows, 1));
    geometry.instanceCount = 0;
    this.#bands = new Mesh(
      geometry,
      new ShaderMaterial({
        vertexShader: ringVertex,
        fragmentShader: ringFragment,
        uniforms: {
          uses: { value: this.#uses },
          live: { value: new Vector3() },
          dark: { value: new Vector3() },
          paper: { value: new Vector3() },
        },
      }),
    );
    this.#bands.material.side = 2;
    this.#bands.frustumCulled = false;
    stage.scene.add(this.#ball, this.#lines, this.#bands, this.#comets.mesh);
    stage.onFrame = () => this.#frame();
    stage.onPick = (x, y) => this.#pick(x, y);
  }

  paint(): void {
    this.stage.background(resolved('scene'));
    const tint = (of: ShaderMaterial, name: string, token: string) =>
      (of.uniforms[name] as { value: Vector3 }).value.fromArray(rgb(resolved(token)));
    tint(this.#ball.material, 'ink', 'scene-sea');
    tint(this.#lines.material, 'ink', 'scene-rim');
    tint(this.#bands.material, 'live', 'ring-live');
    tint(this.#bands.material, 'dark', 'ring-dark');
    tint(this.#bands.material, 'paper', 'scene');
    this.#comets.set('palette', palette());
  }

  hide(classes: ReadonlySet<string>): void {
    this.#comets.set('shown', shownClasses(classes));
  }

  show(rings: Ring[]): void {
    this.#rings = rings.slice(0, mostRings);
    this.#spots = spots(this.#rings.length);
    this.#radius = ringRadius(this.#rings.length);
    const all = this.#rings.map(({ segments }) => segments);
    this.#find = finderOf(all);
    this.#dark = darkPlace(all);
    const uses = this.#uses.image.data as Uint8Array;
    uses.fill(0);
    const gap = 1.5 / cells; // between two blocks, half on each side
    all.forEach((segments, ring) => {
      for (const { use, start, end } of segments) {
        const [from, until] = segments.length > 1 ? [start + gap, end - gap] : [start, end];
        uses.fill(use === 'live' ? 1 : 2, ring * cells + Math.round(from * cells), ring * cells + Math.max(Math.round(from * cells) + 1, Math.round(until * cells)));
      }
    });
    this.#uses.needsUpdate = true;
    this.#bands.geometry.instanceCount = this.#rings.length;
    this.#comets.clear();
  }

  add({ packets, sample }: LivePackets): void {
    if (this.stage.paused || sample.length === 0) return;
    const width = Math.max(1.6, widthOf(packets / sample.length) * 0.8);
    const now = this.stage.now();
    let fromOutside = 0;
    sample.forEach((one, i) => {
      if (!this.wanted(one)) return;
      const own = this.#find(one.source);
      if (!own && (this.membersOnly || ++fromOutside > mostFromOutside)) return;
      const birth = now + (i / sample.length) * quarter;
      const way = own ? this.#fromRing(own, one, birth) : this.#fromOutside(one, birth);
      if (!way) return;
      this.#comets.add(
        { ...way, width: own ? width * 1.3 : width, classIndex: classIndex(one.class) },
        birth,
      );
    });
  }

  // Where an address is in the scene; null where no ring has it.
  place(address: string): Vector3 | null {
    const found = this.#find(address);
    return found ? this.#at(found, this.#time(this.stage.now())) : null;
  }

  // Whether a point is on the other side of the sphere's middle, as one looks.
  far(point: Vector3): boolean {
    return point.dot(this.stage.camera.position) < 0;
  }

  middle(ring: number): Vector3 {
    return this.#pose(ring, this.#time(this.stage.now())).centre;
  }

  // Whether the sphere is before a point, as one looks.
  hidden(point: Vector3): boolean {
    const { position } = this.stage.camera;
    const way = point.clone().sub(position);
    const far = way.length();
    way.divideScalar(far);
    const b = position.dot(way);
    const root = b * b - (position.lengthSq() - 1);
    return root > 0 && -b - Math.sqrt(root) < far - 0.01 && b < 0;
  }

  dispose(): void {
    this.#uses.dispose();
    this.stage.dispose();
  }

  #time(now: number): number {
    return this.#still ? 0 : now;
  }

  // Rings lean towards whoever looks, so that none is seen from its edge.
  #pose(ring: number, time: number): { centre: Vector3; turn: Quaternion } {
    const { azimuth, height } = this.#spots[ring] ?? { azimuth: 0, height: 0 };
    const angle = azimuth + (time / revolution) * 2 * Math.PI;
    const flat = Math.sqrt(1 - height * height);
    const outward = new Vector3(flat * Math.cos(angle), height, -flat * Math.sin(angle));
    const eye = this.stage.camera.position.clone().normalize();
    const normal = outward.clone().multiplyScalar(0.55).addScaledVector(up, 0.35).add(eye).normalize();
    const turn = new Quaternion().setFromUnitVectors(facing, normal);
    const spin = (time / rotation + ring * 0.381) * 2 * Math.PI;
    turn.multiply(new Quaternion().setFromAxisAngle(facing, spin));
    return { centre: outward.multiplyScalar(orbit), turn };
  }

  #at({ ring, at }: OnRing, time: number): Vector3 {
    const { centre, turn } = this.#pose(ring, time);
    const middle = (1 + inner) / 2;
    const local = new Vector3(Math.cos(at * 2 * Math.PI), Math.sin(at * 2 * Math.PI), 0);
    return local.multiplyScalar(middle * this.#radius).applyQuaternion(turn).add(centre);
  }

  // Into the sphere, or across the ring to the organisation's own dark arc.
  #fromRing(own: OnRing, sample: LiveSample, birth: number) {
    const from = this.#at(own, this.#time(birth));
    const landing = this.#time(birth + cometSeconds);
    if (this.toOwnDark(sample.source) && !sample.class.startsWith('backscatter')) {
      const dark = darkPlace([this.#rings[own.ring]?.segments ?? []])(sample.destination);
      if (dark) {
        const to = this.#at({ ring: own.ring, at: dark.at }, landing);
        const over = this.#pose(own.ring, landing).centre.multiplyScalar(1 + this.#radius / orbit);
        return { from, over, to };
      }
    }
    // Which dark block of whom is secret: any place of the sphere, the same for neighbours.
    const to = pointOf(sample.destination * 360 - 180, ((sample.destination * 7919) % 1) * 120 - 60);
    const over = from.clone().add(to).multiplyScalar(0.62);
    return { from, over, to };
  }

  #fromOutside(sample: LiveSample, birth: number) {
    const place = spherePlace(sample.source);
    if (!place) return null;
    const from = pointOf(place.longitude, place.latitude);
    const dark = this.#dark(sample.destination);
    // Where no organisation has a dark block, it leaves the picture.
    const to = dark
      ? this.#at(dark, this.#time(birth + cometSeconds))
      : from.clone().multiplyScalar(orbit);
    const over = from.clone().multiplyScalar(1.4).add(to.clone().multiplyScalar(0.35));
    return { from, over, to };
  }

  #frame(): number {
    const now = this.stage.now();
    const time = this.#time(now);
    this.#rings.forEach((_, ring) => {
      const { centre, turn } = this.#pose(ring, time);
      this.#centre.setXYZW(ring, centre.x, centre.y, centre.z, this.#radius);
      this.#turn.setXYZW(ring, turn.x, turn.y, turn.z, turn.w);
    });
    this.#centre.needsUpdate = true;
    this.#turn.needsUpdate = true;
    this.#comets.frame(now, this.stage.width, this.stage.height);
    this.onMoved();
    return this.#comets.inFlight(now);
  }

  // The nearest ring that a point of the canvas lies in.
  #pick(x: number, y: number): void {
    const time = this.#time(this.stage.now());
    let chosen: number | null = null;
    let nearest = Number.POSITIVE_INFINITY;
    this.#rings.forEach((_, ring) => {
      const { centre } = this.#pose(ring, time);
      const away = centre.distanceTo(this.stage.camera.position);
      if (away >= nearest || this.hidden(centre)) return;
      const edge = Array.from({ length: 24 }, (_, i) => this.stage.project(this.#at({ ring, at: i / 24 }, time)));
      if (!inside(edge, x, y)) return;
      nearest = away;
      chosen = ring;
    });
    if (chosen !== null) this.onChoose(chosen);
  }
}

function inside(polygon: { x: number; y: number }[], x: number, y: number): boolean {
  let is = false;
  polygon.forEach((a, i) => {
    const b = polygon[(i + 1) % polygon.length] as { x: number; y: number };
    if (a.y > y !== b.y > y && x < ((b.x - a.x) * (y - a.y)) / (b.y - a.y) + a.x) is = !is;
  });
  return is;
}
