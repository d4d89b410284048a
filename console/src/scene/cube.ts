// SPDX-License-Identifier: Apache-2.0
//
// The Cube: packets as points by source address (x), port (y) and masked dark address (z), fading
// as they age. Points keep their place on the graphics card; the shader makes them fade and moves
// them when the scale of the ports changes. Two draw calls: points and edges.
import {
  BufferAttribute,
  BufferGeometry,
  DynamicDrawUsage,
  LineSegments,
  Points,
  ShaderMaterial,
  Vector3,
} from 'three';
import type { LivePackets, LiveSample } from '../api';
import { resolved } from '../colours';
import { ipv6Halves, placeOfIpv4 } from '../live/address';
import type { Weighed } from '../live/recent';
import { classCount, classIndex, palette, shownClasses } from './palette';
import { type Camera, type Rectangle, rgb, Stage } from './stage';

// What the stream can bring in five minutes: 64 samples, four times a second.
export const mostPoints = 64 * 4 * 300;
const never = -1e6;
const quarter = 0.25;

// IPv4 fills the axis to here, IPv6 has a lane of its own beyond.
const ipv4End = 0.9;
const ipv6Start = 0.94;

export const looks: Readonly<Record<'corner' | 'front' | 'top' | 'side', Camera>> = {
  corner: { azimuth: -58, elevation: 20, distance: 21 },
  front: { azimuth: -90, elevation: 0, distance: 15.5 }, // source across, port up
  top: { azimuth: -90, elevation: 89, distance: 15.5 }, // source across, dark address down
  side: { azimuth: 180, elevation: 0, distance: 15.5 }, // dark address across, port up
};

export function sourcePlace(address: string): number {
  const ipv4 = placeOfIpv4(address);
  if (ipv4 !== null) return ipv4 * ipv4End;
  const halves = ipv6Halves(address);
  // Global unicast is 2000::/3: its eighth of all addresses fills the lane.
  const unicast = halves ? Number(halves[0] - 0x2000_0000_0000_0000n) / 2 ** 61 : 0;
  return ipv6Start + Math.max(0, Math.min(1, unicast)) * (1 - ipv6Start);
}

export function portPlace(port: number, log: boolean): number {
  return log ? Math.log1p(port) / Math.log(65_536) : port / 65_535;
}

const vertexShader = /* glsl */ `
uniform float now;
uniform float life;
uniform float logScale;
uniform float dots;
uniform vec3 palette[${classCount}];
uniform float shown[${classCount}];
attribute vec4 kind; // when, size, class, unused
varying vec4 tint;
void main() {
  float age = (now - kind.x) / life;
  int number = int(kind.z + 0.5);
  tint = vec4(0.0);
  gl_PointSize = 1.0;
  gl_Position = vec4(2.0, 2.0, 2.0, 1.0);
  if (age < 0.0 || age > 1.0 || shown[number] < 0.5) return;
  float port = logScale > 0.5 ? log(1.0 + position.y) / log(65536.0) : position.y / 65535.0;
  gl_Position = projectionMatrix * modelViewMatrix *
      vec4(vec3(position.x, port, position.z) * 2.0 - 1.0, 1.0);
  gl_PointSize = kind.y * dots;
  tint = vec4(palette[number], 1.0 - 0.9 * age * age);
}`;

const fragmentShader = /* glsl */ `
varying vec4 tint;
void main() {
  float away = length(gl_PointCoord - 0.5) * 2.0;
  if (away > 1.0) discard;
  gl_FragColor = vec4(tint.rgb, tint.a * (1.0 - smoothstep(0.7, 1.0, away)));
}`;

const edgeVertex = /* glsl */ `
attribute float weight;
varying float strength;
void main() {
  strength = weight;
  gl_Position = projectionMatrix * modelViewMatrix * vec4(position * 2.0 - 1.0, 1.0);
}`;

const edgeFragment = /* glsl */ `
uniform vec3 ink;
varying float strength;
void main() { gl_FragColor = vec4(ink, strength); }`;

