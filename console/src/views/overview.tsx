// SPDX-License-Identifier: Apache-2.0
import {
  type AttackRow,
  type ClassRow,
  type EventRow,
  type RankingRow,
  type SeriesAnswer,
  type TableAnswer,
} from '../api';
import { count, duration, minute, percent, short } from '../format';
import { t } from '../i18n';
import { ask } from '../question';
import { navigate, overview, type Range, rangeUrl, viewUrl, wholeSteps } from '../state';
import { Asked, Empty, NotFiltered, Notes, useAnswer } from '../ui/answer';
import { Chart } from '../ui/chart';
import { attackColumns, eventColumns, hostColumns } from '../ui/columns';
import { Figure, Panel, ViewHead } from '../ui/controls';
import { type Drawable, drawable, stepName } from '../ui/series';
import { Sparkline } from '../ui/sparkline';
import { Table } from '../ui/table';
import { ClassValue, Country, PortLink, Share, Time } from '../ui/values';
import { classColour } from '../colours';

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

function Classes({ rows, series }: { rows: ClassRow[]; series: Drawable | null }) {
  const words = t().col;
  const valuesOf = (name: string) =>
    series?.series.find((entry) => entry.id === name)?.values ?? [];
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

// From a sensor's first packet to its last, that one included.
function observedRange(from: string, until: string): Range {
  return wholeSteps({ from: Date.parse(from), until: Date.parse(until) + 1 });
}

function Sensors() {
  const words = t().overview;
  const col = t().col;
  const shown = overview.value;
  if (!shown) return null;
  return (
    <Panel title={words.sensors}>
      <Table
        caption={words.sensors}
        rows={shown.sensors}
        rowKey={(row) => row.sensor}
        columns={[
          {
            key: 'sensor',
            label: col.sensor,
            cell: (row) => (
              <a href={rangeUrl(observedRange(row.from, row.until))} title={words.sensorPeriod}>
                {row.sensor}
              </a>
            ),
          },
          { key: 'dark', label: col.dark, numeric: true, cell: (r) => count(r.dark_addresses) },
          { key: 'from', label: col.first, cell: (row) => <Time at={row.from} /> },
          { key: 'until', label: col.last, cell: (row) => <Time at={row.until} /> },
          {
            key: 'observed',
            label: col.observed,
            numeric: true,
            cell: (row) => duration(row.observed),
          },
          { key: 'gaps', label: col.gaps, numeric: true, cell: (row) => count(row.gaps) },
        ]}
      />
      {shown.data && (
        <p class="hint">
          {t().time.data(minute(shown.data.from), minute(shown.data.until))} {t().time.utc}
        </p>
      )}
    </Panel>
  );
}

function Trend({ drawn }: { drawn: Drawable }) {
  const title = t().statistics.chart(t().statistics.packets, t().statistics.bys.class);
  if (drawn.times.length === 0) return <Empty />;
  return (
    <Chart
      title={title}
      height={220}
      {...drawn}
      onBrush={(from, until) => navigate(rangeUrl({ from, until }))}
    />
  );
}

export function Overview() {
  const words = t().overview;
  const asked = {
    totals: ask('totals'),
    series: ask('series', { by: 'class', measure: 'packets', top: 10 }),
    ports: ask('ranking', { by: 'port', limit: 8 }),
    countries: ask('ranking', { by: 'country', limit: 8 }),
    events: ask('events', { order: 'start', limit: 8 }),
    attacks: ask('attacks', { order: 'start', limit: 8 }),
  };
  const totals = useAnswer<TableAnswer<ClassRow>>(asked.totals.url);
  const series = useAnswer<SeriesAnswer>(asked.series.url);
  const ports = useAnswer<TableAnswer<RankingRow>>(asked.ports.url);
  const countries = useAnswer<TableAnswer<RankingRow>>(asked.countries.url);
  const events = useAnswer<TableAnswer<EventRow>>(asked.events.url);
  const attacks = useAnswer<TableAnswer<AttackRow>>(asked.attacks.url);
  const drawn = series.data ? drawable(series.data, 'class') : null;
  return (
    <>
      <ViewHead title={t().views.overview} about={t().about.overview} />
      <NotFiltered keys={asked.totals.ignored} />
      <Asked answer={totals} rows={2}>
        {({ rows, notes }) => (
          <>
            <Figures rows={rows} />
            <Notes notes={notes} />
          </>
        )}
      </Asked>
      <Panel
        title={`${t().statistics.packets} ${drawn ? stepName(drawn.step) : ''}`}
        actions={<All to={viewUrl('/statistics')} />}
      >
        <NotFiltered keys={asked.series.ignored} />
        <Asked answer={series} rows={7}>
          {() => drawn && <Trend drawn={drawn} />}
        </Asked>
      </Panel>
      <div class="columns">
        <Panel title={words.classes} class="span-2">
          <Asked answer={totals} rows={10}>
            {({ rows }) =>
              rows.length > 0 ? <Classes rows={rows} series={drawn} /> : <Empty />
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
          <NotFiltered keys={asked.events.ignored} />
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
          <NotFiltered keys={asked.attacks.ignored} />
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
