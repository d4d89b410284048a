// SPDX-License-Identifier: Apache-2.0
//
// What a change that was asked for came to: done, or why not. For changes without a form.
import { useSignal } from '@preact/signals';
import { Problem } from '../api';
import { askToLogIn } from './answer';
import { sayProblem } from './form';

export interface Outcome {
  said: string;
  problem: string;
  say: (text: string) => void;
  // Does the work; what it throws is shown. Resolves to whether it was done.
  attempt: (work: () => Promise<void>) => Promise<boolean>;
}

export function useOutcome(): Outcome {
  const said = useSignal('');
  const problem = useSignal('');
  return {
    said: said.value,
    problem: problem.value,
    say: (text) => {
      said.value = text;
      problem.value = '';
    },
    attempt: async (work) => {
      said.value = '';
      problem.value = '';
      try {
        await work();
        return true;
      } catch (error) {
        problem.value = sayProblem(error);
        if (error instanceof Problem && error.status === 401) askToLogIn();
        return false;
      }
    },
  };
}

export function Said({ outcome }: { outcome: Outcome }) {
  return (
    <>
      <p aria-live="polite" class="said">
        {outcome.said}
      </p>
      {outcome.problem && (
        <p class="form-problem" role="alert">
          {outcome.problem}
        </p>
      )}
    </>
  );
}
