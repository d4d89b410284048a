// SPDX-License-Identifier: Apache-2.0
//
// What campaigns and the windows below them show alike.
import type { CampaignRow, SynchronyRow } from '../api';
import { count } from '../format';
import { word, wordsOf } from '../i18n';
import { Filtering, PortLink } from '../ui/values';
import { english } from './english';
import { japanese } from './japanese';

export const s = wordsOf(english, japanese);
export const windowSeconds = 600;

export function Prefixes({ prefixes }: { prefixes: string[] }) {
  const shown = 3;
  return (
    <span class="list">
      {prefixes.slice(0, shown).map((prefix) => (
        <Filtering key={prefix} by={{ source: prefix }} text={prefix} />
      ))}
      {prefixes.length > shown && (
        <span class="unknown" title={prefixes.slice(shown).join(' ')}>
          {s().more(count(prefixes.length - shown))}
        </span>
      )}
    </span>
  );
}

export function Ports({ row }: { row: CampaignRow | SynchronyRow }) {
  const shown = 4;
  return (
    <span class="list">
      {row.ports.slice(0, shown).map((port, at) => (
        <span key={port} title={word(s().levels, row.port_levels[at] ?? '')}>
          <PortLink service={`${port}/tcp`} /> ({count(row.port_hosts[at] ?? 0)})
        </span>
      ))}
      {row.ports.length > shown && (
        <span class="unknown">{s().more(count(row.ports.length - shown))}</span>
      )}
    </span>
  );
}

export function Votes({ votes }: { votes: string[] }) {
  return (
    <span class="list">
      {votes.map((vote) => (
        <span key={vote}>{word(s().engines, vote)}</span>
      ))}
    </span>
  );
}
