// SPDX-License-Identifier: Apache-2.0
//
// One member organisation: what it registered, whom it wants told, what it wishes, and its warnings.
// Staff see any of them here, a member's account its own.
import { useSignal } from '@preact/signals';
import { send, sendForStatus, type TableAnswer } from '../api';
import { count, minute } from '../format';
import { t } from '../i18n';
import { w } from '../i18n/warning';
import { query, session, viewUrl } from '../state';
import { type Answer, Asked, useAnswer } from '../ui/answer';
import { Panel, ViewHead } from '../ui/controls';
import { Form } from '../ui/form';
import { Said, useOutcome } from '../ui/said';
import { Table } from '../ui/table';
import type { GivenWarning, Member as Organisation } from '../warning/answers';
import { BlockFields, blocksOf } from '../warning/blocks';
import { inboxUrl, StateMark, warningColumns } from '../warning/cells';
import type { Desk } from '../warning/desk';
import { useFresh } from '../warning/fresh';
import { ownDesk } from '../warning/own_desk';
import { Contacts } from './contacts';
import { HistoryTable } from './history';

const mostPrefixes = 200; // shown at once
const mostWarnings = 10;
const csrf = () => session.value?.csrf ?? null;

// `known`: those that are no news, in a wish for more.
function Prefixes({ title, prefixes, known }: {
  title: string;
  prefixes: string[];
  known?: string[];
}) {
  const words = w().member;
  const all = useSignal(false);
  const old = new Set(known ?? prefixes);
  const shown = all.value ? prefixes : prefixes.slice(0, mostPrefixes);
  return (
    <div class="prefixes">
      <h3>
        {title} <span class="unknown">{count(prefixes.length)}</span>
      </h3>
      {prefixes.length === 0 && <p class="unknown">{words.none}</p>}
      <ul>
        {shown.map((prefix) => (
          <li key={prefix}>
            <span class="code">{prefix}</span>
            {!old.has(prefix) && <span class="tag beside on">{words.added}</span>}
          </li>
        ))}
      </ul>
      {shown.length < prefixes.length && (
        <button
          type="button"
          class="quiet"
          onClick={() => {
            all.value = true;
          }}
        >
          {t().table.more}
        </button>
      )}
    </div>
  );
}

function Blocks({ organisation, desk, changed }: {
  organisation: Organisation;
  desk: Desk;
  changed: (said: string) => void;
}) {
  const words = w().member;
  const editing = useSignal(false);
  const { name, live, dark, allocation } = organisation;
  if (editing.value)
    return (
      <Panel title={words.blocks}>
        <Form
          class="boxed"
          button={t().access.save}
          cancel={() => {
            editing.value = false;
          }}
          submit={async (data) => {
            const path = desk.paths.blocks(name);
            const status = await sendForStatus('PUT', path, csrf(), blocksOf(data));
            editing.value = false;
            changed(status === 202 ? words.waits : words.inForce);
          }}
        >
          <BlockFields live={live} dark={dark} />
          {desk.own !== null && <p class="hint">{words.allocationHelp}</p>}
        </Form>
      </Panel>
    );
  return (
    <Panel
      title={words.blocks}
      actions={
        desk.mayRegister && (
          <button
            type="button"
            class="quiet"
            onClick={() => {
              editing.value = true;
            }}
          >
            {words.edit}
          </button>
        )
      }
    >
      <div class="prefix-columns">
        <Prefixes title={words.live} prefixes={live} />
        <Prefixes title={words.dark} prefixes={dark} />
        <Prefixes title={words.allocation} prefixes={allocation} />
      </div>
    </Panel>
  );
}

