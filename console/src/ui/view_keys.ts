// SPDX-License-Identifier: Apache-2.0
//
// Keys of the view on screen. The list of all keys shows them above those that work everywhere.
import { signal } from '@preact/signals';

export interface ViewKeys {
  list: [string[], string][]; // keys that do the same, and what
  press: (key: string) => boolean; // whether it meant something
}

export const viewKeys = signal<ViewKeys | null>(null);
