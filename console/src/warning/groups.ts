// SPDX-License-Identifier: Apache-2.0
//
// Warnings as an inbox shows them: by organisation, what needs somebody first.
import type { GivenWarning } from './answers';

export interface Group {
  member: string; // empty in a portal, where all are of one
  rows: GivenWarning[];
  counts: Record<GivenWarning['state'], number>;
  high: number; // not resolved
}

const stateRank = { new: 0, continuing: 1, resolved: 2 };
const severityRank = { high: 0, medium: 1, low: 2 };

// Open before resolved, severe before slight, new before continuing, late before early.
function byNeed(a: GivenWarning, b: GivenWarning): number {
  const resolved = (row: GivenWarning) => Number(row.state === 'resolved');
  return (
    resolved(a) - resolved(b) ||
    severityRank[a.severity] - severityRank[b.severity] ||
    stateRank[a.state] - stateRank[b.state] ||
    Date.parse(b.last) - Date.parse(a.last) ||
    a.id - b.id
  );
}

export function grouped(rows: readonly GivenWarning[]): Group[] {
  const groups = new Map<string, Group>();
  for (const row of [...rows].sort(byNeed)) {
    const member = row.member ?? '';
    let group = groups.get(member);
    if (!group) {
      group = { member, rows: [], counts: { new: 0, continuing: 0, resolved: 0 }, high: 0 };
      groups.set(member, group);
    }
    group.rows.push(row);
    group.counts[row.state] += 1;
    if (row.severity === 'high' && row.state !== 'resolved') group.high += 1;
  }
  return [...groups.values()];
}

// In the order in which the keyboard goes through them.
export function reachable(groups: readonly Group[], folded: ReadonlySet<string>): number[] {
  return groups.flatMap(({ member, rows }) => (folded.has(member) ? [] : rows.map(({ id }) => id)));
}
