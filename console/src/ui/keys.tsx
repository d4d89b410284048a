// SPDX-License-Identifier: Apache-2.0
//
// The keyboard: "/" to the filter, "g" and a letter to a view, "[" and "]" through time, "?" for
// the list of it all, and what the view on screen adds.
import { signal } from '@preact/signals';
import { Fragment } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { t } from '../i18n';
import { navigate, range, rangeUrl, session, shifted, viewUrl } from '../state';
import { views } from '../views';
import { mayOpen } from '../views/audience';
import { filterInputId } from './filter';
import { closePeriod } from './period';
import { viewKeys } from './view_keys';

const shown = signal(false);

export function openKeys(): void {
  shown.value = true;
}

const patience = 1500; // ms between "g" and its letter
let wentAt = Number.NEGATIVE_INFINITY;

function typing(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('input, select, textarea, dialog[open]') !== null;
}

// What Enter does to a link or a button is the browser's.
function pressing({ key, target }: KeyboardEvent): boolean {
  return key === 'Enter' && target instanceof Element && target.closest('a, button, summary') !== null;
}

// The views that have a key, for who is logged in.
const keyed = () =>
  views.filter((view) => view.key && mayOpen(view.audience, session.value?.role));

function onKey(event: KeyboardEvent): void {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === 'Escape' && closePeriod()) return;
  if (typing(event.target) || !session.value) return;
  const input = document.getElementById(filterInputId);
  if (event.key === '/' && input) input.focus();
  else if (event.key === '?') openKeys();
  else if (event.key === '[' && range.value) navigate(rangeUrl(shifted(range.value, -1)));
  else if (event.key === ']' && range.value) navigate(rangeUrl(shifted(range.value, 1)));
  else if (event.key === 'g') wentAt = event.timeStamp;
  else if (event.timeStamp - wentAt < patience) {
    wentAt = Number.NEGATIVE_INFINITY;
    const view = keyed().find((candidate) => candidate.key === event.key);
    if (!view) return;
    navigate(viewUrl(view.path));
  } else if (pressing(event) || !viewKeys.value?.press(event.key)) return;
  event.preventDefault();
}

export function startKeys(): void {
  document.addEventListener('keydown', onKey);
}

export function KeyHelp() {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (shown.value) dialog.current?.showModal();
    else dialog.current?.close();
  }, [shown.value]);
  const words = t().keys;
  const close = () => {
    shown.value = false;
  };
  return (
    <dialog ref={dialog} aria-labelledby="keys-title" onClose={close}>
      <h2 id="keys-title">{words.title}</h2>
      <dl class="keys">
        {viewKeys.value?.list.map(([keys, what]) => [
          <dt key={what}>
            {keys.map((key, i) => (
              <Fragment key={key}>
                {i > 0 && ' '}
                <kbd>{key}</kbd>
              </Fragment>
            ))}
          </dt>,
          <dd key={`${what} meaning`}>{what}</dd>,
        ])}
        {session.value?.role !== 'member' && (
          <>
            <dt>
              <kbd>/</kbd>
            </dt>
            <dd>{words.filter}</dd>
            <dt>
              <kbd>[</kbd> <kbd>]</kbd>
            </dt>
            <dd>{words.period}</dd>
          </>
        )}
        <dt>
          <kbd>↑</kbd> <kbd>↓</kbd> <kbd>←</kbd> <kbd>→</kbd>
        </dt>
        <dd>{words.arrows}</dd>
        <dt>
          <kbd>+</kbd> <kbd>−</kbd> <kbd>0</kbd> <kbd>Space</kbd>
        </dt>
        <dd>{words.scene}</dd>
        <dt>
          <kbd>Esc</kbd>
        </dt>
        <dd>{words.escape}</dd>
        <dt>
          <kbd>?</kbd>
        </dt>
        <dd>{words.help}</dd>
        {keyed().map((view) => [
          <dt key={view.path}>
            <kbd>g</kbd> <kbd>{view.key}</kbd>
          </dt>,
          <dd key={`${view.path} name`}>{t().views[view.name]}</dd>,
        ])}
      </dl>
      <button type="button" onClick={close}>
        {words.close}
      </button>
    </dialog>
  );
}
