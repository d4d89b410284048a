// SPDX-License-Identifier: Apache-2.0
//
// The classes with their colours, each a switch; what is switched off stands in the address.
import { classColour } from '../colours';
import { t, word } from '../i18n';
import { changedUrl, navigate, query } from '../state';
import { Swatch } from './values';

export const liveClasses = [
  'scan_tcp',
  'scan_udp',
  'scan_icmp',
  'probe_amplification',
  'backscatter_tcp',
  'backscatter_udp',
  'backscatter_icmp',
  'other_tcp',
  'other',
] as const;

export function hiddenClasses(): ReadonlySet<string> {
  return new Set((query.value.get('hide') ?? '').split(',').filter(Boolean));
}

function toggle(name: string): void {
  const hidden = new Set(hiddenClasses());
  if (!hidden.delete(name)) hidden.add(name);
  navigate(changedUrl({ hide: [...hidden].join(',') }), true);
}

export function ClassLegend() {
  const hidden = hiddenClasses();
  return (
    <ul class="class-legend" aria-label={t().live.classes}>
      {liveClasses.map((name) => {
        const label = word(t().classes, name);
        const shown = !hidden.has(name);
        return (
          <li key={name}>
            <button
              type="button"
              class={`quiet small ${shown ? '' : 'off'}`}
              aria-pressed={shown}
              aria-label={t().live.showClass(label)}
              onClick={() => toggle(name)}
            >
              {shown ? (
                <Swatch colour={classColour(name)} />
              ) : (
                <span class="swatch off" aria-hidden="true" />
              )}
              {label}
            </button>
          </li>
        );
      })}
    </ul>
  );
}
