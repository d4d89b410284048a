// SPDX-License-Identifier: Apache-2.0
//
// The Cube: packets by source, port and dark address, and a way to ask who is in a part of it.
import { useEffect, useRef, useState } from 'preact/hooks';
import { count } from '../format';
import { t } from '../i18n';
import { ignoredBySamples, sampleTest } from '../live/match';
import { type LeadingSource, leadingSources, type Weighed } from '../live/recent';
import { onPackets } from '../live/stream';
import { useRecent } from '../live/use_recent';
import {
  Picture,
  PictureButtons,
  type PictureState,
  SpeedLink,
  speedChoice,
  speedOf,
} from '../scene/canvas';
import { Cube as Scene, looks } from '../scene/cube';
import { drawLabels } from '../scene/labels';
import type { Rectangle } from '../scene/stage';
import { choice, dark, filter, filterUrl, language } from '../state';
import { NotFiltered } from '../ui/answer';
import { ClassLegend, hiddenClasses } from '../ui/class_legend';
import { Panel, Segments, Select, ViewHead } from '../ui/controls';
import { saveRows } from '../ui/csv';
import { type Choice, choiceText, ChosenPanel, LeadingPanels, SourceTable } from '../ui/leading';
import { Live } from '../ui/live_state';

const windows = ['60', '10', '30', '120', '300'] as const;
const scales = ['log', 'linear'] as const;
const views = ['corner', 'front', 'top', 'side'] as const;
const drags = ['turn', 'select'] as const;
const mostListed = 50;

function save(rows: LeadingSource[]): void {
  saveRows(
    ['source', 'country', 'asn', 'packets', 'classes', 'services', 'last'],
    rows.map((row) => [
      row.source,
      row.country,
      row.asn || null,
      Math.round(row.packets),
      [...row.classes].join(' '),
      [...row.services].join(' '),
      new Date(row.last).toISOString(),
    ]),
    'cube_selection',
  );
}

function Selection({ found, close }: { found: Weighed[]; close: () => void }) {
  const words = t().cube;
  const all = leadingSources(found, 'packets', Number.POSITIVE_INFINITY);
  const packets = found.reduce((sum, one) => sum + one.packets, 0);
  return (
    <Panel
      title={words.selected}
      class="chosen"
      actions={
        <span class="view-actions">
          {all.length > 0 && (
            <button type="button" class="quiet" onClick={() => save(all)}>
              <span aria-hidden="true">↓ </span>
              {t().table.csv}
            </button>
          )}
          {all.length === 1 && (
            <a class="button quiet" href={filterUrl({ source: (all[0] as LeadingSource).source })}>
              {t().live.intoFilter}
            </a>
          )}
          <button type="button" class="quiet" onClick={close} aria-label={t().live.close}>
            ×
          </button>
        </span>
      }
    >
      {all.length === 0 ? (
        <p class="hint">{words.selectNone}</p>
      ) : (
        <>
          <p class="hint">
            {words.selectedOf(count(found.length), count(packets))}; {t().live.sources}: {count(all.length)}
          </p>
          <div class="tall">
            <SourceTable caption={words.selected} rows={all.slice(0, mostListed)} />
          </div>
        </>
      )}
    </Panel>
  );
}

