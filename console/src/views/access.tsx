// SPDX-License-Identifier: Apache-2.0
//
// Accounts, for administrators; tokens and the own password, for everybody who logs in.
import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { type AccountRow, apiUrl, type Role, send, type TableAnswer, type TokenRow } from '../api';
import { t, word } from '../i18n';
import { navigate, session } from '../state';
import { Asked, useAnswer } from '../ui/answer';
import { Panel, ViewHead } from '../ui/controls';
import { Field, Form, field } from '../ui/form';
import { Said, useOutcome } from '../ui/said';
import { type Column, Table } from '../ui/table';
import { Time } from '../ui/values';
import type { MemberRow } from '../warning/answers';

const dayLength = 86_400_000;
const expiry = (days: number) =>
  new Date(Date.now() + days * dayLength).toISOString().replace(/\.\d+Z$/, 'Z');

const roles: readonly Role[] = ['viewer', 'analyst', 'admin', 'member'];
const change = <T,>(method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: unknown) =>
  send<T>(method, path, session.value?.csrf ?? null, body);

function When({ at }: { at: string | null }) {
  return at ? <Time at={at} /> : <span class="unknown">{t().access.never}</span>;
}

// Of the role "member" the organisation too, whose warnings are all that the account sees.
function RoleChoice() {
  const words = t().access;
  const role = useSignal<Role>('viewer');
  const isMember = role.value === 'member';
  const members = useAnswer<TableAnswer<MemberRow>>(isMember ? apiUrl('/warning/members') : null);
  return (
    <>
      <label class="field">
        <span>{t().col.role}</span>
        <select
          name="role"
          onChange={(event) => {
            role.value = event.currentTarget.value as Role;
          }}
        >
          {roles.map((option) => (
            <option key={option} value={option}>
              {words.roles[option]}
            </option>
          ))}
        </select>
      </label>
      {isMember && (
        <Asked answer={members} rows={1}>
          {({ rows }) => (
            <label class="field">
              <span>{t().col.organisation}</span>
              <select name="member" required>
                {rows.map(({ member }) => (
                  <option key={member} value={member}>
                    {member}
                  </option>
                ))}
              </select>
              {rows.length === 0 && <small>{words.noMembers}</small>}
            </label>
          )}
        </Asked>
      )}
    </>
  );
}

function NewPasswordField({ label = t().access.password }: { label?: string }) {
  return (
    <Field
      label={label}
      name="password"
      type="password"
      autocomplete="new-password"
      minLength={12}
      maxLength={256}
      hint={t().setup.rule}
    />
  );
}

// A button that opens its form below; only one thing is asked at a time.
function Unfolding({ label, children }: {
  label: string;
  children: (close: () => void) => ComponentChildren;
}) {
  const open = useSignal(false);
  if (!open.value)
    return (
      <button
        type="button"
        onClick={() => {
          open.value = true;
        }}
      >
        {label}
      </button>
    );
  return (
    <>
      {children(() => {
        open.value = false;
      })}
    </>
  );
}

function Accounts() {
  const words = t().access;
  const col = t().col;
  const answer = useAnswer<TableAnswer<AccountRow>>(apiUrl('/accounts'));
  const editing = useSignal<AccountRow | null>(null);
  const outcome = useOutcome();
  const url = (row: AccountRow) => `/accounts/${encodeURIComponent(row.name)}`;
  const disable = (row: AccountRow) =>
    outcome.attempt(async () => {
      await change('PATCH', url(row), { disabled: !row.disabled });
      outcome.say(words.changed(row.name));
      answer.retry();
    });
  return (
    <Panel title={words.accounts}>
      <Said outcome={outcome} />
      <Asked answer={answer} rows={4}>
        {({ rows }) =>
          rows.length === 0 ? (
            <p class="hint">{words.noAccounts}</p>
          ) : (
            <Table
              caption={words.accounts}
              stacks
              rows={rows}
              rowKey={(row) => row.name}
              columns={[
                {
                  key: 'name',
                  label: col.name,
                  cell: (row) => (
                    <span>
                      <b>{row.name}</b>
                      {row.name === session.value?.name && (
                        <span class="tag beside">{words.you}</span>
                      )}
                    </span>
                  ),
                },
                {
                  key: 'role',
                  label: col.role,
                  cell: (row) =>
                    word(words.roles, row.role) + (row.member ? ` (${row.member})` : ''),
                },
                {
                  key: 'status',
                  label: col.status,
                  cell: (row) => (
                    <span class={`tag ${row.disabled ? 'off' : 'on'}`}>
                      {row.disabled ? words.disabled : words.enabled}
                    </span>
                  ),
                },
                { key: 'created', label: col.created, cell: (row) => <Time at={row.created} /> },
                { key: 'last', label: col.lastLogin, cell: (row) => <When at={row.last_login} /> },
                {
                  key: 'actions',
                  label: col.actions,
                  cell: (row) => (
                    <span class="list">
                      <button
                        type="button"
                        class="quiet"
                        onClick={() => {
                          editing.value = row;
                        }}
                      >
                        {words.changePassword}
                      </button>
                      <button type="button" class="quiet" onClick={() => disable(row)}>
                        {row.disabled ? words.enable : words.disable}
                      </button>
                    </span>
                  ),
                },
              ]}
            />
          )
        }
      </Asked>
      {editing.value && (
        <Form
          key={editing.value.name}
          class="boxed"
          button={words.save}
          cancel={() => {
            editing.value = null;
          }}
          submit={async (data) => {
            const row = editing.value as AccountRow;
            await change('PATCH', url(row), { password: field(data, 'password') });
            outcome.say(words.changed(row.name));
            editing.value = null;
          }}
        >
          <h3>{words.newPassword(editing.value.name)}</h3>
          <NewPasswordField />
        </Form>
      )}
      <Unfolding label={words.newAccount}>
        {(close) => (
          <Form
            class="boxed"
            button={words.create}
            cancel={close}
            submit={async (data) => {
              await change('POST', '/accounts', {
                name: field(data, 'name'),
                role: field(data, 'role'),
                password: field(data, 'password'),
                ...(field(data, 'role') === 'member' ? { member: field(data, 'member') } : {}),
              });
              close();
              answer.retry();
            }}
          >
            <h3>{words.newAccount}</h3>
            <Field label={col.name} name="name" maxLength={64} autocomplete="off" />
            <RoleChoice />
            <NewPasswordField />
          </Form>
        )}
      </Unfolding>
    </Panel>
  );
}

