// SPDX-License-Identifier: Apache-2.0
//
// The steps of a series from left to right. Steps that its times leave out are there too, without a
// value. Where they would be most of the picture, as between captures that lie years apart, each run
// of them is cut to a single step.

export interface TimeAxis {
  starts: number[]; // seconds at which each step begins
  source: (number | null)[]; // index of the step in the times given; null: nothing is known of it
  step: number; // seconds
  cuts: number; // places where time is left out; 0: the axis is even
}

const mostEmpty = 5; // steps drawn for each that has values, before empty ones are cut

export function timeAxis(times: number[], step: number): TimeAxis {
  const first = times[0] ?? 0;
  const steps = times.length > 0 ? Math.round(((times.at(-1) as number) - first) / step) + 1 : 0;
  const onGrid = times.every((time) => (time - first) % step === 0);
  if (onGrid && steps <= mostEmpty * times.length) {
    const source = Array<number | null>(steps).fill(null);
    times.forEach((time, i) => (source[(time - first) / step] = i));
    return { starts: source.map((_, i) => first + i * step), source, step, cuts: 0 };
  }
  const axis: TimeAxis = { starts: [], source: [], step, cuts: 0 };
  times.forEach((time, i) => {
    const end = (times[i - 1] ?? time) + step;
    if (i > 0 && time > end) {
      axis.starts.push(end);
      axis.source.push(null);
      axis.cuts += 1;
    }
    axis.starts.push(time);
    axis.source.push(i);
  });
  return axis;
}

// The value of each step of the axis.
export function onAxis<T>(axis: TimeAxis, values: (T | null)[]): (T | null)[] {
  return axis.source.map((index) => (index === null ? null : (values[index] ?? null)));
}

// The end of a step: of one that stands for a cut, where the next begins.
export function endOf(axis: TimeAxis, at: number): number {
  const start = axis.starts[at] as number;
  const next = axis.starts[at + 1];
  return axis.cuts > 0 && axis.source[at] === null && next !== undefined ? next : start + axis.step;
}

// Which steps of a cut axis get a label, `room` steps apart at least: the first of every run before
// all others.
export function labelled(axis: TimeAxis, room: number): number[] {
  const begins = (at: number) => axis.source[at] !== null && (at === 0 || axis.source[at - 1] === null);
  const taken: number[] = [];
  const far = (from: number, at: number) => at - from >= room;
  axis.starts.forEach((_, at) => {
    if (begins(at) && far(taken.at(-1) ?? -Infinity, at)) taken.push(at);
  });
  return taken.flatMap((at, i) => {
    const end = taken[i + 1] ?? axis.starts.length;
    const more = [at];
    for (let next = at + Math.ceil(room); next + room <= end && axis.source[next] != null; )
      (more.push(next), (next += Math.ceil(room)));
    return more;
  });
}
