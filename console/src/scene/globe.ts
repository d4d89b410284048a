// SPDX-License-Identifier: Apache-2.0
//
// The globe of the Atlas: countries painted onto a sphere, packets flying over it, and what lies
// under the pointer. Three draw calls: sphere, flights, telescope.
import {
  BufferAttribute,
  BufferGeometry,
  CanvasTexture,
  Mesh,
  Points,
  ShaderMaterial,
  SphereGeometry,
  Vector3,
} from 'three';
import { feature, mesh } from 'topojson-client';
import world from 'world-atlas/countries-110m.json';
import type { LivePackets, LiveSample } from '../api';
import { resolved } from '../colours';
import { serviceOf } from '../live/recent';
import { countries } from './countries';
import { Flights } from './flights';
import { degrees, pointOf, widthOf } from './globe_places';
import { classIndex, palette, shownClasses } from './palette';
import { rgb, Stage } from './stage';

export interface FlightData {
  country: string;
  class: string;
  service: string;
  sample: LiveSample; // one of those it stands for
}

const mapWidth = 2048;
const idWidth = 1024;
const quarter = 0.25; // s between two messages; its packets set out one after another
const fewPackets = 4; // for each sample; above, what is alike flies as one
const pickSlack = 9; // CSS pixels
const start = { azimuth: 10, elevation: 22, distance: 4.4 };

// Arcs rise with the logarithm of the port, so that 23 and 2323 differ as much as 443 and 44,300.
export function riseOf(port: number): number {
  return 0.05 + 0.5 * (Math.log1p(port) / Math.log(65_536));
}

const numbers = new Map(Object.entries(countries).map(([code, [number]]) => [number, code]));
const shapes = feature(world, world.objects.countries).features;
const borders = mesh(world, world.objects.countries, (a, b) => a !== b);

function trace(to: CanvasRenderingContext2D, rings: number[][][], width: number): void {
  const scale = width / 360;
  for (const ring of rings)
    ring.forEach(([x = 0, y = 0], i) => {
      const [px, py] = [(x + 180) * scale, (90 - y) * scale];
      if (i === 0) to.moveTo(px, py);
      else to.lineTo(px, py);
    });
}

function ringsOf(geometry: (typeof shapes)[number]['geometry']): number[][][] {
  if (geometry.type === 'Polygon') return geometry.coordinates;
  return geometry.type === 'MultiPolygon' ? geometry.coordinates.flat() : [];
}

function canvasOf(width: number): [HTMLCanvasElement, CanvasRenderingContext2D] {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = width / 2;
  return [canvas, canvas.getContext('2d', { willReadFrequently: width === idWidth }) as CanvasRenderingContext2D];
}

// A small spread around the middle of a country, the same for a source every time.
function spread(source: string): [number, number] {
  let hash = 2166136261;
  for (let i = 0; i < source.length; ++i) hash = Math.imul(hash ^ source.charCodeAt(i), 16777619);
  return [((hash & 255) / 255 - 0.5) * 3, (((hash >>> 8) & 255) / 255 - 0.5) * 3];
}

const sphereVertex = /* glsl */ `
varying vec2 place;
varying vec3 outward;
varying vec3 toEye;
void main() {
  place = uv;
  vec4 eye = modelViewMatrix * vec4(position, 1.0);
  outward = normalize(normalMatrix * normal);
  toEye = normalize(-eye.xyz);
  gl_Position = projectionMatrix * eye;
}`;

const sphereFragment = /* glsl */ `
uniform sampler2D map;
uniform vec3 rim;
varying vec2 place;
varying vec3 outward;
varying vec3 toEye;
void main() {
  float edge = 1.0 - max(0.0, dot(normalize(outward), normalize(toEye)));
  gl_FragColor = vec4(mix(texture2D(map, place).rgb, rim, pow(edge, 3.0) * 0.65), 1.0);
}`;

const markVertex = /* glsl */ `
void main() {
  gl_Position = projectionMatrix * modelViewMatrix * vec4(position, 1.0);
  gl_PointSize = 16.0;
}`;

const markFragment = /* glsl */ `
uniform vec3 ink;
uniform vec3 paper;
void main() {
  float away = length(gl_PointCoord - 0.5) * 2.0;
  if (away > 1.0) discard;
  gl_FragColor = vec4(away > 0.72 || away < 0.4 ? ink : paper, 1.0);
}`;

