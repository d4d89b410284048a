// SPDX-License-Identifier: Apache-2.0
//
// Which addresses of members are or were in the dark, and what that means.
import { useSignal } from '@preact/signals';
import { type ComponentChildren, Fragment } from 'preact';
import {
  apiUrl, type GivenWarning, type Params, send, type TableAnswer, type WarningRow,
} from '../api';
import { count } from '../format';
import { t, word } from '../i18n';
import {
  changedUrl, choice, filter, filterKeys, periodParams, query, session, viewUrl,
} from '../state';
import { type Answer, Asked, NotFiltered, Notes, useAnswer } from '../ui/answer';
import { CsvLink, Segments, ViewHead } from '../ui/controls';
import { sayProblem } from '../ui/form';
import { type Column, Table } from '../ui/table';
import { PortLink, SourceLink, Time, ToolValue } from '../ui/values';

const most = 1000;

// What the kinds that are shown mean, and what a single packet does.
function Meanings({ rows }: { rows: WarningRow[] }) {
  const words = t().warnings;
  const kinds = [...new Set(rows.map((row) => row.kind))];
  return (
    <dl class="meanings">
      {kinds.map((kind) => (
        <Fragment key={kind}>
          <dt>{word(words.kinds, kind)}</dt>
          <dd>{word(words.meanings, kind)}</dd>
        </Fragment>
      ))}
      {rows.some((row) => row.packets === 1) && (
        <>
          <dt>{words.singlePacket}</dt>
          <dd>{words.single}</dd>
        </>
      )}
    </dl>
  );
}

function Severity({ is }: { is: WarningRow['severity'] }) {
  return <span class={`tag severity ${is}`}>{word(t().warnings.severities, is)}</span>;
}

function Services({ all }: { all: string[] }) {
  const shown = 3;
  return (
    <span class="list">
      {all.slice(0, shown).map((service) =>
        service.includes('/') ? (
          <PortLink key={service} service={service} />
        ) : (
          <span key={service}>{service}</span>
        ),
      )}
      {all.length > shown && <span class="unknown">+{all.length - shown}</span>}
    </span>
  );
}

function columns(): Column<WarningRow>[] {
  const col = t().col;
  const words = t().warnings;
  return [
    {
      key: 'severity',
      label: col.severity,
      cell: (row) => <Severity is={row.severity} />,
    },
    { key: 'kind', label: col.kind, cell: (row) => word(words.kinds, row.kind) },
    {
      key: 'member',
      label: col.member,
      cell: (row) => <a href={changedUrl({ member: row.member })}>{row.member}</a>,
    },
    {
      key: 'address',
      label: col.address,
      cell: (row) => <SourceLink address={row.address} />,
    },
    { key: 'first', label: col.first, cell: (row) => <Time at={row.first} /> },
    { key: 'last', label: col.last, cell: (row) => <Time at={row.last} /> },
    {
      key: 'packets',
      label: col.packets,
      numeric: true,
      cell: (row) => count(row.packets),
    },
    {
      key: 'dark',
      label: col.darkAtLeast,
      numeric: true,
      cell: (row) => count(row.dark_addresses),
    },
    {
      key: 'services',
      label: col.service,
      cell: (row) => <Services all={row.services} />,
    },
    { key: 'tool', label: col.tool, cell: (row) => <ToolValue name={row.tool} /> },
  ];
}

// What was given when packets arrived has a state, and somebody to look after it.
function givenColumns(acknowledge: (row: GivenWarning) => void): Column<GivenWarning>[] {
  const col = t().col;
  const words = t().warnings;
  const mayWrite = session.value?.role !== 'viewer';
  return [
    { key: 'state', label: col.state, cell: (row) => word(words.states, row.state) },
    ...columns(),
    {
      key: 'acknowledged',
      label: col.actions,
      cell: (row) =>
        row.acknowledged ? (
          <span class="unknown">{words.acknowledged(row.acknowledged_by ?? '–')}</span>
        ) : mayWrite ? (
          <button type="button" class="quiet" onClick={() => acknowledge(row)}>
            {words.acknowledge}
          </button>
        ) : (
          '–'
        ),
    },
  ];
}

function Found({ answer, empty, children }: {
  answer: Answer<TableAnswer<WarningRow>>;
  empty: string;
  children: (rows: WarningRow[]) => ComponentChildren;
}) {
  const words = t().warnings;
  return (
    <Asked answer={answer} rows={12}>
      {({ rows, more, notes }) => (
        <>
          <Notes notes={notes} />
          {more && <p class="hint">{words.more(count(most))}</p>}
          {rows.length === 0 ? (
            <>
              <p class="hint">{empty}</p>
              <p>
                <a href={viewUrl('/members')}>{t().views.members}</a>
              </p>
            </>
          ) : (
            <>
              {children(rows)}
              <Meanings rows={rows} />
            </>
          )}
        </>
      )}
    </Asked>
  );
}

function Stored({ params }: { params: Params }) {
  const answer = useAnswer<TableAnswer<WarningRow>>(apiUrl('/warning/scan', params));
  return (
    <Found answer={answer} empty={t().warnings.empty}>
      {(rows) => (
        <Table
          caption={t().views.warnings}
          rows={rows}
          rowKey={(row) => `${row.address} ${row.kind} ${row.first}`}
          columns={columns()}
        />
      )}
    </Found>
  );
}

function Given({ params }: { params: Params }) {
  const answer = useAnswer<TableAnswer<GivenWarning>>(apiUrl('/warning/warnings', params));
  const problem = useSignal('');
  const acknowledge = async (row: GivenWarning) => {
    problem.value = '';
    try {
      const path = `/warning/warnings/${row.id}/acknowledge`;
      await send('POST', path, session.value?.csrf ?? null);
      answer.retry();
    } catch (error) {
      problem.value = sayProblem(error);
    }
  };
  return (
    <>
      {problem.value && (
        <p class="form-problem" role="alert">
          {problem.value}
        </p>
      )}
      <Found answer={answer} empty={t().warnings.emptyGiven}>
        {(rows) => (
          <Table
            caption={t().views.warnings}
            rows={rows as GivenWarning[]}
            rowKey={(row) => row.id}
            columns={givenColumns(acknowledge)}
          />
        )}
      </Found>
    </>
  );
}

const shows = ['open', 'resolved', 'stored'] as const;

export function Warnings() {
  const words = t().warnings;
  const member = query.value.get('member') ?? '';
  const show = choice('show', shows);
  const stored = show === 'stored';
  const asked = { member, limit: most, ...(stored ? periodParams.value : { state: show }) };
  const path = stored ? '/warning/scan' : '/warning/warnings';
  return (
    <>
      <ViewHead title={t().views.warnings} about={t().about.warnings}>
        <CsvLink href={apiUrl(path, { ...asked, format: 'csv' })} />
      </ViewHead>
      <div class="controls">
        <Segments
          label={words.shown}
          param="show"
          options={shows}
          value={show}
          words={words.show}
        />
        {member && <span>{words.only(member)}</span>}
        {member && <a href={changedUrl({ member: '' })}>{words.everyMember}</a>}
      </div>
      <NotFiltered keys={filterKeys.filter((key) => filter.value[key] !== undefined)} />
      {stored ? <Stored params={asked} /> : <Given params={asked} />}
    </>
  );
}
