// SPDX-License-Identifier: Apache-2.0
//
// One way to show each kind of value, so that it looks the same and leads on everywhere: sources
// and ports open their page, everything else becomes the filter.
import type { PacketClass } from '../api';
import { classColour } from '../colours';
import { change, countryName, minute, percent, second } from '../format';
import { t, word } from '../i18n';
import { filterUrl, type Filter, viewUrl } from '../state';

export function sourceUrl(address: string): string {
  return viewUrl('/source', { address });
}

export function portUrl(service: string): string {
  return viewUrl('/port', { service });
}

export function SourceLink({ address }: { address: string }) {
  return (
    <a class="address" href={sourceUrl(address)}>
      {address}
    </a>
  );
}

// "23/tcp" opens its page; services without a port ("icmp", "8/icmp") are only said.
export function PortLink({ service }: { service: string }) {
  if (!/^\d+\/(tcp|udp)$/.test(service)) return <span>{service}</span>;
  return <a href={portUrl(service)}>{service}</a>;
}

export function Filtering({ by, text }: { by: Filter; text: string }) {
  return (
    <a class="value" href={filterUrl(by)} title={t().filter.by(text)}>
      {text}
    </a>
  );
}

export function Country({ code, long = false }: { code: string | null; long?: boolean }) {
  if (!code) return <span class="unknown">{long ? t().statistics.unknown : '–'}</span>;
  const name = countryName(code);
  return (
    <a class="value" href={filterUrl({ country: code })} title={t().filter.by(name)}>
      {long ? (
        <>
          <span class="code">{code}</span> {name}
        </>
      ) : (
        <abbr title={name}>{code}</abbr>
      )}
    </a>
  );
}

export function Asn({ asn, name }: { asn: number | null; name?: string | null | undefined }) {
  if (asn === null) return <span class="unknown">–</span>;
  // Some registries begin the name with the number it stands beside.
  const own = name?.replace(new RegExp(`^(?:AS)?${asn}\\b[\\s:-]*`), '');
  return (
    <a class="value asn" href={filterUrl({ asn: String(asn) })} title={own || undefined}>
      <span class="code">AS{asn}</span>
      {own && <span class="asn-name">{own}</span>}
    </a>
  );
}

export function Swatch({ colour }: { colour: string }) {
  return <span class={`swatch ${colour}`} aria-hidden="true" />;
}

export function ClassValue({ name }: { name: PacketClass }) {
  const label = word(t().classes, name);
  return (
    <a class="value class-value" href={filterUrl({ class: name })} title={t().filter.by(label)}>
      {name !== 'scans' && <Swatch colour={classColour(name)} />}
      {label}
    </a>
  );
}

export function ToolValue({ name }: { name: string | null }) {
  if (!name || name === 'none') return <span class="unknown">–</span>;
  return <Filtering by={{ tool: name }} text={word(t().tools, name)} />;
}

export function OrganisationValue({ name }: { name: string | null }) {
  if (!name) return <span class="unknown">–</span>;
  const text = name === 'unknown' ? t().statistics.unknown : name;
  return <Filtering by={{ organisation: name }} text={text} />;
}

// Its page, where the value alone would become the filter.
export function OrganisationLink({ name }: { name: string }) {
  const text = name === 'unknown' ? t().statistics.unknown : name;
  return <a href={viewUrl('/organisation', { name })}>{text}</a>;
}

export function Time({ at, exact = false }: { at: string; exact?: boolean }) {
  return (
    <time dateTime={at} title={`${second(at)} UTC`}>
      {exact ? second(at) : minute(at)}
    </time>
  );
}

// A share as a number and as a length.
export function Share({ share, most = 1 }: { share: number; most?: number }) {
  const width = most > 0 ? Math.max(0, Math.min(1, share / most)) * 100 : 0;
  return (
    <span class="share">
      <span class="share-track" aria-hidden="true">
        <span class="share-bar" style={{ width: `${width}%` }} />
      </span>
      <span class="share-text">{percent(share)}</span>
    </span>
  );
}

export function Change({ value }: { value: number | null | undefined }) {
  if (value === null || value === undefined) return <span class="unknown">–</span>;
  const direction = value > 0.005 ? 'up' : value < -0.005 ? 'down' : 'flat';
  const arrow = { up: '▲', down: '▼', flat: '' }[direction];
  return (
    <span class={`change ${direction}`}>
      {arrow && <span aria-hidden="true">{arrow} </span>}
      {change(value)}
    </span>
  );
}