export class Globe {
  readonly stage: Stage;
  onChoose: (chosen: FlightData | string | null) => void = () => {}; // a flight, or a country
  wanted: (sample: LiveSample) => boolean = () => true;

  readonly #still: boolean;
  readonly #flights: Flights<FlightData>;
  readonly #map = canvasOf(mapWidth);
  readonly #ids = canvasOf(idWidth);
  readonly #texture: CanvasTexture;
  readonly #sphere: Mesh<SphereGeometry, ShaderMaterial>;
  readonly #mark: Points<BufferGeometry, ShaderMaterial>;
  #chosen: string | null = null;

  // `still`: the person wants no motion, so arcs appear whole and fade.
  static create(canvas: HTMLCanvasElement, still: boolean): Globe | null {
    const stage = Stage.create(canvas, {
      view: 'atlas', fieldOfView: 30, start, nearest: 1.9, farthest: 9,
    });
    return stage ? new Globe(stage, still) : null;
  }

  private constructor(stage: Stage, still: boolean) {
    this.stage = stage;
    this.#still = still;
    this.#flights = new Flights(still);
    this.#texture = new CanvasTexture(this.#map[0]);
    this.#texture.anisotropy = 4;
    this.#sphere = new Mesh(
      new SphereGeometry(1, 96, 64),
      new ShaderMaterial({
        vertexShader: sphereVertex,
        fragmentShader: sphereFragment,
        uniforms: { map: { value: this.#texture }, rim: { value: new Vector3() } },
      }),
    );
    const geometry = new BufferGeometry();
    geometry.setAttribute('position', new BufferAttribute(new Float32Array(3), 3));
    this.#mark = new Points(
      geometry,
      new ShaderMaterial({
        vertexShader: markVertex,
        fragmentShader: markFragment,
        transparent: true, // so that it comes after the flights
        uniforms: { ink: { value: new Vector3() }, paper: { value: new Vector3() } },
      }),
    );
    this.#mark.frustumCulled = false;
    this.#mark.renderOrder = 3;
    stage.scene.add(this.#sphere, this.#flights.mesh, this.#mark);
    stage.onFrame = () => this.#frame();
    stage.onPick = (x, y) => this.#pick(x, y);
    this.#paintIds();
  }

  // Where the packets fly to; null: nobody has said.
  home(country: string | null): void {
    const [, longitude, latitude] = (country && countries[country]) || [0, 0, 0];
    const home = pointOf(longitude, latitude);
    this.#flights.set({ home });
    (this.#mark.geometry.getAttribute('position') as BufferAttribute).setXYZ(
      0, home.x * 1.006, home.y * 1.006, home.z * 1.006,
    );
    this.#mark.geometry.getAttribute('position').needsUpdate = true;
    // Not straight from above, where every arc would be a line, but from where most land is seen.
    const aside = longitude > 30 ? -35 : 30;
    this.stage.setStart({ ...start, azimuth: longitude + aside });
  }

  // Takes the colours of the present theme.
  paint(): void {
    this.stage.background(resolved('scene'));
    (this.#sphere.material.uniforms.rim as { value: Vector3 }).value.fromArray(rgb(resolved('scene-rim')));
    const { ink, paper } = this.#mark.material.uniforms as Record<'ink' | 'paper', { value: Vector3 }>;
    ink.value.fromArray(rgb(resolved('ink')));
    paper.value.fromArray(rgb(resolved('paper')));
    this.#flights.set({ palette: palette() });
    this.#paintMap();
  }

  hide(classes: ReadonlySet<string>): void {
    this.#flights.set({ shown: shownClasses(classes) });
  }

  filter(wanted: (sample: LiveSample) => boolean): void {
    this.wanted = wanted;
    this.#flights.show(({ sample }) => wanted(sample));
  }

  choose(country: string | null): void {
    if (this.#chosen === country) return;
    this.#chosen = country;
    this.#paintMap();
  }

  add({ packets, sample }: LivePackets): void {
    if (this.stage.paused || sample.length === 0) return;
    const each = packets / sample.length;
    const groups = new Map<string, { first: LiveSample; packets: number }>();
    sample.forEach((one, i) => {
      if (!this.wanted(one) || !countries[one.country]) return;
      const key = each > fewPackets ? `${one.country} ${one.class} ${serviceOf(one)}` : String(i);
      const group = groups.get(key);
      if (group) group.packets += each;
      else groups.set(key, { first: one, packets: each });
    });
    const now = this.stage.now();
    let i = 0;
    for (const { first, packets: together } of groups.values()) {
      const [, longitude, latitude] = countries[first.country] as readonly [number, number, number];
      const [east, north] = spread(first.source);
      this.#flights.add(
        {
          from: pointOf(longitude + east, latitude + north),
          rise: riseOf(first.port),
          width: widthOf(together),
          classIndex: classIndex(first.class),
          data: { country: first.country, class: first.class, service: serviceOf(first), sample: first },
        },
        now + (i++ / groups.size) * quarter,
      );
    }
  }

  dispose(): void {
    this.#texture.dispose();
    this.stage.dispose();
  }

  #frame(): number {
    const now = this.stage.now();
    this.#flights.frame(now, this.stage.width, this.stage.height);
    return this.#flights.inFlight(now);
  }

  #paintMap(): void {
    const [canvas, to] = this.#map;
    to.fillStyle = resolved('scene-sea');
    to.fillRect(0, 0, canvas.width, canvas.height);
    for (const { id, geometry } of shapes) {
      to.beginPath();
      trace(to, ringsOf(geometry), mapWidth);
      const chosen = this.#chosen !== null && numbers.get(Number(id)) === this.#chosen;
      to.fillStyle = resolved(chosen ? 'scene-chosen' : 'scene-land');
      to.fill('evenodd');
    }
    to.beginPath();
    trace(to, borders.coordinates, mapWidth);
    to.strokeStyle = resolved('scene-border');
    to.lineWidth = 1.2;
    to.stroke();
    this.#texture.needsUpdate = true;
  }

