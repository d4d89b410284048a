// SPDX-License-Identifier: Apache-2.0
//
// The HTTP API as the console sees it: the types of its answers, and how it is asked. The keys of
// rows are those that the command line prints. Times are RFC 3339 texts in UTC.

export type PacketClass =
  | 'any'
  | 'scan_tcp'
  | 'scan_udp'
  | 'scan_icmp'
  | 'probe_amplification'
  | 'backscatter_tcp'
  | 'backscatter_udp'
  | 'backscatter_icmp'
  | 'other_tcp'
  | 'other'
  | 'scans';

export type Tool = 'mirai' | 'zmap' | 'masscan' | 'masscan_2023' | 'nmap' | 'unicornscan';

export interface TableAnswer<Row> {
  period?: { from: string; until: string };
  rows: Row[];
  more: boolean;
  notes?: string[];
}

export interface SensorRow {
  sensor: string;
  dark_addresses: number;
  from: string;
  until: string;
  observed: number;
  gaps: number;
  gap_time: number | null;
}

export interface Overview {
  data: { from: string; until: string } | null;
  sensors: SensorRow[];
  home_country?: string | null;
  version: string;
}

// `hosts` where the period is one bucket; else the mean and the peak of its buckets.
interface Hosts {
  hosts?: number;
  mean_hosts?: number;
  peak_hosts?: number;
}

export interface ClassRow extends Hosts {
  class: PacketClass;
  label: string;
  is_sum: boolean;
  packets: number;
  share: number;
}

export interface RankingRow extends Hosts {
  packets: number;
  share: number;
  change?: number | null;
  name?: string;
  protocol?: 'tcp' | 'udp';
  port?: number;
  service?: string | null;
  iot?: boolean;
  country?: string | null;
  asn?: number | null;
  tool?: string;
  organisation?: string;
  class?: PacketClass;
  label?: string;
}

// Steps in which nothing was observed are absent from `times`.
export interface SeriesAnswer {
  period: { from: string; until: string };
  step_seconds: number;
  times: string[];
  names: { value: string | null; label: string }[]; // as the filter takes it; null: unknown
  values: number[][];
  rest: number[] | null; // packets of everything else, where that is known
  // The same names in the period before, if that was asked for.
  before: {
    period: { from: string; until: string };
    times: string[];
    values: number[][];
    rest: number[] | null;
  } | null;
}

export interface SourceRow {
  source: string;
  country: string | null;
  asn: number | null;
  as_name: string | null;
  scope: string;
  packets: number;
  bytes: number;
  first: string;
  last: string;
  days: number;
  classes: PacketClass[];
  ports: string[];
  tool: string | null;
  organisation: string | null;
  survey_evidence: string | null;
}

export interface EventRow {
  source: string;
  country: string | null;
  asn: number | null;
  start: string;
  end: string;
  duration: number;
  state: 'open' | 'closed' | 'truncated';
  packets: number;
  bytes: number;
  dark_addresses: number;
  dark_share: number;
  ports: number[];
  port_count: number;
  tcp_packets: number;
  udp_packets: number;
  icmp_packets: number;
  tool: string | null;
  rate: number;
  internet_rate: number;
  sensor: string;
  id: string;
}

export interface AttackRow {
  victim: string;
  country: string | null;
  asn: number | null;
  as_name: string | null;
  protocol: string;
  ports: number[];
  port_count: number;
  start: string;
  end: string;
  duration: number;
  state: 'ongoing' | 'ended';
  packets: number;
  bytes: number;
  dark_addresses: number;
  max_packets_per_minute: number;
  sensor: string;
  id: string;
}

export interface ScannerRow {
  organisation: string;
  packets: number;
  share: number;
  hosts: number;
  ports: number;
  days: number;
  listed_hosts: number;
  named_hosts: number;
  behaving_hosts: number;
}

