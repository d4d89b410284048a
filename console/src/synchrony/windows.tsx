// SPDX-License-Identifier: Apache-2.0
//
// The windows of one campaign, asked for when it is unfolded.
import { apiUrl, type CampaignRow, type SynchronyRow, type TableAnswer } from '../api';
import { count, decimal } from '../format';
import { t } from '../i18n';
import { rangeUrl } from '../state';
import { Asked, useAnswer } from '../ui/answer';
import { type Column, Table } from '../ui/table';
import { Time } from '../ui/values';
import { Ports, Prefixes, s, Votes, windowSeconds } from './cells';

const most = 10_000; // rows of an answer: ten weeks of windows

// The density that left the usual, at the largest penalty of those where it did.
function unusualDensity(row: SynchronyRow): string {
  for (let at = row.densities.length - 1; at >= 0; at -= 1)
    if ((row.alarmed >> at) & 1) return Number(row.densities[at]).toFixed(4);
  return '–';
}

function reasons(row: SynchronyRow): string[] {
  const says: Readonly<Record<string, () => string>> = {
    'graphical-lasso': () => s().lasso(count(row.learned), unusualDensity(row), count(row.hosts)),
    'change-finder': () => s().change(decimal(row.packets_score ?? 0), decimal(row.hosts_score ?? 0)),
    factorisation: () => s().groups(count(row.groups)),
  };
  return row.votes.map((vote) => says[vote]?.() ?? vote);
}

function columns(ends: ReadonlySet<string>): Column<SynchronyRow>[] {
  const words = t().col;
  return [
    {
      key: 'time',
      label: s().window,
      cell: (row) => (
        <span class="list">
          <a
            href={rangeUrl({
              from: Date.parse(row.time),
              until: Date.parse(row.time) + windowSeconds * 1000,
            })}
          >
            <Time at={row.time} />
          </a>
          {ends.has(row.time) && (
            <span class="tag" title={s().endAbout}>
              {s().end}
            </span>
          )}
        </span>
      ),
    },
    { key: 'ports', label: words.ports, cell: (row) => <Ports row={row} /> },
    { key: 'prefixes', label: words.source, cell: (row) => <Prefixes prefixes={row.prefixes} /> },
    { key: 'votes', label: s().votes, cell: (row) => <Votes votes={row.votes} /> },
    { key: 'why', label: s().why, wide: true, cell: (row) => reasons(row).join(' ') },
  ];
}

export function Windows({ campaign }: { campaign: CampaignRow }) {
  const ends = new Set(campaign.ends);
  const own = new Set([...campaign.windows, ...campaign.ends]);
  const last = Math.max(...[...own].map((time) => Date.parse(time)));
  const answer = useAnswer<TableAnswer<SynchronyRow>>(
    apiUrl('/telescope/synchrony-windows', {
      from: campaign.from,
      until: new Date(last + windowSeconds * 1000).toISOString(),
      sensor: campaign.sensor,
      limit: most,
    }),
  );
  return (
    <Asked answer={answer} rows={own.size}>
      {({ rows }) => (
        <Table
          caption={s().windowsOf(campaign.ports.join(', '))}
          rows={rows.filter(({ time }) => own.has(time))}
          rowKey={(row) => row.time}
          columns={columns(ends)}
          stacks
        />
      )}
    </Asked>
  );
}