// Corner to corner, and ticks on the floor and the back wall.
function edges(): BufferGeometry {
  const places: number[] = [];
  const weights: number[] = [];
  const line = (a: number[], b: number[], weight: number) => {
    places.push(...a, ...b);
    weights.push(weight, weight);
  };
  for (const u of [0, 1])
    for (const v of [0, 1]) {
      line([0, u, v], [1, u, v], 0.8);
      line([u, 0, v], [u, 1, v], 0.8);
      line([u, v, 0], [u, v, 1], 0.8);
    }
  for (const tick of [0.25, 0.5, 0.75]) {
    line([tick * ipv4End, 0, 0], [tick * ipv4End, 0, 1], 0.3);
    line([0, 0, tick], [1, 0, tick], 0.3);
  }
  line([ipv4End + 0.02, 0, 0], [ipv4End + 0.02, 0, 1], 0.8);
  line([ipv4End + 0.02, 0, 0], [ipv4End + 0.02, 1, 0], 0.5);
  const geometry = new BufferGeometry();
  geometry.setAttribute('position', new BufferAttribute(new Float32Array(places), 3));
  geometry.setAttribute('weight', new BufferAttribute(new Float32Array(weights), 1));
  return geometry;
}

export class Cube {
  readonly stage: Stage;
  wanted: (sample: LiveSample) => boolean = () => true;
  onTurned: () => void = () => {}; // the camera or the size changed: labels must move

  readonly #points: Points<BufferGeometry, ShaderMaterial>;
  readonly #lines: LineSegments<BufferGeometry, ShaderMaterial>;
  readonly #place = new BufferAttribute(new Float32Array(mostPoints * 3), 3);
  readonly #kind = new BufferAttribute(new Float32Array(mostPoints * 4).fill(never), 4);
  readonly #births = new Float64Array(mostPoints).fill(never);
  readonly #data: (Weighed | undefined)[] = Array<Weighed | undefined>(mostPoints);
  #next = 0;
  #used = 0;
  #life = 60;
  #log = true;
  #hidden: ReadonlySet<string> = new Set();
  #frames = 0;
  #shown = 0;
  #looked = '';

  static create(canvas: HTMLCanvasElement): Cube | null {
    const stage = Stage.create(canvas, {
      // From far through a long lens, so that lines that are parallel look so.
      view: 'cube', fieldOfView: 10, start: looks.corner, nearest: 5, farthest: 36,
    });
    return stage ? new Cube(stage) : null;
  }