function Wish({ organisation, desk, changed }: {
  organisation: Organisation;
  desk: Desk;
  changed: (said: string) => void;
}) {
  const words = w().member;
  const outcome = useOutcome();
  const { claim, name } = organisation;
  if (!claim) return null;
  const decide = (verb: 'approve' | 'refuse', said: string) =>
    outcome.attempt(async () => {
      if (verb === 'refuse' && !confirm(words.refuseSure(name))) return;
      await send('POST', `/warning/members/${encodeURIComponent(name)}/claim/${verb}`, csrf());
      changed(said);
    });
  return (
    <Panel title={words.claim} class="chosen">
      <p>{words.claimMade(minute(claim.made))}</p>
      <div class="prefix-columns">
        <Prefixes title={words.live} prefixes={claim.live} known={organisation.live} />
        <Prefixes title={words.dark} prefixes={claim.dark} known={organisation.dark} />
      </div>
      <Said outcome={outcome} />
      {desk.mayDecide ? (
        <p class="form-actions">
          <button type="button" class="primary" onClick={() => decide('approve', words.approved)}>
            {words.approve}
          </button>
          <button type="button" onClick={() => decide('refuse', words.refused)}>
            {words.refuse}
          </button>
        </p>
      ) : (
        <p class="hint">{words.adminOnly}</p>
      )}
    </Panel>
  );
}

function OpenWarnings({ desk, name }: { desk: Desk; name: string }) {
  const words = w().member;
  const isStaff = desk.own === null;
  const own = isStaff ? { member: name } : {};
  const answer = useAnswer<TableAnswer<GivenWarning>>(
    desk.warnings({ ...own, state: 'open', limit: mostWarnings }),
  );
  useFresh(answer, isStaff);
  return (
    <Panel
      title={words.warnings}
      actions={
        <a class="more" href={inboxUrl(own)}>
          {words.inInbox} →
        </a>
      }
    >
      <Asked answer={answer} rows={4}>
        {({ rows }) =>
          rows.length === 0 ? (
            <p class="hint">{words.noWarnings}</p>
          ) : (
            <Table
              caption={words.warnings}
              stacks
              rows={rows}
              rowKey={(row) => row.id}
              columns={[
                {
                  key: 'state',
                  label: t().col.state,
                  cell: (row) => (
                    <a href={inboxUrl({ ...own, id: row.id })}>
                      <StateMark is={row.state} />
                    </a>
                  ),
                },
                ...warningColumns<GivenWarning>(false),
              ]}
            />
          )
        }
      </Asked>
    </Panel>
  );
}

function Past({ desk, name }: { desk: Desk; name: string }) {
  const words = w().member;
  const own = desk.own === null ? { member: name } : {};
  return (
    <Panel
      title={words.history}
      actions={
        <a class="more" href={viewUrl('/history', own)}>
          {words.all} →
        </a>
      }
    >
      <HistoryTable params={{ ...own, last: '7d', limit: mostWarnings }} withMember={false} brief />
    </Panel>
  );
}

function One({ organisation, answer, desk }: {
  organisation: Organisation;
  answer: Answer<Organisation>;
  desk: Desk;
}) {
  const outcome = useOutcome();
  const changed = (said: string) => {
    outcome.say(said);
    answer.refresh();
  };
  return (
    <>
      <Said outcome={outcome} />
      <Wish organisation={organisation} desk={desk} changed={changed} />
      <Blocks organisation={organisation} desk={desk} changed={changed} />
      <Contacts organisation={organisation} desk={desk} changed={changed} />
      <OpenWarnings desk={desk} name={organisation.name} />
      <Past desk={desk} name={organisation.name} />
    </>
  );
}

export function Member() {
  const words = w().member;
  const desk = ownDesk();
  const isStaff = desk.own === null;
  const name = desk.own ?? query.value.get('name') ?? '';
  const asked = isStaff && name === '' ? null : desk.organisation(name);
  const answer = useAnswer<Organisation>(asked);
  const organisation = answer.data;
  return (
    <>
      {isStaff && (
        <p class="crumb">
          <a href={viewUrl('/members')}>{t().views.members}</a>
        </p>
      )}
      <ViewHead
        title={name || organisation?.name || t().views.member}
        about={organisation ? words.about(minute(organisation.registered)) : undefined}
      />
      {asked === null ? (
        <p class="hint">{words.unnamed}</p>
      ) : (
        <Asked answer={answer} rows={12}>
          {(found) => <One organisation={found} answer={answer} desk={desk} />}
        </Asked>
      )}
    </>
  );
}
