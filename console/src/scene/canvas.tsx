// SPDX-License-Identifier: Apache-2.0
//
// The canvas of a scene and the controls around it.
import type { ComponentChildren, RefObject } from 'preact';
import { t } from '../i18n';
import { changedUrl, choice } from '../state';
import type { Stage } from './stage';

export type PictureState = 'loading' | 'shown' | 'none' | 'lost';

export const wantsNoMotion = () => matchMedia('(prefers-reduced-motion: reduce)').matches;

export const speeds = ['normal', 'slow'] as const;
export const speedChoice = () => choice('speed', speeds);
const slowness = 0.25;
export const speedOf = (speed: (typeof speeds)[number]) => (speed === 'slow' ? slowness : 1);

export function Picture({
  canvas,
  state,
  label,
  children,
}: {
  canvas: RefObject<HTMLCanvasElement>;
  state: PictureState;
  label: string;
  children?: ComponentChildren;
}) {
  const words = t().live;
  const said = { loading: words.loadingPicture, none: words.noWebgl, lost: words.lostContext, shown: '' };
  return (
    <div class={`scene ${state}`}>
      {/* A key pressed here is the picture's own, so assistive programs must pass it on. */}
      <canvas
        ref={canvas}
        tabIndex={state === 'shown' ? 0 : -1}
        role="application"
        aria-label={`${label}. ${words.keysHint}`}
      />
      {state === 'shown' && children}
      {said[state] && (
        <p class="scene-said" role="status">
          {said[state]}
        </p>
      )}
    </div>
  );
}

export function PictureButtons({
  stage,
  paused,
  pause,
  children,
}: {
  stage: () => Stage | undefined;
  paused: boolean;
  pause: () => void;
  children?: ComponentChildren;
}) {
  const words = t().live;
  const zoom = (by: number) => {
    const now = stage();
    now?.look({ distance: now.orbit.distance * by });
  };
  return (
    <div class="scene-buttons">
      <button type="button" aria-pressed={paused} onClick={pause}>
        {paused ? words.resume : words.pause}
      </button>
      {children}
      <button type="button" class="quiet" aria-label="+" onClick={() => zoom(1 / 1.25)}>
        +
      </button>
      <button type="button" class="quiet" aria-label="−" onClick={() => zoom(1.25)}>
        −
      </button>
      <button type="button" class="quiet" onClick={() => stage()?.reset()}>
        {words.reset}
      </button>
    </div>
  );
}

export function SpeedLink() {
  const slow = speedChoice() === 'slow';
  return (
    <a
      class={`button ${slow ? 'chosen' : 'quiet'}`}
      href={changedUrl({ speed: slow ? '' : 'slow' })}
      aria-current={slow ? 'true' : undefined}
    >
      {t().live.slow}
    </a>
  );
}
