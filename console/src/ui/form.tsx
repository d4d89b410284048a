// SPDX-License-Identifier: Apache-2.0
//
// Forms that ask the API to change something.
import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import { Problem } from '../api';
import { t } from '../i18n';
import { apiText } from '../i18n/api_text';
import { askToLogIn } from './answer';

export function Field({
  label,
  name,
  hint,
  ...input
}: {
  label: string;
  name: string;
  hint?: string;
  type?: 'text' | 'password' | 'number' | 'time';
  autocomplete?: string;
  minLength?: number;
  maxLength?: number;
  min?: number;
  max?: number;
  defaultValue?: string;
  required?: boolean;
  autofocus?: boolean;
}) {
  const id = useId();
  const hintId = hint ? `${id}-hint` : undefined;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input id={id} name={name} type="text" required aria-describedby={hintId} {...input} />
      {hint && <small id={hintId}>{hint}</small>}
    </div>
  );
}

export function sayProblem(error: unknown): string {
  if (!(error instanceof Problem)) return t().states.failed;
  if (error.status === 0) return t().states.unreachable;
  return apiText(error.message).text || t().states.failed;
}

// `submit` may throw; what it threw stands under the fields, and nothing typed is lost.
export function Form({
  children,
  button,
  submit,
  say = sayProblem,
  cancel,
  class: name = '',
}: {
  children: ComponentChildren;
  button: string;
  submit: (data: FormData) => Promise<void>;
  say?: (error: unknown) => string;
  cancel?: () => void;
  class?: string;
}) {
  const busy = useSignal(false);
  const problem = useSignal('');
  const onSubmit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    busy.value = true;
    problem.value = '';
    try {
      await submit(new FormData(form));
    } catch (error) {
      problem.value = say(error);
      if (error instanceof Problem && error.status === 401) askToLogIn();
    } finally {
      busy.value = false;
    }
  };
  return (
    <form class={`form ${name}`} onSubmit={onSubmit}>
      {children}
      {problem.value && (
        <p class="form-problem" role="alert">
          {problem.value}
        </p>
      )}
      <div class="form-actions">
        <button type="submit" class="primary" disabled={busy.value}>
          {button}
        </button>
        {cancel && (
          <button type="button" onClick={cancel}>
            {t().access.cancel}
          </button>
        )}
      </div>
    </form>
  );
}

export const field = (data: FormData, name: string) => String(data.get(name) ?? '');
