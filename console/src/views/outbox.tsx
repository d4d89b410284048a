// SPDX-License-Identifier: Apache-2.0
//
// Notices to members: those that wait, those that were sent, and those nobody could be given.
import { apiUrl, send, type TableAnswer } from '../api';
import { count } from '../format';
import { t, word } from '../i18n';
import { w } from '../i18n/warning';
import { choice, session } from '../state';
import { Asked, Notes, useAnswer } from '../ui/answer';
import { CsvLink, Segments, ViewHead } from '../ui/controls';
import { Said, useOutcome } from '../ui/said';
import { type Column, Table } from '../ui/table';
import { Time } from '../ui/values';
import type { NoticeRow } from '../warning/answers';
import { memberUrl } from '../warning/cells';
import { shownTarget } from '../warning/contact';
import { ownDesk } from '../warning/own_desk';

const most = 1000;
const shows = ['dead', 'waiting', 'sent', 'all'] as const;

function columns(
  show: (typeof shows)[number],
  retry: ((row: NoticeRow) => void) | null,
): Column<NoticeRow>[] {
  const col = t().col;
  const words = w().outbox;
  const state: Column<NoticeRow> = {
    key: 'state',
    label: col.state,
    cell: (row) => <span class={`tag notice-${row.state}`}>{word(words.states, row.state)}</span>,
  };
  const again: Column<NoticeRow> = {
    key: 'actions',
    label: col.actions,
    cell: (row) =>
      row.state === 'dead' ? (
        <button type="button" class="quiet" onClick={() => retry?.(row)}>
          {words.retry}
        </button>
      ) : (
        '–'
      ),
  };
  const next: Column<NoticeRow> = {
    key: 'next',
    label: words.next,
    cell: (row) => (row.next ? <Time at={row.next} /> : <span class="unknown">–</span>),
  };
  const error: Column<NoticeRow> = {
    key: 'error',
    label: words.error,
    wide: true,
    cell: (row) => row.error || '–',
  };
  return [
    ...(show === 'all' ? [state] : []),
    {
      key: 'member',
      label: col.member,
      cell: (row) => <a href={memberUrl(row.member)}>{row.member}</a>,
    },
    {
      key: 'target',
      label: w().member.target,
      cell: (row) => <span class="code">{shownTarget(row.target)}</span>,
    },
    { key: 'subject', label: words.subject, wide: true, cell: (row) => row.subject },
    { key: 'attempts', label: words.attempts, numeric: true, cell: (row) => count(row.attempts) },
    { key: 'made', label: col.created, cell: (row) => <Time at={row.made} /> },
    ...(show === 'waiting' ? [next] : []),
    ...(show === 'sent' ? [] : [error]),
    ...(retry ? [again] : []),
  ];
}

export function Outbox() {
  const words = w().outbox;
  const show = choice('show', shows);
  const params = { state: show, limit: most };
  const answer = useAnswer<TableAnswer<NoticeRow>>(apiUrl('/warning/outbox', params));
  const outcome = useOutcome();
  const retry = (row: NoticeRow) => {
    void outcome.attempt(async () => {
      await send('POST', `/warning/outbox/${row.id}/retry`, session.value?.csrf ?? null);
      outcome.say(words.retried);
      answer.refresh();
    });
  };
  const mayRetry = ownDesk().mayRegister && (show === 'dead' || show === 'all');
  return (
    <>
      <ViewHead title={t().views.outbox} about={t().about.outbox}>
        <CsvLink href={apiUrl('/warning/outbox', { ...params, format: 'csv' })} />
      </ViewHead>
      <div class="controls">
        <Segments label={words.shown} param="show" options={shows} value={show} words={words.show} />
      </div>
      <Said outcome={outcome} />
      <Asked answer={answer} rows={10}>
        {({ rows, more, notes }) => (
          <>
            <Notes notes={notes} />
            {more && <p class="hint">{w().moreGiven(count(most))}</p>}
            {rows.length === 0 ? (
              <p class="hint">{words.empty[show]}</p>
            ) : (
              <Table
                caption={t().views.outbox}
                stacks
                rows={rows}
                rowKey={(row) => row.id}
                columns={columns(show, mayRetry ? retry : null)}
              />
            )}
          </>
        )}
      </Asked>
    </>
  );
}
