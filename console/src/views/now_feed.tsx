// SPDX-License-Identifier: Apache-2.0
//
// The newest scan events, attacks, rising ports and alarms in one list. It begins with what the
// store knows and grows by what the stream tells; paused, it counts what waits.
import { useState } from 'preact/hooks';
import {
  type AlarmRow,
  apiUrl,
  type AttackRow,
  type EventRow,
  type RisingRow,
  type SynchronyRow,
  type TableAnswer,
} from '../api';
import { clock, count, day } from '../format';
import { t, word } from '../i18n';
import { type Happening, happenings } from '../live/stream';
import { choice, filter, viewUrl } from '../state';
import { useAnswer } from '../ui/answer';
import { Panel, Segments } from '../ui/controls';
import { Country, PortLink, SourceLink, ToolValue } from '../ui/values';

const kinds = ['all', 'event', 'attack', 'rising', 'alarm', 'synchrony'] as const;
const mostShown = 40;

function EventLine({ row }: { row: EventRow }) {
  const protocol = row.udp_packets === 0 ? '/tcp' : row.tcp_packets === 0 ? '/udp' : '';
  return (
    <>
      <SourceLink address={row.source} /> <Country code={row.country} />{' '}
      {row.ports.slice(0, 2).map((port) => (
        <span key={port}>
          <PortLink service={`${port}${protocol}`} />{' '}
        </span>
      ))}
      {row.port_count > 2 && <span class="unknown">+{count(row.port_count - 2)} </span>}
      <span class="unknown">{t().now.packetsOf(count(row.packets))}</span>{' '}
      {row.tool && <ToolValue name={row.tool} />}
    </>
  );
}

function AttackLine({ row }: { row: AttackRow }) {
  const services = row.ports.slice(0, 2).map((port) => `${port}/${row.protocol}`);
  return (
    <>
      <SourceLink address={row.victim} /> <Country code={row.country} />{' '}
      {(services.length > 0 ? services : [row.protocol]).map((service) => (
        <span key={service}>
          <PortLink service={service} />{' '}
        </span>
      ))}
      <span class="unknown">{t().now.perMinute(count(row.max_packets_per_minute))}</span>{' '}
      <span class={`tag ${row.state}`}>{word(t().attackStates, row.state)}</span>
    </>
  );
}

function PortLine({ service, row }: { service: string; row: RisingRow | AlarmRow }) {
  return (
    <>
      <PortLink service={service} />{' '}
      <span>{t().now.packetsOf(count(row.packets))}</span>{' '}
      <span class="unknown">{t().now.usual(count(row.expected_packets))}</span>
    </>
  );
}

// An alarm may name its protocol or give its number.
function alarmService({ protocol, port }: AlarmRow): string {
  const names: Readonly<Record<string, string>> = { '6': 'tcp', '17': 'udp' };
  return `${port}/${names[String(protocol)] ?? protocol}`;
}

// ChangeFinder knows neither ports nor who is in step: alone it says that all scans changed.
function SynchronyLine({ row }: { row: SynchronyRow }) {
  if (row.votes.every((vote) => vote === 'change-finder')) return <span>{t().now.scansChanged}</span>;
  return (
    <>
      {row.ports.slice(0, 3).map((port) => (
        <span key={port}>
          <PortLink service={`${port}/tcp`} />{' '}
        </span>
      ))}
      <span>{t().now.inStep(count(row.port_hosts[0] ?? row.hosts))}</span>
    </>
  );
}

function Line({ found }: { found: Happening }) {
  switch (found.kind) {
    case 'event':
      return <EventLine row={found.row} />;
    case 'attack':
      return <AttackLine row={found.row} />;
    case 'rising':
      return <PortLine service={found.row.name} row={found.row} />;
    case 'alarm':
      return <PortLine service={alarmService(found.row)} row={found.row} />;
    case 'synchrony':
      return <SynchronyLine row={found.row} />;
  }
}

function pageOf(found: Happening): string {
  switch (found.kind) {
    case 'event':
      return viewUrl('/events', { source: found.row.source });
    case 'attack':
      return viewUrl('/attacks', { source: found.row.victim });
    case 'synchrony':
      return viewUrl('/synchrony');
    default:
      return viewUrl('/rising');
  }
}

// What the store knows already, so that the list is not empty at first.
function useStored(): Happening[] {
  const asked = { order: 'start', limit: 12 };
  const events = useAnswer<TableAnswer<EventRow>>(apiUrl('/telescope/events', asked));
  const attacks = useAnswer<TableAnswer<AttackRow>>(apiUrl('/telescope/attacks', asked));
  return [
    ...(events.data?.rows ?? []).map(
      (row): Happening => ({ kind: 'event', id: `event ${row.id}`, time: row.start, row }),
    ),
    ...(attacks.data?.rows ?? []).map(
      (row): Happening => ({ kind: 'attack', id: `attack ${row.id}`, time: row.start, row }),
    ),
  ];
}

function matches(found: Happening): boolean {
  const { country, source, port } = filter.value;
  const row: {
    country?: string | null;
    source?: string;
    victim?: string;
    ports?: number[];
    port?: number;
  } = found.row;
  const number = port ? Number(port.split('/')[0]) : null;
  const ports = row.ports ?? (row.port === undefined ? [] : [row.port]);
  return (
    (!country || row.country === country.toUpperCase()) &&
    (!source || source.includes('/') || (row.source ?? row.victim) === source) &&
    (number === null || ports.includes(number))
  );
}

function merged(live: Happening[], stored: Happening[]): Happening[] {
  const told = new Set(live.map(({ id }) => id));
  const older = stored.filter(({ id }) => !told.has(id));
  older.sort((a, b) => Date.parse(b.time) - Date.parse(a.time));
  return [...live, ...older];
}

function List({ rows }: { rows: Happening[] }) {
  const words = t().now;
  const today = day(Math.max(0, ...rows.map(({ time }) => Date.parse(time))));
  return (
    <ol class="feed" aria-label={words.feed} tabIndex={0}>
      {rows.map((found) => (
        <li key={found.id}>
          <time dateTime={found.time}>
            {day(found.time) === today ? clock(found.time) : day(found.time).slice(5)}
          </time>
          <a class={`feed-kind ${found.kind}`} href={pageOf(found)}>
            {words.kind[found.kind]}
          </a>
          <span class="feed-text">
            <Line found={found} />
          </span>
        </li>
      ))}
    </ol>
  );
}

export function Feed() {
  const words = t().now;
  const chosen = choice('feed', kinds);
  const stored = useStored();
  const [held, setHeld] = useState<Happening[] | null>(null);
  const live = held ?? happenings.value;
  const waiting = held ? happenings.value.filter((found) => !held.includes(found)).length : 0;
  const rows = merged(live, stored)
    .filter((found) => (chosen === 'all' || found.kind === chosen) && matches(found))
    .slice(0, mostShown);
  return (
    <Panel
      title={words.feed}
      class="feed-panel"
      actions={
        <span class="view-actions">
          {waiting > 0 && <span class="tag waiting">{words.waiting(count(waiting))}</span>}
          <button
            type="button"
            class="quiet"
            aria-pressed={held !== null}
            onClick={() => setHeld(held ? null : happenings.value)}
          >
            {held ? t().live.resume : t().live.pause}
          </button>
        </span>
      }
    >
      <Segments label={words.show} param="feed" options={kinds} value={chosen} words={words.feedKinds} />
      {rows.length === 0 ? <p class="hint">{words.feedEmpty}</p> : <List rows={rows} />}
    </Panel>
  );
}
