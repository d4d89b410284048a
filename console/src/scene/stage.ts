// SPDX-License-Identifier: Apache-2.0
//
// What the Atlas and the Cube share: a canvas with WebGL, a camera that turns around the middle by
// mouse and keyboard, a clock that can stand still or run slowly, the frame loop, and the counts
// that tests look at.
import { Color, PerspectiveCamera, Scene, Vector3, WebGLRenderer } from 'three';

// Only counts, for tests and for who wonders why it is slow.
export interface SceneCounts {
  view: string;
  drawCalls: number; // of the last frame
  points: number; // flights or points on show
  frames: number;
  frameMs: number; // script time of a frame, the median of the last 30
  lastMs: number;
  worstMs: number; // the longest of the last 30
  paused: boolean;
  azimuth: number; // degrees
  elevation: number;
  distance: number;
}

declare global {
  interface Window {
    yaguraScene?: SceneCounts;
  }
}

export interface Camera {
  azimuth: number; // degrees
  elevation: number;
  distance: number;
}

export interface StageOptions {
  view: string;
  fieldOfView: number; // degrees
  start: Camera;
  nearest: number; // distance
  farthest: number;
}

export interface Rectangle {
  left: number; // CSS pixels within the canvas
  top: number;
  right: number;
  bottom: number;
}

const degrees = Math.PI / 180;
const keptFrames = 30;
const turnStep = 6; // degrees of an arrow key
const zoomStep = 1.15;
const clickSlack = 4; // CSS pixels a click may wander

// #rrggbb, as the theme's tokens are written. Shaders work with these numbers as they are.
export function rgb(text: string): [number, number, number] {
  const hex = /^#([0-9a-f]{3}|[0-9a-f]{6})$/i.exec(text)?.[1] ?? '888888';
  const full = hex.length === 3 ? [...hex].map((digit) => digit + digit).join('') : hex;
  const part = (at: number) => Number.parseInt(full.slice(at, at + 2), 16) / 255;
  return [part(0), part(2), part(4)];
}

export class Stage {
  readonly scene = new Scene();
  readonly camera: PerspectiveCamera;
  readonly orbit: Camera;
  width = 1; // CSS pixels
  height = 1;

  // Called before each frame is drawn; tells how many points are on show.
  onFrame: () => number = () => 0;
  onPick: (x: number, y: number) => void = () => {};
  onRectangle: (shown: Rectangle | null, done: boolean) => void = () => {};
  onPause: () => void = () => {};
  onLost: () => void = () => {};
  selecting = false; // whether dragging draws a rectangle

  readonly #renderer: WebGLRenderer;
  readonly #canvas: HTMLCanvasElement;
  readonly #options: StageOptions;
  readonly #watch: ResizeObserver;
  readonly #scriptTimes: number[] = [];
  readonly #listening = new AbortController();
  #frame = 0;
  #frames = 0;
  #paused = false;
  #speed = 1;
  #clockBase = 0; // of the picture's clock, s
  #clockFrom = performance.now();

  // Null where there is no WebGL.
  static create(canvas: HTMLCanvasElement, options: StageOptions): Stage | null {
    const context = canvas.getContext('webgl2', { antialias: true, alpha: false });
    if (!context) return null;
    return new Stage(canvas, new WebGLRenderer({ canvas, context }), options);
  }

  private constructor(canvas: HTMLCanvasElement, renderer: WebGLRenderer, options: StageOptions) {
    this.#canvas = canvas;
    this.#renderer = renderer;
    this.#options = options;
    this.orbit = { ...options.start };
    this.camera = new PerspectiveCamera(options.fieldOfView, 1, 0.1, options.farthest + 4);
    renderer.setPixelRatio(Math.min(2, devicePixelRatio));
    this.#watch = new ResizeObserver(() => this.#resize());
    this.#watch.observe(canvas.parentElement as Element);
    this.#resize();
    this.#listen();
    this.#frame = requestAnimationFrame(this.#draw);
  }

