// SPDX-License-Identifier: Apache-2.0
//
// Who is told of an organisation's warnings, how, in which language, and when not.
import { useSignal } from '@preact/signals';
import { Problem, send } from '../api';
import { t, word } from '../i18n';
import { w } from '../i18n/warning';
import { language, session } from '../state';
import { Panel } from '../ui/controls';
import { Field, Form, field } from '../ui/form';
import { Said, useOutcome } from '../ui/said';
import { Table } from '../ui/table';
import type { Contact, Member } from '../warning/answers';
import {
  type Channel, channels, quietOf, shownTarget, targetOf, zoneText,
} from '../warning/contact';
import type { Desk } from '../warning/desk';

const csrf = () => session.value?.csrf ?? null;
const languages = ['en', 'ja'] as const;

function contactOf(data: FormData, channel: Channel) {
  const words = w().member;
  const target = targetOf(channel, field(data, 'target'));
  if (target === null) throw new Problem(422, '', words.targetWrong[channel]);
  const quiet = quietOf(field(data, 'from'), field(data, 'until'), field(data, 'zone'));
  if (quiet === null) throw new Problem(422, '', words.quietWrong);
  const secret = field(data, 'secret');
  return { target, language: field(data, 'language'), quiet, ...(secret ? { secret } : {}) };
}

function QuietFields() {
  const words = w().member;
  const clock = { type: 'time', required: false } as const;
  return (
    <fieldset class="quiet-hours">
      <legend>{words.quiet}</legend>
      <Field label={words.quietFrom} name="from" {...clock} />
      <Field label={words.quietUntil} name="until" {...clock} />
      <Field
        label={words.zone}
        name="zone"
        maxLength={6}
        required={false}
        defaultValue={zoneText(new Date().getTimezoneOffset())}
      />
      <small>
        {words.quietHelp} {words.zoneHelp}
      </small>
    </fieldset>
  );
}

function NewContact({ path, mailOnly, done, cancel }: {
  path: string;
  mailOnly: boolean;
  done: (target: string) => void;
  cancel: () => void;
}) {
  const words = w().member;
  const chosen = useSignal<Channel>('mail');
  const channel = chosen.value;
  return (
    <Form
      class="boxed"
      button={words.add}
      cancel={cancel}
      submit={async (data) => {
        const contact = contactOf(data, channel);
        await send('POST', path, csrf(), contact);
        done(shownTarget(contact.target));
      }}
    >
      <h3>{words.add}</h3>
      {!mailOnly && (
        <label class="field">
          <span>{words.channel}</span>
          <select
            name="channel"
            onChange={(event) => {
              chosen.value = event.currentTarget.value as Channel;
            }}
          >
            {channels.map((option) => (
              <option key={option} value={option}>
                {words.channels[option]}
              </option>
            ))}
          </select>
        </label>
      )}
      <Field label={words.addresses[channel]} name="target" maxLength={1024} autocomplete="off" />
      {channel === 'webhook' && (
        <Field
          label={words.secret}
          name="secret"
          type="password"
          autocomplete="new-password"
          required={false}
          maxLength={256}
          hint={words.secretHelp}
        />
      )}
      <label class="field">
        <span>{words.language}</span>
        <select name="language">
          {languages.map((option) => (
            <option key={option} value={option} selected={option === language.value}>
              {words.languages[option]}
            </option>
          ))}
        </select>
      </label>
      <QuietFields />
    </Form>
  );
}

export function Contacts({ organisation, desk, changed }: {
  organisation: Member;
  desk: Desk;
  changed: (said: string) => void;
}) {
  const words = w().member;
  const adding = useSignal(false);
  const outcome = useOutcome();
  const { contacts, name } = organisation;
  const test = (row: Contact) =>
    outcome.attempt(async () => {
      await send('POST', `${desk.paths.contact(row.id)}/test`, csrf()).catch((error: unknown) => {
        if (!(error instanceof Problem) || error.status !== 409) throw error;
        throw new Problem(409, '', words.testedLately);
      });
      outcome.say(words.tested(shownTarget(row.target)));
    });
  const remove = (row: Contact) =>
    outcome.attempt(async () => {
      if (!confirm(words.removeSure(shownTarget(row.target)))) return;
      await send('DELETE', desk.paths.contact(row.id), csrf());
      changed(words.removed(shownTarget(row.target)));
    });
  const actions = {
    key: 'actions',
    label: t().col.actions,
    cell: (row: Contact) => (
      <span class="list">
        <button type="button" class="quiet" onClick={() => test(row)}>
          {words.test}
        </button>
        <button type="button" class="quiet" onClick={() => remove(row)}>
          {words.removeContact}
        </button>
      </span>
    ),
  };
  return (
    <Panel title={words.contacts}>
      <Said outcome={outcome} />
      {contacts.length === 0 ? (
        <p class="not-filtered">{words.noContacts}</p>
      ) : (
        <Table
          caption={words.contacts}
          stacks
          rows={contacts}
          rowKey={(row) => row.id}
          columns={[
            {
              key: 'target',
              label: words.target,
              cell: (row) => <span class="code">{shownTarget(row.target)}</span>,
            },
            {
              key: 'language',
              label: words.language,
              cell: (row) => word(words.languages, row.language),
            },
            {
              key: 'quiet',
              label: words.quiet,
              cell: (row) => row.quiet || <span class="unknown">{words.noQuiet}</span>,
            },
            ...(desk.mayRegister ? [actions] : []),
          ]}
        />
      )}
      {desk.mayRegister &&
        (adding.value ? (
          <NewContact
            path={desk.paths.contacts(name)}
            mailOnly={desk.own !== null}
            cancel={() => {
              adding.value = false;
            }}
            done={(target) => {
              adding.value = false;
              changed(words.contactAdded(target));
            }}
          />
        ) : (
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
        ))}
    </Panel>
  );
}
