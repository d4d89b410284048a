// SPDX-License-Identifier: Apache-2.0
//
// What a view asks: the shared time range and filter, as far as a question takes them. The API
// refuses what a question cannot be combined with; the console leaves it out and says so.
import { apiUrl, type Params } from './api';
import { type FilterKey, filter, filterKeys, periodParams } from './state';

const every = filterKeys;

// Which filters each question takes, and under what name.
const taken: Readonly<Record<string, readonly FilterKey[]>> = {
  totals: every,
  series: every,
  ranking: every,
  sources: every,
  events: every,
  attacks: ['port', 'source', 'country', 'asn'],
  activity: every,
  scanners: ['port', 'source', 'country', 'asn', 'organisation'],
  'rising-ports': ['port'],
  synchrony: ['port'],
  'synchrony-series': [],
  report: [],
};

export interface Asking {
  url: string;
  csv: string; // the whole answer as a file
  ignored: FilterKey[]; // what the filter says and the question does not take
}

export function ask(name: keyof typeof taken & string, own: Params = {}): Asking {
  const set = filter.value;
  // Asked by class, the filter by class chooses lines of the answer.
  const takes = (taken[name] ?? []).filter(
    (key) => !(name === 'series' && key === 'class' && own.by === 'class'),
  );
  const params: Params = { ...periodParams.value };
  for (const key of takes) {
    const sent = name === 'attacks' && key === 'source' ? 'victim' : key;
    params[sent] = set[key];
  }
  Object.assign(params, own);
  const { limit: _limit, offset: _offset, ...whole } = params;
  const paged = 'limit' in own && !unpaged.has(name);
  return {
    url: apiUrl(`/telescope/${name}`, params),
    csv: apiUrl(`/telescope/${name}`, {
      ...whole,
      ...(paged ? { limit: 10_000 } : 'limit' in own ? { limit: 1000 } : {}),
      format: 'csv',
    }),
    ignored: filterKeys.filter(
      (key) =>
        set[key] !== undefined &&
        !takes.includes(key) &&
        !(key in own) &&
        !(name === 'series' && key === 'class'),
    ),
  };
}

// Short lists that come whole.
export const unpaged: ReadonlySet<string> = new Set(['scanners', 'rising-ports']);
