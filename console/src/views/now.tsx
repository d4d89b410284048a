// SPDX-License-Identifier: Apache-2.0
//
// What is happening: the last ten minutes second by second, what leads in the last minute, the
// newest events, and how those who observe are.
import type { LiveFeed, LiveSecond } from '../api';
import { classColour } from '../colours';
import { count, decimal, short } from '../format';
import { t, word } from '../i18n';
import { ignoredBySamples, sampleTest } from '../live/match';
import { feeds, lostMessages, mostSeconds, seconds } from '../live/stream';
import { useRecent } from '../live/use_recent';
import { filter } from '../state';
import { NotFiltered } from '../ui/answer';
import { Chart, type ChartSeries } from '../ui/chart';
import { hiddenClasses, liveClasses } from '../ui/class_legend';
import { Figure, Panel, ViewHead } from '../ui/controls';
import { LeadingPanels } from '../ui/leading';
import { Live } from '../ui/live_state';
import { Table } from '../ui/table';
import { ClassValue, Share, Time } from '../ui/values';
import { Feed } from './now_feed';

const sum = (all: LiveSecond[], of: (second: LiveSecond) => number) =>
  all.reduce((total, second) => total + of(second), 0);

function Figures({ shown }: { shown: LiveSecond[] }) {
  const words = t().now;
  const last = shown.at(-1);
  const mean = (of: (second: LiveSecond) => number) =>
    shown.length > 0 ? sum(shown, of) / shown.length : 0;
  const peak = (of: (second: LiveSecond) => number) => Math.max(0, ...shown.map(of));
  const about = (of: (second: LiveSecond) => number) =>
    `${words.mean(decimal(Math.round(mean(of))))}, ${words.peak(count(peak(of)))}`;
  const packets = (second: LiveSecond) => second.packets;
  const hosts = (second: LiveSecond) => second.hosts;
  return (
    <dl class="figures now-figures">
      <Figure label={words.packets} value={count(last?.packets ?? 0)} note={about(packets)} />
      <Figure label={words.hosts} value={count(last?.hosts ?? 0)} note={about(hosts)} />
      <Figure
        label={words.minute}
        value={count(sum(shown.slice(-60), packets))}
        note={`${words.tenMinutes} ${short(sum(shown, packets))}`}
      />
      <Lost shown={shown} />
    </dl>
  );
}

// Four ways to lose something; a telescope that hides them lies.
function Lost({ shown }: { shown: LiveSecond[] }) {
  const words = t().now;
  const kernel = sum(shown, (second) => second.kernel_drops);
  const queue = sum(shown, (second) => second.queue_drops);
  const late = sum(shown, (second) => second.late);
  const parts = [
    kernel > 0 ? words.kernel(count(kernel)) : '',
    queue > 0 ? words.queue(count(queue)) : '',
    late > 0 ? words.late(count(late)) : '',
    lostMessages.value > 0 ? words.browser(count(lostMessages.value)) : '',
  ].filter(Boolean);
  const packets = kernel + queue + late;
  return (
    <Figure
      label={words.lost}
      value={parts.length === 0 ? words.lostNone : count(packets)}
      note={parts.join(', ')}
      class={parts.length === 0 ? 'good' : 'bad'}
    />
  );
}

interface Grid {
  times: number[];
  at: (LiveSecond | null)[]; // null: not told
}

// Every second of the last ten minutes, so that a gap is seen as one.
function gridOf(shown: LiveSecond[]): Grid {
  const byTime = new Map(shown.map((second) => [Math.floor(Date.parse(second.time) / 1000), second]));
  const newest = Math.max(0, ...byTime.keys());
  const times = Array.from({ length: mostSeconds }, (_, i) => newest - mostSeconds + 1 + i);
  return { times, at: times.map((time) => byTime.get(time) ?? null) };
}

function Charts({ shown }: { shown: LiveSecond[] }) {
  const words = t().now;
  const grid = gridOf(shown);
  const wanted = filter.value.class;
  const hidden = hiddenClasses();
  const chosen = (name: string) =>
    !hidden.has(name) &&
    (!wanted || wanted === 'any' || wanted === name ||
      (wanted === 'scans' && /^(scan|probe)_/.test(name)));
  const classes: ChartSeries[] = liveClasses.filter(chosen).map((name) => ({
    name: word(t().classes, name),
    colour: classColour(name),
    values: grid.at.map((second) => (second ? (second.classes[name] ?? 0) : null)),
  }));
  const hosts: ChartSeries[] = [
    { name: t().col.hosts, colour: 'c0', values: grid.at.map((second) => second?.hosts ?? null) },
  ];
  return (
    <>
      <Panel title={words.chartPackets}>
        <Chart title={words.chartPackets} times={grid.times} step={1} series={classes} height={230} moving />
      </Panel>
      <Panel title={words.chartHosts}>
        <Chart title={words.chartHosts} times={grid.times} step={1} series={hosts} height={120} moving />
      </Panel>
    </>
  );
}

