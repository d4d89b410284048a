// SPDX-License-Identifier: Apache-2.0
//
// Keeps what a view shows of warnings up to date: asks again when the live stream tells of one, or,
// in the portal, which has no stream, every half a minute.
import { useEffect, useRef } from 'preact/hooks';
import { onWarning, streamState, watchStream } from '../live/stream';
import type { Answer } from '../ui/answer';

const patience = 2000; // ms in which what is told together is asked for once
const pollEvery = 30_000; // ms

export function useFresh<T>(answer: Answer<T>, live: boolean): void {
  const latest = useRef(answer);
  latest.current = answer;
  useEffect(() => {
    if (!live) {
      const poll = setInterval(() => {
        if (!document.hidden) latest.current.refresh();
      }, pollEvery);
      return () => clearInterval(poll);
    }
    let timer = 0;
    const ask = () => {
      timer = 0;
      latest.current.refresh();
    };
    const off = onWarning(() => {
      timer ||= window.setTimeout(ask, patience);
    });
    const leave = watchStream();
    return () => {
      clearTimeout(timer);
      off();
      leave();
    };
  }, [live]);
  // While the stream was not open, nothing was told.
  const open = live && streamState.value === 'open';
  useEffect(() => {
    if (open) latest.current.refresh();
  }, [open]);
}
