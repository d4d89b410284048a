// SPDX-License-Identifier: Apache-2.0
//
// Asking the API from a view, and showing that one waits, that there is nothing, or what went
// wrong. While a new answer is on its way the old one stays, so nothing jumps.
import type { ComponentChildren, VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { get, Problem } from '../api';
import { t } from '../i18n';
import { apiText } from '../i18n/api_text';
import {
  changedUrl,
  clearedUrl,
  type FilterKey,
  filter,
  navigate,
  path,
  query,
  range,
  session,
} from '../state';

export interface Answer<T> {
  data: T | null;
  problem: Problem | null;
  loading: boolean;
  retry: () => void;
  refresh: () => void; // asks again unseen: what is shown stays until there is something newer
}

// Asks `url` whenever it changes; null asks nothing.
export function useAnswer<T>(url: string | null): Answer<T> {
  const [state, setState] = useState<Omit<Answer<T>, 'retry' | 'refresh'>>({
    data: null,
    problem: null,
    loading: url !== null,
  });
  const [attempt, setAttempt] = useState({ quiet: false });
  const asked = useRef<string | null>(null);
  useEffect(() => {
    const quiet = attempt.quiet && asked.current === url;
    asked.current = url;
    if (url === null) {
      setState({ data: null, problem: null, loading: false });
      return undefined;
    }
    const abort = new AbortController();
    setState((before) =>
      quiet && before.data ? before : { ...before, problem: null, loading: true },
    );
    get<T>(url, abort.signal).then(
      (data) => setState({ data, problem: null, loading: false }),
      (error: unknown) => {
        if (abort.signal.aborted) return;
        if (error instanceof Problem && error.status === 401) askToLogIn();
        const problem = error instanceof Problem ? error : new Problem(-1, String(error), '');
        setState((before) =>
          quiet && before.data ? before : { data: null, problem, loading: false },
        );
      },
    );
    return () => abort.abort();
  }, [url, attempt]);
  return {
    ...state,
    retry: () => setAttempt({ quiet: false }),
    refresh: () => setAttempt({ quiet: true }),
  };
}

export function askToLogIn(): void {
  if (path.value === '/login' || path.value === '/setup') return;
  session.value = null;
  const next = path.value + (query.value.size > 0 ? `?${query.value.toString()}` : '');
  navigate(`/login?next=${encodeURIComponent(next)}`, true);
}

export function ApiSentence({ text }: { text: string }) {
  const said = apiText(text);
  return <span lang={said.lang}>{said.text}</span>;
}

export function Notes({ notes }: { notes?: string[] | undefined }) {
  if (!notes || notes.length === 0) return null;
  return (
    <ul class="notes" aria-label={t().states.partial}>
      {notes.map((note) => (
        <li key={note}>
          <ApiSentence text={note} />
        </li>
      ))}
    </ul>
  );
}

// What of the filter the question below could not take.
export function NotFiltered({ keys }: { keys: readonly FilterKey[] }) {
  if (keys.length === 0) return null;
  const names = keys.map((key) => t().filter.names[key]).join(', ');
  return (
    <p class="not-filtered" role="note">
      {t().filter.ignored(names)}
    </p>
  );
}

export function ProblemBox({ problem, retry }: { problem: Problem; retry: () => void }) {
  const words = t().states;
  const filtered = Object.keys(filter.value).length > 0;
  return (
    <div class="state problem" role="alert">
      <p class="state-title">{problem.title || words.failed}</p>
      <p>
        {problem.status === 0 ? words.unreachable : <ApiSentence text={problem.message} />}
      </p>
      <p class="state-actions">
        <button type="button" onClick={retry}>
          {words.retry}
        </button>
        {filtered && problem.status >= 400 && problem.status < 500 && (
          <a class="button" href={clearedUrl()}>
            {t().filter.clear}
          </a>
        )}
      </p>
    </div>
  );
}

export function Empty({ say }: { say?: string | undefined }) {
  const words = t().states;
  const filtered = Object.keys(filter.value).length > 0;
  return (
    <div class="state">
      <p class="state-title">{words.empty}</p>
      <p>{filtered ? words.emptyFiltered : (say ?? words.emptyPeriod)}</p>
      {(filtered || range.value) && (
        <p class="state-actions">
          {filtered && (
            <a class="button" href={clearedUrl()}>
              {t().filter.clear}
            </a>
          )}
          {range.value && (
            <a class="button" href={changedUrl({ from: '', until: '', last: '' })}>
              {words.showAll}
            </a>
          )}
        </p>
      )}
    </div>
  );
}

// The frame of what is asked: `children` draws the data once there is some. `rows` reserves the
// room the answer will roughly take.
export function Asked<T>({
  answer,
  rows = 8,
  children,
}: {
  answer: Answer<T>;
  rows?: number;
  children: (data: T) => ComponentChildren;
}): VNode {
  if (answer.problem) return <ProblemBox problem={answer.problem} retry={answer.retry} />;
  if (answer.data === null) return <Skeleton rows={rows} />;
  return (
    <div class={answer.loading ? 'stale' : undefined} aria-busy={answer.loading}>
      {children(answer.data)}
    </div>
  );
}

export function Skeleton({ rows }: { rows: number }) {
  return (
    <div class="skeleton" role="status" aria-label={t().states.loading}>
      {Array.from({ length: rows }, (_, row) => (
        <div key={row} />
      ))}
    </div>
  );
}
