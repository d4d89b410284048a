// SPDX-License-Identifier: Apache-2.0
//
// The page of one address: first what it is taken for and why, then everything that is known.
import { useSignal } from '@preact/signals';
import {
  type ActivityRow,
  apiUrl,
  type SourcePage,
  type TableAnswer,
} from '../api';
import { count, short } from '../format';
import { t, word } from '../i18n';
import { periodParams, query, viewUrl } from '../state';
import { type Answer, ApiSentence, Asked, Notes, useAnswer } from '../ui/answer';
import { attackColumns, eventColumns } from '../ui/columns';
import { Panel } from '../ui/controls';
import { Fact } from '../ui/fact';
import { Table } from '../ui/table';
import { Timeline } from '../ui/timeline';
import {
  Asn,
  ClassValue,
  Country,
  OrganisationValue,
  PortLink,
  Share,
  Time,
  ToolValue,
} from '../ui/values';

// 203.0.113.0/24 of an IPv4 address, the /64 of an IPv6 one.
export function surrounding(address: string): string | null {
  const octets = address.split('.');
  if (octets.length === 4) return `${octets.slice(0, 3).join('.')}.0/24`;
  const [head = '', tail = ''] = address.split('::');
  const groups = head.split(':').filter(Boolean);
  const after = tail.split(':').filter(Boolean);
  if (address.includes('::'))
    groups.push(...Array<string>(Math.max(0, 8 - groups.length - after.length)).fill('0'), ...after);
  return groups.length === 8 ? `${groups.slice(0, 4).join(':')}::/64` : null;
}

function Copy({ text }: { text: string }) {
  const done = useSignal(false);
  const copy = () => {
    navigator.clipboard.writeText(text).then(
      () => {
        done.value = true;
        setTimeout(() => {
          done.value = false;
        }, 2000);
      },
      () => {
        done.value = false;
      },
    );
  };
  return (
    <button type="button" class="quiet" onClick={copy}>
      <span aria-live="polite">{done.value ? t().source.copied : t().source.copy}</span>
    </button>
  );
}

// Red: acts against others; blue: harmless by what is known; grey: nothing says so.
const verdictKinds: Readonly<Record<string, string>> = {
  'infected device (Mirai)': 'bad',
  scanner: 'bad',
  'survey scanner': 'known',
  'victim of denial of service': 'victim',
  'misconfigured host': 'known',
  'answers forged packets': 'victim',
};