  private constructor(stage: Stage) {
    this.stage = stage;
    const geometry = new BufferGeometry();
    for (const attribute of [this.#place, this.#kind]) attribute.setUsage(DynamicDrawUsage);
    geometry.setAttribute('position', this.#place);
    geometry.setAttribute('kind', this.#kind);
    geometry.setDrawRange(0, 0);
    this.#points = new Points(
      geometry,
      new ShaderMaterial({
        vertexShader,
        fragmentShader,
        transparent: true,
        depthWrite: false,
        uniforms: {
          now: { value: 0 },
          life: { value: this.#life },
          logScale: { value: 1 },
          dots: { value: Math.min(2, devicePixelRatio) },
          palette: { value: new Float32Array(classCount * 3) },
          shown: { value: new Float32Array(classCount).fill(1) },
        },
      }),
    );
    this.#points.frustumCulled = false;
    this.#lines = new LineSegments(
      edges(),
      new ShaderMaterial({
        vertexShader: edgeVertex,
        fragmentShader: edgeFragment,
        transparent: true,
        uniforms: { ink: { value: new Vector3() } },
      }),
    );
    this.#lines.frustumCulled = false;
    stage.scene.add(this.#lines, this.#points);
    stage.onFrame = () => this.#frame();
  }

  paint(): void {
    this.stage.background(resolved('scene'));
    this.#uniform<Float32Array>('palette').set(palette());
    const { ink } = this.#lines.material.uniforms as { ink: { value: Vector3 } };
    ink.value.fromArray(rgb(resolved('rule-strong')));
  }

  hide(classes: ReadonlySet<string>): void {
    this.#hidden = classes;
    this.#uniform<Float32Array>('shown').set(shownClasses(classes));
  }

  fadeAfter(seconds: number): void {
    this.#life = seconds;
    (this.#points.material.uniforms.life as { value: number }).value = seconds;
  }

  scale(log: boolean): void {
    this.#log = log;
    (this.#points.material.uniforms.logScale as { value: number }).value = log ? 1 : 0;
  }

  filter(wanted: (sample: LiveSample) => boolean): void {
    this.wanted = wanted;
    for (let at = 0; at < this.#used; ++at) {
      const data = this.#data[at];
      if (data) this.#kind.setX(at, wanted(data.sample) ? (this.#births[at] as number) : never);
    }
    this.#kind.clearUpdateRanges();
    this.#kind.needsUpdate = true;
  }

  add({ time, packets, sample }: LivePackets): void {
    if (this.stage.paused) return;
    const now = this.stage.now();
    const each = packets / Math.max(1, sample.length);
    const size = Math.min(8, 2.6 + Math.log10(Math.max(1, each)));
    sample.forEach((one, i) => {
      const at = this.#next;
      this.#next = (at + 1) % mostPoints;
      this.#used = Math.max(this.#used, at + 1);
      const birth = now + (i / sample.length) * quarter;
      this.#births[at] = birth;
      this.#data[at] = { time: Date.parse(time), packets: each, sample: one };
      this.#place.setXYZ(at, sourcePlace(one.source), one.port, one.destination);
      this.#kind.setXYZW(at, this.wanted(one) ? birth : never, size, classIndex(one.class), 0);
      this.#place.addUpdateRange(at * 3, 3);
      this.#kind.addUpdateRange(at * 4, 4);
    });
    this.#place.needsUpdate = true;
    this.#kind.needsUpdate = true;
    this.#points.geometry.setDrawRange(0, this.#used);
  }

  // What is on show within a rectangle of the canvas; all of it without one.
  inside(rectangle: Rectangle | null): Weighed[] {
    const now = this.stage.now();
    const found: Weighed[] = [];
    const point = new Vector3();
    for (let at = 0; at < this.#used; ++at) {
      const data = this.#data[at];
      if (!data || !this.#isShown(at, data, now)) continue;
      if (rectangle) {
        point.set(
          this.#place.getX(at), portPlace(this.#place.getY(at), this.#log), this.#place.getZ(at),
        );
        const { x, y } = this.locate(point);
        if (x < rectangle.left || x > rectangle.right) continue;
        if (y < rectangle.top || y > rectangle.bottom) continue;
      }
      found.push(data);
    }
    return found;
  }

  // Where a place of the cube, each axis from 0 to 1, is on the canvas.
  locate(place: Vector3): { x: number; y: number } {
    return this.stage.project(new Vector3(place.x * 2 - 1, place.y * 2 - 1, place.z * 2 - 1));
  }

  dispose(): void {
    this.stage.dispose();
  }

  #isShown(at: number, data: Weighed, now: number): boolean {
    const age = now - (this.#kind.array[at * 4] as number);
    return age >= 0 && age <= this.#life && !this.#hidden.has(data.sample.class);
  }

  #frame(): number {
    const now = this.stage.now();
    (this.#points.material.uniforms.now as { value: number }).value = now;
    const { orbit, width, height } = this.stage;
    const looked = `${orbit.azimuth} ${orbit.elevation} ${orbit.distance} ${width} ${height} ${this.#log}`;
    if (looked !== this.#looked) {
      this.#looked = looked;
      this.onTurned();
    }
    if (this.#frames++ % 10 === 0) {
      this.#shown = 0;
      for (let at = 0; at < this.#used; ++at) {
        const data = this.#data[at];
        if (data && this.#isShown(at, data, now)) this.#shown += 1;
      }
    }
    return this.#shown;
  }

  #uniform<T>(name: string): T {
    return (this.#points.material.uniforms[name] as { value: T }).value;
  }
}
