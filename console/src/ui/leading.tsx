// SPDX-License-Identifier: Apache-2.0
//
// What leads in the last minute of the live stream: ports and countries, each a way to its sources,
// and the panel of sources of whatever was chosen.
import { classColour } from '../colours';
import { clock, count, countryName, short } from '../format';
import { t, word } from '../i18n';
import { leading, type LeadingSource, leadingSources, secondsOf, serviceOf, type Weighed } from '../live/recent';
import { type Filter, filterUrl } from '../state';
import { Panel } from './controls';
import { type Column, Table } from './table';
import { Country, Filtering, PortLink, Share, SourceLink, Swatch } from './values';

// What of the stream is chosen; several of them narrow each other down.
export interface Choice {
  country?: string;
  class?: string;
  service?: string; // "23/tcp"
}

export function choiceText(choice: Choice): string {
  const parts = [];
  if (choice.country !== undefined)
    parts.push(choice.country ? countryName(choice.country) : t().live.unknownCountry);
  if (choice.service) parts.push(choice.service);
  if (choice.class) parts.push(word(t().classes, choice.class));
  return parts.join(' · ');
}

function Rows({
  title,
  found,
  kind,
  choose,
  most,
}: {
  title: string;
  found: Weighed[];
  kind: 'service' | 'country';
  choose?: ((choice: Choice) => void) | undefined;
  most: number;
}) {
  const words = t().live;
  const col = t().col;
  const rows = leading(found, kind === 'service' ? serviceOf : ({ country }) => country, most);
  const length = secondsOf(found);
  const largest = Math.max(0, ...rows.map(({ share }) => share));
  const name = (key: string) => {
    if (kind === 'service') return <PortLink service={key} />;
    return key ? <Country code={key} long /> : <span class="unknown">{words.unknownCountry}</span>;
  };
  return (
    <Table
      caption={title}
      rows={rows}
      rowKey={(row) => row.key}
      columns={[
        { key: 'name', label: kind === 'service' ? col.port : col.country, cell: (row) => name(row.key) },
        {
          key: 'rate',
          label: words.perSecond,
          numeric: true,
          cell: (row) => short(row.packets / length),
        },
        { key: 'share', label: col.share, cell: (row) => <Share share={row.share} most={largest} /> },
        ...(choose
          ? [
              {
                key: 'choose',
                label: words.sources,
                cell: (row: { key: string }) => (
                  <button
                    type="button"
                    class="quiet small"
                    aria-label={words.select(choiceText({ [kind]: row.key }))}
                    onClick={() => choose({ [kind]: row.key })}
                  >
                    <span aria-hidden="true">≡</span>
                  </button>
                ),
              },
            ]
          : []),
      ]}
    />
  );
}

export function LeadingPanels({
  found,
  filtered,
  choose,
  most = 8,
}: {
  found: Weighed[];
  filtered: boolean;
  choose?: ((choice: Choice) => void) | undefined;
  most?: number;
}) {
  const words = t().live;
  const nothing = <p class="hint">{filtered ? words.nothingFiltered : words.nothing}</p>;
  return (
    <>
      {(['service', 'country'] as const).map((kind) => {
        const title = kind === 'service' ? words.ports : words.countries;
        return (
          <Panel key={kind} title={title}>
            {found.length === 0 ? (
              nothing
            ) : (
              <Rows title={title} found={found} kind={kind} choose={choose} most={most} />
            )}
          </Panel>
        );
      })}
    </>
  );
}

function Services({ row }: { row: LeadingSource }) {
  const all = [...row.services];
  return (
    <span class="list">
      {all.slice(0, 2).map((service) => (
        <PortLink key={service} service={service} />
      ))}
      {all.length > 2 && <span class="unknown">+{count(all.length - 2)}</span>}
    </span>
  );
}

export function Classes({ names }: { names: Iterable<string> }) {
  return (
    <span class="swatches">
      {[...names].map((name) => (
        <span key={name} title={word(t().classes, name)}>
          <Swatch colour={classColour(name)} />
          <span class="unseen">{word(t().classes, name)}</span>
        </span>
      ))}
    </span>
  );
}

// `without`: columns that would say the same in every row.
export function SourceTable({
  caption,
  rows,
  without = [],
}: {
  caption: string;
  rows: LeadingSource[];
  without?: readonly string[];
}) {
  const columns = sourceColumns().filter(({ key }) => !without.includes(key));
  return <Table caption={caption} rows={rows} rowKey={(row) => row.source} columns={columns} />;
}

function sourceColumns(): Column<LeadingSource>[] {
  const col = t().col;
  return [
    {
      key: 'source',
      label: col.source,
      cell: (row) => (
        <span class="list">
          <Classes names={row.classes} />
          <SourceLink address={row.source} />
        </span>
      ),
    },
    { key: 'country', label: col.country, cell: (row) => <Country code={row.country || null} /> },
    {
      key: 'asn',
      label: col.asn,
      cell: (row) =>
        row.asn > 0 ? (
          <Filtering by={{ asn: String(row.asn) }} text={`AS${row.asn}`} />
        ) : (
          <span class="unknown">–</span>
        ),
    },
    { key: 'ports', label: col.ports, cell: (row) => <Services row={row} /> },
    { key: 'packets', label: col.packets, numeric: true, cell: (row) => count(row.packets) },
    {
      key: 'last',
      label: t().live.lastSeen,
      numeric: true,
      cell: (row) => `${clock(row.last)}:${String(new Date(row.last).getUTCSeconds()).padStart(2, '0')}`,
    },
  ];
}

function filterOf(choice: Choice): Filter {
  return {
    ...(choice.country ? { country: choice.country } : {}),
    ...(choice.class ? { class: choice.class } : {}),
    ...(choice.service && /^\d/.test(choice.service) ? { port: choice.service } : {}),
  };
}

export function ChosenPanel({
  choice,
  found,
  close,
}: {
  choice: Choice;
  found: Weighed[];
  close: () => void;
}) {
  const words = t().live;
  const inside = found.filter(
    ({ sample }) =>
      (choice.country === undefined || sample.country === choice.country) &&
      (choice.class === undefined || sample.class === choice.class) &&
      (choice.service === undefined || serviceOf(sample) === choice.service),
  );
  const rows = leadingSources(inside, 'newest', 12);
  const by = filterOf(choice);
  return (
    <Panel
      title={choiceText(choice)}
      class="chosen"
      actions={
        <span class="view-actions">
          {Object.keys(by).length > 0 && (
            <a class="button quiet" href={filterUrl(by)}>
              {words.intoFilter}
            </a>
          )}
          <button type="button" class="quiet" onClick={close} aria-label={words.close}>
            ×
          </button>
        </span>
      }
    >
      {rows.length === 0 ? (
        <p class="hint">{words.nothing}</p>
      ) : (
        <SourceTable
          caption={`${words.sources}: ${choiceText(choice)}`}
          rows={rows}
          without={[choice.country ? 'country' : '', choice.service ? 'ports' : '']}
        />
      )}
    </Panel>
  );
}
