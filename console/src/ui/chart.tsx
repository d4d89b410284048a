// SPDX-License-Identifier: Apache-2.0
//
// Values over time, stacked or as lines. A step is drawn as wide as it is, from its beginning; where
// nothing was observed there is nothing. Dragging hands out the range that was drawn over.
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { resolved } from '../colours';
import { clock, count, day, minute, second, short } from '../format';
import { t } from '../i18n';
import { dark, language } from '../state';

export interface ChartSeries {
  name: string;
  colour: string; // name in the palette
  values: (number | null)[];
}

export interface ChartProps {
  title: string;
  times: number[]; // seconds since 1970; beginnings of steps
  step: number; // seconds
  series: ChartSeries[];
  log?: boolean;
  compare?: { name: string; values: (number | null)[] } | null;
  height?: number;
  onBrush?: (from: number, until: number) => void; // milliseconds
  plot?: { current: uPlot | null };
  moving?: boolean; // what is drawn changes all the time: only the values are exchanged
}

type Values = (number | null)[];

// The last step has a width too: its value stands once more at its end.
const closed = (values: Values): Values => [...values, values.at(-1) ?? null];

// Sums from the first series up; a step is unknown where all are.
function stacked(series: ChartSeries[]): Values[] {
  const sums: Values[] = [];
  for (const { values } of series) {
    const below = sums.at(-1);
    sums.push(
      values.map((value, i) => {
        const under = below?.[i] ?? null;
        return value === null && under === null ? null : (value ?? 0) + (under ?? 0);
      }),
    );
  }
  return sums;
}

const positive = (values: Values): Values =>
  values.map((value) => (value !== null && value > 0 ? value : null));

function timeLabels(_: uPlot, splits: number[], _axis: number, _space: number, step: number) {
  return splits.map((at) => {
    const ms = at * 1000;
    if (step >= 86_400) return day(ms);
    return at % 86_400 === 0 ? `${clock(ms)}\n${day(ms)}` : clock(ms);
  });
}

function tooltip(shown: () => ChartProps): uPlot.Plugin {
  const box = document.createElement('div');
  box.className = 'chart-tip';
  box.hidden = true;
  const line = (name: string, value: number | null | undefined, colour: string) => {
    const row = document.createElement('div');
    const swatch = document.createElement('span');
    swatch.className = `swatch ${colour}`;
    const label = document.createElement('span');
    label.textContent = name;
    const number = document.createElement('b');
    number.textContent = value === null || value === undefined ? '–' : count(value);
    row.append(swatch, label, number);
    return row;
  };
  return {
    hooks: {
      init: (plot) => plot.over.append(box),
      setCursor: (plot) => {
        const props = shown();
        const { left = -1, idx } = plot.cursor;
        const at = idx === null || idx === undefined ? -1 : Math.min(idx, props.times.length - 1);
        box.hidden = left < 0 || at < 0;
        if (box.hidden) return;
        const head = document.createElement('p');
        const time = (props.times[at] as number) * 1000;
        head.textContent = props.step < 60 ? second(time) : minute(time);
        const rows = [...props.series]
          .reverse()
          .map((s) => line(s.name, s.values[at], s.colour));
        if (props.compare) rows.push(line(props.compare.name, props.compare.values[at], 'dashed'));
        box.replaceChildren(head, ...rows);
        const right = left > plot.over.clientWidth / 2;
        box.style.left = right ? '' : `${left + 14}px`;
        box.style.right = right ? `${plot.over.clientWidth - left + 14}px` : '';
      },
    },
  };
}

