// SPDX-License-Identifier: Apache-2.0
//
// A short ranking on the page of one thing: packets, share and hosts of the values that lead.
import type { RankingRow, TableAnswer } from '../api';
import { count } from '../format';
import { t, word } from '../i18n';
import { type Answer, Asked, Empty, Notes } from './answer';
import { hostColumns } from './columns';
import { Table } from './table';
import { Country, PortLink, Share, ToolValue } from './values';

type By = 'country' | 'tool' | 'port';

function Name({ row, by }: { row: RankingRow; by: By }) {
  if (by === 'country') return <Country code={row.country ?? null} long />;
  if (by === 'port') return <PortLink service={row.name ?? ''} />;
  if (row.tool === 'none') return <span class="unknown">{word(t().tools, 'none')}</span>;
  return <ToolValue name={row.tool ?? null} />;
}

export function Ranked({ answer, by }: { answer: Answer<TableAnswer<RankingRow>>; by: By }) {
  const col = t().col;
  return (
    <Asked answer={answer} rows={8}>
      {({ rows, notes }) => {
        if (rows.length === 0) return <Empty />;
        const most = Math.max(...rows.map((row) => row.share));
        return (
          <>
            <Notes notes={notes} />
            <Table
              caption={col[by]}
              rows={rows}
              rowKey={(row) => String(row[by === 'port' ? 'name' : by])}
              columns={[
                {
                  key: by,
                  label: col[by],
                  cell: (row) => <Name row={row} by={by} />,
                },
                { key: 'packets', label: col.packets, numeric: true, cell: (r) => count(r.packets) },
                {
                  key: 'share',
                  label: col.share,
                  cell: (row) => <Share share={row.share} most={most} />,
                },
                ...hostColumns(rows).slice(0, 1),
              ]}
            />
          </>
        );
      }}
    </Asked>
  );
}
