// SPDX-License-Identifier: Apache-2.0
//
// The Atlas: a globe to which sampled packets fly, with what leads beside it, so that it helps to
// find and not only to present.
import { useEffect, useRef, useState } from 'preact/hooks';
import { count, countryName, percent } from '../format';
import { t } from '../i18n';
import { ignoredBySamples, sampleTest } from '../live/match';
import type { Weighed } from '../live/recent';
import { onPackets } from '../live/stream';
import { useRecent } from '../live/use_recent';
import {
  Picture,
  PictureButtons,
  type PictureState,
  SpeedLink,
  speedChoice,
  speedOf,
  wantsNoMotion,
} from '../scene/canvas';
import { type FlightData, Globe, riseOf } from '../scene/globe';
import { widthOf } from '../scene/globe_places';
import { dark, filter, overview } from '../state';
import { NotFiltered } from '../ui/answer';
import { ClassLegend, hiddenClasses } from '../ui/class_legend';
import { ViewHead } from '../ui/controls';
import { type Choice, ChosenPanel, LeadingPanels } from '../ui/leading';
import { Live } from '../ui/live_state';

const ports = [23, 443, 8080, 65_535];
const amounts = [1, 100, 10_000];

// How high a port flies and how wide as many packets are, as the globe draws them.
function Scales() {
  const words = t().atlas;
  return (
    <div class="scales" aria-hidden="true">
      <span>{words.height}</span>
      <svg viewBox="0 0 190 44" width="190" height="44">
        {ports.map((port, i) => {
          const [x, top] = [22 + i * 46, 32 - riseOf(port) * 54];
          return (
            <g key={port}>
              <path stroke-width="1.5" d={`M${x - 16} 32Q${x} ${2 * top - 32} ${x + 16} 32`} />
              <text x={x} y="43">{port}</text>
            </g>
          );
        })}
      </svg>
      <span>{words.width}</span>
      <svg viewBox="0 0 150 44" width="150" height="44">
        {amounts.map((packets, i) => (
          <g key={packets}>
            <path d={`M${6 + i * 50} 22h36`} stroke-width={widthOf(packets) * 0.6} />
            <text x={24 + i * 50} y="43">{count(packets)}</text>
          </g>
        ))}
      </svg>
    </div>
  );
}

function Home() {
  const words = t().atlas;
  const country = overview.value?.home_country;
  return <span>{country ? words.home(countryName(country)) : words.neutral}</span>;
}

function Unknown({ found }: { found: Weighed[] }) {
  const all = found.reduce((sum, { packets }) => sum + packets, 0);
  const unknown = found.reduce((sum, { packets, sample }) => sum + (sample.country ? 0 : packets), 0);
  if (unknown === 0) return null;
  return <span> {t().atlas.unknown(percent(unknown / all))}</span>;
}

function useGlobe(
  choose: (chosen: FlightData | string | null) => void,
  paused: boolean,
  setPaused: (next: (before: boolean) => boolean) => void,
) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const globe = useRef<Globe>();
  const [state, setState] = useState<PictureState>('loading');
  const onChoose = useRef(choose);
  onChoose.current = choose;
  useEffect(() => {
    const made = canvas.current && Globe.create(canvas.current, wantsNoMotion());
    if (!made) {
      setState('none');
      return undefined;
    }
    globe.current = made;
    made.onChoose = (chosen) => onChoose.current(chosen);
    made.stage.onPause = () => setPaused((before) => !before);
    made.stage.onLost = () => setState('lost');
    setState('shown');
    const off = onPackets((message) => made.add(message));
    return () => {
      off();
      made.dispose();
      globe.current = undefined;
    };
  }, []);
  const speed = speedChoice();
  const hidden = [...hiddenClasses()].join();
  useEffect(() => globe.current?.paint(), [dark.value]);
  useEffect(() => globe.current?.home(overview.value?.home_country ?? null), [overview.value]);
  useEffect(() => globe.current?.hide(new Set(hidden.split(','))), [hidden]);
  useEffect(() => globe.current?.filter(sampleTest(filter.value)), [filter.value]);
  useEffect(() => globe.current?.stage.run(paused, speedOf(speed)), [paused, speed]);
  return { canvas, globe, state };
}

function Present() {
  const words = t();
  const [paused, setPaused] = useState(false);
  const [chosen, setChosen] = useState<Choice | null>(null);
  const choose = (next: FlightData | string | null) => {
    if (next === null) setChosen(null);
    else if (typeof next === 'string') setChosen({ country: next });
    else setChosen({ country: next.country, service: next.service, class: next.class });
  };
  const { canvas, globe, state } = useGlobe(choose, paused, setPaused);
  useEffect(() => globe.current?.choose(chosen?.country ?? null), [chosen?.country]);
  const set = filter.value;
  const hidden = hiddenClasses();
  const test = sampleTest(set);
  const found = useRecent(paused).matching((sample) => !hidden.has(sample.class) && test(sample));
  const filtered = Object.keys(set).length > ignoredBySamples(set).length;
  return (
    <div class="scene-columns">
      <div>
        <Picture canvas={canvas} state={state} label={words.atlas.picture}>
          <PictureButtons
            stage={() => globe.current?.stage}
            paused={paused}
            pause={() => setPaused((before) => !before)}
          >
            <SpeedLink />
          </PictureButtons>
        </Picture>
        <ClassLegend />
        {state === 'shown' && <Scales />}
        <p class="hint">
          <Home />
          <Unknown found={found} /> {words.live.estimated} {state === 'shown' && words.live.keysHint}
        </p>
      </div>
      <div class="scene-side">
        {chosen && <ChosenPanel choice={chosen} found={found} close={() => setChosen(null)} />}
        <LeadingPanels found={found} filtered={filtered} choose={setChosen} most={chosen ? 6 : 10} />
      </div>
    </div>
  );
}

export function Atlas() {
  return (
    <>
      <ViewHead title={t().views.atlas} about={t().about.atlas} />
      <NotFiltered keys={ignoredBySamples(filter.value)} />
      <Live>{() => <Present />}</Live>
    </>
  );
}
