// SPDX-License-Identifier: Apache-2.0
//
// How one value went over time: its line of the series by its dimension.
import type { SeriesAnswer } from '../api';
import { t } from '../i18n';
import { ask } from '../question';
import { navigate, rangeUrl } from '../state';
import { Asked, NotFiltered, useAnswer } from './answer';
import { Chart } from './chart';
import { Panel } from './controls';
import { drawable, type SeriesBy } from './series';

// A series names only the values that lead the time range.
const leading = 20;

interface Props {
  by: SeriesBy;
  value: string;
  measure: 'packets' | 'hosts';
  colour: string;
}

export function Course({ by, value, measure, colour }: Props) {
  const words = t().course;
  const asking = ask('series', { by, measure, top: leading });
  const answer = useAnswer<SeriesAnswer>(asking.url);
  const own = by.endsWith('port') ? 'port' : by;
  return (
    <Panel title={words[measure]}>
      <NotFiltered keys={asking.ignored.filter((key) => key !== own)} />
      <Asked answer={answer} rows={7}>
        {(data) => {
          const drawn = drawable(data, by);
          const line = drawn.series.filter(({ id }) => id === value);
          if (line.length === 0) return <p class="hint">{words.notLeading}</p>;
          return (
            <Chart
              title={`${value}: ${words[measure]}`}
              height={200}
              times={drawn.times}
              step={drawn.step}
              series={line.map((series) => ({ ...series, colour }))}
              onBrush={(from, until) => navigate(rangeUrl({ from, until }))}
            />
          );
        }}
      </Asked>
    </Panel>
  );
}
