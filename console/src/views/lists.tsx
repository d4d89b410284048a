// SPDX-License-Identifier: Apache-2.0
//
// The views that are one table: sources, scan events, attacks, survey scanners, rising ports.
import type { AttackRow, EventRow, RisingRow, ScannerRow, SourceRow } from '../api';
import { count, decimal } from '../format';
import { t } from '../i18n';
import { choice, navigate } from '../state';
import { attackColumns, eventColumns, sourceColumns } from '../ui/columns';
import { Segments } from '../ui/controls';
import { isAddressOrPrefix } from '../ui/filter_text';
import { ListView } from '../ui/list_view';
import { OrganisationLink, PortLink, Share, sourceUrl, Time } from '../ui/values';

function AddressLookup() {
  const words = t().source;
  return (
    <form
      class="lookup"
      onSubmit={(event) => {
        event.preventDefault();
        const typed = String(new FormData(event.currentTarget).get('address') ?? '').trim();
        if (isAddressOrPrefix(typed)) navigate(sourceUrl(typed));
      }}
    >
      <label class="control">
        <span class="control-label">{words.lookup}</span>
        <input name="address" type="text" required spellcheck={false} placeholder="203.0.113.7" />
      </label>
      <button type="submit">{words.open}</button>
    </form>
  );
}

export function Sources() {
  return (
    <ListView<SourceRow>
      title={t().views.sources}
      about={t().about.sources}
      name="sources"
      orders={['packets', 'bytes', 'first', 'last', 'days']}
      columns={() => sourceColumns()}
      rowKey={(row) => row.source}
    >
      <AddressLookup />
    </ListView>
  );
}

export function Events() {
  return (
    <ListView<EventRow>
      title={t().views.events}
      about={t().about.events}
      name="events"
      orders={['packets', 'dark-addresses', 'start', 'rate', 'ports', 'duration']}
      columns={() => eventColumns()}
      rowKey={(row) => row.id}
      empty={t().states.eventsEmpty}
    />
  );
}

export function Attacks() {
  const state = choice('state', ['all', 'ongoing', 'ended']);
  return (
    <ListView<AttackRow>
      title={t().views.attacks}
      about={t().about.attacks}
      name="attacks"
      orders={['packets', 'dark-addresses', 'start', 'rate', 'duration']}
      own={state === 'all' ? {} : { state }}
      columns={() => attackColumns()}
      rowKey={(row) => row.id}
      empty={t().states.attacksEmpty}
    >
      <Segments
        label={t().col.state}
        param="state"
        options={['all', 'ongoing', 'ended'] as const}
        value={state}
        words={t().attackStates}
      />
    </ListView>
  );
}

export function Scanners() {
  const words = t().col;
  return (
    <ListView<ScannerRow>
      title={t().views.scanners}
      about={t().about.scanners}
      name="scanners"
      rowKey={(row) => row.organisation}
      empty={t().states.scannersEmpty}
      columns={(rows) => [
        {
          key: 'organisation',
          label: words.organisation,
          cell: (row) => <OrganisationLink name={row.organisation} />,
        },
        { key: 'packets', label: words.packets, numeric: true, cell: (row) => count(row.packets) },
        {
          key: 'share',
          label: words.ofScans,
          cell: (row) => <Share share={row.share} most={Math.max(...rows.map((r) => r.share))} />,
        },
        { key: 'hosts', label: words.hosts, numeric: true, cell: (row) => count(row.hosts) },
        { key: 'ports', label: words.ports, numeric: true, cell: (row) => count(row.ports) },
        { key: 'days', label: words.days, numeric: true, cell: (row) => count(row.days) },
        {
          key: 'listed',
          label: words.byList,
          numeric: true,
          cell: (row) => count(row.listed_hosts),
        },
        { key: 'named', label: words.byName, numeric: true, cell: (row) => count(row.named_hosts) },
        {
          key: 'behaving',
          label: words.byBehaviour,
          numeric: true,
          cell: (row) => count(row.behaving_hosts),
        },
      ]}
    />
  );
}

export function Rising() {
  const words = t().col;
  return (
    <ListView<RisingRow>
      title={t().views.rising}
      about={t().about.rising}
      name="rising-ports"
      rowKey={(row) => `${row.sensor} ${row.name} ${row.hour}`}
      empty={t().states.risingEmpty}
      columns={() => [
        { key: 'port', label: words.port, cell: (row) => <PortLink service={row.name} /> },
        { key: 'service', label: words.service, cell: (row) => row.service || '–' },
        { key: 'hour', label: words.hour, cell: (row) => <Time at={row.hour} /> },
        { key: 'score', label: words.score, numeric: true, cell: (row) => decimal(row.score) },
        { key: 'packets', label: words.packets, numeric: true, cell: (row) => count(row.packets) },
        {
          key: 'usual-packets',
          label: words.usual,
          numeric: true,
          cell: (row) => count(row.expected_packets),
        },
        { key: 'hosts', label: words.hosts, numeric: true, cell: (row) => count(row.hosts) },
        {
          key: 'usual-hosts',
          label: words.usual,
          numeric: true,
          cell: (row) => count(row.expected_hosts),
        },
        { key: 'sensor', label: words.sensor, cell: (row) => row.sensor },
      ]}
    />
  );
}
