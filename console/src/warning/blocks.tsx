// SPDX-License-Identifier: Apache-2.0
//
// The address blocks of a member, as a form asks for them.
import { w } from '../i18n/warning';
import { field } from '../ui/form';

const lines = (text: string) => text.split(/\s+/).filter((line) => line !== '');

export function blocksOf(data: FormData): { live: string[]; dark: string[] } {
  return { live: lines(field(data, 'live')), dark: lines(field(data, 'dark')) };
}

function Prefixes({ label, name, hint, blocks, required = false }: {
  label: string;
  name: string;
  hint: string;
  blocks: string[];
  required?: boolean;
}) {
  return (
    <label class="field">
      <span>{label}</span>
      <textarea name={name} rows={6} required={required} spellcheck={false}>
        {blocks.join('\n')}
      </textarea>
      <small>{hint}</small>
    </label>
  );
}

export function BlockFields({ live, dark }: { live: string[]; dark: string[] }) {
  const words = w().members;
  return (
    <>
      <Prefixes label={words.live} name="live" hint={words.liveHint} blocks={live} required />
      <Prefixes label={words.dark} name="dark" hint={words.darkHint} blocks={dark} />
    </>
  );
}
