// SPDX-License-Identifier: Apache-2.0
//
// A view whose code is loaded when it is first shown.
import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Problem } from '../api';
import { ProblemBox, Skeleton } from './answer';

export function lazily(load: () => Promise<ComponentType>): ComponentType {
  let loaded: ComponentType | null = null;
  return function Lazily() {
    const [, drawAgain] = useState(0);
    const [problem, setProblem] = useState<Problem | null>(null);
    const [attempt, setAttempt] = useState(0);
    useEffect(() => {
      if (loaded) return;
      setProblem(null);
      load().then(
        (view) => {
          loaded = view;
          drawAgain((n) => n + 1);
        },
        () => setProblem(new Problem(0, '', '')),
      );
    }, [attempt]);
    if (problem) return <ProblemBox problem={problem} retry={() => setAttempt((n) => n + 1)} />;
    const View = loaded;
    return View ? <View /> : <Skeleton rows={14} />;
  };
}