function useCube(
  select: (found: Weighed[]) => void,
  paused: boolean,
  setPaused: (next: (before: boolean) => boolean) => void,
) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const labels = useRef<HTMLDivElement>(null);
  const cube = useRef<Scene>();
  const [state, setState] = useState<PictureState>('loading');
  const [rectangle, setRectangle] = useState<Rectangle | null>(null);
  const onSelect = useRef(select);
  onSelect.current = select;
  const log = choice('scale', scales) === 'log';
  const drawn = useRef(() => {});
  drawn.current = () => {
    const { source, ipv6, port, destination } = t().cube;
    if (labels.current && cube.current)
      drawLabels(labels.current, cube.current, { source, ipv6, port, destination }, log);
  };
  useEffect(() => {
    const made = canvas.current && Scene.create(canvas.current);
    if (!made) {
      setState('none');
      return undefined;
    }
    cube.current = made;
    made.stage.onPause = () => setPaused((before) => !before);
    made.stage.onLost = () => setState('lost');
    made.stage.onRectangle = (shown, done) => {
      setRectangle(done ? null : shown);
      if (done && shown) onSelect.current(made.inside(shown));
    };
    made.onTurned = () => drawn.current();
    setState('shown');
    const off = onPackets((message) => made.add(message));
    return () => {
      off();
      made.dispose();
      cube.current = undefined;
    };
  }, []);
  const view = choice('view', views);
  const speed = speedChoice();
  const hidden = [...hiddenClasses()].join();
  const fade = Number(choice('window', windows));
  const selecting = choice('drag', drags) === 'select';
  useEffect(() => cube.current?.paint(), [dark.value]);
  useEffect(() => cube.current?.hide(new Set(hidden.split(','))), [hidden]);
  useEffect(() => cube.current?.fadeAfter(fade), [fade]);
  useEffect(() => cube.current?.scale(log), [log]);
  useEffect(() => cube.current?.stage.setStart(looks[view]), [view]);
  useEffect(() => cube.current?.filter(sampleTest(filter.value)), [filter.value]);
  useEffect(() => cube.current?.stage.run(paused, speedOf(speed)), [paused, speed]);
  useEffect(() => {
    if (cube.current) cube.current.stage.selecting = selecting;
  }, [selecting]);
  useEffect(() => drawn.current(), [language.value, log, state]);
  return { canvas, labels, cube, state, rectangle };
}

function Controls() {
  const words = t().cube;
  const scaleWords = { log: t().statistics.log, linear: t().statistics.linear };
  return (
    <div class="controls">
      <Segments label={words.view} param="view" options={views} value={choice('view', views)} words={words.views} />
      <Segments label={words.drag} param="drag" options={drags} value={choice('drag', drags)} words={words.drags} />
      <Segments label={words.scale} param="scale" options={scales} value={choice('scale', scales)} words={scaleWords} />
      <Select label={words.window} param="window" options={windows} value={choice('window', windows)} words={words.windows} />
    </div>
  );
}

function Present() {
  const words = t();
  const [paused, setPaused] = useState(false);
  const [selected, setSelected] = useState<Weighed[] | null>(null);
  const [chosen, setChosen] = useState<Choice | null>(null);
  const { canvas, labels, cube, state, rectangle } = useCube(setSelected, paused, setPaused);
  const set = filter.value;
  const hidden = hiddenClasses();
  const test = sampleTest(set);
  const found = useRecent(paused).matching((sample) => !hidden.has(sample.class) && test(sample));
  const filtered = Object.keys(set).length > ignoredBySamples(set).length;
  const busy = selected !== null || chosen !== null;
  return (
    <>
      {state === 'shown' && <Controls />}
      <div class="scene-columns">
        <div>
          <Picture canvas={canvas} state={state} label={words.cube.picture}>
            <div class="axis-labels" ref={labels} aria-hidden="true" />
            {rectangle && (
              <div
                class="scene-rectangle"
                style={{
                  left: `${rectangle.left}px`,
                  top: `${rectangle.top}px`,
                  width: `${rectangle.right - rectangle.left}px`,
                  height: `${rectangle.bottom - rectangle.top}px`,
                }}
              />
            )}
            <PictureButtons
              stage={() => cube.current?.stage}
              paused={paused}
              pause={() => setPaused((before) => !before)}
            >
              <SpeedLink />
              <button type="button" class="quiet" onClick={() => setSelected(cube.current?.inside(null) ?? null)}>
                {words.cube.selectAll}
              </button>
            </PictureButtons>
          </Picture>
          <ClassLegend />
          <p class="hint">
            {state === 'shown' && words.cube.selectHint} {words.live.estimated}{' '}
            {state === 'shown' && words.live.keysHint}
          </p>
        </div>
        <div class="scene-side">
          {selected && <Selection found={selected} close={() => setSelected(null)} />}
          {chosen && (
            <ChosenPanel key={choiceText(chosen)} choice={chosen} found={found} close={() => setChosen(null)} />
          )}
          <LeadingPanels found={found} filtered={filtered} choose={setChosen} most={busy ? 5 : 10} />
        </div>
      </div>
    </>
  );
}

export function Cube() {
  return (
    <>
      <ViewHead title={t().views.cube} about={t().about.cube} />
      <NotFiltered keys={ignoredBySamples(filter.value)} />
      <Live>{() => <Present />}</Live>
    </>
  );
}
