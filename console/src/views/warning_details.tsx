// SPDX-License-Identifier: Apache-2.0
//
// One warning: what it means, how it is known, and what is done about it.
import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { Problem, send, type TableAnswer } from '../api';
import { count, minute } from '../format';
import { t, word } from '../i18n';
import { w } from '../i18n/warning';
import { session, timeText } from '../state';
import { Asked, useAnswer } from '../ui/answer';
import { Fact } from '../ui/fact';
import { Form, field } from '../ui/form';
import { Said, useOutcome } from '../ui/said';
import { sourceUrl, Time } from '../ui/values';
import type { CommentRow, GivenWarning } from '../warning/answers';
import { memberUrl, Services, Severity, StateMark, ToolName } from '../warning/cells';
import { charactersOf, mostComment } from '../warning/comment';
import type { Desk } from '../warning/desk';
import type { Triage } from '../warning/triage';

const dayLength = 86_400_000;
const muteSpans = ['1', '7', '30', '365'] as const;

const post = (path: string, body?: unknown) =>
  send('POST', path, session.value?.csrf ?? null, body);

function Facts({ row, desk }: { row: GivenWarning; desk: Desk }) {
  const col = t().col;
  const words = w().inbox;
  return (
    <dl class="facts">
      {desk.own === null && row.member && (
        <Fact label={col.member}>
          <a href={memberUrl(row.member)}>{row.member}</a>
        </Fact>
      )}
      <Fact label={col.first}>
        <Time at={row.first} exact />
      </Fact>
      <Fact label={col.last}>
        <Time at={row.last} exact />
      </Fact>
      <Fact label={col.packets}>{count(row.packets)}</Fact>
      <Fact label={col.bytes}>{count(row.bytes)}</Fact>
      <Fact label={words.darkAtLeast}>{count(row.dark_addresses)}</Fact>
      <Fact label={col.service}>
        {row.services.length > 0 ? <Services all={row.services} most={10} /> : '–'}
      </Fact>
      <Fact label={col.tool}>
        <ToolName name={row.tool} />
      </Fact>
      <Fact label={words.acknowledgedAt}>
        {row.acknowledged ? (
          <>
            <Time at={row.acknowledged} /> {words.acknowledged(row.acknowledged_by ?? '–')}
          </>
        ) : (
          <span class="unknown">{words.nobody}</span>
        )}
      </Fact>
    </dl>
  );
}

// A form that has the keyboard before the next key is pressed, which may be one of the inbox's;
// Escape closes it.
function Opened({ close, children }: { close: () => void; children: ComponentChildren }) {
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    box.current?.querySelector<HTMLElement>('select, textarea')?.focus();
  }, []);
  return (
    <div
      ref={box}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        event.stopPropagation();
        close();
      }}
    >
      {children}
    </div>
  );
}

function MuteForm({ row, desk, done, close }: {
  row: GivenWarning;
  desk: Desk;
  done: () => void;
  close: () => void;
}) {
  const words = w().inbox;
  return (
    <Opened close={close}>
      <Form
        class="boxed"
        button={words.mute}
        cancel={close}
        submit={async (data) => {
          const days = Number(field(data, 'days'));
          const until = timeText(Math.floor(Date.now() / 1000) * 1000 + days * dayLength);
          await post(desk.paths.warning(row.id, 'mute'), { until });
          done();
        }}
      >
        <label class="field">
          <span>{words.muteFor}</span>
          <select name="days">
            {muteSpans.map((days) => (
              <option key={days} value={days}>
                {words.muteSpans[days]}
              </option>
            ))}
          </select>
          <small>{words.muteHelp}</small>
        </label>
      </Form>
    </Opened>
  );
}

