// SPDX-License-Identifier: Apache-2.0
//
// One entry of a list of facts (dl.facts).
import type { ComponentChildren } from 'preact';

export function Fact({ label, children }: { label: string; children: ComponentChildren }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}
