// SPDX-License-Identifier: Apache-2.0
//
// What is stored, judged again: which addresses of members were seen, and what that means.
import type { Params, TableAnswer } from '../api';
import { count } from '../format';
import { t } from '../i18n';
import { w } from '../i18n/warning';
import { changedUrl, choice, filter, filterKeys, periodParams, query } from '../state';
import { Asked, NotFiltered, Notes, useAnswer } from '../ui/answer';
import { CsvLink, Segments, ViewHead } from '../ui/controls';
import { Table } from '../ui/table';
import type { WarningRow } from '../warning/answers';
import { Meanings, warningColumns } from '../warning/cells';
import { ownDesk } from '../warning/own_desk';

const most = 1000;
const lasts = ['7d', '24h', '30d'] as const;

export function HistoryTable({ params, withMember, brief = false }: {
  params: Params;
  withMember: boolean;
  brief?: boolean;
}) {
  const desk = ownDesk();
  const answer = useAnswer<TableAnswer<WarningRow>>(desk.history(params));
  const words = w().history;
  return (
    <Asked answer={answer} rows={brief ? 5 : 12}>
      {({ rows, more, notes }) => (
        <>
          <Notes notes={notes} />
          {more && !brief && <p class="hint">{w().more(count(most))}</p>}
          {rows.length === 0 ? (
            <p class="hint">{withMember ? words.empty : words.emptyOwn}</p>
          ) : (
            <>
              <Table
                caption={t().views.history}
                stacks
                rows={rows}
                rowKey={(row) => `${row.address} ${row.kind} ${row.first}`}
                columns={warningColumns(withMember)}
              />
              {!brief && <Meanings rows={rows} />}
            </>
          )}
        </>
      )}
    </Asked>
  );
}

export function History() {
  const desk = ownDesk();
  const isStaff = desk.own === null;
  const member = isStaff ? (query.value.get('member') ?? '') : '';
  // The time range of all views counts from the newest data, which a member may not know of.
  const last = choice('last', lasts);
  const params = { member, limit: most, ...(isStaff ? periodParams.value : { last }) };
  return (
    <>
      <ViewHead title={t().views.history} about={desk.own ?? t().about.history}>
        <CsvLink href={desk.history({ ...params, format: 'csv' })} />
      </ViewHead>
      {(member || !isStaff) && (
        <div class="controls">
          {member && <span>{w().only(member)}</span>}
          {member && <a href={changedUrl({ member: '' })}>{w().everyMember}</a>}
          {!isStaff && (
            <Segments
              label={w().history.last}
              param="last"
              options={lasts}
              value={last}
              words={w().history.lasts}
            />
          )}
        </div>
      )}
      {isStaff && <NotFiltered keys={filterKeys.filter((key) => filter.value[key] !== undefined)} />}
      <HistoryTable params={params} withMember={isStaff} />
    </>
  );
}
