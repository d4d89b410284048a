// SPDX-License-Identifier: Apache-2.0
//
// Reads what a person types into the filter: which filters could it mean?
import { countryName } from '../format';
import { t } from '../i18n';
import type { FilterKey } from '../state';

export interface Candidate {
  key: FilterKey;
  value: string;
}

// ISO 3166-1 alpha-2.
const countries =
  'AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS ' +
  'BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE ' +
  'EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM ' +
  'HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC ' +
  'LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA ' +
  'NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW ' +
  'SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO ' +
  'TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW';

const mostCandidates = 8;

function ports(text: string): Candidate[] {
  const match = /^(\d{1,5})(?:\/(tcp|udp))?$/i.exec(text);
  if (!match || Number(match[1]) > 65_535) return [];
  const number = String(Number(match[1]));
  const protocol = match[2]?.toLowerCase();
  if (protocol) return [{ key: 'port', value: `${number}/${protocol}` }];
  return ['/tcp', '/udp', ''].map((end) => ({ key: 'port', value: number + end }));
}

export function isAddressOrPrefix(text: string): boolean {
  const [address = '', length] = text.split('/');
  const bits = length === undefined ? 0 : /^\d{1,3}$/.test(length) ? Number(length) : 999;
  const octets = address.split('.');
  if (octets.length === 4)
    return bits <= 32 && octets.every((octet) => /^\d{1,3}$/.test(octet) && Number(octet) < 256);
  return bits <= 128 && /^[0-9a-f:]+$/i.test(address) && /:.*:/.test(address);
}

function words(
  key: FilterKey,
  names: Readonly<Record<string, string>>,
  text: string,
): Candidate[] {
  const wanted = text.toLowerCase();
  return Object.entries(names)
    .filter(([name, label]) => name.startsWith(wanted) || label.toLowerCase().includes(wanted))
    .map(([value]) => ({ key, value }));
}

export function candidates(typed: string): Candidate[] {
  const text = typed.trim();
  if (text === '') return [];
  const found: Candidate[] = [...ports(text)];
  if (isAddressOrPrefix(text)) found.push({ key: 'source', value: text.toLowerCase() });
  const asn = /^(?:AS)?(\d{1,10})$/i.exec(text);
  if (asn && Number(asn[1]) < 2 ** 32) found.push({ key: 'asn', value: String(Number(asn[1])) });
  const upper = text.toUpperCase();
  const named = countries
    .split(' ')
    .filter((code) => countryName(code).toLowerCase().includes(text.toLowerCase()) && text.length > 1);
  for (const code of new Set([...countries.split(' ').filter((c) => c === upper), ...named]))
    found.push({ key: 'country', value: code });
  const { none: _none, ...tools } = t().tools;
  const { any: _any, ...classes } = t().classes;
  found.push(...words('tool', tools, text), ...words('class', classes, text));
  found.splice(mostCandidates - 1);
  // Organisations have any name, so every word could be one.
  if (/^\p{L}/u.test(text) && !isAddressOrPrefix(text))
    found.push({ key: 'organisation', value: text });
  return found;
}
