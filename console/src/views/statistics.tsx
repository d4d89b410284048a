// SPDX-License-Identifier: Apache-2.0
import { useRef } from 'preact/hooks';
import type uPlot from 'uplot';
import type { SeriesAnswer } from '../api';
import { count, decimal, minute, percent } from '../format';
import { t } from '../i18n';
import { ask } from '../question';
import {
  changedUrl,
  choice,
  dataRange,
  filter,
  navigate,
  query,
  range,
  rangeUrl,
  shifted,
  timeText,
} from '../state';
import { Asked, Empty, NotFiltered, useAnswer } from '../ui/answer';
import { Chart, type ChartProps } from '../ui/chart';
import { Segments, Select, ViewHead } from '../ui/controls';
import { saveCsv } from '../ui/csv';
import { valueText } from '../ui/filter';
import { savePng } from '../ui/png';
import { type Drawable, drawable, type NamedSeries, stepName, sums } from '../ui/series';
import { Table } from '../ui/table';
import { Filtering, Share, Swatch } from '../ui/values';

const dimensions = [
  'class',
  'tcp-port',
  'udp-port',
  'country',
  'asn',
  'tool',
  'organisation',
] as const;

// The step of the answer, as the question takes it: both periods in the same steps.
const stepParam: Readonly<Record<number, string>> = { 300: '5min', 3600: 'hour', 86400: 'day' };

const known = (values: (number | null)[]) => values.filter((v): v is number => v !== null);
const sum = (values: (number | null)[]) => known(values).reduce((a, b) => a + b, 0);

// Names hidden in the chart live in the URL too: what one sends is what one sees.
const hiddenIds = () => new Set((query.value.get('hide') ?? '').split(',').filter(Boolean));

function toggleUrl(id: string): string {
  const hidden = hiddenIds();
  if (!hidden.delete(id)) hidden.add(id);
  return changedUrl({ hide: [...hidden].join(',') });
}

function Legend({ series, measure }: { series: NamedSeries[]; measure: string }) {
  const words = t().statistics;
  const col = t().col;
  const hidden = hiddenIds();
  const all = series.reduce((total, entry) => total + sum(entry.values), 0);
  const packets = measure === 'packets';
  return (
    <Table
      caption={words.legend}
      rows={series}
      rowKey={(row) => row.id}
      columns={[
        {
          key: 'show',
          label: '',
          narrow: true,
          cell: (row) => (
            <button
              type="button"
              class="swatch-button"
              aria-pressed={!hidden.has(row.id)}
              aria-label={`${row.name}: ${words.hidden}`}
              onClick={() => navigate(toggleUrl(row.id), true)}
            >
              <Swatch colour={hidden.has(row.id) ? 'off' : row.colour} />
            </button>
          ),
        },
        {
          key: 'name',
          label: words.values,
          cell: (row) =>
            row.filter ? (
              <Filtering by={row.filter} text={row.name} />
            ) : (
              <span class="unknown">{row.name}</span>
            ),
        },
        // Hosts of different steps may be the same ones: they do not add up.
        ...(packets
          ? [
              {
                key: 'total',
                label: col.total,
                numeric: true,
                cell: (row: NamedSeries) => count(sum(row.values)),
              },
              {
                key: 'share',
                label: col.share,
                cell: (row: NamedSeries) => <Share share={all > 0 ? sum(row.values) / all : 0} />,
              },
            ]
          : []),
        {
          key: 'mean',
          label: col.mean,
          numeric: true,
          cell: (row) => {
            const values = known(row.values);
            return values.length > 0 ? decimal(Math.round(sum(values) / values.length)) : '–';
          },
        },
        {
          key: 'peak',
          label: col.peak,
          numeric: true,
          cell: (row) => count(Math.max(0, ...known(row.values))),
        },
      ]}
    />
  );
}

function Steps({ times, series }: { times: number[]; series: NamedSeries[] }) {
  const words = t().statistics;
  return (
    <details class="steps">
      <summary>{words.steps_table}</summary>
      <Table
        caption={words.steps_table}
        rows={times
          .map((time, at) => ({ time, at }))
          .filter(({ at }) => series.some((entry) => typeof entry.values[at] === 'number'))}
        rowKey={(row) => row.time}
        columns={[
          {
            key: 'time',
            label: `${t().col.time} (${t().time.utc})`,
            cell: (row) => minute(row.time * 1000),
          },
          ...series.map((entry) => ({
            key: entry.id,
            label: entry.name,
            numeric: true,
            cell: (row: { at: number }) => {
              const value = entry.values[row.at];
              return value === null || value === undefined ? '–' : count(value);
            },
          })),
        ]}
      />
    </details>
  );
}

// The sum of the period before, step by step, under the steps of this one.
function comparison(
  drawn: Drawable,
  before: Drawable | null,
  length: number,
): NonNullable<ChartProps['compare']> | null {
  if (!before) return null;
  const at = new Map(before.times.map((time, i) => [time + length / 1000, i] as const));
  const total = sums(
    before.series.map(({ values }) => values),
    before.times.length,
  );
  const values = drawn.times.map((time) => {
    const index = at.get(time);
    return index === undefined ? null : (total[index] ?? null);
  });
  if (known(values).length === 0) return null;
  return { name: t().statistics.compared, values };
}

function filterText(): string {
  return Object.entries(filter.value)
    .map(([key, value]) => {
      const name = key as keyof typeof filter.value;
      return `${t().filter.names[name]}: ${valueText(name, value)}`;
    })
    .join(', ');
}

