// SPDX-License-Identifier: Apache-2.0
//
// The pages before one is inside: log in, and the first set-up.
import { Problem, send, type Session } from '../api';
import { t } from '../i18n';
import { navigate, query, session } from '../state';
import { Field, Form, field, sayProblem } from '../ui/form';
import { LanguageChoice, Mark, ThemeChoice } from '../ui/header';
import { loadOverview } from '../load';
import type { ComponentChildren } from 'preact';

function EntryFrame({ title, lead, children }: {
  title: string;
  lead: string;
  children: ComponentChildren;
}) {
  return (
    <main id="content" class="entry" tabIndex={-1}>
      <p class="entry-brand">
        <Mark /> Yagura
      </p>
      <h1>{title}</h1>
      <p class="about">{lead}</p>
      {children}
      <div class="entry-choices">
        <LanguageChoice />
        <ThemeChoice />
      </div>
    </main>
  );
}

// Only addresses of this console: nobody may send a person elsewhere through a link.
function nextUrl(): string {
  const next = query.value.get('next') ?? '/';
  return /^\/(?![/\\])/.test(next) && !next.startsWith('/login') ? next : '/';
}

async function enter(begun: Promise<Session>, next: string): Promise<void> {
  session.value = await begun;
  await loadOverview();
  navigate(next, true);
}

export function Login() {
  const words = t().login;
  const say = (error: unknown) => {
    if (error instanceof Problem && error.status === 401) return words.wrong;
    if (error instanceof Problem && error.status === 429) return words.tooMany;
    return sayProblem(error);
  };
  return (
    <EntryFrame title={words.title} lead={words.lead}>
      {query.value.has('changed') && <p class="said">{t().access.passwordChanged}</p>}
      <Form
        button={words.submit}
        say={say}
        submit={(data) => {
          const [name, password] = [field(data, 'name'), field(data, 'password')];
          return enter(send('POST', '/session', null, { name, password }), nextUrl());
        }}
      >
        <Field label={words.name} name="name" autocomplete="username" autofocus />
        <Field
          label={words.password}
          name="password"
          type="password"
          autocomplete="current-password"
        />
      </Form>
    </EntryFrame>
  );
}

export function Setup() {
  const words = t().setup;
  const link = query.value.get('link') ?? '';
  const submit = async (data: FormData) => {
    const [name, password] = [field(data, 'name'), field(data, 'password')];
    if (password !== field(data, 'repeat')) throw new Problem(422, '', words.mismatch);
    await enter(send('POST', '/setup', null, { link, name, password }), '/');
  };
  if (!link)
    return (
      <EntryFrame title={words.title} lead={words.noLink}>
        <p>
          <a href="/login">{t().login.title}</a>
        </p>
      </EntryFrame>
    );
  return (
    <EntryFrame title={words.title} lead={words.lead}>
      <Form button={words.submit} submit={submit}>
        <Field
          label={t().login.name}
          name="name"
          autocomplete="username"
          maxLength={64}
          autofocus
        />
        <Field
          label={t().login.password}
          name="password"
          type="password"
          autocomplete="new-password"
          minLength={12}
          maxLength={256}
          hint={words.rule}
        />
        <Field label={words.repeat} name="repeat" type="password" autocomplete="new-password" />
      </Form>
    </EntryFrame>
  );
}
