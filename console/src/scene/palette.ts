// SPDX-License-Identifier: Apache-2.0
//
// The colours of the classes as shaders take them, and which classes are on show.
import { classColour, resolved } from '../colours';
import { liveClasses } from '../ui/class_legend';
import { rgb } from './stage';

export const classCount = liveClasses.length + 1; // the last is for a class this console is too old for

export function classIndex(name: string): number {
  const at = (liveClasses as readonly string[]).indexOf(name);
  return at < 0 ? classCount - 1 : at;
}

export function palette(): number[] {
  return [...liveClasses, ''].flatMap((name) => rgb(resolved(classColour(name))));
}

export function shownClasses(hidden: ReadonlySet<string>): number[] {
  return [...liveClasses.map((name) => (hidden.has(name) ? 0 : 1)), 1];
}
