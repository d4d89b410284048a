// SPDX-License-Identifier: Apache-2.0
const width = 100;
const height = 20;

// The shape of a series, for beside its number; it says nothing the table of the series does not.
export function Sparkline({ values, colour }: { values: (number | null)[]; colour: string }) {
  const known = values.filter((value): value is number => value !== null);
  const most = Math.max(0, ...known);
  if (most === 0 || values.length < 2) return <span class="spark" />;
  const x = (i: number) => ((i / values.length) * width).toFixed(2);
  const y = (value: number) => (height - 1 - (value / most) * (height - 3)).toFixed(2);
  let line = '';
  let area = '';
  values.forEach((value, i) => {
    if (value === null) return;
    const starts = i === 0 || values[i - 1] === null;
    line += `${starts ? `M${x(i)} ${y(value)}` : `V${y(value)}`}H${x(i + 1)}`;
    area += `M${x(i)} ${height}V${y(value)}H${x(i + 1)}V${height}Z`;
  });
  return (
    <svg
      class={`spark ${colour}`}
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      <path class="spark-area" d={area} />
      <path class="spark-line" d={line} />
    </svg>
  );
}
