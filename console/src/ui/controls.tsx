// SPDX-License-Identifier: Apache-2.0
//
// Small controls whose value lives in the URL.
import type { ComponentChildren } from 'preact';
import { t } from '../i18n';
import { changedUrl, navigate } from '../state';

// A few options side by side: links, so that each can be opened elsewhere. The first is the
// default and leaves no trace in the URL.
export function Segments<Option extends string>({
  label,
  param,
  options,
  value,
  words,
}: {
  label: string;
  param: string;
  options: readonly Option[];
  value: Option;
  words: Readonly<Record<Option, string>>;
}) {
  return (
    <div class="control">
      <span class="control-label">{label}</span>
      <nav class="segments" aria-label={label}>
        {options.map((option, index) => (
          <a
            key={option}
            href={changedUrl({ [param]: index === 0 ? '' : option })}
            aria-current={option === value ? 'true' : undefined}
          >
            {words[option]}
          </a>
        ))}
      </nav>
    </div>
  );
}

export function Select<Option extends string>({
  label,
  param,
  options,
  value,
  words,
}: {
  label: string;
  param: string;
  options: readonly Option[];
  value: Option;
  words: Readonly<Record<Option, string>>;
}) {
  return (
    <label class="control">
      <span class="control-label">{label}</span>
      <select
        value={value}
        onChange={(event) => {
          const chosen = event.currentTarget.value;
          navigate(changedUrl({ [param]: chosen === options[0] ? '' : chosen }));
        }}
      >
        {options.map((option) => (
          <option key={option} value={option} selected={option === value}>
            {words[option]}
          </option>
        ))}
      </select>
    </label>
  );
}

export function CsvLink({ href }: { href: string }) {
  return (
    <a class="button quiet" href={href} download>
      <span aria-hidden="true">↓ </span>
      {t().table.csv}
    </a>
  );
}

export function ViewHead({
  title,
  about,
  children,
}: {
  title: ComponentChildren;
  about?: string | undefined;
  children?: ComponentChildren;
}) {
  return (
    <div class="view-head">
      <div>
        <h1>{title}</h1>
        {about && <p class="about">{about}</p>}
      </div>
      {children && <div class="view-actions">{children}</div>}
    </div>
  );
}

// One number of a row of figures.
export function Figure({
  label,
  value,
  note,
  class: name = '',
}: {
  label: string;
  value: string;
  note?: string;
  class?: string;
}) {
  return (
    <div class={`figure ${name}`}>
      <dt>{label}</dt>
      <dd>
        {value}
        {note && <small>{note}</small>}
      </dd>
    </div>
  );
}

export function Panel({
  title,
  actions,
  children,
  class: name = '',
}: {
  title: string;
  actions?: ComponentChildren;
  children: ComponentChildren;
  class?: string;
}) {
  return (
    <section class={`panel ${name}`} aria-label={title}>
      <header class="panel-head">
        <h2>{title}</h2>
        {actions}
      </header>
      {children}
    </section>
  );
}
