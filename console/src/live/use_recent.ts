// SPDX-License-Identifier: Apache-2.0
import { useEffect, useRef, useState } from 'preact/hooks';
import type { LivePackets } from '../api';
import { Recent } from './recent';
import { onPackets, seconds } from './stream';

// The samples of the last minute, for a view that is drawn again once a second. While `held`
// nothing is added, so that what is looked at stays.
export function useRecent(held: boolean): Recent {
  const recent = useRef<Recent | null>(null);
  recent.current ??= new Recent();
  const paused = useRef(held);
  paused.current = held;
  const [, drawAgain] = useState(0);
  useEffect(
    () =>
      onPackets((message: LivePackets) => {
        if (paused.current) return;
        const first = recent.current?.size === 0;
        recent.current?.add(message);
        if (first) drawAgain((n) => n + 1);
      }),
    [],
  );
  void seconds.value; // whoever uses this follows the seconds
  return recent.current;
}
