// SPDX-License-Identifier: Apache-2.0
//
// Warnings as they are given, by organisation, to be gone through by keyboard or mouse: what each
// means, who looks after it, what was said of it.
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { type Params, send, type TableAnswer } from '../api';
import { count, minute } from '../format';
import { t, word } from '../i18n';
import { w } from '../i18n/warning';
import { changedUrl, choice, filter, filterKeys, navigate, query, session } from '../state';
import { Asked, NotFiltered, Notes, useAnswer } from '../ui/answer';
import { Segments, ViewHead } from '../ui/controls';
import { Said, useOutcome } from '../ui/said';
import { Time } from '../ui/values';
import { viewKeys } from '../ui/view_keys';
import type { GivenWarning } from '../warning/answers';
import { memberUrl, Severity, StateMark } from '../warning/cells';
import type { Desk } from '../warning/desk';
import { useFresh } from '../warning/fresh';
import { type Group, grouped, reachable } from '../warning/groups';
import { ownDesk } from '../warning/own_desk';
import { idle, press, settle, type Triage } from '../warning/triage';
import { Details } from './warning_details';

const most = 1000;
const mostSaved = 10_000;
const shows = ['open', 'resolved', 'all'] as const;
const forms = ['shadowserver-darknet', 'shadowserver-ddos', 'intelmq', 'cef'] as const;

const rowId = (id: number) => `warning-${id}`;

function Downloads({ desk, params }: { desk: Desk; params: Params }) {
  const words = w().inbox;
  const link = (href: string, text: string) => (
    <li key={text}>
      <a href={href} download>
        {text}
      </a>
    </li>
  );
  return (
    <details class="menu">
      <summary class="button quiet">
        <span aria-hidden="true">↓ </span>
        {words.downloads}
      </summary>
      <ul>
        {link(desk.warnings({ ...params, limit: mostSaved, format: 'csv' }), words.forms.csv)}
        {forms.map((form) => link(desk.exported(form, params), words.forms[form]))}
      </ul>
    </details>
  );
}

// What somebody did about it, in a word each.
function Handled({ row }: { row: GivenWarning }) {
  const words = w().inbox;
  const muted = row.muted_until !== null && Date.parse(row.muted_until) > Date.now();
  return (
    <span class="inbox-handled">
      {row.acknowledged && (
        <span title={words.acknowledgedBy(row.acknowledged_by ?? '–')}>
          <span aria-hidden="true">✓ {row.acknowledged_by ?? '–'}</span>
          <span class="unseen">{words.acknowledgedBy(row.acknowledged_by ?? '–')}</span>
        </span>
      )}
      {muted && (
        <span class="tag" title={words.mutedUntil(minute(row.muted_until as string))}>
          {words.muted}
        </span>
      )}
      {row.comments > 0 && (
        <span title={words.byOf(count(row.comments))}>
          <span aria-hidden="true">✎ {count(row.comments)}</span>
          <span class="unseen">{words.byOf(count(row.comments))}</span>
        </span>
      )}
    </span>
  );
}

function Line({ row, at, open, choose }: {
  row: GivenWarning;
  at: boolean;
  open: boolean;
  choose: () => void;
}) {
  return (
    <li>
      <button
        type="button"
        id={rowId(row.id)}
        class={`inbox-row ${at ? 'at' : ''} ${row.acknowledged ? 'seen' : ''}`}
        aria-expanded={open}
        onClick={choose}
      >
        <StateMark is={row.state} />
        <Severity is={row.severity} />
        <span class="address">{row.address}</span>
        <span class="inbox-what">
          {word(w().kinds, row.kind)}{' '}
          <span class="unknown">{row.services.slice(0, 2).join(' ')}</span>
        </span>
        <Handled row={row} />
        <span class="inbox-time unknown">
          <Time at={row.last} />
        </span>
      </button>
    </li>
  );
}

function Counts({ group }: { group: Group }) {
  const { counts, high } = group;
  const words = w();
  return (
    <span class="inbox-counts">
      {high > 0 && (
        <span class="tag severity high">
          {words.severities.high} {count(high)}
        </span>
      )}
      <span class="unknown">
        {words.inbox.counts(count(counts.new), count(counts.continuing), count(counts.resolved))}
      </span>
    </span>
  );
}

function Groups({ groups, folded, fold, now, choose }: {
  groups: Group[];
  folded: ReadonlySet<string>;
  fold: (member: string) => void;
  now: Triage;
  choose: (id: number) => void;
}) {
  return (
    <div class="inbox-list">
      {groups.map((group) => {
        const { member, rows } = group;
        const open = !folded.has(member);
        const list = `group-of-${rows[0]?.id}`;
        return (
          <section key={member} aria-label={member || w().inbox.list}>
            {member && (
              <header class="inbox-group">
                <h2>
                  <button
                    type="button"
                    aria-expanded={open}
                    aria-controls={list}
                    onClick={() => fold(member)}
                  >
                    <span class="inbox-fold" aria-hidden="true">
                      {open ? '▾' : '▸'}
                    </span>
                    {member}
                  </button>
                </h2>
                <Counts group={group} />
                <a class="inbox-more" href={memberUrl(member)}>
                  {t().views.member} →
                </a>
              </header>
            )}
            <ul id={list} hidden={!open}>
              {rows.map((row) => (
                <Line
                  key={row.id}
                  row={row}
                  at={now.at === row.id}
                  open={now.open && now.at === row.id}
                  choose={() => choose(row.id)}
                />
              ))}
            </ul>
          </section>
        );
      })}
    </div>
  );
}

