// SPDX-License-Identifier: Apache-2.0
//
// Organisations that are warned, and the addresses they registered.
import { useSignal } from '@preact/signals';
import { apiUrl, get, type Member, type MemberRow, send, sendCsv, type TableAnswer } from '../api';
import { count } from '../format';
import { t } from '../i18n';
import { session, viewUrl } from '../state';
import { Asked, useAnswer } from '../ui/answer';
import { CsvLink, ViewHead } from '../ui/controls';
import { Field, Form, field, sayProblem } from '../ui/form';
import { type Column, Table } from '../ui/table';
import { Time } from '../ui/values';

const csrf = () => session.value?.csrf ?? null;
const memberPath = (name: string) => `/warning/members/${encodeURIComponent(name)}`;
const lines = (text: string) => text.split(/\s+/).filter((line) => line !== '');

function Blocks({ label, name, hint, blocks, required = false }: {
  label: string;
  name: string;
  hint: string;
  blocks: string[];
  required?: boolean;
}) {
  return (
    <label class="field">
      <span>{label}</span>
      <textarea name={name} rows={6} required={required} spellcheck={false}>
        {blocks.join('\n')}
      </textarea>
      <small>{hint}</small>
    </label>
  );
}

// Of a member that is there the name stays.
function MemberForm({ member, done, cancel }: {
  member: Member | null;
  done: (name: string) => void;
  cancel: () => void;
}) {
  const words = t().members;
  return (
    <Form
      key={member?.name ?? ''}
      class="boxed"
      button={t().access.save}
      cancel={cancel}
      submit={async (data) => {
        const name = member?.name ?? field(data, 'name').trim();
        await send('PUT', memberPath(name), csrf(), {
          live: lines(field(data, 'live')),
          dark: lines(field(data, 'dark')),
        });
        done(name);
      }}
    >
      <h3>{member?.name ?? words.add}</h3>
      {!member && <Field label={t().col.name} name="name" maxLength={128} autocomplete="off" />}
      <Blocks
        label={words.live}
        name="live"
        hint={words.liveHint}
        blocks={member?.live ?? []}
        required
      />
      <Blocks label={words.dark} name="dark" hint={words.darkHint} blocks={member?.dark ?? []} />
    </Form>
  );
}

function Import({ done }: { done: () => void }) {
  const words = t().members;
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

const sizes = (ipv4: number, ipv6: number) =>
  [ipv4 > 0 || ipv6 === 0 ? count(ipv4) : '', ipv6 > 0 ? `${count(ipv6)} × /64` : '']
    .filter((text) => text !== '')
    .join(' + ');

function columns(actions: Column<MemberRow>[]): Column<MemberRow>[] {
  const col = t().col;
  const words = t().members;
  return [
    {
      key: 'member',
      label: col.member,
      cell: (row) => <a href={viewUrl('/warnings', { member: row.member })}>{row.member}</a>,
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
  const words = t().members;
  const answer = useAnswer<TableAnswer<MemberRow>>(apiUrl('/warning/members'));
  const editing = useSignal<Member | 'new' | null>(null);
  const said = useSignal('');
  const problem = useSignal('');
  const isAdmin = session.value?.role === 'admin';
  const attempt = async (work: () => Promise<void>) => {
    problem.value = '';
    try {
      await work();
    } catch (error) {
      problem.value = sayProblem(error);
    }
  };
  const changed = (text: string) => {
    said.value = text;
    editing.value = null;
    answer.retry();
  };
  const edit = (row: MemberRow) =>
    attempt(async () => {
      editing.value = await get<Member>(apiUrl(memberPath(row.member)));
    });
  const remove = (row: MemberRow) =>
    attempt(async () => {
      if (!confirm(words.removeSure(row.member))) return;
      await send('DELETE', memberPath(row.member), csrf());
      changed(words.removed(row.member));
    });
  const actions: Column<MemberRow> = {
    key: 'actions',
    label: t().col.actions,
    cell: (row) => (
      <span class="list">
        <button type="button" class="quiet" onClick={() => edit(row)}>
          {words.edit}
        </button>
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
      <p aria-live="polite" class="said">
        {said.value}
      </p>
      {problem.value && (
        <p class="form-problem" role="alert">
          {problem.value}
        </p>
      )}
      <Asked answer={answer} rows={6}>
        {({ rows }) =>
          rows.length === 0 ? (
            <p class="hint">{words.empty}</p>
          ) : (
            <Table
              caption={t().views.members}
              rows={rows}
              rowKey={(row) => row.member}
              columns={columns(isAdmin ? [actions] : [])}
            />
          )
        }
      </Asked>
      {isAdmin && editing.value === null && (
        <>
          <p class="below">
            <button
              type="button"
              onClick={() => {
                editing.value = 'new';
              }}
            >
              {words.add}
            </button>
          </p>
          <Import done={() => changed(words.imported)} />
        </>
      )}
      {editing.value !== null && (
        <MemberForm
          member={editing.value === 'new' ? null : editing.value}
          done={(name) => changed(t().access.changed(name))}
          cancel={() => {
            editing.value = null;
          }}
        />
      )}
    </>
  );
}