export interface RisingRow {
  name: string;
  protocol: 'tcp' | 'udp';
  port: number;
  service: string | null;
  hour: string;
  packets: number;
  expected_packets: number;
  packets_score: number;
  hosts: number;
  expected_hosts: number;
  hosts_score: number;
  score: number;
  sensor: string;
}

// Alarms of synchrony of a sensor that follow each other and name the same ports.
export interface CampaignRow {
  from: string;
  until: string;
  sensor: string;
  level: string;
  ports: number[];
  port_levels: string[];
  port_hosts: number[]; // in a window, at most
  port_packets: number[];
  port_votes: string[];
  hosts: number; // in a window, at most
  packets: number;
  votes: string[];
  windows: string[]; // in which it was on
  ends: string[]; // whose alarms only tell that it was
  prefixes: string[];
}

// An alarm of one window.
export interface SynchronyRow {
  time: string;
  sensor: string;
  level: string;
  ports: number[];
  port_levels: string[];
  port_hosts: number[];
  port_packets: number[];
  port_votes: string[];
  hosts: number;
  packets: number;
  votes: string[];
  density: number | null;
  densities: string[]; // by rising penalty
  alarmed: number; // bit i: the i-th of them is unusual
  learned: number;
  packets_score: number | null;
  hosts_score: number | null;
  groups: number;
  prefixes: string[];
  why: string;
}

export interface SynchronyPoint {
  time: string;
  hosts: number;
  density_04: number | null;
  density_05: number | null;
  density_06: number | null;
  density_07: number | null;
  density_08: number | null;
  density_09: number | null;
  packets_score: number;
  hosts_score: number;
  groups: number;
  votes: string[];
}

export interface SourcePage {
  summary: {
    source: string;
    country: string | null;
    asn: string | null; // "AS64496 Name"
    scope: string;
    first: string;
    last: string;
    days: number;
    packets: number;
    tool: string | null;
    organisation: string | null;
    survey_evidence: string | null;
  };
  verdicts: { verdict: string; reason: string }[];
  classes: {
    class: PacketClass;
    packets: number;
    bytes: number;
    days: number;
    ports: number;
    first: string;
    last: string;
  }[];
  ports?: { service: string; class: PacketClass; port: number; packets: number }[];
  marks?: { mark: string; packets: number }[];
  events?: EventRow[];
  attacks?: AttackRow[];
  remarks?: Record<string, string[]>;
}

// What a source did in five minutes; of its columns those the console draws.
export interface ActivityRow {
  window: string;
  class: PacketClass;
  packets: number;
}

// What the live stream tells. A dark address is never told: `destination` is a masked place in the
// sensor's dark space, from 0 to 1, in which neighbours stay neighbours.
export interface LiveSample {
  sensor: string;
  source: string;
  country: string; // empty: unknown
  asn: number; // 0: unknown
  class: PacketClass;
  protocol: string;
  port: number; // the service port; 0: none
  destination: number;
  tool: string; // empty: none known
}

// `packets` is how many came since the last of these; each of the sample stands for as many.
export interface LivePackets {
  time: string;
  packets: number;
  sample: LiveSample[];
}

export interface LiveSecond {
  time: string;
  packets: number;
  hosts: number;
  classes: Partial<Record<PacketClass, number>>;
  kernel_drops: number;
  queue_drops: number;
  late: number;
}

export interface LiveFeed {
  sensor: string;
  kind: 'interface' | 'spool' | 'replay';
  name: string;
  state: 'running' | 'waiting' | 'failed' | 'ended';
  detail: string;
  frames: number;
  dark_packets: number;
  kernel_drops: number;
  queue_drops: number;
  late: number;
  last_packet: string | null;
  files_done: number;
  files_waiting: number;
  files_set_aside: number;
}

export interface LiveNow {
  seconds: LiveSecond[];
  feeds: LiveFeed[];
  replay: boolean;
}

export interface AlarmRow {
  kind: string;
  time: string;
  sensor: string | number;
  protocol: string | number; // a name, or its number in the IP header
  port: number;
  packets: number;
  hosts: number;
  expected_packets: number;
  expected_hosts: number;
  packets_score: number;
  hosts_score: number;
}

