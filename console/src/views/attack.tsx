// SPDX-License-Identifier: Apache-2.0
//
// One attack, seen by the replies of its victim: how long, how hard, what else was attacked then.
import { type ActivityRow, apiUrl, type AttackRow, type TableAnswer } from '../api';
import { count, duration, short } from '../format';
import { t, word } from '../i18n';
import { query, timeText, viewUrl } from '../state';
import { Asked, Empty, useAnswer } from '../ui/answer';
import { AttackedPorts, attackColumns } from '../ui/columns';
import { Panel } from '../ui/controls';
import { Fact } from '../ui/fact';
import { Table } from '../ui/table';
import { Timeline } from '../ui/timeline';
import { Asn, Country, SourceLink, Time } from '../ui/values';

function Facts({ attack }: { attack: AttackRow }) {
  const col = t().col;
  return (
    <dl class="facts">
      <Fact label={col.start}>
        <Time at={attack.start} exact />
      </Fact>
      <Fact label={t().attack.end}>
        <Time at={attack.end} exact />
      </Fact>
      <Fact label={col.lasted}>{duration(attack.duration)}</Fact>
      <Fact label={col.state}>{word(t().attackStates, attack.state)}</Fact>
      <Fact label={col.attacked}>
        <AttackedPorts row={attack} />
      </Fact>
      <Fact label={col.country}>
        <Country code={attack.country} long />
      </Fact>
      <Fact label={col.asn}>
        <Asn asn={attack.asn} name={attack.as_name} />
      </Fact>
      <Fact label={col.packets}>{count(attack.packets)}</Fact>
      <Fact label={col.bytes}>{short(attack.bytes)}</Fact>
      <Fact label={col.dark}>{count(attack.dark_addresses)}</Fact>
      <Fact label={col.perMinute}>{count(attack.max_packets_per_minute)}</Fact>
      <Fact label={col.sensor}>{attack.sensor}</Fact>
    </dl>
  );
}

// The five-minute windows around the attack, with a little of what was before and after.
function around({ start, end }: AttackRow) {
  const step = 300_000;
  const floor = (time: number) => Math.floor(time / step) * step;
  return {
    from: timeText(floor(Date.parse(start)) - 2 * step),
    until: timeText(floor(Date.parse(end)) + 3 * step),
  };
}

const mostWindows = 10_000;

function OneAttack({ attack }: { attack: AttackRow }) {
  const words = t().attack;
  const period = around(attack);
  const activity = useAnswer<TableAnswer<ActivityRow>>(
    apiUrl('/telescope/activity', { ...period, source: attack.victim, limit: mostWindows }),
  );
  const others = useAnswer<TableAnswer<AttackRow>>(
    apiUrl('/telescope/attacks', { ...period, limit: 20 }),
  );
  return (
    <>
      <Facts attack={attack} />
      <p class="hint">{words.seen}</p>
      <Panel title={t().source.timeline}>
        <Asked answer={activity} rows={5}>
          {({ rows }) => <Timeline rows={rows} />}
        </Asked>
      </Panel>
      <Panel title={words.others}>
        <Asked answer={others} rows={5}>
          {({ rows }) => {
            const rest = rows.filter(({ id }) => id !== attack.id);
            if (rest.length === 0) return <Empty say={words.noOthers} />;
            return (
              <Table
                caption={words.others}
                rows={rest}
                rowKey={(row) => row.id}
                columns={attackColumns()}
              />
            );
          }}
        </Asked>
      </Panel>
    </>
  );
}

export function Attack() {
  const words = t().attack;
  const victim = query.value.get('victim') ?? '';
  const id = query.value.get('id') ?? '';
  const answer = useAnswer<TableAnswer<AttackRow>>(
    apiUrl('/telescope/attacks', { victim, order: 'start', limit: 1000 }),
  );
  return (
    <>
      <p class="crumb">
        <a href={viewUrl('/attacks')}>{t().views.attacks}</a>
      </p>
      <h1>
        {words.title} <SourceLink address={victim} />
      </h1>
      <Asked answer={answer} rows={14}>
        {({ rows }) => {
          const attack = rows.find((row) => row.id === id);
          return attack ? <OneAttack attack={attack} /> : <Empty say={words.unknown} />;
        }}
      </Asked>
    </>
  );
}
