// SPDX-License-Identifier: Apache-2.0
import { apiUrl, type AuditRow, type TableAnswer } from '../api';
import { t } from '../i18n';
import { periodParams, session } from '../state';
import { Asked, useAnswer } from '../ui/answer';
import { ViewHead } from '../ui/controls';
import { offset, Pager, Table } from '../ui/table';
import { Time } from '../ui/values';
import { Forbidden } from './access';

const size = 50;

function detail(row: AuditRow): string {
  const parts = Object.entries(row.detail).map(([key, value]) => `${key}: ${String(value)}`);
  return parts.join(', ') || '–';
}

function Log() {
  const col = t().col;
  const answer = useAnswer<TableAnswer<AuditRow>>(
    apiUrl('/audit', { ...periodParams.value, limit: size, offset: offset() || undefined }),
  );
  return (
    <Asked answer={answer} rows={12}>
      {({ rows, more }) =>
        rows.length === 0 ? (
          <p class="hint">{t().audit.empty}</p>
        ) : (
          <>
            <Table
              caption={t().views.audit}
              rows={rows}
              rowKey={(row) => row.id}
              columns={[
                { key: 'time', label: col.time, cell: (row) => <Time at={row.time} exact /> },
                { key: 'account', label: col.account, cell: (row) => row.account || '–' },
                { key: 'action', label: col.action, cell: (row) => row.action },
                { key: 'object', label: col.subject, cell: (row) => row.object || '–' },
                { key: 'detail', label: col.detail, wide: true, cell: (row) => detail(row) },
                { key: 'token', label: col.token, cell: (row) => row.token || '–' },
                { key: 'remote', label: col.address, cell: (row) => row.remote ?? '–' },
              ]}
            />
            <Pager shown={rows.length} more={more} size={size} />
          </>
        )
      }
    </Asked>
  );
}

export function Audit() {
  return (
    <>
      <ViewHead title={t().views.audit} about={t().about.audit} />
      {session.value?.role === 'admin' ? <Log /> : <Forbidden />}
    </>
  );
}
