// SPDX-License-Identifier: Apache-2.0
//
// Where a visit begins: with what happens now if anything is observed, else with what happened. A
// member's begins with its warnings.
import { useEffect } from 'preact/hooks';
import { apiUrl, get, type LiveNow, Problem } from '../api';
import { navigate, path, session, viewUrl } from '../state';
import { askToLogIn, Skeleton } from '../ui/answer';

export function Start() {
  useEffect(() => {
    const abort = new AbortController();
    const go = (to: string) => {
      if (path.value === '/') navigate(viewUrl(to), true);
    };
    if (session.value?.role === 'member') {
      go('/warnings');
      return undefined;
    }
    get<LiveNow>(apiUrl('/telescope/now'), abort.signal).then(
      ({ feeds }) => go(feeds.length > 0 ? '/now' : '/overview'),
      (error: unknown) => {
        if (abort.signal.aborted) return;
        if (error instanceof Problem && error.status === 401) askToLogIn();
        else go('/overview');
      },
    );
    return () => abort.abort();
  }, []);
  return <Skeleton rows={14} />;
}
