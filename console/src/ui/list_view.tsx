// SPDX-License-Identifier: Apache-2.0
//
// A view that is one long table of the API's: order, pages, CSV.
import type { ComponentChildren } from 'preact';
import type { TableAnswer } from '../api';
import { t } from '../i18n';
import { ask, unpaged } from '../question';
import { choice } from '../state';
import { Asked, Empty, NotFiltered, Notes, useAnswer } from './answer';
import { CsvLink, Select, ViewHead } from './controls';
import { type Column, offset, Pager, Table } from './table';

const size = 50;

export function ListView<Row>({
  title,
  about,
  name,
  orders,
  columns,
  rowKey,
  empty,
  own = {},
  picture,
  stacks = false,
  below,
  children,
}: {
  title: string;
  about: string;
  name: Parameters<typeof ask>[0];
  orders?: readonly (keyof ReturnType<typeof t>['orders'])[];
  columns: (rows: Row[]) => Column<Row>[];
  rowKey: (row: Row, index: number) => string;
  empty?: string;
  own?: Record<string, string>;
  picture?: ComponentChildren; // above what chooses the rows
  stacks?: boolean; // as of the table
  below?: (row: Row) => ComponentChildren;
  children?: ComponentChildren;
}) {
  const order = orders ? choice('order', orders) : undefined;
  const page = unpaged.has(name)
    ? { limit: 1000 }
    : { limit: size, offset: offset() || undefined };
  const asking = ask(name, { ...own, order, ...page });
  const answer = useAnswer<TableAnswer<Row>>(asking.url);
  return (
    <>
      <ViewHead title={title} about={about}>
        <CsvLink href={asking.csv} />
      </ViewHead>
      {picture}
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
      <NotFiltered keys={asking.ignored} />
      <Asked answer={answer} rows={20}>
        {({ rows, more, notes }) => (
          <>
            <Notes notes={notes} />
            {rows.length === 0 ? (
              <Empty say={empty} />
            ) : (
              <Table
                caption={title}
                rows={rows}
                rowKey={rowKey}
                columns={columns(rows)}
                stacks={stacks}
                below={below}
              />
            )}
            {!unpaged.has(name) && <Pager shown={rows.length} more={more} size={size} />}
          </>
        )}
      </Asked>
    </>
  );
}
