// SPDX-License-Identifier: Apache-2.0
//
// Member organisations around the Internet, as rings: who is warned of what, and which packets are
// the reason. The tables beside the picture say the same.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { apiUrl, get, type TableAnswer } from '../api';
import { count } from '../format';
import { t, word } from '../i18n';
import { w } from '../i18n/warning';
import { ignoredBySamples, sampleTest } from '../live/match';
import type { Recent } from '../live/recent';
import { onPackets, onWarning } from '../live/stream';
import { useRecent } from '../live/use_recent';
import {
  Picture, PictureButtons, type PictureState, SpeedLink, speedChoice, speedOf, wantsNoMotion,
} from '../scene/canvas';
import { type Mark, mostMarks, RingLabels } from '../scene/ring_labels';
import { chosenRings, finderOf, type RingChoice, type Segment, segmentsOf } from '../scene/ring_places';
import { Rings as Scene } from '../scene/rings';
import { choice, dark, filter, language, navigate } from '../state';
import { Asked, NotFiltered, useAnswer } from '../ui/answer';
import { ClassLegend, hiddenClasses } from '../ui/class_legend';
import { Panel, Segments, ViewHead } from '../ui/controls';
import { saveRows } from '../ui/csv';
import { Live } from '../ui/live_state';
import { type Column, Table } from '../ui/table';
import type { GivenWarning, Member, MemberRow } from '../warning/answers';
import { inboxUrl, memberUrl, sizes, StateMark } from '../warning/cells';
import { useFresh } from '../warning/fresh';
import { ownDesk } from '../warning/own_desk';

const mostWarnings = 1000;
const mostListed = 12;
const atOnce = 6; // organisations asked for at the same time
const traffics = ['all', 'members'] as const;

const versionOf = ({ member }: RingChoice) =>
  [member.member, member.live_blocks, member.live_addresses, member.live_networks,
    member.dark_blocks, member.dark_addresses, member.dark_networks].join();

// The blocks of the organisations that are drawn, as they arrive; asked again when they changed.
function useSegments(drawn: RingChoice[]): Segment[][] {
  const known = useRef(new Map<string, Segment[]>());
  const [, drawAgain] = useState(0);
  const versions = drawn.map(versionOf);
  const wanted = versions.join('\n');
  useEffect(() => {
    const abort = new AbortController();
    const missing = drawn.filter((ring) => !known.current.has(versionOf(ring)));
    const next = async (): Promise<void> => {
      const ring = missing.shift();
      if (!ring || abort.signal.aborted) return;
      const name = encodeURIComponent(ring.member.member);
      try {
        const { live, dark } = await get<Member>(apiUrl(`/warning/members/${name}`), abort.signal);
        known.current.set(versionOf(ring), segmentsOf(live, dark));
        drawAgain((n) => n + 1);
      } catch {
        // It may have been removed meanwhile: the list of members says so with its next answer.
      }
      await next();
    };
    for (let i = 0; i < atOnce; ++i) void next();
    return () => abort.abort();
  }, [wanted]);
  return versions.map((version) => known.current.get(version) ?? []);
}

const nothing: GivenWarning[] = [];

function marksOf(warnings: readonly GivenWarning[]): Mark[] {
  const marks = new Map<string, Mark>();
  for (const { id, address, state, kind } of warnings) {
    if (state === 'resolved') continue;
    // One mark an address; what is new counts.
    if (marks.get(address)?.state === 'new') continue;
    const title = `${w().rings.mark(address)}: ${word(w().states, state)}, ${word(w().kinds, kind)}`;
    marks.set(address, { id, address, state, href: inboxUrl({ id }), title });
  }
  return [...marks.values()].sort((a, b) => Number(b.state === 'new') - Number(a.state === 'new'));
}

// Addresses known to send to their own organisation's dark space, and to no other's.
function ownDarkOf(warnings: readonly GivenWarning[]): (address: string) => boolean {
  const kinds = (kind: GivenWarning['kind']) =>
    new Set(warnings.filter((row) => row.kind === kind).map(({ address }) => address));
  const [internal, external] = [kinds('internal'), kinds('external')];
  return (address) => internal.has(address) && !external.has(address);
}

