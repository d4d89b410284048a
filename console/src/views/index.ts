// SPDX-License-Identifier: Apache-2.0
//
// Every view, its address and its key.
import type { ComponentType } from 'preact';
import type { Dictionary } from '../i18n/en';
import { lazily } from '../ui/lazily';
import { Access, OwnAccess } from './access';
import { Attack } from './attack';
import type { Audience } from './audience';
import { Audit } from './audit';
import { Attacks, Events, Rising, Scanners, Sources } from './lists';
import { Now } from './now';
import { Organisation } from './organisation';
import { Overview } from './overview';
import { Port } from './port';
import { Rankings } from './rankings';
import { Report } from './report';
import { Source } from './source';
import { Start } from './start';
import { Statistics } from './statistics';

// The 3-D views bring a library of their own, loaded when one of them is opened.
const Atlas = lazily(() => import('./atlas').then((module) => module.Atlas));
const Cube = lazily(() => import('./cube').then((module) => module.Cube));
const Rings = lazily(() => import('./rings').then((module) => module.Rings));

const Synchrony = lazily(() => import('./synchrony').then((module) => module.Synchrony));

// What warns organisations is loaded together: who opens one view of it opens the next.
const Inbox = lazily(() => import('./warn').then((module) => module.Inbox));
const History = lazily(() => import('./warn').then((module) => module.History));
const Members = lazily(() => import('./warn').then((module) => module.Members));
const Member = lazily(() => import('./warn').then((module) => module.Member));
const Outbox = lazily(() => import('./warn').then((module) => module.Outbox));

export interface View {
  path: string;
  name: keyof Dictionary['views'];
  show: ComponentType;
  group?: keyof Dictionary['groups']; // none: not in the navigation
  key?: string; // after "g"
  parent?: string; // path of the entry that stands for it in the navigation
  audience?: Audience;
  noData?: boolean; // shows nothing of the data, so it needs none
  live?: boolean; // shows the present, so the time range does not apply
}

export const views: readonly View[] = [
  { path: '/', name: 'start', show: Start, noData: true, audience: 'all' },
  { path: '/now', name: 'now', show: Now, group: 'live', key: 'n', noData: true, live: true },
  { path: '/atlas', name: 'atlas', show: Atlas, group: 'live', key: 'm', noData: true, live: true },
  { path: '/cube', name: 'cube', show: Cube, group: 'live', key: 'c', noData: true, live: true },
  { path: '/rings', name: 'rings', show: Rings, group: 'live', key: 'i', noData: true, live: true },
  { path: '/overview', name: 'overview', show: Overview, group: 'observe', key: 'o' },
  { path: '/statistics', name: 'statistics', show: Statistics, group: 'observe', key: 't' },
  { path: '/rankings', name: 'rankings', show: Rankings, group: 'observe', key: 'r' },
  { path: '/rising', name: 'rising', show: Rising, group: 'observe', key: 'p' },
  { path: '/synchrony', name: 'synchrony', show: Synchrony, group: 'observe', key: 'y' },
  { path: '/sources', name: 'sources', show: Sources, group: 'find', key: 's' },
  { path: '/events', name: 'events', show: Events, group: 'find', key: 'e' },
  { path: '/attacks', name: 'attacks', show: Attacks, group: 'find', key: 'a' },
  { path: '/scanners', name: 'scanners', show: Scanners, group: 'find', key: 'v' },
  {
    path: '/warnings', name: 'warnings', show: Inbox, group: 'warn', key: 'w', noData: true,
    live: true, audience: 'all',
  },
  {
    path: '/member', name: 'ownOrganisation', show: Member, group: 'warn', key: 'b', noData: true,
    audience: 'member',
  },
  {
    path: '/history', name: 'history', show: History, group: 'warn', key: 'h', noData: true,
    audience: 'all',
  },
  { path: '/members', name: 'members', show: Members, group: 'warn', key: 'b', noData: true },
  { path: '/outbox', name: 'outbox', show: Outbox, group: 'warn', key: 'x', noData: true },
  { path: '/report', name: 'report', show: Report, group: 'publish', key: 'd' },
  { path: '/access', name: 'access', show: Access, group: 'manage', key: 'u', noData: true },
  {
    path: '/access', name: 'ownAccess', show: OwnAccess, group: 'manage', key: 'u', noData: true,
    audience: 'member',
  },
  {
    path: '/audit', name: 'audit', show: Audit, group: 'manage', key: 'l', noData: true,
    audience: 'admin',
  },
  { path: '/source', name: 'source', show: Source, parent: '/sources' },
  { path: '/port', name: 'port', show: Port, parent: '/rankings' },
  { path: '/attack', name: 'attack', show: Attack, parent: '/attacks' },
  { path: '/organisation', name: 'organisation', show: Organisation, parent: '/scanners' },
  { path: '/member', name: 'member', show: Member, parent: '/members', noData: true },
];
