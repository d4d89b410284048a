// SPDX-License-Identifier: Apache-2.0
import {
  apiUrl,
  type AttackRow,
  type ClassRow,
  type EventRow,
  type RankingRow,
  type SeriesAnswer,
  type TableAnswer,
} from '../api';
import { count, minute, percent, short } from '../format';
import { t } from '../i18n';
import { navigate, overview, question, rangeUrl, viewUrl } from '../state';
import { Asked, Empty, Notes, useAnswer } from '../ui/answer';
import { Chart } from '../ui/chart';
import { attackColumns, eventColumns, hostColumns } from '../ui/columns';
import { Panel, ViewHead } from '../ui/controls';
import { namedSeries, seconds, stepSeconds } from '../ui/series';
import { Sparkline } from '../ui/sparkline';
import { Table } from '../ui/table';
import { ClassValue, Country, PortLink, Share } from '../ui/values';
import { classColour } from '../colours';

function Figure({ label, value, note }: { label: string; value: string; note?: string }) {
  return (
    <div class="figure">
      <dt>{label}</dt>
      <dd>
        {value}
        {note && <small>{note}</small>}
      </dd>
    </div>
  );
}

function Figures({ rows }: { rows: ClassRow[] }) {
  const words = t().overview;
  const parts = rows.filter((row) => !row.is_sum);
  const packets = parts.reduce((sum, row) => sum + row.packets, 0);
  const scans = rows.find((row) => row.class === 'scans');
  const backscatter = parts
    .filter((row) => row.class.startsWith('backscatter'))
    .reduce((sum, row) => sum + row.packets, 0);
  const dark = overview.value?.sensors.reduce((sum, s) => sum + s.dark_addresses, 0) ?? 0;
  const hosts = scans?.hosts ?? scans?.mean_hosts ?? 0;
  const peak = scans?.peak_hosts;
  return (
    <dl class="figures">
      <Figure label={words.packets} value={count(packets)} />
      <Figure
        label={peak === undefined ? words.scanningHosts : words.scanningHostsMean}
        value={count(hosts)}
        {...(peak === undefined ? {} : { note: words.hostsNote(count(peak)) })}
      />
      <Figure label={words.scans} value={percent(packets > 0 ? (scans?.packets ?? 0) / packets : 0)} />
      <Figure label={words.backscatter} value={percent(packets > 0 ? backscatter / packets : 0)} />
      <Figure label={words.dark} value={count(dark)} />
      <Figure label={words.perAddress} value={dark > 0 ? short(packets / dark) : '–'} />
    </dl>
  );
}

function Classes({ rows, series }: { rows: ClassRow[]; series: SeriesAnswer | null }) {
  const words = t().col;
  const valuesOf = (name: string) => {
    const at = series?.names.findIndex((entry) => entry.name === name) ?? -1;
    return series?.values[at] ?? [];
  };
  return (
    <Table
      caption={t().overview.classes}
      rows={rows}
      rowKey={(row) => row.class}
      isSum={(row) => row.is_sum}
      columns={[
        { key: 'class', label: words.class, cell: (row) => <ClassValue name={row.class} /> },
        { key: 'packets', label: words.packets, numeric: true, cell: (row) => count(row.packets) },
        { key: 'share', label: words.share, cell: (row) => <Share share={row.share} /> },
        ...hostColumns(rows),
        {
          key: 'trend',
          label: words.trend,
          cell: (row) => (
            <Sparkline values={valuesOf(row.class)} colour={classColour(row.class)} />
          ),
        },
      ]}
    />
  );
}

function Ranked({ rows, caption, ports }: { rows: RankingRow[]; caption: string; ports: boolean }) {
  const words = t().col;
  const most = Math.max(...rows.map((row) => row.share));
  return (
    <Table
      caption={caption}
      rows={rows}
      rowKey={(row) => row.name ?? ''}
      columns={[
        {
          key: 'name',
          label: ports ? words.port : words.country,
          cell: (row) =>
            ports ? (
              <span>
                <PortLink service={row.name ?? ''} />{' '}
                <span class="unknown">{row.service ?? ''}</span>
              </span>
            ) : (
              <Country code={row.country ?? null} long />
            ),
        },
        { key: 'packets', label: words.packets, numeric: true, cell: (row) => count(row.packets) },
        { key: 'share', label: words.share, cell: (row) => <Share share={row.share} most={most} /> },
        ...hostColumns(rows).slice(0, 1),
      ]}
    />
  );
}

function All({ to }: { to: string }) {
  return (
    <a class="more" href={to}>
      {t().overview.all} →
    </a>
  );
}

