// SPDX-License-Identifier: Apache-2.0
//
// Columns that several tables share.
import type { AttackRow, EventRow, SourceRow } from '../api';
import { count, decimal, duration } from '../format';
import { t, word } from '../i18n';
import { viewUrl } from '../state';
import type { Column } from './table';
import {
  Asn,
  ClassValue,
  Country,
  Filtering,
  OrganisationValue,
  PortLink,
  SourceLink,
  Time,
  ToolValue,
} from './values';

interface Hosts {
  hosts?: number;
  mean_hosts?: number;
  peak_hosts?: number;
}

// Distinct hosts of one bucket, or mean and peak of several: the answer has one or the other.
export function hostColumns<Row extends Hosts>(rows: Row[]): Column<Row>[] {
  const words = t().col;
  if (rows.some((row) => row.mean_hosts !== undefined))
    return [
      {
        key: 'mean_hosts',
        label: words.meanHosts,
        numeric: true,
        cell: (row) => decimal(row.mean_hosts ?? 0),
      },
      {
        key: 'peak_hosts',
        label: words.peakHosts,
        numeric: true,
        cell: (row) => count(row.peak_hosts ?? 0),
      },
    ];
  return [
    { key: 'hosts', label: words.hosts, numeric: true, cell: (row) => count(row.hosts ?? 0) },
  ];
}

// Ports of an event carry no protocol of their own: it is known where the event had only one.
function EventPorts({ row, most }: { row: EventRow; most: number }) {
  const protocol = row.udp_packets === 0 ? 'tcp' : row.tcp_packets === 0 ? 'udp' : null;
  const rest = row.port_count - Math.min(most, row.ports.length);
  return (
    <span class="list">
      {row.ports.slice(0, most).map((port) =>
        protocol ? (
          <PortLink key={port} service={`${port}/${protocol}`} />
        ) : (
          <Filtering key={port} by={{ port: String(port) }} text={String(port)} />
        ),
      )}
      {rest > 0 && <span class="unknown">+{count(rest)}</span>}
    </span>
  );
}

export function eventColumns(brief = false): Column<EventRow>[] {
  const words = t().col;
  const columns: Column<EventRow>[] = [
    { key: 'source', label: words.source, cell: (row) => <SourceLink address={row.source} /> },
    { key: 'country', label: words.country, cell: (row) => <Country code={row.country} /> },
    { key: 'start', label: words.start, cell: (row) => <Time at={row.start} /> },
    { key: 'duration', label: words.lasted, numeric: true, cell: (row) => duration(row.duration) },
    { key: 'packets', label: words.packets, numeric: true, cell: (row) => count(row.packets) },
    {
      key: 'dark',
      label: words.dark,
      numeric: true,
      cell: (row) => count(row.dark_addresses),
    },
    { key: 'ports', label: words.ports, cell: (row) => <EventPorts row={row} most={brief ? 2 : 4} /> },
    { key: 'tool', label: words.tool, cell: (row) => <ToolValue name={row.tool} /> },
  ];
  if (brief)
    return columns.filter(({ key }) => !['duration', 'dark', 'tool'].includes(key));
  return [
    ...columns.slice(0, 2),
    { key: 'asn', label: words.asn, cell: (row) => <Asn asn={row.asn} /> },
    ...columns.slice(2),
    { key: 'rate', label: words.rate, numeric: true, cell: (row) => decimal(row.rate) },
    {
      key: 'state',
      label: words.state,
      cell: (row) => <span class={`tag ${row.state}`}>{word(t().eventStates, row.state)}</span>,
    },
  ];
}

export function attackUrl({ victim, id }: AttackRow): string {
  return viewUrl('/attack', { victim, id });
}

export function AttackedPorts({ row }: { row: AttackRow }) {
  if (row.ports.length === 0) return <span>{row.protocol}</span>;
  const rest = row.port_count - Math.min(3, row.ports.length);
  return (
    <span class="list">
      {row.ports.slice(0, 3).map((port) => (
        <PortLink key={port} service={`${port}/${row.protocol}`} />
      ))}
      {rest > 0 && <span class="unknown">+{count(rest)}</span>}
    </span>
  );
}

export function attackColumns(brief = false): Column<AttackRow>[] {
  const words = t().col;
  const columns: Column<AttackRow>[] = [
    { key: 'victim', label: words.victim, cell: (row) => <SourceLink address={row.victim} /> },
    { key: 'country', label: words.country, cell: (row) => <Country code={row.country} /> },
    { key: 'ports', label: words.attacked, cell: (row) => <AttackedPorts row={row} /> },
    {
      key: 'start',
      label: words.start,
      cell: (row) => (
        <a href={attackUrl(row)}>
          <Time at={row.start} />
        </a>
      ),
    },
    { key: 'duration', label: words.lasted, numeric: true, cell: (row) => duration(row.duration) },
    { key: 'packets', label: words.packets, numeric: true, cell: (row) => count(row.packets) },
    {
      key: 'rate',
      label: words.perMinute,
      numeric: true,
      cell: (row) => count(row.max_packets_per_minute),
    },
    {
      key: 'state',
      label: words.state,
      cell: (row) => <span class={`tag ${row.state}`}>{word(t().attackStates, row.state)}</span>,
    },
  ];
  if (brief) return columns.filter(({ key }) => !['duration', 'rate', 'packets'].includes(key));
  return [
    ...columns.slice(0, 2),
    { key: 'asn', label: words.asn, cell: (row) => <Asn asn={row.asn} name={row.as_name} /> },
    ...columns.slice(2, 6),
    { key: 'dark', label: words.dark, numeric: true, cell: (row) => count(row.dark_addresses) },
    ...columns.slice(6),
  ];
}

export function sourceColumns(brief = false): Column<SourceRow>[] {
  const words = t().col;
  const columns: Column<SourceRow>[] = [
    { key: 'source', label: words.source, cell: (row) => <SourceLink address={row.source} /> },
    { key: 'country', label: words.country, cell: (row) => <Country code={row.country} /> },
    { key: 'asn', label: words.asn, cell: (row) => <Asn asn={row.asn} name={row.as_name} /> },
    { key: 'packets', label: words.packets, numeric: true, cell: (row) => count(row.packets) },
    { key: 'last', label: words.last, cell: (row) => <Time at={row.last} /> },
    { key: 'tool', label: words.tool, cell: (row) => <ToolValue name={row.tool} /> },
  ];
  if (brief) return columns;
  return [
    ...columns,
    {
      key: 'ports',
      label: words.ports,
      cell: (row) => (
        <span class="list">
          {row.ports.slice(0, 3).map((service) => (
            <PortLink key={service} service={service} />
          ))}
          {row.ports.length > 3 && <span class="unknown">…</span>}
        </span>
      ),
    },
    {
      key: 'classes',
      label: words.classes,
      cell: (row) => (
        <span class="stack">
          {row.classes.map((name) => (
            <ClassValue key={name} name={name} />
          ))}
        </span>
      ),
    },
    {
      key: 'organisation',
      label: words.survey,
      cell: (row) => <OrganisationValue name={row.organisation} />,
    },
    { key: 'first', label: words.first, cell: (row) => <Time at={row.first} /> },
    { key: 'days', label: words.days, numeric: true, cell: (row) => count(row.days) },
  ];
}
