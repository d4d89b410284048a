// SPDX-License-Identifier: Apache-2.0
//
// Hosts that scan in step: how densely they depend on each other over time, and the alarms with
// their ports, the votes of the engines, and why.
import type { SynchronyPoint, SynchronyRow, TableAnswer } from '../api';
import { count, decimal } from '../format';
import { t, word, wordsOf } from '../i18n';
import { ask } from '../question';
import { choice, navigate, rangeUrl } from '../state';
import { english } from '../synchrony/english';
import { japanese } from '../synchrony/japanese';
import { Asked, Empty, useAnswer } from '../ui/answer';
import { Chart } from '../ui/chart';
import { Panel, Segments } from '../ui/controls';
import { ListView } from '../ui/list_view';
import { Filtering, PortLink, Time } from '../ui/values';

const s = wordsOf(english, japanese);

const penalties = ['0.9', '0.8', '0.7', '0.6', '0.5', '0.4'] as const;
const penaltyWords = Object.fromEntries(penalties.map((penalty) => [penalty, penalty]));
const engines = ['all', 'graphical-lasso', 'change-finder', 'factorisation'] as const;
const levels = ['all', 'attack', 'survey', 'next', 'single-target'] as const;
const shortest = 600; // seconds of a window

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
              step={Math.min(...gaps, Number.MAX_SAFE_INTEGER) || shortest}
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

// The density that left the usual, at the largest penalty of those where it did.
function unusualDensity(row: SynchronyRow): string {
  for (let at = row.densities.length - 1; at >= 0; at -= 1)
    if ((row.alarmed >> at) & 1) return Number(row.densities[at]).toFixed(4);
  return '–';
}

function reasons(row: SynchronyRow): string[] {
  const says: Readonly<Record<string, () => string>> = {
    'graphical-lasso': () => s().lasso(count(row.learned), unusualDensity(row), count(row.hosts)),
    'change-finder': () => s().change(decimal(row.packets_score ?? 0), decimal(row.hosts_score ?? 0)),
    factorisation: () => s().groups(count(row.groups)),
  };
  return row.votes.map((vote) => says[vote]?.() ?? vote);
}

function Prefixes({ prefixes }: { prefixes: string[] }) {
  const shown = 3;
  return (
    <span class="list">
      {prefixes.slice(0, shown).map((prefix) => (
        <Filtering key={prefix} by={{ source: prefix }} text={prefix} />
      ))}
      {prefixes.length > shown && (
        <span class="unknown" title={prefixes.slice(shown).join(' ')}>
          {s().more(count(prefixes.length - shown))}
        </span>
      )}
    </span>
  );
}

function Ports({ row }: { row: SynchronyRow }) {
  const shown = 4;
  return (
    <span class="list">
      {row.ports.slice(0, shown).map((port, at) => (
        <span key={port} title={word(s().levels, row.port_levels[at] ?? '')}>
          <PortLink service={`${port}/tcp`} /> ({count(row.port_hosts[at] ?? 0)})
        </span>
      ))}
      {row.ports.length > shown && (
        <span class="unknown">{s().more(count(row.ports.length - shown))}</span>
      )}
    </span>
  );
}

export function Synchrony() {
  const engine = choice('engine', engines);
  const level = choice('level', levels);
  const words = t().col;
  return (
    <ListView<SynchronyRow>
      title={t().views.synchrony}
      about={s().about}
      name="synchrony"
      picture={<Densities />}
      own={{ ...(engine === 'all' ? {} : { engine }), ...(level === 'all' ? {} : { level }) }}
      rowKey={(row) => `${row.sensor} ${row.time}`}
      empty={s().empty}
      columns={() => [
        {
          key: 'time',
          label: s().window,
          cell: (row) => (
            <a
              href={rangeUrl({
                from: Date.parse(row.time),
                until: Date.parse(row.time) + shortest * 1000,
              })}
            >
              <Time at={row.time} />
            </a>
          ),
        },
        { key: 'level', label: s().level, cell: (row) => word(s().levels, row.level) },
        { key: 'ports', label: words.ports, cell: (row) => <Ports row={row} /> },
        { key: 'hosts', label: words.hosts, numeric: true, cell: (row) => count(row.hosts) },
        {
          key: 'prefixes',
          label: words.source,
          cell: (row) => <Prefixes prefixes={row.prefixes} />,
        },
        {
          key: 'votes',
          label: s().votes,
          cell: (row) => (
            <span class="list">
              {row.votes.map((vote) => (
                <span key={vote}>{word(s().engines, vote)}</span>
              ))}
            </span>
          ),
        },
        { key: 'why', label: s().why, wide: true, cell: (row) => reasons(row).join(' ') },
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
