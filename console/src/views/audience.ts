// SPDX-License-Identifier: Apache-2.0
//
// Who may open a view. An account of a member organisation sees its own warnings and registration
// and nothing else; the API refuses it everything else too.
import type { Role } from '../api';

// Staff, if nothing is said: viewers, analysts and administrators.
export type Audience = 'staff' | 'admin' | 'member' | 'all';

export function mayOpen(audience: Audience = 'staff', role: Role | undefined): boolean {
  switch (audience) {
    case 'all': return true;
    case 'member': return role === 'member';
    case 'admin': return role === 'admin';
    case 'staff': return role !== 'member';
  }
}

interface Addressed {
  path: string;
  audience?: Audience;
}

// The same address may show one thing to staff and another to a member.
export function viewAt<View extends Addressed>(
  views: readonly View[],
  path: string,
  role: Role | undefined,
): View | undefined {
  return views.find((view) => view.path === path && mayOpen(view.audience, role));
}
