// SPDX-License-Identifier: Apache-2.0
//
// Values over time, stacked or as lines. A step is drawn as wide as it is, from its beginning; where
// nothing was observed there is nothing, and long stretches of that are cut out (time_axis.ts).
// Dragging hands out the range that was drawn over.
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { resolved } from '../colours';
import { clock, count, day, minute, second, short } from '../format';
import { t } from '../i18n';
import { dark, language } from '../state';
import { endOf, labelled, onAxis, type TimeAxis, timeAxis } from './time_axis';

export interface ChartSeries {
  name: string;
  colour: string; // name in the palette
  values: (number | null)[];
}

export interface ChartProps {
  title: string;
  times: number[]; // seconds since 1970; beginnings of steps, in order; those unknown may be left out
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

// What is drawn, with a value for every step of the axis.
interface Picture extends ChartProps {
  axis: TimeAxis;
}

function picture(props: ChartProps): Picture {
  const axis = timeAxis(props.times, props.step);
  const spread = <Part extends { values: Values }>(part: Part): Part => ({
    ...part,
    values: onAxis(axis, part.values),
  });
  return {
    ...props,
    axis,
    series: props.series.map(spread),
    compare: props.compare ? spread(props.compare) : null,
  };
}

// A cut axis is drawn by the number of the step, so that all are equally wide.
function position(axis: TimeAxis, at: number): number {
  return axis.cuts > 0 ? at : (axis.starts[at] as number);
}

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

// A step is drawn to its end, also where nothing is known of the next: there a gap begins, and not
// at the last known value.
const gaps: uPlot.Series.GapsRefiner = (plot, seriesIndex, first, last) => {
  const values = plot.data[seriesIndex] as Values;
  const at = (i: number) => plot.valToPos(plot.data[0][i] as number, 'x', true);
  const found: uPlot.Series.Gaps = [];
  for (let i = first; i <= last; ++i) {
    if (values[i] !== null) continue;
    const begin = i;
    while (i < last && values[i + 1] === null) i += 1;
    found.push([at(begin), at(Math.min(i + 1, last))]);
  }
  return found;
};

function timeLabels(_: uPlot, splits: number[], _axis: number, _space: number, step: number) {
  return splits.map((at) => {
    const ms = at * 1000;
    if (step >= 86_400) return day(ms);
    return at % 86_400 === 0 ? `${clock(ms)}\n${day(ms)}` : clock(ms);
  });
}

// A cut axis is labelled by the times of its steps.
function cutAxis(axis: TimeAxis): Partial<uPlot.Axis> {
  const text = (at: number) => {
    const ms = (axis.starts[at] as number) * 1000;
    return axis.step >= 86_400 ? day(ms) : `${clock(ms)}\n${day(ms)}`;
  };
  return {
    splits: (plot, _, min, max) =>
      labelled(axis, (90 * (max - min)) / (plot.bbox.width / devicePixelRatio || 1)),
    values: (_, splits) => splits.map(text),
    grid: { show: false },
  };
}

// Where time is left out: a broken line from top to bottom.
function drawCuts(plot: uPlot, axis: TimeAxis): void {
  if (axis.cuts === 0) return;
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.strokeStyle = resolved('soft');
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([2 * devicePixelRatio, 3 * devicePixelRatio]);
  ctx.beginPath();
  axis.source.forEach((index, at) => {
    if (index !== null) return;
    const x = Math.round(plot.valToPos(at + 0.5, 'x', true));
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
  });
  ctx.stroke();
  ctx.restore();
}

function tooltip(shown: () => Picture): uPlot.Plugin {
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
        const { axis } = props;
        const at = idx === null || idx === undefined ? -1 : Math.min(idx, axis.starts.length - 1);
        box.hidden = left < 0 || at < 0;
        if (box.hidden) return;
        const head = document.createElement('p');
        const time = (axis.starts[at] as number) * 1000;
        head.textContent = props.step < 60 ? second(time) : minute(time);
        if (axis.cuts > 0 && axis.source[at] === null) {
          head.textContent = t().chart.cut(minute(time), minute(endOf(axis, at) * 1000));
          box.replaceChildren(head);
          return;
        }
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

// The whole steps between two places of the axis, as seconds.
function range(axis: TimeAxis, left: number, right: number) {
  const { step, starts } = axis;
  if (axis.cuts === 0)
    return { from: Math.floor(left / step) * step, until: Math.ceil(right / step) * step };
  const last = starts.length - 1;
  const at = (index: number) => Math.min(last, Math.max(0, index));
  return {
    from: starts[at(Math.floor(left))] as number,
    until: endOf(axis, at(Math.ceil(right) - 1)),
  };
}

function options(props: Picture, width: number, shown: () => Picture): uPlot.Options {
  const [ink, rule, paper] = [resolved('soft'), resolved('rule'), resolved('paper')];
  const path = uPlot.paths.stepped?.({ align: 1 });
  const shape = path ? { paths: path, gaps } : {};
  const font = `12px ${getComputedStyle(document.body).fontFamily}`;
  const axis = { stroke: ink, font, grid: { stroke: rule, width: 1 }, ticks: { show: false } };
  const drawn = props.log ? props.series : [...props.series].reverse();
  const cut = props.axis.cuts > 0;
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
      x: { time: !cut },
      y: props.log
        ? { distr: 3, log: 10 }
        : { range: (_, __, most) => [0, most > 0 ? most * 1.05 : 1] },
    },
    axes: [
      { ...axis, values: timeLabels, space: 80, size: 36, ...(cut ? cutAxis(props.axis) : {}) },
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
      draw: [(plot) => drawCuts(plot, props.axis)],
      setSelect: [
        (plot) => {
          const { left, width: wide } = plot.select;
          if (wide < 4) return;
          const { from, until } = range(props.axis, plot.posToVal(left, 'x'), plot.posToVal(left + wide, 'x'));
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          props.onBrush?.(from * 1000, until * 1000);
        },
      ],
    },
    plugins: [tooltip(shown)],
  };
}

function chartData(props: Picture): uPlot.AlignedData {
  const { axis } = props;
  const at = axis.starts.map((_, i) => position(axis, i));
  const end = (at.at(-1) ?? 0) + (axis.cuts > 0 ? 1 : axis.step);
  const values = props.log
    ? props.series.map((s) => positive(s.values))
    : stacked(props.series).reverse();
  if (props.compare) values.push(props.log ? positive(props.compare.values) : props.compare.values);
  return [[...at, end], ...values.map(closed)];
}

export function Chart(props: ChartProps) {
  const host = useRef<HTMLDivElement>(null);
  const made = useRef<uPlot | null>(null);
  const shown = picture(props);
  const latest = useRef(shown);
  latest.current = shown;
  // Drawn anew when what is drawn changes; the data is small.
  const { moving = false, times, series, log, compare, step, height = 300 } = props;
  const drawn = JSON.stringify(
    moving ? [series.map(({ name, colour }) => [name, colour]), log] : [times, series, log, compare, step],
  );
  useEffect(() => {
    const box = host.current;
    if (!box) return undefined;
    const bound: Picture = { ...latest.current };
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
  const { cuts } = shown.axis;
  return (
    <>
      <div
        class="chart"
        ref={host}
        role="img"
        aria-label={`${props.title}, ${t().time.utc}`}
        data-steps={shown.axis.starts.length - cuts}
        data-cuts={cuts}
      />
      {cuts > 0 && <p class="hint">{t().chart.cuts(count(cuts))}</p>}
    </>
  );
}
