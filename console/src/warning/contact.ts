// SPDX-License-Identifier: Apache-2.0
//
// A contact as a form asks for it and as the API takes it.

export const channels = ['mail', 'webhook', 'syslog'] as const;
export type Channel = (typeof channels)[number];

// Null if it cannot be one; whether anybody is there only a test notice tells.
export function targetOf(channel: Channel, typed: string): string | null {
  const text = typed.trim();
  switch (channel) {
    case 'mail': {
      const address = text.replace(/^mailto:/i, '');
      return /^[^\s@,;?&]+@[^\s@,;?&]+$/.test(address) ? `mailto:${address}` : null;
    }
    case 'webhook':
      return /^https:\/\/[^\s/]+(\/\S*)?$/i.test(text) ? text : null;
    case 'syslog': {
      const place = text.replace(/^syslog\+tls:\/\//i, '');
      return /^(\[[0-9a-f:.]+\]|[^\s:/]+):\d{1,5}$/i.test(place) ? `syslog+tls://${place}` : null;
    }
  }
}

// "22:00-07:00 +09:00"; empty: no quiet hours; null: something is missing.
export function quietOf(from: string, until: string, zone: string): string | null {
  if (from === '' && until === '') return '';
  const clock = /^([01]\d|2[0-3]):[0-5]\d$/;
  const offset = /^[+-](0\d|1[0-4]):[0-5]\d$/;
  if (!clock.test(from) || !clock.test(until) || !offset.test(zone.trim())) return null;
  return `${from}-${until} ${zone.trim()}`;
}

// +09:00, where `minutes` is what Date.getTimezoneOffset() says.
export function zoneText(minutes: number): string {
  const away = Math.abs(minutes);
  const part = (value: number) => String(Math.floor(value)).padStart(2, '0');
  return `${minutes > 0 ? '-' : '+'}${part(away / 60)}:${part(away % 60)}`;
}

// What people call it: without "mailto:".
export function shownTarget(target: string): string {
  return target.replace(/^mailto:/, '');
}
