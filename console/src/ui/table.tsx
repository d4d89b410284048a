// SPDX-License-Identifier: Apache-2.0
//
// The one table of the console. It scrolls within itself; arrow keys move between the links of its
// cells: up and down within a column, left and right within a row.
import { type ComponentChildren, Fragment } from 'preact';
import { count } from '../format';
import { t } from '../i18n';
import { changedUrl, query } from '../state';

export interface Column<Row> {
  key: string;
  label: string;
  cell: (row: Row, index: number) => ComponentChildren;
  numeric?: boolean;
  narrow?: boolean;
  wide?: boolean; // takes what room is left, and may break
}

const focusable = 'a[href], button:not([disabled])';

function moveFocus(event: KeyboardEvent): void {
  const cell = (event.target as Element).closest('td, th');
  const row = cell?.closest('tr');
  if (event.defaultPrevented) return; // a table in a cell has moved it
  if (!cell || !row || event.altKey || event.ctrlKey || event.metaKey) return;
  let next: HTMLElement | null | undefined;
  if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
    const column = [...row.children].indexOf(cell);
    let other: Element | null = row;
    do {
      other = event.key === 'ArrowDown' ? other.nextElementSibling : other.previousElementSibling;
      next = other?.matches('.unfolded')
        ? null
        : other?.children[column]?.querySelector<HTMLElement>(focusable);
    } while (other && !next);
  } else if (event.key === 'ArrowRight' || event.key === 'ArrowLeft') {
    const all = [...row.querySelectorAll<HTMLElement>(focusable)];
    const at = all.indexOf(document.activeElement as HTMLElement);
    next = all[at + (event.key === 'ArrowRight' ? 1 : -1)];
  } else {
    return;
  }
  event.preventDefault();
  next?.focus();
}

export function Table<Row>({
  caption,
  columns,
  rows,
  rowKey,
  isSum,
  stacks = false,
  below,
}: {
  caption: string;
  columns: Column<Row>[];
  rows: Row[];
  rowKey: (row: Row, index: number) => string | number;
  isSum?: (row: Row) => boolean; // of the rows above it
  stacks?: boolean; // on a narrow screen a row's values stand below each other, none out of sight
  below?: ((row: Row) => ComponentChildren) | undefined; // what is unfolded under it, if anything
}) {
  const cellClass = (column: Column<Row>) =>
    column.numeric ? 'n' : column.wide ? 'wide' : column.narrow ? 'show' : undefined;
  return (
    <section class={stacks ? 'scroll stacks' : 'scroll'} aria-label={caption} tabIndex={0}>
      <table onKeyDown={moveFocus}>
        <caption class="unseen">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.key} scope="col" class={cellClass(column)}>
                {column.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => {
            const unfolded = below?.(row);
            return (
              <Fragment key={rowKey(row, index)}>
                <tr class={isSum?.(row) ? 'sum' : undefined}>
                  {columns.map((column) => (
                    <td
                      key={column.key}
                      class={cellClass(column)}
                      data-label={stacks ? column.label : undefined}
                    >
                      {column.cell(row, index)}
                    </td>
                  ))}
                </tr>
                {unfolded && (
                  <tr class="unfolded">
                    <td colSpan={columns.length}>{unfolded}</td>
                  </tr>
                )}
              </Fragment>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}

export function offset(): number {
  const value = Number(query.value.get('offset') ?? 0);
  return Number.isSafeInteger(value) && value > 0 ? value : 0;
}

// Where one is in a long table, with the way back and on.
export function Pager({ shown, more, size }: { shown: number; more: boolean; size: number }) {
  const start = offset();
  if (!more && start === 0) return null;
  const to = (at: number) => changedUrl({ offset: at > 0 ? String(at) : '' });
  return (
    <nav class="pager" aria-label={t().table.rows(count(start + 1), count(start + shown))}>
      {start > 0 && (
        <a class="button" rel="prev" href={to(Math.max(0, start - size))}>
          ← {t().table.previous}
        </a>
      )}
      <span>{t().table.rows(count(start + 1), count(start + shown))}</span>
      {more && (
        <a class="button" rel="next" href={to(start + size)}>
          {t().table.next} →
        </a>
      )}
    </nav>
  );
}