function CommentForm({ row, desk, done, close }: {
  row: GivenWarning;
  desk: Desk;
  done: () => void;
  close: () => void;
}) {
  const words = w().inbox;
  const length = useSignal(0);
  const most = count(mostComment);
  return (
    <Opened close={close}>
      <Form
        button={words.comment}
        cancel={close}
        submit={async (data) => {
          const text = field(data, 'text').trim();
          if (charactersOf(text) > mostComment)
            throw new Problem(422, '', words.commentTooLong(most));
          if (text !== '') await post(desk.paths.warning(row.id, 'comments'), { text });
          done();
        }}
      >
        <label class="field prose">
          <span>{words.write}</span>
          <textarea
            name="text"
            rows={3}
            required
            onInput={(event) => {
              length.value = charactersOf(event.currentTarget.value.trim());
            }}
          />
          <small>{words.commentLength(count(length.value), most)}</small>
        </label>
      </Form>
    </Opened>
  );
}

function Comments({ row, desk }: { row: GivenWarning; desk: Desk }) {
  const answer = useAnswer<TableAnswer<CommentRow>>(desk.comments(row.id));
  const seen = useRef(row.comments);
  useEffect(() => {
    if (seen.current !== row.comments) answer.refresh();
    seen.current = row.comments;
  }, [row.comments]);
  return (
    <Asked answer={answer} rows={2}>
      {({ rows }) =>
        rows.length === 0 ? (
          <p class="hint">{w().inbox.noComments}</p>
        ) : (
          <ol class="comments">
            {rows.map((comment) => (
              <li key={`${comment.time} ${comment.by} ${comment.text}`}>
                <p class="hint">
                  <b>{comment.by}</b> <Time at={comment.time} />
                </p>
                <p class="comment-text">{comment.text}</p>
              </li>
            ))}
          </ol>
        )
      }
    </Asked>
  );
}

export function Details({ row, desk, asks, ask, acknowledge, changed, close }: {
  row: GivenWarning;
  desk: Desk;
  asks: Triage['asks'];
  ask: (asks: Triage['asks']) => void;
  acknowledge: () => void;
  changed: () => void;
  close: () => void;
}) {
  const words = w().inbox;
  const outcome = useOutcome();
  const article = useRef<HTMLElement>(null);
  // On a narrow screen it stands above the list, which may be far down.
  useEffect(() => article.current?.scrollIntoView({ block: 'nearest' }), []);
  const muted = row.muted_until !== null && Date.parse(row.muted_until) > Date.now();
  const unmute = () =>
    outcome.attempt(async () => {
      await post(desk.paths.warning(row.id, 'mute'), { until: null });
      changed();
    });
  const done = () => {
    ask(null);
    changed();
  };
  return (
    <article ref={article} class="warning-details" aria-label={words.details}>
      <header>
        <h2>
          <span class="address">{row.address}</span> {word(w().kinds, row.kind)}
        </h2>
        <button type="button" class="quiet" aria-label={words.close} onClick={close}>
          ×
        </button>
      </header>
      <p class="warning-tags">
        <StateMark is={row.state} /> <Severity is={row.severity} />
        {muted && (
          <span class="tag">
            {words.muted} {words.mutedUntil(minute(row.muted_until as string))}
          </span>
        )}
      </p>
      <p class="warning-why">{row.explanation}</p>
      <Facts row={row} desk={desk} />
      {desk.own === null && (
        <p>
          <a href={sourceUrl(row.address)}>{words.page} →</a>
        </p>
      )}
      {desk.mayTriage && (
        <p class="form-actions">
          {!row.acknowledged && (
            <button type="button" class="primary" onClick={acknowledge}>
              {words.acknowledge}
            </button>
          )}
          {muted ? (
            <button type="button" onClick={unmute}>
              {words.unmute}
            </button>
          ) : (
            <button type="button" aria-expanded={asks === 'mute'} onClick={() => ask('mute')}>
              {words.mute}
            </button>
          )}
          <button type="button" aria-expanded={asks === 'comment'} onClick={() => ask('comment')}>
            {words.comment}
          </button>
        </p>
      )}
      <Said outcome={outcome} />
      {asks === 'mute' && <MuteForm row={row} desk={desk} done={done} close={() => ask(null)} />}
      <h3>{words.comments}</h3>
      <Comments row={row} desk={desk} />
      {asks === 'comment' && (
        <CommentForm row={row} desk={desk} done={done} close={() => ask(null)} />
      )}
    </article>
  );
}
