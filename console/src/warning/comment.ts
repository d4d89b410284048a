// SPDX-License-Identifier: Apache-2.0
//
// How long a comment may be. The API counts characters; a text box, left to itself, would count
// those beyond the first 65,536 of Unicode twice.

export const mostComment = 2000;

export function charactersOf(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}