function Drawn({
  drawn,
  before,
  by,
  measure,
  log,
}: {
  drawn: Drawable;
  before: Drawable | null;
  by: (typeof dimensions)[number];
  measure: 'packets' | 'hosts';
  log: boolean;
}) {
  const words = t().statistics;
  const plot = useRef<uPlot | null>(null);
  const all = drawn.series;
  const hidden = hiddenIds();
  const shown = all.filter((entry) => !hidden.has(entry.id));
  const title = words.chart(words[measure], words.bys[by]);
  const length = range.value ? range.value.until - range.value.from : 0;
  const compare = comparison(drawn, before, length);
  if (drawn.times.length === 0 || all.length === 0) return <Empty />;
  const first = drawn.times[0] as number;
  const last = drawn.times.at(-1) as number;
  const picture = () => {
    if (!plot.current) return;
    const period = `${minute(first * 1000)} – ${minute((last + drawn.step) * 1000)} UTC`;
    const subtitle = [period, stepName(drawn.step), filterText()].filter(Boolean).join(' · ');
    savePng(plot.current, title, subtitle, shown);
  };
  return (
    <>
      <div class="chart-head">
        <h2>
          {words[measure]} {stepName(drawn.step)}
        </h2>
        <div class="view-actions">
          {range.value && (
            <a class="button quiet" href={changedUrl({ from: '', until: '', last: '' })}>
              {words.zoomOut}
            </a>
          )}
          <button type="button" class="quiet" onClick={picture}>
            <span aria-hidden="true">↓ </span>
            {words.png}
          </button>
        </div>
      </div>
      <Chart
        title={title}
        height={340}
        times={drawn.times}
        step={drawn.step}
        series={shown}
        log={log}
        compare={compare}
        plot={plot}
        onBrush={(from, until) => navigate(rangeUrl({ from, until }))}
      />
      <ul class="notes">
        {compare && (
          <li>
            <span class="swatch dashed" aria-hidden="true" /> {compare.name}
            {length > 0 && range.value
              ? `: ${minute(shifted(range.value, -1).from)} – ${minute(shifted(range.value, -1).until)}`
              : ''}
            {measure === 'packets' && ` (${changeText(drawn, before)})`}
          </li>
        )}
        {before && !compare && <li>{words.noBefore}</li>}
        {log && <li>{words.logNote}</li>}
        {measure === 'hosts' && <li>{words.hostsNote}</li>}
      </ul>
      <Legend series={all} measure={measure} />
      <Steps times={drawn.times} series={all} />
    </>
  );
}

function changeText(drawn: Drawable, before: Drawable | null): string {
  const total = ({ series }: Drawable) => series.reduce((all, { values }) => all + sum(values), 0);
  const now = total(drawn);
  const then = before ? total(before) : 0;
  if (then === 0) return '–';
  return `${count(then)} → ${count(now)}, ${now >= then ? '+' : '−'}${percent(Math.abs(now / then - 1))}`;
}

export function Statistics() {
  const words = t().statistics;
  const by = choice('by', dimensions);
  const measure = choice('measure', ['packets', 'hosts']);
  const step = choice('step', ['auto', '5min', 'hour', 'day']);
  const scale = choice('scale', ['linear', 'log']);
  const comparing = choice('compare', ['no', 'yes']) === 'yes';
  const own = { by, measure, ...(step === 'auto' ? {} : { step }) };
  const asking = ask('series', own);
  const answer = useAnswer<SeriesAnswer>(asking.url);
  const drawn = answer.data ? drawable(answer.data, by) : null;
  const earlier = range.value ? shifted(range.value, -1) : null;
  const before = useAnswer<SeriesAnswer>(
    comparing && earlier && answer.data
      ? ask('series', {
          ...own,
          step: stepParam[answer.data.step_seconds],
          from: timeText(earlier.from),
          until: timeText(earlier.until),
        }).url
      : null,
  );
  return (
    <>
      <ViewHead title={t().views.statistics} about={t().about.statistics}>
        <button
          type="button"
          class="quiet"
          disabled={!drawn || drawn.times.length === 0}
          onClick={() => drawn && saveCsv(drawn, `${by}_${measure}`)}
        >
          <span aria-hidden="true">↓ </span>
          {t().table.csv}
        </button>
      </ViewHead>
      <div class="controls">
        <Select label={words.by} param="by" options={dimensions} value={by} words={words.bys} />
        <Segments
          label={words.measure}
          param="measure"
          options={['packets', 'hosts'] as const}
          value={measure}
          words={words}
        />
        <Segments
          label={words.step}
          param="step"
          options={['auto', '5min', 'hour', 'day'] as const}
          value={step}
          words={words.steps}
        />
        <Segments
          label={words.scale}
          param="scale"
          options={['linear', 'log'] as const}
          value={scale}
          words={words}
        />
        <label class="check">
          <input
            type="checkbox"
            checked={comparing}
            disabled={!range.value}
            onChange={() => navigate(changedUrl({ compare: comparing ? '' : 'yes' }))}
          />
          {words.compare}
        </label>
        {!range.value && dataRange.value && <span class="hint">{words.compareNeedsRange}</span>}
      </div>
      <NotFiltered keys={asking.ignored} />
      <Asked answer={answer} rows={14}>
        {() =>
          drawn && (
            <Drawn
              drawn={drawn}
              before={before.data ? drawable(before.data, by) : null}
              by={by}
              measure={measure}
              log={scale === 'log'}
            />
          )
        }
      </Asked>
    </>
  );
}
