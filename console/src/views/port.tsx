// SPDX-License-Identifier: Apache-2.0
//
// One port: how its packets went, who sends them and from where.
import { apiUrl, type RankingRow, type SeriesAnswer, type SourceRow, type TableAnswer } from '../api';
import { count } from '../format';
import { t, word } from '../i18n';
import { navigate, query, question, rangeUrl, viewUrl } from '../state';
import { type Answer, Asked, Empty, Notes, useAnswer } from '../ui/answer';
import { Chart } from '../ui/chart';
import { hostColumns, sourceColumns } from '../ui/columns';
import { Panel, ViewHead } from '../ui/controls';
import { namedSeries, seconds, stepSeconds } from '../ui/series';
import { Table } from '../ui/table';
import { Country, Share, ToolValue } from '../ui/values';

function Ranked({ answer, by }: { answer: Answer<TableAnswer<RankingRow>>; by: 'country' | 'tool' }) {
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
              rowKey={(row) => String(row.country ?? row.tool)}
              columns={[
                {
                  key: by,
                  label: col[by],
                  cell: (row) =>
                    by === 'country' ? (
                      <Country code={row.country ?? null} long />
                    ) : row.tool === 'none' ? (
                      <span class="unknown">{word(t().tools, 'none')}</span>
                    ) : (
                      <ToolValue name={row.tool ?? null} />
                    ),
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

function OnePort({ service }: { service: string }) {
  const words = t().port;
  const asked = { ...question.value, port: service };
  const series = useAnswer<SeriesAnswer>(
    apiUrl('/telescope/series', { ...asked, by: 'class', measure: 'packets' }),
  );
  const sources = useAnswer<TableAnswer<SourceRow>>(
    apiUrl('/telescope/sources', { ...asked, limit: 15 }),
  );
  const countries = useAnswer<TableAnswer<RankingRow>>(
    apiUrl('/telescope/ranking', { ...asked, by: 'country', limit: 10 }),
  );
  const tools = useAnswer<TableAnswer<RankingRow>>(
    apiUrl('/telescope/ranking', { ...asked, by: 'tool', limit: 10 }),
  );
  return (
    <>
      <Panel title={words.series}>
        <Asked answer={series} rows={7}>
          {(answer) =>
            answer.times.length === 0 ? (
              <Empty />
            ) : (
              <>
                <Chart
                  title={`${service}: ${words.series}`}
                  height={220}
                  times={seconds(answer.times)}
                  step={stepSeconds[answer.step]}
                  series={namedSeries(answer)}
                  onBrush={(from, until) => navigate(rangeUrl({ from, until }))}
                />
                <Notes notes={answer.notes} />
              </>
            )
          }
        </Asked>
      </Panel>
      <Panel
        title={words.sources}
        actions={
          <a class="more" href={viewUrl('/sources', { port: service })}>
            {t().overview.all} →
          </a>
        }
      >
        <Asked answer={sources} rows={12}>
          {({ rows, notes }) => (
            <>
              <Notes notes={notes} />
              {rows.length === 0 ? (
                <Empty />
              ) : (
                <Table
                  caption={words.sources}
                  rows={rows}
                  rowKey={(row) => row.source}
                  columns={sourceColumns(true)}
                />
              )}
            </>
          )}
        </Asked>
      </Panel>
      <div class="columns">
        <Panel title={words.countries}>
          <Ranked answer={countries} by="country" />
        </Panel>
        <Panel title={words.tools}>
          <Ranked answer={tools} by="tool" />
        </Panel>
      </div>
    </>
  );
}

export function Port() {
  const words = t().port;
  const service = (query.value.get('service') ?? '').toLowerCase();
  const match = /^(\d{1,5})\/(tcp|udp)$/.exec(service);
  const valid = match !== null && Number(match[1]) < 65_536;
  return (
    <>
      <p class="crumb">
        <a href={viewUrl('/rankings')}>{t().views.rankings}</a>
      </p>
      <ViewHead title={`${t().views.port} ${service}`} about={valid ? words.backscatter : undefined}>
        {valid && (
          <>
            <a class="button quiet" href={viewUrl('/events', { port: service })}>
              {words.events}
            </a>
            <a class="button quiet" href={viewUrl('/sources', { port: service })}>
              {t().filter.by(service)}
            </a>
          </>
        )}
      </ViewHead>
      {valid ? (
        <OnePort service={service} />
      ) : (
        <div class="state">
          <p>{words.invalid}</p>
        </div>
      )}
    </>
  );
}