function ClassesNow({ shown }: { shown: LiveSecond[] }) {
  const col = t().col;
  const words = t().now;
  const last = shown.at(-1);
  const minute = shown.slice(-60);
  const all = sum(minute, (second) => second.packets);
  const rows = liveClasses
    .map((name) => ({
      name,
      now: last?.classes[name] ?? 0,
      packets: sum(minute, (second) => second.classes[name] ?? 0),
    }))
    .filter((row) => row.packets > 0)
    .sort((a, b) => b.packets - a.packets);
  return (
    <Panel title={t().live.classes}>
      <Table
        caption={t().live.classes}
        rows={rows}
        rowKey={(row) => row.name}
        columns={[
          { key: 'class', label: col.class, cell: (row) => <ClassValue name={row.name} /> },
          { key: 'now', label: words.classNow, numeric: true, cell: (row) => count(row.now) },
          {
            key: 'minute',
            label: words.classMinute,
            numeric: true,
            cell: (row) => count(row.packets),
          },
          {
            key: 'share',
            label: col.share,
            cell: (row) => <Share share={all > 0 ? row.packets / all : 0} />,
          },
        ]}
      />
    </Panel>
  );
}

function LeadingNow() {
  const recent = useRecent(false);
  const set = filter.value;
  const found = recent.matching(sampleTest(set));
  const ignored = ignoredBySamples(set);
  return (
    <>
      <LeadingPanels found={found} filtered={Object.keys(set).length > ignored.length} />
      <p class="hint span-2">{t().live.estimated}</p>
    </>
  );
}

function FeedName({ row }: { row: LiveFeed }) {
  return (
    <>
      <span class="code">{row.name}</span>
      {row.detail && <small class="unknown feed-detail">{row.detail}</small>}
    </>
  );
}

function Feeds() {
  const words = t().now;
  const col = t().col;
  const number = (key: 'frames' | 'dark_packets' | 'kernel_drops' | 'queue_drops' | 'late', label: string) => ({
    key,
    label,
    numeric: true,
    cell: (row: LiveFeed) => count(row[key]),
  });
  return (
    <Panel title={words.feeds}>
      <Table
        caption={words.feeds}
        rows={feeds.value}
        rowKey={(row) => `${row.sensor} ${row.kind} ${row.name}`}
        columns={[
          {
            key: 'state',
            label: col.state,
            cell: (row) => (
              <span class={`tag feed-${row.state}`}>{word(words.states, row.state)}</span>
            ),
          },
          { key: 'sensor', label: col.sensor, cell: (row) => row.sensor },
          { key: 'kind', label: words.kindOf, cell: (row) => word(words.kinds, row.kind) },
          { key: 'name', label: words.name, cell: (row) => <FeedName row={row} /> },
          number('frames', words.frames),
          number('dark_packets', words.dark),
          number('kernel_drops', words.kernelDrops),
          number('queue_drops', words.queueDrops),
          number('late', words.lateOnes),
          {
            key: 'last',
            label: words.lastPacket,
            cell: (row) =>
              row.last_packet ? <Time at={row.last_packet} exact /> : <span class="unknown">–</span>,
          },
          {
            key: 'files',
            label: words.files,
            cell: (row) =>
              row.kind === 'interface' ? (
                <span class="unknown">–</span>
              ) : (
                words.filesOf(count(row.files_done), count(row.files_waiting), count(row.files_set_aside))
              ),
          },
        ]}
      />
    </Panel>
  );
}

function Present() {
  const shown = seconds.value;
  return (
    <>
      <Figures shown={shown} />
      <div class="now-columns">
        <div>
          <Charts shown={shown} />
        </div>
        <Feed />
      </div>
      <div class="columns thirds">
        <ClassesNow shown={shown} />
        <LeadingNow />
      </div>
      <Feeds />
    </>
  );
}

export function Now() {
  const ignored = ignoredBySamples(filter.value);
  return (
    <>
      <ViewHead title={t().views.now} about={t().about.now} />
      <NotFiltered keys={ignored} />
      <Live>{() => <Present />}</Live>
    </>
  );
}
