// SPDX-License-Identifier: Apache-2.0
//
// What the console needs before any view: who is asking, and what data there is.
import { signal } from '@preact/signals';
import { apiUrl, get, type Overview, Problem, type Session } from './api';
import { overview, session } from './state';

export const loaded = signal(false);
export const loadProblem = signal<Problem | null>(null);

export async function loadOverview(): Promise<void> {
  loadProblem.value = null;
  try {
    overview.value = await get<Overview>(apiUrl('/telescope/overview'));
  } catch (error) {
    loadProblem.value = error instanceof Problem ? error : new Problem(-1, String(error), '');
  }
  loaded.value = true;
}

// Resolves to false if nobody is logged in.
export async function loadSession(): Promise<boolean> {
  try {
    session.value = await get<Session>(apiUrl('/session'));
    return true;
  } catch (error) {
    if (error instanceof Problem && error.status === 401) return false;
    loadProblem.value = error instanceof Problem ? error : new Problem(-1, String(error), '');
    return true;
  }
}
