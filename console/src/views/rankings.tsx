// SPDX-License-Identifier: Apache-2.0
import type { RankingRow, SeriesAnswer, TableAnswer } from '../api';
import { count } from '../format';
import { t, word } from '../i18n';
import { ask } from '../question';
import { choice } from '../state';
import { Asked, Empty, NotFiltered, Notes, useAnswer } from '../ui/answer';
import { hostColumns } from '../ui/columns';
import { CsvLink, Segments, ViewHead } from '../ui/controls';
import { drawable } from '../ui/series';
import { Sparkline } from '../ui/sparkline';
import { type Column, offset, Pager, Table } from '../ui/table';
import { onAxis, timeAxis } from '../ui/time_axis';
import {
  Asn,
  Change,
  ClassValue,
  Country,
  OrganisationValue,
  PortLink,
  Share,
  ToolValue,
} from '../ui/values';

const dimensions = [
  'port',
  'tcp-port',
  'udp-port',
  'country',
  'asn',
  'tool',
  'organisation',
  'class',
] as const;
type Dimension = (typeof dimensions)[number];

const size = 25;

function rowName(by: Dimension, row: RankingRow): string {
  const key = by.endsWith('port') ? row.name : row[by as 'country' | 'asn' | 'tool'];
  return String(key ?? '');
}

// The shape of each of the first rows.
function useTrends(by: Dimension, order: string): Map<string, (number | null)[]> {
  const asking = ask('series', { by, measure: order, top: 20 });
  // A series of everything beside a ranking of a part would mislead.
  const wanted = offset() === 0 && asking.ignored.length === 0;
  const { data } = useAnswer<SeriesAnswer>(wanted ? asking.url : null);
  if (!data) return new Map();
  const { times, step, series } = drawable(data, by);
  const axis = timeAxis(times, step);
  return new Map(
    series.filter(({ filter }) => filter).map(({ id, values }) => [id, onAxis(axis, values)]),
  );
}

function valueColumns(by: Dimension): Column<RankingRow>[] {
  const words = t().col;
  switch (by) {
    case 'country':
      return [
        {
          key: 'country',
          label: words.country,
          cell: (row) => <Country code={row.country ?? null} long />,
        },
      ];
    case 'asn':
      return [
        {
          key: 'asn',
          label: words.asn,
          cell: (row) =>
            row.asn ? (
              <Asn asn={row.asn} name={row.name} />
            ) : (
              <span class="unknown">{t().statistics.unknown}</span>
            ),
        },
      ];
    case 'tool':
      return [
        {
          key: 'tool',
          label: words.tool,
          cell: (row) =>
            row.tool && row.tool !== 'none' ? (
              <ToolValue name={row.tool} />
            ) : (
              <span class="unknown">{word(t().tools, 'none')}</span>
            ),
        },
      ];
    case 'organisation':
      return [
        {
          key: 'organisation',
          label: words.organisation,
          cell: (row) => <OrganisationValue name={row.organisation ?? null} />,
        },
      ];
    case 'class':
      return [
        {
          key: 'class',
          label: words.class,
          cell: (row) => (row.class ? <ClassValue name={row.class} /> : '–'),
        },
      ];
    default:
      return [
        { key: 'port', label: words.port, cell: (row) => <PortLink service={row.name ?? ''} /> },
        {
          key: 'service',
          label: words.service,
          cell: (row) => (
            <span>
              {row.service || <span class="unknown">–</span>}
              {row.iot && (
                <abbr class="tag beside" title={t().rankings.iot}>
                  IoT
                </abbr>
              )}
            </span>
          ),
        },
      ];
  }
}

export function Rankings() {
  const words = t().rankings;
  const by = choice('by', dimensions);
  const order = choice('order', ['packets', 'hosts']);
  const asking = ask('ranking', { by, order, limit: size, offset: offset() || undefined });
  const answer = useAnswer<TableAnswer<RankingRow>>(asking.url);
  const trends = useTrends(by, order);
  const col = t().col;
  return (
    <>
      <ViewHead title={`${t().views.rankings}: ${words.bys[by]}`} about={t().about.rankings}>
        <CsvLink href={asking.csv} />
      </ViewHead>
      <div class="controls">
        <Segments label={words.by} param="by" options={dimensions} value={by} words={words.bys} />
        <Segments
          label={t().table.order}
          param="order"
          options={['packets', 'hosts'] as const}
          value={order}
          words={words.order}
        />
      </div>
      <NotFiltered keys={asking.ignored} />
      <Asked answer={answer} rows={size}>
        {({ rows, more, notes }) => {
          if (rows.length === 0) return <Empty />;
          const most = Math.max(...rows.map((row) => row.share));
          const columns: Column<RankingRow>[] = [
            {
              key: 'rank',
              label: '#',
              numeric: true,
              cell: (_, index) => <span class="unknown">{count(offset() + index + 1)}</span>,
            },
            ...valueColumns(by),
            { key: 'packets', label: col.packets, numeric: true, cell: (r) => count(r.packets) },
            {
              key: 'share',
              label: col.share,
              cell: (row) => <Share share={row.share} most={most} />,
            },
            ...hostColumns(rows),
          ];
          if (rows.some((row) => typeof row.change === 'number'))
            columns.push({
              key: 'change',
              label: col.change,
              numeric: true,
              cell: (row) => <Change value={row.change} />,
            });
          if (trends.size > 0)
            columns.push({
              key: 'trend',
              label: col.trend,
              cell: (row) => {
                const values = trends.get(rowName(by, row));
                return values && <Sparkline values={values} colour="c5" />;
              },
            });
          return (
            <>
              <Notes notes={notes} />
              <Table
                caption={`${words.bys[by]}, ${words.order[order]}`}
                rows={rows}
                rowKey={(_, index) => `${by}${index}`}
                columns={columns}
              />
              <Pager shown={rows.length} more={more} size={size} />
            </>
          );
        }}
      </Asked>
    </>
  );
}
