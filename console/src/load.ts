// SPDX-License-Identifier: Apache-2.0
//
// What the console needs before any view: who is asking, and what data there is.
import { signal } from '@preact/signals';
import { apiUrl, get, type Overview, Problem, type Session } from './api';
import { overview, session } from './state';
import { askToLogIn } from './ui/answer';

export const loaded = signal(false);
export const loadProblem = signal<Problem | null>(null);

export async function loadOverview(): Promise<void> {
  loadProblem.value = null;
  try {
    // A member may not ask for it, and no view of a member needs it.
    const isMember = session.value?.role === 'member';
    overview.value = isMember ? null : await get<Overview>(apiUrl('/telescope/overview'));
  } catch (error) {
    loadProblem.value = error instanceof Problem ? error : new Problem(-1, String(error), '');
  }
  loaded.value = true;
}

// Resolves to false if nobody is logged in.
async function loadSession(): Promise<boolean> {
  try {
    session.value = await get<Session>(apiUrl('/session'));
    return true;
  } catch (error) {
    if (error instanceof Problem && error.status === 401) return false;
    loadProblem.value = error instanceof Problem ? error : new Problem(-1, String(error), '');
    return true;
  }
}

export async function load(): Promise<void> {
  loadProblem.value = null;
  if (!(await loadSession())) askToLogIn();
  else if (loadProblem.value === null) await loadOverview();
}
