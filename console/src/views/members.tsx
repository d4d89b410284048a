// SPDX-License-Identifier: Apache-2.0
//
// Organisations that are warned, and the addresses they registered.
import { useSignal } from '@preact/signals';
import { apiUrl, send, sendCsv, type TableAnswer } from '../api';
import { count } from '../format';
import { t } from '../i18n';
import { w } from '../i18n/warning';
import { session } from '../state';
import { Asked, useAnswer } from '../ui/answer';
import { CsvLink, Panel, ViewHead } from '../ui/controls';
import { Field, Form, field } from '../ui/form';
import { Said, useOutcome } from '../ui/said';
import { type Column, Table } from '../ui/table';
import { Time } from '../ui/values';
import type { ClaimRow, MemberRow } from '../warning/answers';
import { BlockFields, blocksOf } from '../warning/blocks';
import { memberUrl, sizes } from '../warning/cells';
import { ownDesk } from '../warning/own_desk';

const csrf = () => session.value?.csrf ?? null;

function NewMember({ done, cancel }: { done: (name: string) => void; cancel: () => void }) {
  const words = w().members;
  return (
    <Form
      class="boxed"
      button={t().access.save}
      cancel={cancel}
      submit={async (data) => {
        const name = field(data, 'name').trim();
        await send('PUT', ownDesk().paths.blocks(name), csrf(), blocksOf(data));
        done(name);
      }}
    >
      <h3>{words.add}</h3>
      <Field label={t().col.name} name="name" maxLength={128} autocomplete="off" />
      <BlockFields live={[]} dark={[]} />
    </Form>
  );
}

// What members wish beyond what was granted to them.
function Claims() {
  const words = w().members;
  const answer = useAnswer<TableAnswer<ClaimRow>>(apiUrl('/warning/claims'));
  const rows = answer.data?.rows ?? [];
  if (rows.length === 0) return null;
  return (
    <Panel title={words.claims} class="claims">
      <Table
        caption={words.claims}
        stacks
        rows={rows}
        rowKey={(row) => row.member}
        columns={[
          {
            key: 'member',
            label: t().col.member,
            cell: (row) => <a href={memberUrl(row.member)}>{row.member}</a>,
          },
          { key: 'made', label: words.made, cell: (row) => <Time at={row.made} /> },
          { key: 'live', label: words.liveBlocks, numeric: true, cell: (row) => count(row.live) },
          { key: 'dark', label: words.darkBlocks, numeric: true, cell: (row) => count(row.dark) },
        ]}
      />
    </Panel>
  );
}

function Import({ done }: { done: () => void }) {
  const words = w().members;
  return (
    <Form
      class="boxed"
      button={words.import}
      submit={async (data) => {
        const file = data.get('file');
        if (file instanceof File)
          await sendCsv('POST', '/warning/blocks', csrf(), await file.text());
        done();
      }}
    >
      <label class="field">
        <span>{words.file}</span>
        <input name="file" type="file" accept=".csv,text/csv" required />
        <small>{words.importHint}</small>
      </label>
    </Form>
  );
}

function columns(actions: Column<MemberRow>[]): Column<MemberRow>[] {
  const col = t().col;
  const words = w().members;
  return [
    {
      key: 'member',
      label: col.member,
      wide: true,
      cell: (row) => <a href={memberUrl(row.member)}>{row.member}</a>,
    },
    {
      key: 'live',
      label: words.live,
      numeric: true,
      cell: (row) => sizes(row.live_addresses, row.live_networks),
    },
    {
      key: 'dark',
      label: words.dark,
      numeric: true,
      cell: (row) => sizes(row.dark_addresses, row.dark_networks),
    },
    {
      key: 'blocks',
      label: words.blocks,
      numeric: true,
      cell: (row) => count(row.live_blocks + row.dark_blocks),
    },
    { key: 'registered', label: col.registered, cell: (row) => <Time at={row.registered} /> },
    ...actions,
  ];
}

export function Members() {
  const words = w().members;
  const answer = useAnswer<TableAnswer<MemberRow>>(apiUrl('/warning/members'));
  const adding = useSignal(false);
  const outcome = useOutcome();
  const isAdmin = session.value?.role === 'admin';
  const changed = (text: string) => {
    outcome.say(text);
    adding.value = false;
    answer.retry();
  };
  const remove = (row: MemberRow) =>
    outcome.attempt(async () => {
      if (!confirm(words.removeSure(row.member))) return;
      await send('DELETE', ownDesk().paths.blocks(row.member), csrf());
      changed(words.removed(row.member));
    });
  const actions: Column<MemberRow> = {
    key: 'actions',
    label: t().col.actions,
    cell: (row) => (
      <span class="list">
        <a class="button quiet" href={memberUrl(row.member)}>
          {words.edit}
        </a>
        <button type="button" class="quiet" onClick={() => remove(row)}>
          {words.remove}
        </button>
      </span>
    ),
  };
  return (
    <>
      <ViewHead title={t().views.members} about={t().about.members}>
        <CsvLink href={apiUrl('/warning/blocks', { format: 'csv' })} />
      </ViewHead>
      <Said outcome={outcome} />
      <Claims />
      <Asked answer={answer} rows={6}>
        {({ rows }) =>
          rows.length === 0 ? (
            <p class="hint">{words.empty}</p>
          ) : (
            <Table
              caption={t().views.members}
              stacks
              rows={rows}
              rowKey={(row) => row.member}
              columns={columns(isAdmin ? [actions] : [])}
            />
          )
        }
      </Asked>
      {isAdmin && !adding.value && (
        <>
          <p class="after">
            <button
              type="button"
              onClick={() => {
                adding.value = true;
              }}
            >
              {words.add}
            </button>
          </p>
          <Import done={() => changed(words.imported)} />
        </>
      )}
      {isAdmin && adding.value && (
        <NewMember
          done={(name) => changed(t().access.changed(name))}
          cancel={() => {
            adding.value = false;
          }}
        />
      )}
    </>
  );
}
