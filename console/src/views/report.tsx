// SPDX-License-Identifier: Apache-2.0
//
// The observation report, on screen and in print: the same sections, numbers and notes as on the
// command line.
import { apiUrl, type Cell, type ReportAnswer, type ReportRow } from '../api';
import { classColour } from '../colours';
import { change, count, countryName, day, decimal, duration, minute, percent } from '../format';
import { t, word } from '../i18n';
import { periodParams } from '../state';
import { Asked, Notes, useAnswer } from '../ui/answer';
import { Chart } from '../ui/chart';
import { CsvLink, ViewHead } from '../ui/controls';
import { type Column, Table } from '../ui/table';
import { ClassValue, Country, PortLink, SourceLink, ToolValue } from '../ui/values';

const shares = new Set(['share', 'scan_share', 'backscatter_share', 'survey_share', 'dark_share']);
const durations = new Set(['observed', 'duration', 'gap_time', 'length']);
const times = new Set(['from', 'until', 'start', 'end', 'first', 'last', 'hour', 'time', 'peak_time']);
const plain = new Set(['year', 'asn', 'port']);

// Said better by other columns, or of use to programs only.
const left = new Set([
  'class',
  'is_sum',
  'protocol',
  'port',
  'end',
  'bytes',
  'dark_share',
  'ports',
  'tcp_packets',
  'udp_packets',
  'icmp_packets',
  'rate',
  'internet_rate',
  'id',
  'packets_score',
  'hosts_score',
]);

function text(key: string, value: Cell): string {
  if (value === null || value === '') return '–';
  if (typeof value === 'boolean') return value ? t().report.yes : '';
  if (Array.isArray(value)) return value.map(String).join(', ');
  if (typeof value === 'string') {
    if (times.has(key) && !Number.isNaN(Date.parse(value))) return minute(value);
    if (key === 'state') return word({ ...t().eventStates, ...t().attackStates }, value);
    return value;
  }
  if (shares.has(key)) return percent(value);
  if (durations.has(key)) return duration(value);
  if (key === 'change') return change(value);
  if (plain.has(key)) return String(value);
  return Number.isInteger(value) ? count(value) : decimal(value);
}

function isClass(name: Cell | undefined): name is keyof ReturnType<typeof t>['classes'] {
  return typeof name === 'string' && Object.hasOwn(t().classes, name);
}

function shown(key: string, row: ReportRow) {
  const value = row[key] ?? null;
  if (key === 'label' && isClass(row.class)) return <ClassValue name={row.class} />;
  if (typeof value === 'string') {
    if (key === 'source' || key === 'victim') return <SourceLink address={value} />;
    if (key === 'name' && /^\d+\/(tcp|udp)$/.test(value)) return <PortLink service={value} />;
    if (key === 'country') return <Country code={value} />;
    if (key === 'tool') return <ToolValue name={value} />;
    if (key === 'name' && 'country' in row) return countryName(row.country as string | null);
    if (key === 'name' && typeof row.tool === 'string') return word(t().tools, row.tool);
  }
  return text(key, value);
}

function RowsTable({ caption, rows }: { caption: string; rows: ReportRow[] }) {
  const first = rows[0] as ReportRow;
  const ranked = 'name' in first;
  const columns: Column<ReportRow>[] = Object.keys(first)
    .filter((key) => !left.has(key) && !(key === 'tool' && ranked))
    .filter((key) => rows.some((row) => row[key] !== null && row[key] !== ''))
    // One sensor for all says nothing.
    .filter((key) => key !== 'sensor' || new Set(rows.map((row) => row.sensor)).size > 1 || rows.length === 1)
    .map((key) => ({
      key,
      label: word(t().report.facts, key),
      numeric: rows.some((row) => typeof row[key] === 'number') && key !== 'asn',
      cell: (row) => shown(key, row),
    }));
  return <Table caption={caption} rows={rows} rowKey={(_, index) => index} columns={columns} />;
}

function Facts({ facts }: { facts: ReportRow }) {
  return (
    <dl class="facts">
      {Object.entries(facts)
        .filter(([, value]) => value !== null && value !== '')
        .map(([key, value]) => (
          <div key={key}>
            <dt>{word(t().report.facts, key)}</dt>
            <dd>{text(key, value)}</dd>
          </div>
        ))}
    </dl>
  );
}