function NewToken({ token, done }: { token: string; done: () => void }) {
  const words = t().access;
  return (
    <div class="form boxed" role="status">
      <p>{words.tokenOnce}</p>
      <code class="secret">{token}</code>
      <div class="form-actions">
        <button
          type="button"
          class="primary"
          onClick={() => navigator.clipboard.writeText(token).catch(() => undefined)}
        >
          {words.copy}
        </button>
        <button type="button" onClick={done}>
          {words.done}
        </button>
      </div>
    </div>
  );
}

// A member's tokens can do all that its account can, which is not much, and are its own.
function Tokens() {
  const words = t().access;
  const col = t().col;
  const isMember = session.value?.role === 'member';
  const answer = useAnswer<TableAnswer<TokenRow>>(apiUrl('/tokens'));
  const made = useSignal('');
  const outcome = useOutcome();
  const revoke = (row: TokenRow) =>
    outcome.attempt(async () => {
      if (!confirm(words.revokeSure(row.name))) return;
      await change('DELETE', `/tokens/${row.id}`);
      answer.retry();
    });
  const whose: Column<TokenRow>[] = [
    { key: 'account', label: col.account, cell: (row) => row.account },
    { key: 'scopes', label: col.scopes, cell: (row) => row.scopes.join(', ') },
  ];
  return (
    <Panel title={words.tokens}>
      <Said outcome={outcome} />
      <Asked answer={answer} rows={3}>
        {({ rows }) =>
          rows.length === 0 ? (
            <p class="hint">{words.noTokens}</p>
          ) : (
            <Table
              caption={words.tokens}
              stacks
              rows={rows}
              rowKey={(row) => row.id}
              columns={[
                {
                  key: 'name',
                  label: col.name,
                  cell: (row) => (
                    <span>
                      <b>{row.name}</b> <span class="code unknown">{row.shown}…</span>
                    </span>
                  ),
                },
                ...(isMember ? [] : whose),
                { key: 'created', label: col.created, cell: (row) => <Time at={row.created} /> },
                { key: 'expires', label: col.expires, cell: (row) => <When at={row.expires} /> },
                { key: 'used', label: col.lastUsed, cell: (row) => <When at={row.last_used} /> },
                {
                  key: 'actions',
                  label: col.actions,
                  cell: (row) => (
                    <button type="button" class="quiet" onClick={() => revoke(row)}>
                      {words.revoke}
                    </button>
                  ),
                },
              ]}
            />
          )
        }
      </Asked>
      {made.value ? (
        <NewToken
          token={made.value}
          done={() => {
            made.value = '';
          }}
        />
      ) : (
        <Unfolding label={words.newToken}>
          {(close) => (
            <Form
              class="boxed"
              button={words.createToken}
              cancel={close}
              submit={async (data) => {
                const { token } = await change<{ token: string }>('POST', '/tokens', {
                  name: field(data, 'name'),
                  scopes: [isMember ? 'own' : 'read'],
                  expires: expiry(Number(field(data, 'days'))),
                });
                close();
                made.value = token;
                answer.retry();
              }}
            >
              <h3>{words.newToken}</h3>
              <Field label={col.name} name="name" maxLength={64} autocomplete="off" />
              <Field
                label={words.days}
                name="days"
                type="number"
                min={1}
                max={3650}
                defaultValue="365"
              />
            </Form>
          )}
        </Unfolding>
      )}
    </Panel>
  );
}

function OwnPassword() {
  const words = t().access;
  return (
    <Panel title={words.ownPassword}>
      <Unfolding label={words.changePassword}>
        {(close) => (
          <Form
            class="boxed"
            button={words.save}
            cancel={close}
            // It ends every session of the account, this one too.
            submit={async (data) => {
              await change('PUT', '/session/password', {
                present: field(data, 'present'),
                password: field(data, 'password'),
              });
              session.value = null;
              navigate('/login?changed=1', true);
            }}
          >
            <Field
              label={words.present}
              name="present"
              type="password"
              autocomplete="current-password"
            />
            <NewPasswordField label={words.ownNew} />
          </Form>
        )}
      </Unfolding>
    </Panel>
  );
}

export function Forbidden() {
  return (
    <div class="state problem" role="alert">
      <p>{t().access.forbidden}</p>
    </div>
  );
}

// What an account of a member may change of itself.
export function OwnAccess() {
  return (
    <>
      <ViewHead title={t().views.ownAccess} about={t().about.ownAccess} />
      <Tokens />
      <OwnPassword />
    </>
  );
}

export function Access() {
  return (
    <>
      <ViewHead title={t().views.access} about={t().about.access} />
      {session.value?.role === 'admin' && <Accounts />}
      <Tokens />
      <OwnPassword />
    </>
  );
}
