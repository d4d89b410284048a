// SPDX-License-Identifier: Apache-2.0
//
// Going through warnings by keyboard: which one the cursor is at, whether its details are open,
// and what is being asked about it. Pure: the inbox draws it and does what it says.

export interface Triage {
  at: number | null; // the warning under the cursor
  open: boolean; // whether its details are shown
  asks: 'mute' | 'comment' | null; // the form that has the keyboard
}

export interface Step {
  next: Triage;
  acknowledge?: number;
}

export const idle: Triage = { at: null, open: false, asks: null };

// What a key does, the warnings being shown in `order`; null: nothing.
export function press(
  now: Triage,
  key: string,
  order: readonly number[],
  mayChange: boolean,
): Step | null {
  const place = now.at === null ? -1 : order.indexOf(now.at);
  const to = (index: number): Step | null => {
    const at = order[Math.max(0, Math.min(order.length - 1, index))];
    return at === undefined ? null : { next: { ...now, at, asks: null } };
  };
  // What is done is done to the warning under the cursor, or else to the first.
  const at = place < 0 ? order[0] : order[place];
  switch (key) {
    case 'j':
      return to(place + 1);
    case 'k':
      return to(place < 0 ? 0 : place - 1);
    case 'o':
    case 'Enter':
      return at === undefined ? null : { next: { at, open: true, asks: null } };
    case 'Escape':
      if (now.asks) return { next: { ...now, asks: null } };
      return now.open ? { next: { ...now, open: false } } : null;
    case 'a':
      if (!mayChange || place < 0) return null;
      return { next: now, acknowledge: order[place] as number };
    case 'm':
    case 'c':
      if (!mayChange || place < 0 || at === undefined) return null;
      return { next: { at, open: true, asks: key === 'm' ? 'mute' : 'comment' } };
    default:
      return null;
  }
}

// The same after the list has changed: a cursor whose warning is gone goes to the one after it, or
// else to the one before. What is open stays open as long as it is listed.
export function settle(
  now: Triage,
  before: readonly number[],
  order: readonly number[],
): Triage {
  if (now.at === null || order.includes(now.at)) return now;
  const was = before.indexOf(now.at);
  if (was < 0) return now; // it never was listed: a link to a warning that is not shown
  const left = new Set(order);
  const after = before.slice(was + 1).find((id) => left.has(id));
  const earlier = before.slice(0, was).reverse().find((id) => left.has(id));
  return { at: after ?? earlier ?? null, open: false, asks: null };
}
