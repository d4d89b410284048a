// SPDX-License-Identifier: Apache-2.0
//
// A view that is one long table of the API's: order, pages, CSV.
import type { ComponentChildren } from 'preact';
import { apiUrl, type TableAnswer } from '../api';
import { t } from '../i18n';
import { choice, question } from '../state';
import { Asked, Empty, Notes, useAnswer } from './answer';
import { CsvLink, Select, ViewHead } from './controls';
import { type Column, offset, Pager, Table } from './table';

const size = 50;

export function ListView<Row>({
  title,
  about,
  path,
  orders,
  columns,
  rowKey,
  empty,
  own = {},
  children,
}: {
  title: string;
  about: string;
  path: string;
  orders?: readonly (keyof ReturnType<typeof t>['orders'])[];
  columns: (rows: Row[]) => Column<Row>[];
  rowKey: (row: Row, index: number) => string;
  empty?: string;
  own?: Record<string, string>;
  children?: ComponentChildren;
}) {
  const order = orders ? choice('order', orders) : undefined;
  const asked = { ...question.value, ...own, order };
  const answer = useAnswer<TableAnswer<Row>>(
    apiUrl(path, { ...asked, limit: size, offset: offset() || undefined }),
  );
  return (
    <>
      <ViewHead title={title} about={about}>
        <CsvLink href={apiUrl(path, { ...asked, limit: 10_000, format: 'csv' })} />
      </ViewHead>
      {(orders || children) && (
        <div class="controls">
          {orders && order && (
            <Select
              label={t().table.order}
              param="order"
              options={orders}
              value={order}
              words={t().orders}
            />
          )}
          {children}
        </div>
      )}
      <Asked answer={answer} rows={20}>
        {({ rows, more, notes }) => (
          <>
            <Notes notes={notes} />
            {rows.length === 0 ? (
              <Empty say={empty} />
            ) : (
              <Table caption={title} rows={rows} rowKey={rowKey} columns={columns(rows)} />
            )}
            <Pager shown={rows.length} more={more} size={size} />
          </>
        )}
      </Asked>
    </>
  );
}
