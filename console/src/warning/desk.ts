// SPDX-License-Identifier: Apache-2.0
//
// Where a view of warnings asks: staff about all members, a member's account about its own, through
// the portal. The views are the same; only what is behind a desk differs.
import { apiUrl, type Params, type Session } from '../api';
import type { Language } from '../state';

export interface Desk {
  own: string | null; // the organisation a member's account belongs to; null: staff
  mayTriage: boolean; // acknowledge, mute, comment
  mayRegister: boolean; // change blocks and contacts
  mayDecide: boolean; // grant what a member wishes
  warnings: (params: Params) => string; // addresses to get
  history: (params: Params) => string;
  exported: (form: string, params: Params) => string;
  organisation: (name: string) => string;
  comments: (id: number) => string;
  paths: {
    // Where to send changes.
    warning: (id: number, verb: 'acknowledge' | 'mute' | 'comments') => string;
    contacts: (name: string) => string;
    contact: (id: number) => string;
    blocks: (name: string) => string;
  };
}

const memberPath = (name: string) => `/warning/members/${encodeURIComponent(name)}`;

// `language`: that of the explanations.
export function deskOf(
  session: Pick<Session, 'role' | 'member'> | null,
  language: Language,
): Desk {
  const isMember = session?.role === 'member';
  const isAdmin = session?.role === 'admin';
  const base = isMember ? '/portal' : '/warning';
  const warning = (id: number, verb: string) => `${base}/warnings/${id}/${verb}`;
  const organisation = (name: string) => (isMember ? '/portal/organisation' : memberPath(name));
  return {
    own: isMember ? (session.member ?? '') : null,
    mayTriage: isMember || isAdmin || session?.role === 'analyst',
    mayRegister: isMember || isAdmin,
    mayDecide: isAdmin,
    warnings: (params) => apiUrl(`${base}/warnings`, { ...params, language }),
    history: (params) =>
      apiUrl(isMember ? '/portal/history' : '/warning/scan', { ...params, language }),
    exported: (form, params) => apiUrl(`${base}/exports/${form}`, params),
    organisation: (name) => apiUrl(organisation(name)),
    comments: (id) => apiUrl(warning(id, 'comments')),
    paths: {
      warning,
      contacts: (name) => (isMember ? '/portal/contacts' : `${memberPath(name)}/contacts`),
      contact: (id) => `${base}/contacts/${id}`,
      blocks: (name) => (isMember ? '/portal/blocks' : memberPath(name)),
    },
  };
}
