// SPDX-License-Identifier: Apache-2.0
//
// What the API answers about members and warnings.
export interface MemberRow {
  member: string;
  registered: string;
  live_blocks: number;
  live_addresses: number; // IPv4
  live_networks: number; // IPv6, of a /64
  dark_blocks: number;
  dark_addresses: number;
  dark_networks: number;
}

export interface Member {
  name: string;
  registered: string;
  live: string[];
  dark: string[];
  allocation: string[]; // what an admin has granted
  contacts: Contact[];
  claim: Claim | null;
}

// Where notices go: mailto:, https: or syslog+tls:.
export interface Contact {
  id: number;
  target: string;
  language: 'en' | 'ja';
  quiet: string; // "22:00-07:00 +09:00"; empty: never
}

// What a member wishes beyond its allocation, until an admin decides.
export interface Claim {
  live: string[];
  dark: string[];
  made: string;
}

export interface ClaimRow {
  member: string;
  made: string;
  live: number;
  dark: number;
}

export interface BlockRow {
  member: string;
  use: 'live' | 'dark';
  prefix: string;
}

// A member is told of its own only, so there it has no name.
export interface WarningRow {
  member?: string;
  address: string;
  kind: 'external' | 'internal' | 'under_attack' | 'misconfiguration';
  severity: 'low' | 'medium' | 'high';
  first: string;
  last: string;
  packets: number;
  bytes: number;
  dark_addresses: number; // at least
  services: string[];
  tool: string | null;
  explanation: string;
}

// A warning that was given when packets arrived.
export interface GivenWarning extends WarningRow {
  id: number;
  state: 'new' | 'continuing' | 'resolved';
  acknowledged: string | null;
  acknowledged_by: string | null;
  muted_until: string | null;
  comments: number;
}

export interface CommentRow {
  time: string;
  by: string;
  text: string;
}

// What the live stream tells when a warning begins, continues or is resolved.
export interface WarningMessage {
  id: number;
  member: string;
  address: string;
  kind: WarningRow['kind'];
  severity: WarningRow['severity'];
  state: GivenWarning['state'];
}

export interface NoticeRow {
  id: number;
  member: string;
  target: string;
  subject: string;
  state: 'waiting' | 'sent' | 'dead';
  attempts: number;
  made: string;
  next: string | null; // when it is tried again
  error: string | null;
}