// The cursor, kept in step with the list, the address of the page and the keyboard.
function useTriage(
  order: number[],
  desk: Desk,
  acknowledge: (id: number) => void,
): [Triage, (next: Triage) => void] {
  const linked = Number(query.value.get('id') ?? 0) || null;
  const now = useSignal<Triage>(linked ? { at: linked, open: true, asks: null } : idle);
  const before = useRef<number[]>([]);
  const shown = order.join();
  const go = (next: Triage) => {
    const was = now.value;
    now.value = next;
    const id = next.open && next.at !== null ? String(next.at) : '';
    if (id !== (query.value.get('id') ?? '')) navigate(changedUrl({ id }), true);
    if (next.at !== was.at && next.at !== null && next.asks === null)
      document.getElementById(rowId(next.at))?.focus();
  };
  // Back, forward, or a link to another warning.
  useEffect(() => {
    const { at, open } = now.value;
    if (linked && !(open && at === linked)) now.value = { at: linked, open: true, asks: null };
    else if (!linked && open) now.value = { ...now.value, open: false, asks: null };
  }, [linked]);
  useEffect(() => {
    if (before.current.length > 0) {
      const next = settle(now.value, before.current, order);
      if (next !== now.value) go(next);
    }
    before.current = order;
  }, [shown]);
  useEffect(() => {
    const words = w().inbox.keys;
    viewKeys.value = {
      list: [
        [['j', 'k'], words.move],
        [['Enter', 'o'], words.open],
        ...(desk.mayTriage
          ? ([
              [['a'], words.acknowledge],
              [['m'], words.mute],
              [['c'], words.comment],
            ] as [string[], string][])
          : []),
        [['Esc'], words.close],
      ],
      press: (key) => {
        const step = press(now.value, key, order, desk.mayTriage);
        if (!step) return false;
        go(step.next);
        if (step.acknowledge !== undefined) acknowledge(step.acknowledge);
        return true;
      },
    };
  });
  useEffect(() => () => {
    viewKeys.value = null;
  }, []);
  return [now.value, go];
}

function Nothing({ show }: { show: (typeof shows)[number] }) {
  const words = w().inbox;
  if (show !== 'open') return <p class="hint">{words.empty}</p>;
  return (
    <div class="state">
      <p class="state-title">{words.emptyOpen}</p>
      <p>{words.emptyOpenHelp}</p>
    </div>
  );
}

function Listed({ rows, desk, show, changed }: {
  rows: GivenWarning[];
  desk: Desk;
  show: (typeof shows)[number];
  changed: () => void;
}) {
  const words = w().inbox;
  const folded = useSignal<ReadonlySet<string>>(new Set());
  const outcome = useOutcome();
  const groups = grouped(rows);
  const order = reachable(groups, folded.value);
  const acknowledge = (id: number) => {
    if (rows.find((row) => row.id === id)?.acknowledged) return;
    void outcome.attempt(async () => {
      await send('POST', desk.paths.warning(id, 'acknowledge'), session.value?.csrf ?? null);
      changed();
    });
  };
  const [now, go] = useTriage(order, desk, acknowledge);
  const chosen = now.open ? rows.find((row) => row.id === now.at) : undefined;
  const fold = (member: string) => {
    const next = new Set(folded.value);
    if (!next.delete(member)) next.add(member);
    folded.value = next;
  };
  const close = () => {
    const { at } = now;
    go({ ...now, open: false, asks: null });
    if (at !== null) document.getElementById(rowId(at))?.focus();
  };
  return (
    <>
      <Said outcome={outcome} />
      {now.open && !chosen && (
        <p class="not-filtered" role="note">
          {words.notShown}{' '}
          {show !== 'all' && <a href={changedUrl({ show: 'all', member: '' })}>{words.showAll}</a>}
        </p>
      )}
      {rows.length === 0 ? (
        <Nothing show={show} />
      ) : (
        <div class={`inbox ${chosen ? 'open' : ''}`}>
          <Groups
            groups={groups}
            folded={folded.value}
            fold={fold}
            now={now}
            choose={(at) => go({ at, open: !(now.open && now.at === at), asks: null })}
          />
          <div class="inbox-details">
            {chosen ? (
              <Details
                key={chosen.id}
                row={chosen}
                desk={desk}
                asks={now.asks}
                ask={(asks) => go({ ...now, asks })}
                acknowledge={() => acknowledge(chosen.id)}
                changed={changed}
                close={close}
              />
            ) : (
              <p class="hint">{words.choose}</p>
            )}
          </div>
        </div>
      )}
    </>
  );
}

export function Inbox() {
  const words = w().inbox;
  const desk = ownDesk();
  const isStaff = desk.own === null;
  const member = isStaff ? (query.value.get('member') ?? '') : '';
  const show = choice('show', shows);
  const params = { ...(isStaff ? { member } : {}), state: show };
  const answer = useAnswer<TableAnswer<GivenWarning>>(desk.warnings({ ...params, limit: most }));
  useFresh(answer, isStaff);
  return (
    <>
      <ViewHead title={t().views.warnings} about={desk.own ?? t().about.warnings}>
        <Downloads desk={desk} params={params} />
      </ViewHead>
      <div class="controls">
        <Segments label={words.shown} param="show" options={shows} value={show} words={words.show} />
        {member && <span>{w().only(member)}</span>}
        {member && <a href={changedUrl({ member: '' })}>{w().everyMember}</a>}
        <p class="hint triage-hint">{words.triage}</p>
      </div>
      {isStaff && <NotFiltered keys={filterKeys.filter((key) => filter.value[key] !== undefined)} />}
      <Asked answer={answer} rows={12}>
        {({ rows, more, notes }) => (
          <>
            <Notes notes={notes} />
            {more && <p class="hint">{w().moreGiven(count(most))}</p>}
            <Listed rows={rows} desk={desk} show={show} changed={answer.refresh} />
          </>
        )}
      </Asked>
    </>
  );
}
