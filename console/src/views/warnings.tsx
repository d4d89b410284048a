// SPDX-License-Identifier: Apache-2.0
//
// Which addresses of members were in the dark, and what that means.
import { Fragment } from 'preact';
import { apiUrl, type TableAnswer, type WarningRow } from '../api';
import { count } from '../format';
import { t, word } from '../i18n';
import { changedUrl, filter, filterKeys, periodParams, query, viewUrl } from '../state';
import { Asked, NotFiltered, Notes, useAnswer } from '../ui/answer';
import { CsvLink, ViewHead } from '../ui/controls';
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
      label: col.darkInFiveMinutes,
      numeric: true,
      cell: (row) => count(row.dark_addresses_5min),
    },
    {
      key: 'services',
      label: col.service,
      cell: (row) => <Services all={row.services} />,
    },
    { key: 'tool', label: col.tool, cell: (row) => <ToolValue name={row.tool} /> },
  ];
}

export function Warnings() {
  const words = t().warnings;
  const member = query.value.get('member') ?? '';
  const params = { ...periodParams.value, member, limit: most };
  const answer = useAnswer<TableAnswer<WarningRow>>(apiUrl('/warning/scan', params));
  return (
    <>
      <ViewHead title={t().views.warnings} about={t().about.warnings}>
        <CsvLink href={apiUrl('/warning/scan', { ...params, format: 'csv' })} />
      </ViewHead>
      {member && (
        <p class="controls">
          <span>{words.only(member)}</span>
          <a href={changedUrl({ member: '' })}>{words.everyMember}</a>
        </p>
      )}
      <NotFiltered keys={filterKeys.filter((key) => filter.value[key] !== undefined)} />
      <Asked answer={answer} rows={12}>
        {({ rows, more, notes }) => (
          <>
            <Notes notes={notes} />
            {more && <p class="hint">{words.more(count(most))}</p>}
            {rows.length === 0 ? (
              <p class="hint">
                {words.empty} <a href={viewUrl('/members')}>{t().views.members}</a>
              </p>
            ) : (
              <>
                <Table
                  caption={t().views.warnings}
                  rows={rows}
                  rowKey={(row) => `${row.address} ${row.kind} ${row.first}`}
                  columns={columns()}
                />
                <Meanings rows={rows} />
              </>
            )}
          </>
        )}
      </Asked>
    </>
  );
}
