// SPDX-License-Identifier: Apache-2.0
import { computed } from '@preact/signals';
import { language } from '../state';
import { type Dictionary, en, type Widen } from './en';
import { ja } from './ja';

const dictionaries: Record<'en' | 'ja', Dictionary> = { en, ja };

const dictionary = computed(() => dictionaries[language.value]);

// The words of the chosen language; whoever reads them while rendering is rendered again when the
// language changes.
export const t = (): Dictionary => dictionary.value;

// The same for a part of the console that is loaded later, with words of its own.
export function wordsOf<Words>(english: Words, japanese: Widen<Words>): () => Words | Widen<Words> {
  const all = { en: english, ja: japanese };
  return () => all[language.value];
}

// A word for a value of the API's, which may be newer than this console: then the value itself.
export function word(words: Readonly<Record<string, string>>, value: string): string {
  return Object.hasOwn(words, value) ? (words[value] as string) : value;
}
