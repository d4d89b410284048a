// SPDX-License-Identifier: Apache-2.0
//
// What the live views say about the stream itself: in the header whether it runs, in the view what
// is amiss and what to do.
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { count } from '../format';
import { t } from '../i18n';
import {
  feeds,
  known,
  problem,
  replay,
  retryAt,
  retryNow,
  seconds,
  streamState,
  watchStream,
} from '../live/stream';
import { overview } from '../state';
import { ProblemBox } from './answer';

const observing = () => feeds.value.length > 0 || seconds.value.some(({ packets }) => packets > 0);

export function LiveState() {
  const words = t().live;
  const idle = known.value && !observing();
  const state = idle
    ? 'idle'
    : streamState.value === 'open' && replay.value
      ? 'replay'
      : streamState.value;
  return (
    <p class={`live-state ${state}`} role="status" title={words.timeless}>
      <span class="live-dot" aria-hidden="true" />
      {words.state[state]}
    </p>
  );
}

function Broken() {
  const words = t().live;
  const left = () => Math.max(0, Math.ceil((retryAt.value - performance.now()) / 1000));
  const [wait, setWait] = useState(left);
  useEffect(() => {
    setWait(left());
    const timer = setInterval(() => setWait(left()), 1000);
    return () => clearInterval(timer);
  }, [retryAt.value]);
  return (
    <div class="banner bad" role="alert">
      <span>{wait > 0 ? words.broken(count(wait)) : words.brokenNow}</span>
      <button type="button" onClick={retryNow}>
        {words.retry}
      </button>
    </div>
  );
}

function Idle() {
  const words = t().live;
  return (
    <div class="state">
      <p class="state-title">{words.idle}</p>
      <p>{words.idleHelp}</p>
      {overview.value?.data && (
        <p class="state-actions">
          <a class="button" href="/overview">
            {words.toOverview}
          </a>
        </p>
      )}
    </div>
  );
}

// The frame of a live view: keeps the stream open, and says what is wrong with it. `children` are
// drawn as soon as anything is known of the present; `evenIdle`: also if nothing is observed.
export function Live({ children, evenIdle = false }: {
  children: () => ComponentChildren;
  evenIdle?: boolean;
}) {
  useEffect(watchStream, []);
  const words = t().live;
  if (!known.value)
    return problem.value ? <ProblemBox problem={problem.value} retry={retryNow} /> : <Waiting />;
  if (!observing() && !evenIdle) return <Idle />;
  const failed = feeds.value.filter(({ state }) => state === 'failed');
  return (
    <>
      {streamState.value === 'broken' && <Broken />}
      {!observing() && (
        <p class="banner" role="note">
          {words.idle}
        </p>
      )}
      {replay.value && (
        <p class="banner" role="note">
          {words.replayNote}
        </p>
      )}
      {failed.length > 0 && (
        <p class="banner bad" role="note">
          {words.failed(failed.map((feed) => feed.detail || feed.name).join(' · '))}
        </p>
      )}
      {children()}
    </>
  );
}

function Waiting() {
  return (
    <p class="state" role="status">
      {t().states.loading}
    </p>
  );
}