function useScene(
  drawn: RingChoice[],
  segments: Segment[][],
  warnings: readonly GivenWarning[],
  paused: boolean,
  setPaused: (next: (before: boolean) => boolean) => void,
) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const box = useRef<HTMLDivElement>(null);
  const scene = useRef<Scene>();
  const labels = useRef<RingLabels>();
  const shown = useRef(drawn);
  shown.current = drawn;
  const [state, setState] = useState<PictureState>('loading');
  useEffect(() => {
    const made = canvas.current && Scene.create(canvas.current, wantsNoMotion());
    if (!made) {
      setState('none');
      return undefined;
    }
    scene.current = made;
    made.stage.onPause = () => setPaused((before) => !before);
    made.stage.onLost = () => setState('lost');
    made.onChoose = (ring) => {
      const name = shown.current[ring]?.member.member;
      if (name) navigate(memberUrl(name));
    };
    setState('shown');
    const off = onPackets((message) => made.add(message));
    return () => {
      off();
      made.dispose();
      scene.current = undefined;
    };
  }, []);
  const names = drawn.map(({ member }) => member.member);
  const marks = useMemo(() => marksOf(warnings), [warnings, language.value]);
  const rings = names.map((name, i) => ({ name, segments: segments[i] ?? [] }));
  const arrived = rings.map(({ name, segments }) => `${name} ${segments.length}`).join('\n');
  const hidden = [...hiddenClasses()].join();
  const membersOnly = choice('traffic', traffics) === 'members';
  const speed = speedChoice();
  // The box of the texts is there once the picture is.
  useEffect(() => {
    if (state !== 'shown' || !box.current || !scene.current) return undefined;
    const made = new RingLabels(box.current, scene.current);
    labels.current = made;
    scene.current.onMoved = () => made.move();
    return onWarning((message) => {
      if (message.state === 'new') made.enlarge(message.id);
    });
  }, [state]);
  useEffect(() => scene.current?.paint(), [dark.value]);
  useEffect(() => scene.current?.show(rings), [arrived]);
  useEffect(() => labels.current?.show(names, marks), [arrived, marks, state]);
  useEffect(() => scene.current?.hide(new Set(hidden.split(','))), [hidden]);
  useEffect(() => scene.current?.stage.run(paused, speedOf(speed)), [paused, speed]);
  useEffect(() => {
    if (!scene.current) return;
    scene.current.wanted = sampleTest(filter.value);
    scene.current.membersOnly = membersOnly;
  }, [filter.value, membersOnly]);
  useEffect(() => {
    if (scene.current) scene.current.toOwnDark = ownDarkOf(warnings);
  }, [warnings]);
  return { canvas, box, scene, state, marks };
}

// The packets of the last minute from each ring's addresses, estimated as everywhere.
function packetsOf(segments: Segment[][], find: ReturnType<typeof finderOf>, recent: Recent): number[] {
  const sums = segments.map(() => 0);
  for (const { sample, packets } of recent.matching(sampleTest(filter.value))) {
    const found = find(sample.source);
    if (found) sums[found.ring] = (sums[found.ring] ?? 0) + packets;
  }
  return sums;
}

interface Line extends RingChoice {
  number: number;
  packets: number;
}

function lineColumns(): Column<Line>[] {
  const words = w().rings;
  const { live, dark } = w().members;
  const some = (value: number, state: 'new' | 'continuing') =>
    value > 0 ? (
      <span class={`warned ${state}`}>
        <span class="warned-dot" aria-hidden="true" />
        {count(value)}
      </span>
    ) : (
      '–'
    );
  return [
    { key: 'number', label: words.number, numeric: true, cell: (row) => count(row.number) },
    {
      key: 'member',
      label: t().col.organisation,
      wide: true,
      cell: ({ member }) => <a href={memberUrl(member.member)}>{member.member}</a>,
    },
    { key: 'new', label: words.newOnes, numeric: true, cell: (row) => some(row.newOnes, 'new') },
    {
      key: 'continuing',
      label: words.continuing,
      numeric: true,
      cell: (row) => some(row.continuing, 'continuing'),
    },
    {
      key: 'packets',
      label: words.packets,
      numeric: true,
      cell: (row) => count(Math.round(row.packets)),
    },
    {
      key: 'live',
      label: live,
      numeric: true,
      cell: ({ member }) => sizes(member.live_addresses, member.live_networks),
    },
    {
      key: 'dark',
      label: dark,
      numeric: true,
      cell: ({ member }) => sizes(member.dark_addresses, member.dark_networks),
    },
  ];
}

function save(lines: Line[]): void {
  saveRows(
    ['number', 'member', 'new', 'continuing', 'packets', 'live_addresses', 'live_networks',
      'dark_addresses', 'dark_networks'],
    lines.map(({ number, member, newOnes, continuing, packets }) => [
      number, member.member, newOnes, continuing, Math.round(packets), member.live_addresses,
      member.live_networks, member.dark_addresses, member.dark_networks,
    ]),
    'rings',
  );
}

function Organisations({ lines, others }: { lines: Line[]; others: number }) {
  const words = w().rings;
  return (
    <Panel
      title={words.drawn}
      actions={
        <button type="button" class="quiet" onClick={() => save(lines)}>
          <span aria-hidden="true">↓ </span>
          {t().table.csv}
        </button>
      }
    >
      <Table
        caption={words.drawn}
        rows={lines}
        rowKey={(row) => row.member.member}
        columns={lineColumns()}
      />
      {others > 0 && <p class="hint">{words.others(count(others))}</p>}
    </Panel>
  );
}