  // Countries in colours that are their numbers. Edges are blended, so a colour carries a check.
  #paintIds(): void {
    const [, to] = this.#ids;
    shapes.forEach(({ geometry }, i) => {
      to.beginPath();
      trace(to, ringsOf(geometry), idWidth);
      to.fillStyle = `rgb(${i + 1}, ${((i + 1) * 37) & 255}, 255)`;
      to.fill('evenodd');
    });
  }

  #countryAt(point: Vector3): string | null {
    const longitude = Math.atan2(-point.z, point.x) / degrees;
    const latitude = Math.asin(Math.max(-1, Math.min(1, point.y))) / degrees;
    const scale = idWidth / 360;
    const [x, y] = [Math.floor((longitude + 180) * scale), Math.floor((90 - latitude) * scale)];
    const [number = 0, check, full] = this.#ids[1].getImageData(x, y, 1, 1).data;
    if (number === 0 || check !== ((number * 37) & 255) || full !== 255) return null;
    return numbers.get(Number(shapes[number - 1]?.id)) ?? null;
  }

  // Null where the globe hides it, or where the ray meets nothing.
  #hit(origin: Vector3, direction: Vector3): number | null {
    const b = origin.dot(direction);
    const c = origin.lengthSq() - 1;
    const root = b * b - c;
    if (root < 0) return null;
    const distance = -b - Math.sqrt(root);
    return distance > 0 ? distance : null;
  }

  #pick(x: number, y: number): void {
    const { camera } = this.stage;
    const place = (point: Vector3) => {
      const way = point.clone().sub(camera.position);
      const far = way.length();
      const hit = this.#hit(camera.position, way.normalize());
      return hit !== null && hit < far - 0.01 ? null : this.stage.project(point);
    };
    const flight = this.#flights.nearest(this.stage.now(), pickSlack, { x, y }, place, this.#still);
    if (flight) {
      this.onChoose(flight);
      return;
    }
    const target = new Vector3(
      (x / this.stage.width) * 2 - 1, 1 - (y / this.stage.height) * 2, 0.5,
    ).unproject(camera);
    const direction = target.sub(camera.position).normalize();
    const hit = this.#hit(camera.position, direction);
    if (hit === null) this.onChoose(null);
    else this.onChoose(this.#countryAt(direction.multiplyScalar(hit).add(camera.position)));
  }
}