function options(props: ChartProps, width: number, shown: () => ChartProps): uPlot.Options {
  const [ink, rule, paper] = [resolved('soft'), resolved('rule'), resolved('paper')];
  const path = uPlot.paths.stepped?.({ align: 1 });
  const shape = path ? { paths: path } : {};
  const font = `12px ${getComputedStyle(document.body).fontFamily}`;
  const axis = { stroke: ink, font, grid: { stroke: rule, width: 1 }, ticks: { show: false } };
  const drawn = props.log ? props.series : [...props.series].reverse();
  return {
    width,
    height: props.height ?? 300,
    tzDate: (time) => uPlot.tzDate(new Date(time * 1000), 'Etc/UTC'),
    legend: { show: false },
    // Room for the second half of the last date.
    padding: [12, 48, 0, 0],
    cursor: {
      y: false,
      points: { show: false },
      drag: { x: props.onBrush !== undefined, y: false, setScale: false },
    },
    scales: {
      x: { time: true },
      y: props.log
        ? { distr: 3, log: 10 }
        : { range: (_, __, most) => [0, most > 0 ? most * 1.05 : 1] },
    },
    axes: [
      { ...axis, values: timeLabels, space: 80, size: 36 },
      { ...axis, values: (_, splits) => splits.map((v) => (v === null ? '' : short(v))), size: 64 },
    ],
    series: [
      {},
      ...drawn.map(({ name, colour }) => ({
        label: name,
        ...shape,
        points: { show: false },
        ...(props.log
          ? { stroke: resolved(colour), width: 1.5 }
          : { fill: resolved(colour), stroke: paper, width: props.moving ? 0 : 0.75 }),
      })),
      ...(props.compare
        ? [
            {
              label: props.compare.name,
              ...shape,
              points: { show: false },
              stroke: resolved('ink'),
              width: 1.5,
              dash: [5, 4],
            },
          ]
        : []),
    ],
    hooks: {
      setSelect: [
        (plot) => {
          if (plot.select.width < 4) return;
          const at = (x: number) => plot.posToVal(x, 'x');
          const { step } = props;
          const from = Math.floor(at(plot.select.left) / step) * step;
          const until = Math.ceil(at(plot.select.left + plot.select.width) / step) * step;
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          props.onBrush?.(from * 1000, until * 1000);
        },
      ],
    },
    plugins: [tooltip(shown)],
  };
}

function chartData(props: ChartProps): uPlot.AlignedData {
  const last = props.times.at(-1) ?? 0;
  const values = props.log
    ? props.series.map((s) => positive(s.values))
    : stacked(props.series).reverse();
  if (props.compare) values.push(props.log ? positive(props.compare.values) : props.compare.values);
  return [[...props.times, last + props.step], ...values.map(closed)];
}

export function Chart(props: ChartProps) {
  const host = useRef<HTMLDivElement>(null);
  const made = useRef<uPlot | null>(null);
  const latest = useRef(props);
  latest.current = props;
  // Drawn anew when what is drawn changes; the data is small.
  const { moving = false, times, series, log, compare, step, height = 300 } = props;
  const drawn = JSON.stringify(
    moving ? [series.map(({ name, colour }) => [name, colour]), log] : [times, series, log, compare, step],
  );
  useEffect(() => {
    const box = host.current;
    if (!box) return undefined;
    const bound: ChartProps = { ...latest.current };
    if (bound.onBrush) bound.onBrush = (from, until) => latest.current.onBrush?.(from, until);
    const plot = new uPlot(
      options(bound, box.clientWidth, () => latest.current),
      chartData(bound),
      box,
    );
    made.current = plot;
    if (bound.plot) bound.plot.current = plot;
    const watch = new ResizeObserver(() => {
      if (box.clientWidth !== plot.width) plot.setSize({ width: box.clientWidth, height });
    });
    watch.observe(box);
    return () => {
      watch.disconnect();
      plot.destroy();
      made.current = null;
      if (bound.plot) bound.plot.current = null;
    };
  }, [drawn, dark.value, language.value, height]);
  useEffect(() => {
    if (moving) made.current?.setData(chartData(latest.current));
  }, [moving && times]);
  return (
    <div
      class="chart"
      ref={host}
      role="img"
      aria-label={`${props.title}, ${t().time.utc}`}
      data-steps={times.length}
    />
  );
}
