// SPDX-License-Identifier: Apache-2.0
//
// One way to show each value of a warning, and the table of many.
import { Fragment } from 'preact';
import { count } from '../format';
import { t, word } from '../i18n';
import { w } from '../i18n/warning';
import { session, viewUrl } from '../state';
import type { Column } from '../ui/table';
import { PortLink, SourceLink, Time, ToolValue } from '../ui/values';
import type { GivenWarning, WarningRow } from './answers';

const isMember = () => session.value?.role === 'member';

export function memberUrl(name: string): string {
  return viewUrl('/member', { name });
}

export function inboxUrl(own: { id?: number; member?: string; show?: string }): string {
  return viewUrl('/warnings', {
    ...(own.member ? { member: own.member } : {}),
    ...(own.show ? { show: own.show } : {}),
    ...(own.id === undefined ? {} : { id: String(own.id) }),
  });
}

// A member may not ask what else is known of an address, so there it leads nowhere.
export function WarnedAddress({ address }: { address: string }) {
  return isMember() ? <span class="address">{address}</span> : <SourceLink address={address} />;
}

export function Severity({ is }: { is: WarningRow['severity'] }) {
  return <span class={`tag severity ${is}`}>{word(w().severities, is)}</span>;
}

export function StateMark({ is }: { is: GivenWarning['state'] }) {
  return (
    <span class={`warned ${is}`}>
      <span class="warned-dot" aria-hidden="true" />
      {word(w().states, is)}
    </span>
  );
}

export function Services({ all, most = 3 }: { all: string[]; most?: number }) {
  return (
    <span class="list">
      {all.slice(0, most).map((service) =>
        isMember() ? (
          <span key={service}>{service}</span>
        ) : (
          <PortLink key={service} service={service} />
        ),
      )}
      {all.length > most && <span class="unknown">+{all.length - most}</span>}
    </span>
  );
}

export function ToolName({ name }: { name: string | null }) {
  return isMember() && name ? <span>{word(t().tools, name)}</span> : <ToolValue name={name} />;
}

// What the kinds that are shown mean, and what a single packet does.
export function Meanings({ rows }: { rows: readonly WarningRow[] }) {
  const kinds = [...new Set(rows.map((row) => row.kind))];
  return (
    <dl class="meanings">
      {kinds.map((kind) => (
        <Fragment key={kind}>
          <dt>{word(w().kinds, kind)}</dt>
          <dd>{word(w().meanings, kind)}</dd>
        </Fragment>
      ))}
      {rows.some((row) => row.packets === 1) && (
        <>
          <dt>{w().singlePacket}</dt>
          <dd>{w().single}</dd>
        </>
      )}
    </dl>
  );
}

// How many addresses, or networks of IPv6 that are as large as a link.
export const sizes = (ipv4: number, ipv6: number) =>
  [ipv4 > 0 || ipv6 === 0 ? count(ipv4) : '', ipv6 > 0 ? `${count(ipv6)} × /64` : '']
    .filter((text) => text !== '')
    .join(' + ');

export function warningColumns<Row extends WarningRow>(withMember: boolean): Column<Row>[] {
  const col = t().col;
  const member: Column<Row> = {
    key: 'member',
    label: col.member,
    cell: (row) => <a href={memberUrl(row.member ?? '')}>{row.member}</a>,
  };
  return [
    { key: 'severity', label: col.severity, cell: (row) => <Severity is={row.severity} /> },
    { key: 'kind', label: col.kind, cell: (row) => word(w().kinds, row.kind) },
    ...(withMember ? [member] : []),
    { key: 'address', label: col.address, cell: (row) => <WarnedAddress address={row.address} /> },
    { key: 'first', label: col.first, cell: (row) => <Time at={row.first} /> },
    { key: 'last', label: col.last, cell: (row) => <Time at={row.last} /> },
    { key: 'packets', label: col.packets, numeric: true, cell: (row) => count(row.packets) },
    {
      key: 'dark',
      label: col.darkAtLeast,
      numeric: true,
      cell: (row) => count(row.dark_addresses),
    },
    { key: 'services', label: col.service, cell: (row) => <Services all={row.services} /> },
    { key: 'tool', label: col.tool, cell: (row) => <ToolName name={row.tool} /> },
  ];
}