  // Seconds on the picture's own clock.
  now(): number {
    if (this.#paused) return this.#clockBase;
    return this.#clockBase + ((performance.now() - this.#clockFrom) / 1000) * this.#speed;
  }

  get paused(): boolean {
    return this.#paused;
  }

  run(paused: boolean, speed: number): void {
    this.#clockBase = this.now();
    this.#clockFrom = performance.now();
    this.#paused = paused;
    this.#speed = speed;
  }

  background(colour: string): void {
    // As written: three would take it for a colour to be converted.
    const [red, green, blue] = rgb(colour);
    this.#renderer.setClearColor(new Color().setRGB(red, green, blue, 'srgb'), 1);
  }

  look(to: Partial<Camera>): void {
    Object.assign(this.orbit, to);
    this.orbit.elevation = Math.max(-89, Math.min(89, this.orbit.elevation));
    const { nearest, farthest } = this.#options;
    this.orbit.distance = Math.max(nearest, Math.min(farthest, this.orbit.distance));
  }

  reset(): void {
    this.look(this.#options.start);
  }

  setStart(start: Camera): void {
    this.#options.start = start;
    this.reset();
  }

  // Where a point of the scene is on the canvas, in CSS pixels; `depth` beyond 1 is out of sight.
  project(point: Vector3): { x: number; y: number; depth: number } {
    const at = point.clone().project(this.camera);
    return { x: ((at.x + 1) / 2) * this.width, y: ((1 - at.y) / 2) * this.height, depth: at.z };
  }

  dispose(): void {
    cancelAnimationFrame(this.#frame);
    this.#watch.disconnect();
    this.#listening.abort();
    this.scene.traverse((object) => {
      const owner = object as { geometry?: { dispose(): void }; material?: { dispose(): void } };
      owner.geometry?.dispose();
      owner.material?.dispose();
    });
    this.#renderer.dispose();
    delete window.yaguraScene;
  }

  #resize(): void {
    const box = this.#canvas.parentElement as Element;
    this.width = Math.max(1, box.clientWidth);
    this.height = Math.max(1, box.clientHeight);
    this.#renderer.setSize(this.width, this.height, true);
    this.camera.aspect = this.width / this.height;
    this.camera.updateProjectionMatrix();
  }

  #place(): void {
    const { azimuth, elevation, distance } = this.orbit;
    const [a, e] = [azimuth * degrees, elevation * degrees];
    this.camera.position.set(
      distance * Math.cos(e) * Math.cos(a),
      distance * Math.sin(e),
      -distance * Math.cos(e) * Math.sin(a),
    );
    this.camera.lookAt(0, 0, 0);
    this.camera.updateMatrixWorld();
  }

  readonly #draw = () => {
    const began = performance.now();
    this.#frame = requestAnimationFrame(this.#draw);
    this.#place();
    const points = this.onFrame();
    this.#renderer.render(this.scene, this.camera);
    this.#frames += 1;
    this.#scriptTimes.push(performance.now() - began);
    if (this.#scriptTimes.length > keptFrames) this.#scriptTimes.shift();
    const ordered = [...this.#scriptTimes].sort((a, b) => a - b);
    window.yaguraScene = {
      view: this.#options.view,
      drawCalls: this.#renderer.info.render.calls,
      points,
      frames: this.#frames,
      frameMs: ordered[ordered.length >> 1] as number,
      lastMs: this.#scriptTimes.at(-1) as number,
      worstMs: ordered.at(-1) as number,
      paused: this.#paused,
      ...this.orbit,
    };
  };

  #listen(): void {
    const { signal } = this.#listening;
    const canvas = this.#canvas;
    canvas.addEventListener('pointerdown', (event) => this.#drag(event), { signal });
    canvas.addEventListener(
      'wheel',
      (event) => {
        event.preventDefault();
        this.look({ distance: this.orbit.distance * Math.exp(event.deltaY * 0.001) });
      },
      { signal, passive: false },
    );
    canvas.addEventListener(
      'webglcontextlost',
      (event) => {
        event.preventDefault();
        cancelAnimationFrame(this.#frame);
        this.onLost();
      },
      { signal },
    );
    canvas.addEventListener('keydown', (event) => this.#key(event), { signal });
  }

  #drag(down: PointerEvent): void {
    if (down.button !== 0) return;
    const canvas = this.#canvas;
    canvas.setPointerCapture(down.pointerId);
    const box = canvas.getBoundingClientRect();
    const at = (event: PointerEvent) => ({ x: event.clientX - box.left, y: event.clientY - box.top });
    const start = at(down);
    const begun = { ...this.orbit };
    const selecting = this.selecting !== down.shiftKey;
    let moved = false;
    const ending = new AbortController();
    const rectangle = ({ x, y }: { x: number; y: number }): Rectangle => ({
      left: Math.min(start.x, x),
      right: Math.max(start.x, x),
      top: Math.min(start.y, y),
      bottom: Math.max(start.y, y),
    });
    const move = (event: PointerEvent) => {
      const now = at(event);
      moved ||= Math.hypot(now.x - start.x, now.y - start.y) > clickSlack;
      if (!moved) return;
      if (selecting) this.onRectangle(rectangle(now), false);
      else {
        // A drag across the height of the canvas turns by about half a turn, less from near.
        const pull = (150 / this.height) * Math.min(1, begun.distance / this.#options.start.distance);
        this.look({
          azimuth: begun.azimuth - (now.x - start.x) * pull,
          elevation: begun.elevation + (now.y - start.y) * pull,
        });
      }
    };
    const up = (event: PointerEvent) => {
      ending.abort();
      if (selecting && moved) this.onRectangle(rectangle(at(event)), true);
      else if (!moved) this.onPick(start.x, start.y);
    };
    const cancel = () => {
      ending.abort();
      if (selecting) this.onRectangle(null, false);
    };
    const { signal } = ending;
    canvas.addEventListener('pointermove', move, { signal });
    canvas.addEventListener('pointerup', up, { signal });
    canvas.addEventListener('pointercancel', cancel, { signal });
  }

  #key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { azimuth, elevation, distance } = this.orbit;
    switch (event.key) {
      case 'ArrowLeft': this.look({ azimuth: azimuth - turnStep }); break;
      case 'ArrowRight': this.look({ azimuth: azimuth + turnStep }); break;
      case 'ArrowUp': this.look({ elevation: elevation + turnStep }); break;
      case 'ArrowDown': this.look({ elevation: elevation - turnStep }); break;
      case '+': case '=': this.look({ distance: distance / zoomStep }); break;
      case '-': this.look({ distance: distance * zoomStep }); break;
      case '0': case 'Home': this.reset(); break;
      case ' ': this.onPause(); break;
      default: return;
    }
    event.preventDefault();
    event.stopPropagation();
  }
}
