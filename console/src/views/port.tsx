// SPDX-License-Identifier: Apache-2.0
//
// One port: how its packets went, who sends them and from where.
import type { RankingRow, SeriesAnswer, SourceRow, TableAnswer } from '../api';
import { classColour } from '../colours';
import { count } from '../format';
import { t, word } from '../i18n';
import { ask } from '../question';
import { navigate, query, rangeUrl, viewUrl } from '../state';
import { type Answer, Asked, Empty, NotFiltered, Notes, useAnswer } from '../ui/answer';
import { Chart } from '../ui/chart';
import { hostColumns, sourceColumns } from '../ui/columns';
import { Panel, ViewHead } from '../ui/controls';
import { drawable } from '../ui/series';
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

// A series by port names only the ports that lead the time range.
const leading = 20;

function Course({ service, measure }: { service: string; measure: 'packets' | 'hosts' }) {
  const words = t().port;
  const by = service.endsWith('/udp') ? 'udp-port' : 'tcp-port';
  const asking = ask('series', { by, measure, top: leading });
  const answer = useAnswer<SeriesAnswer>(asking.url);
  return (
    <Panel title={words[measure]}>
      <NotFiltered keys={asking.ignored.filter((key) => key !== 'port')} />
      <Asked answer={answer} rows={7}>
        {(data) => {
          const drawn = drawable(data, by);
          const own = drawn.series.filter(({ id }) => id === service);
          if (own.length === 0) return <p class="hint">{words.notLeading}</p>;
          const colour = classColour(by === 'udp-port' ? 'scan_udp' : 'scan_tcp');
          return (
            <Chart
              title={`${service}: ${words[measure]}`}
              height={200}
              times={drawn.times}
              step={drawn.step}
              series={own.map((series) => ({ ...series, colour }))}
              onBrush={(from, until) => navigate(rangeUrl({ from, until }))}
            />
          );
        }}
      </Asked>
    </Panel>
  );
}

function OnePort({ service }: { service: string }) {
  const words = t().port;
  const sources = useAnswer<TableAnswer<SourceRow>>(
    ask('sources', { port: service, limit: 15 }).url,
  );
  const countries = useAnswer<TableAnswer<RankingRow>>(
    ask('ranking', { port: service, by: 'country', limit: 10 }).url,
  );
  const tools = useAnswer<TableAnswer<RankingRow>>(
    ask('ranking', { port: service, by: 'tool', limit: 10 }).url,
  );
  return (
    <>
      <div class="columns">
        <Course service={service} measure="packets" />
        <Course service={service} measure="hosts" />
      </div>
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
      <ViewHead title={`${t().views.port} ${service}`} about={valid ? words.about : undefined}>
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