export type Cell = string | number | boolean | null | Cell[];
export type ReportRow = Record<string, Cell>;
export type ReportSection = ReportRow | ReportRow[] | { facts: ReportRow; rows: ReportRow[] };
export type ReportAnswer = {
  title: string;
  subtitle: string;
  remarks?: Record<string, string[]>;
} & Record<string, unknown>;

export type Role = 'viewer' | 'analyst' | 'admin' | 'member';

export interface Session {
  name: string;
  role: Role;
  member?: string | null; // the organisation of the role of the same name
  csrf: string;
}

export interface AccountRow {
  name: string;
  role: Role;
  member?: string | null;
  disabled: boolean;
  created: string;
  last_login: string | null;
}

export interface TokenRow {
  id: number;
  name: string;
  account: string;
  shown: string; // its first characters
  scopes: string[];
  created: string;
  expires: string | null;
  last_used: string | null;
}

export interface AuditRow {
  id: number;
  time: string;
  account: string; // empty: nobody logged in
  token: string;
  remote: string | null;
  action: string;
  object: string;
  detail: Record<string, unknown>;
}

// What the API says when it cannot answer (RFC 9457).
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly title: string,
    readonly detail: string,
  ) {
    super(detail || title);
  }
}

export type Params = Record<string, string | number | undefined>;

const root = '/api/v1';

export function apiUrl(path: string, params: Params = {}): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(params))
    if (value !== undefined && value !== '') query.set(name, String(value));
  const text = query.toString();
  return root + path + (text ? `?${text}` : '');
}

async function problemOf(response: Response): Promise<Problem> {
  let title = response.statusText;
  let detail = '';
  try {
    const body = (await response.json()) as { title?: unknown; detail?: unknown };
    if (typeof body.title === 'string') title = body.title;
    if (typeof body.detail === 'string') detail = body.detail;
  } catch {
    // Not a problem document: the status has to do.
  }
  return new Problem(response.status, title, detail);
}

async function answered(url: string, init: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, { credentials: 'same-origin', ...init });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new Problem(0, '', '');
  }
  if (!response.ok) throw await problemOf(response);
  return response;
}

async function request<T>(url: string, init: RequestInit): Promise<T> {
  const text = await (await answered(url, init)).text();
  return (text === '' ? undefined : JSON.parse(text)) as T;
}

export function get<T>(url: string, signal?: AbortSignal): Promise<T> {
  return request<T>(url, {
    headers: { Accept: 'application/json' },
    ...(signal ? { signal } : {}),
  });
}

type Changing = 'POST' | 'PUT' | 'PATCH' | 'DELETE';

function changing(
  method: Changing,
  csrf: string | null,
  type: string,
  body: string | undefined,
): RequestInit {
  const headers: Record<string, string> = { Accept: 'application/json' };
  if (csrf) headers['X-CSRF-Token'] = csrf;
  if (body !== undefined) headers['Content-Type'] = type;
  return { method, headers, ...(body === undefined ? {} : { body }) };
}

const json = (method: Changing, csrf: string | null, body: unknown) =>
  changing(method, csrf, 'application/json', body === undefined ? body : JSON.stringify(body));

export function send<T>(
  method: Changing,
  path: string,
  csrf: string | null,
  body?: unknown,
): Promise<T> {
  return request<T>(root + path, json(method, csrf, body));
}

// Where only the status says what became of it: 200 done, 202 to be done.
export async function sendForStatus(
  method: Changing,
  path: string,
  csrf: string | null,
  body: unknown,
): Promise<number> {
  return (await answered(root + path, json(method, csrf, body))).status;
}

export function sendCsv<T>(
  method: Changing,
  path: string,
  csrf: string | null,
  csv: string,
): Promise<T> {
  return request<T>(root + path, changing(method, csrf, 'text/csv', csv));
}
