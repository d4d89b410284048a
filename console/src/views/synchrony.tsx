// SPDX-License-Identifier: Apache-2.0
//
// Hosts that scan in step: how densely they depend on each other over time, and the campaigns with
// their ports and the votes of the engines. Below each, unfolded, its windows say why.
import { type Signal, signal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import type { CampaignRow, SynchronyPoint, TableAnswer } from '../api';
import { clock, count, day, minute, second } from '../format';
import { t, word } from '../i18n';
import { ask } from '../question';
import { choice, navigate, rangeUrl } from '../state';
import { Ports, Prefixes, s, Votes, windowSeconds } from '../synchrony/cells';
import { Windows } from '../synchrony/windows';
import { Asked, Empty, useAnswer } from '../ui/answer';
import { Chart } from '../ui/chart';
import { Panel, Segments } from '../ui/controls';
import { ListView } from '../ui/list_view';
import { Time } from '../ui/values';

const penalties = ['0.9', '0.8', '0.7', '0.6', '0.5', '0.4'] as const;
const penaltyWords = Object.fromEntries(penalties.map((penalty) => [penalty, penalty]));
const engines = ['all', 'graphical-lasso', 'change-finder', 'factorisation'] as const;
const levels = ['all', 'attack', 'survey', 'next', 'single-target'] as const;

function Densities() {
  const penalty = choice('penalty', penalties);
  const key = `density_${penalty.replace('.', '')}` as keyof SynchronyPoint;
  const asking = ask('synchrony-series');
  const answer = useAnswer<TableAnswer<SynchronyPoint>>(asking.url);
  const title = s().chart(penalty);
  return (
    <Panel title={title}>
      <div class="controls">
        <Segments
          label={s().penalty}
          param="penalty"
          options={penalties}
          value={penalty}
          words={penaltyWords as Record<(typeof penalties)[number], string>}
        />
      </div>
      <Asked answer={answer} rows={8}>
        {({ rows }) => {
          if (rows.length === 0) return <Empty say={s().empty} />;
          const times = rows.map((row) => Date.parse(row.time) / 1000);
          const gaps = times.slice(1).map((time, at) => time - (times[at] as number));
          const values = (alarm: boolean) =>
            rows.map((row) =>
              row.votes.length > 0 === alarm ? (row[key] as number | null) : null,
            );
          return (
            <Chart
              title={title}
              height={220}
              times={times}
              step={Math.min(...gaps, Number.MAX_SAFE_INTEGER) || windowSeconds}
              series={[
                { name: s().usual, colour: 'c0', values: values(false) },
                { name: s().alarm, colour: 'c1', values: values(true) },
              ]}
              onBrush={(from, until) => navigate(rangeUrl({ from, until }))}
            />
          );
        }}
      </Asked>
    </Panel>
  );
}

// "from – until": the day once, where it ends on the day that it began on.
function Span({ campaign: { from, until } }: { campaign: CampaignRow }) {
  return (
    <a href={rangeUrl({ from: Date.parse(from), until: Date.parse(until) })}>
      <Time at={from} /> –{' '}
      <time dateTime={until} title={`${second(until)} UTC`}>
        {day(from) === day(until) ? clock(until) : minute(until)}
      </time>
    </a>
  );
}

function Unfold({ campaign, open }: { campaign: CampaignRow; open: Signal<boolean> }) {
  const alarms = campaign.windows.length + campaign.ends.length;
  return (
    <button
      type="button"
      class="quiet unfold"
      aria-expanded={open.value}
      aria-label={s().unfold(count(alarms), campaign.ports.join(', '))}
      onClick={() => {
        open.value = !open.value;
      }}
    >
      <span aria-hidden="true">{open.value ? '▾' : '▸'}</span> {count(alarms)}
    </button>
  );
}

const keyOf = (row: CampaignRow) => `${row.sensor} ${row.from} ${row.ports.join(' ')}`;

// Which campaigns are unfolded, for as long as the view is shown.
function useUnfolded(): (row: CampaignRow) => Signal<boolean> {
  const known = useRef(new Map<string, Signal<boolean>>());
  return (row) => {
    const key = keyOf(row);
    const open = known.current.get(key) ?? signal(false);
    known.current.set(key, open);
    return open;
  };
}

export function Synchrony() {
  const engine = choice('engine', engines);
  const level = choice('level', levels);
  const unfolded = useUnfolded();
  const words = t().col;
  return (
    <ListView<CampaignRow>
      title={t().views.synchrony}
      about={s().about}
      name="synchrony"
      picture={<Densities />}
      own={{ ...(engine === 'all' ? {} : { engine }), ...(level === 'all' ? {} : { level }) }}
      rowKey={keyOf}
      empty={s().empty}
      stacks
      below={(row) => unfolded(row).value && <Windows campaign={row} />}
      columns={() => [
        {
          key: 'windows',
          label: s().windows,
          cell: (row) => <Unfold campaign={row} open={unfolded(row)} />,
        },
        { key: 'span', label: s().span, cell: (row) => <Span campaign={row} /> },
        { key: 'level', label: s().level, cell: (row) => word(s().levels, row.level) },
        { key: 'ports', label: words.ports, cell: (row) => <Ports row={row} /> },
        { key: 'hosts', label: s().hosts, numeric: true, cell: (row) => count(row.hosts) },
        { key: 'packets', label: words.packets, numeric: true, cell: (row) => count(row.packets) },
        {
          key: 'prefixes',
          label: words.source,
          cell: (row) => <Prefixes prefixes={row.prefixes} />,
        },
        { key: 'votes', label: s().votes, cell: (row) => <Votes votes={row.votes} /> },
        { key: 'sensor', label: words.sensor, cell: (row) => row.sensor },
      ]}
    >
      <Segments
        label={s().engine}
        param="engine"
        options={engines}
        value={engine}
        words={s().engines}
      />
      <Segments
        label={s().level}
        param="level"
        options={levels}
        value={level}
        words={s().levels}
      />
    </ListView>
  );
}