function Verdicts({ page }: { page: SourcePage }) {
  const words = t().source;
  return (
    <section class="verdicts" aria-label={words.verdict}>
      <h2 class="unseen">{words.verdict}</h2>
      <ul>
        {page.verdicts.map(({ verdict, reason }) => (
          <li key={verdict} class={verdictKinds[verdict] ?? 'unclear'}>
            <b>{word(words.verdicts, verdict)}</b>
            <span>
              <span class="unseen">{words.why}: </span>
              <ApiSentence text={reason} />
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Facts({ page }: { page: SourcePage }) {
  const { summary } = page;
  const asn = /^AS(\d+) ?(.*)$/.exec(summary.asn ?? '');
  const col = t().col;
  return (
    <dl class="facts">
      <Fact label={col.first}>
        <Time at={summary.first} exact />
      </Fact>
      <Fact label={col.last}>
        <Time at={summary.last} exact />
      </Fact>
      <Fact label={col.days}>{count(summary.days)}</Fact>
      <Fact label={col.packets}>{count(summary.packets)}</Fact>
      <Fact label={col.country}>
        <Country code={summary.country} long />
      </Fact>
      <Fact label={t().source.network}>
        <Asn asn={asn ? Number(asn[1]) : null} name={asn?.[2]} />
      </Fact>
      <Fact label={col.tool}>
        <ToolValue name={summary.tool} />
      </Fact>
      <Fact label={col.survey}>
        <OrganisationValue name={summary.organisation} />
        {summary.survey_evidence && (
          <span class="unknown"> ({word(t().evidence, summary.survey_evidence)})</span>
        )}
      </Fact>
      <Fact label={t().source.scope}>{word(t().scopes, summary.scope)}</Fact>
    </dl>
  );
}

function Classes({ page }: { page: SourcePage }) {
  const col = t().col;
  return (
    <Table
      caption={col.classes}
      rows={page.classes}
      rowKey={(row) => row.class}
      columns={[
        { key: 'class', label: col.class, cell: (row) => <ClassValue name={row.class} /> },
        { key: 'packets', label: col.packets, numeric: true, cell: (row) => count(row.packets) },
        { key: 'bytes', label: col.bytes, numeric: true, cell: (row) => short(row.bytes) },
        { key: 'ports', label: col.ports, numeric: true, cell: (row) => count(row.ports) },
        { key: 'days', label: col.days, numeric: true, cell: (row) => count(row.days) },
        { key: 'first', label: col.first, cell: (row) => <Time at={row.first} /> },
        { key: 'last', label: col.last, cell: (row) => <Time at={row.last} /> },
      ]}
    />
  );
}

const portsAtFirst = 10;

function Ports({ rows, all }: { rows: NonNullable<SourcePage['ports']>; all: number }) {
  const col = t().col;
  const allShown = useSignal(false);
  const most = Math.max(...rows.map((row) => row.packets)) / all;
  return (
    <>
    <Table
      caption={t().source.ports}
      rows={allShown.value ? rows : rows.slice(0, portsAtFirst)}
      rowKey={(row) => row.service + row.class}
      columns={[
        { key: 'port', label: col.port, cell: (row) => <PortLink service={row.service} /> },
        { key: 'class', label: col.class, cell: (row) => <ClassValue name={row.class} /> },
        { key: 'packets', label: col.packets, numeric: true, cell: (row) => count(row.packets) },
        {
          key: 'share',
          label: col.share,
          cell: (row) => <Share share={row.packets / all} most={most} />,
        },
      ]}
    />
    {rows.length > portsAtFirst && !allShown.value && (
      <button
        type="button"
        class="quiet more-button"
        onClick={() => {
          allShown.value = true;
        }}
      >
        {t().table.more} ({count(rows.length)})
      </button>
    )}
    </>
  );
}

function Marks({ rows }: { rows: NonNullable<SourcePage['marks']> }) {
  const col = t().col;
  return (
    <Table
      caption={t().source.marks}
      rows={rows}
      rowKey={(row) => row.mark}
      columns={[
        { key: 'mark', label: col.mark, cell: (row) => word(t().marks, row.mark) },
        { key: 'packets', label: col.packets, numeric: true, cell: (row) => count(row.packets) },
      ]}
    />
  );
}

const mostRows = 10_000;

function Page({ page }: { page: SourcePage }) {
  const words = t().source;
  const { ports = [], marks = [], events = [], attacks = [] } = page;
  const activity = useAnswer<TableAnswer<ActivityRow>>(
    apiUrl('/telescope/activity', {
      ...periodParams.value,
      source: page.summary.source,
      limit: mostRows,
    }),
  );
  return (
    <>
      <Verdicts page={page} />
      <Facts page={page} />
      <Notes notes={Object.values(page.remarks ?? {}).flat()} />
      <Panel title={words.timeline}>
        <Asked answer={activity} rows={5}>
          {({ rows }) => <Timeline rows={rows} />}
        </Asked>
      </Panel>
      <Panel title={t().col.classes}>
        <Classes page={page} />
      </Panel>
      <div class="columns">
        {ports.length > 0 && (
          <Panel title={words.ports}>
            <Ports rows={ports} all={page.summary.packets} />
          </Panel>
        )}
        {marks.length > 0 && (
          <Panel title={words.marks}>
            <Marks rows={marks} />
          </Panel>
        )}
      </div>
      {events.length > 0 && (
        <Panel title={words.events}>
          <Table
            caption={words.events}
            rows={events}
            rowKey={(row) => row.id}
            columns={eventColumns().filter(({ key }) => !['source', 'country', 'asn'].includes(key))}
          />
        </Panel>
      )}
      {attacks.length > 0 && (
        <Panel title={words.attacks}>
          <Table
            caption={words.attacks}
            rows={attacks}
            rowKey={(row) => row.id}
            columns={attackColumns().filter(({ key }) => !['victim', 'country', 'asn'].includes(key))}
          />
        </Panel>
      )}
    </>
  );
}

function Unseen({ answer }: { answer: Answer<SourcePage> }) {
  const words = t().source;
  if (answer.problem?.status !== 404)
    return (
      <Asked answer={answer} rows={14}>
        {(page) => <Page page={page} />}
      </Asked>
    );
  return (
    <div class="state">
      <p class="state-title">{words.unseen}</p>
      <p>{words.unseenHelp}</p>
      <p class="state-actions">
        <a class="button" href={viewUrl('/sources')}>
          {t().views.sources}
        </a>
      </p>
    </div>
  );
}

export function Source() {
  const words = t().filter;
  const address = query.value.get('address') ?? '';
  const answer = useAnswer<SourcePage>(
    apiUrl(`/telescope/sources/${encodeURIComponent(address)}`),
  );
  const around = surrounding(address);
  return (
    <>
      <div class="view-head">
        <div>
          <p class="crumb">
            <a href={viewUrl('/sources')}>{t().views.sources}</a>
          </p>
          <h1 class="address">{address}</h1>
        </div>
        <div class="view-actions">
          <Copy text={address} />
          {around && (
            <a class="button quiet" href={viewUrl('/sources', { source: around })}>
              {words.by(around)}
            </a>
          )}
        </div>
      </div>
      <Unseen answer={answer} />
    </>
  );
}