// Rows with a column per class, as "packets_scan_tcp": drawn, with the numbers folded below.
function OverTime({ title, measure, rows }: { title: string; measure: string; rows: ReportRow[] }) {
  const prefix = `${measure}_`;
  const all = Object.keys(rows[0] ?? {})
    .filter((key) => key.startsWith(prefix))
    .map((key) => key.slice(prefix.length));
  const parts = all.filter((name) => name !== 'any' && name !== 'scans');
  const at = rows.map((row) => Date.parse(String(row.time)) / 1000);
  const gaps = at.slice(1).map((time, i) => time - (at[i] as number));
  const step = gaps.length > 0 ? Math.min(...gaps) : 300;
  const number = (row: ReportRow, name: string) => {
    const value = row[prefix + name];
    return typeof value === 'number' ? value : null;
  };
  return (
    <>
      <Chart
        title={title}
        height={220}
        times={at}
        step={step}
        series={parts.map((name) => ({
          name: word(t().classes, name),
          colour: classColour(name),
          values: rows.map((row) => number(row, name)),
        }))}
      />
      <ul class="legend">
        {parts.map((name) => (
          <li key={name}>
            <span class={`swatch ${classColour(name)}`} aria-hidden="true" />
            {word(t().classes, name)}
          </li>
        ))}
      </ul>
      <details class="steps">
        <summary>{t().report.rows(count(rows.length))}</summary>
        <Table
          caption={title}
          rows={rows}
          rowKey={(_, index) => index}
          columns={[
            {
              key: 'time',
              label: `${t().col.time} (${t().time.utc})`,
              cell: (row) => minute(String(row.time)),
            },
            ...all.map((name) => ({
              key: name,
              label: word(t().classes, name),
              numeric: true,
              cell: (row: ReportRow) => {
                const value = number(row, name);
                return value === null ? '–' : count(value);
              },
            })),
          ]}
        />
      </details>
    </>
  );
}

function isRow(value: unknown): value is ReportRow {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function Section({ name, value, notes }: { name: string; value: unknown; notes: string[] }) {
  const title = word(t().report.sections, name);
  const both = isRow(value) && 'rows' in value && 'facts' in value;
  const facts = both ? (value.facts as unknown as ReportRow) : isRow(value) ? value : null;
  const rows = (both ? value.rows : Array.isArray(value) ? value : null) as ReportRow[] | null;
  const overTime = name.endsWith('_over_time') ? name.slice(0, -'_over_time'.length) : null;
  return (
    <section id={name} class="report-section" aria-label={title}>
      <h2>{title}</h2>
      {facts && <Facts facts={facts} />}
      {rows && rows.length === 0 && <p class="hint">{t().report.none}</p>}
      {rows && rows.length > 0 && overTime && (
        <OverTime title={title} measure={overTime} rows={rows} />
      )}
      {rows && rows.length > 0 && !overTime && <RowsTable caption={title} rows={rows} />}
      <Notes notes={notes} />
    </section>
  );
}

function Sections({ report }: { report: ReportAnswer }) {
  const words = t().report;
  const remarks = report.remarks ?? {};
  const names = Object.keys(report).filter(
    (name) => !['title', 'subtitle', 'remarks'].includes(name),
  );
  // Sections of words only, as "how to read this", are remarks without data.
  names.push(...Object.keys(remarks).filter((name) => !names.includes(name)));
  const summary = report.summary as ReportRow | undefined;
  return (
    <>
      {typeof summary?.from === 'string' && typeof summary.until === 'string' && (
        <p class="report-period">
          {day(summary.from)} – {day(Date.parse(summary.until) - 1)} {t().time.utc}
        </p>
      )}
      <nav class="contents" aria-label={words.contents}>
        <ul>
          {names.map((name) => (
            <li key={name}>
              <a href={`#${name}`}>{word(words.sections, name)}</a>
            </li>
          ))}
        </ul>
      </nav>
      {names.map((name) => (
        <Section key={name} name={name} value={report[name]} notes={remarks[name] ?? []} />
      ))}
    </>
  );
}

export function Report() {
  const words = t().report;
  const answer = useAnswer<ReportAnswer>(apiUrl('/telescope/report', periodParams.value));
  return (
    <article class="report">
      <ViewHead title={t().views.report} about={t().about.report}>
        <CsvLink href={apiUrl('/telescope/report', { ...periodParams.value, format: 'csv' })} />
        <a
          class="button quiet"
          href={apiUrl('/telescope/report', { ...periodParams.value, format: 'html' })}
          download="yagura_report.html"
        >
          <span aria-hidden="true">↓ </span>
          {words.html}
        </a>
        <button type="button" class="quiet" onClick={() => print()}>
          {words.print}
        </button>
      </ViewHead>
      <Asked answer={answer} rows={24}>
        {(report) => <Sections report={report} />}
      </Asked>
    </article>
  );
}