function Sensors() {
  const words = t().overview;
  const shown = overview.value;
  if (!shown) return null;
  return (
    <Panel title={words.sensors}>
      <ul class="sensors">
        {shown.sensors.map((sensor) => (
          <li key={sensor.name}>
            <b>{sensor.name}</b> <span>{words.darkCount(count(sensor.dark_addresses))}</span>
          </li>
        ))}
      </ul>
      {shown.data && (
        <p class="hint">
          {t().time.data(minute(shown.data.from), minute(shown.data.until))} {t().time.utc}
        </p>
      )}
    </Panel>
  );
}

function Trend({ series }: { series: SeriesAnswer }) {
  const step = stepSeconds[series.step];
  const title = t().statistics.chart(t().statistics.packets, t().statistics.bys.class);
  if (series.times.length === 0) return <Empty />;
  return (
    <Chart
      title={title}
      height={220}
      times={seconds(series.times)}
      step={step}
      series={namedSeries(series)}
      onBrush={(from, until) => navigate(rangeUrl({ from, until }))}
    />
  );
}

export function Overview() {
  const words = t().overview;
  const asked = question.value;
  const totals = useAnswer<TableAnswer<ClassRow>>(apiUrl('/telescope/totals', asked));
  const series = useAnswer<SeriesAnswer>(
    apiUrl('/telescope/series', { ...asked, by: 'class', measure: 'packets', top: 10 }),
  );
  const ports = useAnswer<TableAnswer<RankingRow>>(
    apiUrl('/telescope/ranking', { ...asked, by: 'port', limit: 8 }),
  );
  const countries = useAnswer<TableAnswer<RankingRow>>(
    apiUrl('/telescope/ranking', { ...asked, by: 'country', limit: 8 }),
  );
  const events = useAnswer<TableAnswer<EventRow>>(
    apiUrl('/telescope/events', { ...asked, order: 'start', limit: 8 }),
  );
  const attacks = useAnswer<TableAnswer<AttackRow>>(
    apiUrl('/telescope/attacks', { ...asked, order: 'start', limit: 8 }),
  );
  return (
    <>
      <ViewHead title={t().views.overview} about={t().about.overview} />
      <Asked answer={totals} rows={2}>
        {({ rows, notes }) => (
          <>
            <Figures rows={rows} />
            <Notes notes={notes} />
          </>
        )}
      </Asked>
      <Panel title={`${t().statistics.packets} ${series.data ? t().statistics.perStep[series.data.step] : ''}`} actions={<All to={viewUrl('/statistics')} />}>
        <Asked answer={series} rows={7}>
          {(answer) => <Trend series={answer} />}
        </Asked>
      </Panel>
      <div class="columns">
        <Panel title={words.classes} class="span-2">
          <Asked answer={totals} rows={10}>
            {({ rows }) =>
              rows.length > 0 ? <Classes rows={rows} series={series.data} /> : <Empty />
            }
          </Asked>
        </Panel>
        <Panel title={words.ports} actions={<All to={viewUrl('/rankings')} />}>
          <Asked answer={ports}>
            {({ rows }) =>
              rows.length > 0 ? <Ranked rows={rows} caption={words.ports} ports /> : <Empty />
            }
          </Asked>
        </Panel>
        <Panel title={words.countries} actions={<All to={viewUrl('/rankings', { by: 'country' })} />}>
          <Asked answer={countries}>
            {({ rows }) =>
              rows.length > 0 ? (
                <Ranked rows={rows} caption={words.countries} ports={false} />
              ) : (
                <Empty />
              )
            }
          </Asked>
        </Panel>
        <Panel title={words.events} actions={<All to={viewUrl('/events', { order: 'start' })} />}>
          <Asked answer={events}>
            {({ rows }) =>
              rows.length > 0 ? (
                <Table
                  caption={words.events}
                  rows={rows}
                  rowKey={(row) => row.id}
                  columns={eventColumns(true)}
                />
              ) : (
                <Empty say={t().states.eventsEmpty} />
              )
            }
          </Asked>
        </Panel>
        <Panel title={words.attacks} actions={<All to={viewUrl('/attacks', { order: 'start' })} />}>
          <Asked answer={attacks}>
            {({ rows }) =>
              rows.length > 0 ? (
                <Table
                  caption={words.attacks}
                  rows={rows}
                  rowKey={(row) => row.id}
                  columns={attackColumns(true)}
                />
              ) : (
                <Empty say={t().states.attacksEmpty} />
              )
            }
          </Asked>
        </Panel>
      </div>
      <Sensors />
    </>
  );
}