function OpenWarnings({ warnings, more }: { warnings: readonly GivenWarning[]; more: number }) {
  const words = w().rings;
  const newest = [...warnings].sort(
    (a, b) =>
      Number(b.state === 'new') - Number(a.state === 'new') || Date.parse(b.last) - Date.parse(a.last),
  );
  return (
    <Panel
      title={words.marks}
      actions={
        <a class="more" href={inboxUrl({})}>
          {w().member.inInbox} →
        </a>
      }
    >
      {warnings.length === 0 ? (
        <p class="hint">{words.noMarks}</p>
      ) : (
        <Table
          caption={words.marks}
          rows={newest.slice(0, mostListed)}
          rowKey={(row) => row.id}
          columns={[
            {
              key: 'state',
              label: t().col.state,
              cell: (row) => (
                <a href={inboxUrl({ id: row.id })}>
                  <StateMark is={row.state} />
                </a>
              ),
            },
            {
              key: 'address',
              label: t().col.address,
              cell: (row) => (
                <a class="address" href={inboxUrl({ id: row.id })}>
                  {row.address}
                </a>
              ),
            },
            {
              key: 'member',
              label: t().col.organisation,
              wide: true,
              cell: (row) => <a href={memberUrl(row.member ?? '')}>{row.member}</a>,
            },
          ]}
        />
      )}
      {more > 0 && <p class="hint">{words.marksNotDrawn(count(more))}</p>}
    </Panel>
  );
}

function RingLegend() {
  const words = w().rings.legend;
  return (
    <ul class="ring-legend">
      <li>
        <span class="swatch ring-live" aria-hidden="true" />
        {words.live}
      </li>
      <li>
        <span class="swatch ring-dark" aria-hidden="true" />
        {words.dark}
      </li>
      <li>
        <span class="ring-mark-sample new" aria-hidden="true">警</span>
        {words.newMark}
      </li>
      <li>
        <span class="ring-mark-sample continuing" aria-hidden="true">警</span>
        {words.continuingMark}
      </li>
    </ul>
  );
}

function Present({ members, warnings }: { members: MemberRow[]; warnings: readonly GivenWarning[] }) {
  const words = t();
  const own = w().rings;
  const [paused, setPaused] = useState(false);
  const { drawn, others } = chosenRings(members, warnings);
  const segments = useSegments(drawn);
  const arrived = segments.map((one) => one.length).join() + drawn.map(versionOf).join();
  const find = useMemo(() => finderOf(segments), [arrived]);
  const { canvas, box, scene, state, marks } = useScene(drawn, segments, warnings, paused, setPaused);
  const recent = useRecent(paused);
  const packets = packetsOf(segments, find, recent);
  const lines = drawn.map((ring, i): Line => ({ ...ring, number: i + 1, packets: packets[i] ?? 0 }));
  const notDrawn = marks.filter((mark, i) => i >= mostMarks || find(mark.address) === null).length;
  const traffic = choice('traffic', traffics);
  return (
    <>
      {state === 'shown' && (
        <div class="controls">
          <Segments
            label={own.traffic}
            param="traffic"
            options={traffics}
            value={traffic}
            words={own.traffics}
          />
        </div>
      )}
      <div class="scene-columns">
        <div>
          <Picture canvas={canvas} state={state} label={own.picture}>
            <div class="axis-labels ring-labels" ref={box} aria-hidden="true" />
            <PictureButtons
              stage={() => scene.current?.stage}
              paused={paused}
              pause={() => setPaused((before) => !before)}
            >
              <SpeedLink />
            </PictureButtons>
          </Picture>
          <RingLegend />
          <ClassLegend />
          <p class="hint">
            {state === 'shown' && own.hint} {own.caption} {words.live.estimated}{' '}
            {state === 'shown' && words.live.keysHint}
          </p>
        </div>
        <div class="scene-side">
          <OpenWarnings warnings={warnings} more={notDrawn} />
        </div>
      </div>
      <Organisations lines={lines} others={others} />
    </>
  );
}

function Answered() {
  const desk = ownDesk();
  const members = useAnswer<TableAnswer<MemberRow>>(apiUrl('/warning/members'));
  const warnings = useAnswer<TableAnswer<GivenWarning>>(
    desk.warnings({ state: 'open', limit: mostWarnings }),
  );
  useFresh(members, true);
  useFresh(warnings, true);
  return (
    <Asked answer={members} rows={14}>
      {({ rows }) =>
        rows.length === 0 ? (
          <p class="hint">{w().rings.empty}</p>
        ) : (
          <Present members={rows} warnings={warnings.data?.rows ?? nothing} />
        )
      }
    </Asked>
  );
}

export function Rings() {
  return (
    <>
      <ViewHead title={t().views.rings} about={t().about.rings} />
      <NotFiltered keys={ignoredBySamples(filter.value)} />
      <Live evenIdle>{() => <Answered />}</Live>
    </>
  );
}
