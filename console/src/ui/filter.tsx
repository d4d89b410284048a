// SPDX-License-Identifier: Apache-2.0
//
// The one filter of all views: what is typed is read as every kind of filter it could be, and what
// is set stands as chips.
import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { t, word } from '../i18n';
import { clearedUrl, type FilterKey, filter, filterKeys, filterUrl, navigate } from '../state';
import { countryName } from '../format';
import { candidates, type Candidate } from './filter_text';

export const filterInputId = 'filter-input';

export function valueText(key: FilterKey, value: string): string {
  if (key === 'class') return word(t().classes, value);
  if (key === 'tool') return word(t().tools, value);
  if (key === 'country') return countryName(value.toUpperCase());
  if (key === 'survey') return word(t().filter.survey, value);
  return value;
}

function Chips() {
  const words = t().filter;
  const set = filterKeys.filter((key) => filter.value[key]);
  if (set.length === 0) return null;
  return (
    <ul class="chips" aria-label={words.active}>
      {set.map((key) => {
        const text = `${words.names[key]}: ${valueText(key, filter.value[key] as string)}`;
        return (
          <li key={key} class="chip">
            <span>{text}</span>
            <a href={filterUrl({ [key]: '' })} aria-label={words.remove(text)}>
              ×
            </a>
          </li>
        );
      })}
      {set.length > 1 && (
        <li>
          <a class="chip-clear" href={clearedUrl()}>
            {words.clear}
          </a>
        </li>
      )}
    </ul>
  );
}

function SurveyChoice() {
  const words = t().filter;
  const value = filter.value.survey ?? 'with';
  return (
    <label class="survey">
      <span>{words.names.survey}</span>
      <select
        value={value}
        onChange={(event) => {
          const chosen = event.currentTarget.value;
          navigate(filterUrl({ survey: chosen === 'with' ? '' : chosen }));
        }}
      >
        {(['with', 'without', 'only'] as const).map((option) => (
          <option key={option} value={option} selected={option === value}>
            {words.survey[option]}
          </option>
        ))}
      </select>
    </label>
  );
}

function Suggestions({
  found,
  active,
  choose,
}: {
  found: Candidate[];
  active: number;
  choose: (candidate: Candidate) => void;
}) {
  const words = t().filter;
  if (found.length === 0)
    return (
      <p class="popover suggestions hint" role="status">
        {words.none}
      </p>
    );
  return (
    <ul class="popover suggestions" id="filter-options" role="listbox" aria-label={words.suggestions}>
      {found.map((candidate, index) => (
        <li
          key={candidate.key + candidate.value}
          id={`filter-option-${index}`}
          role="option"
          aria-selected={index === active}
          // Before the input loses the focus, which would take the list away.
          onMouseDown={(event) => {
            event.preventDefault();
            choose(candidate);
          }}
        >
          <span class="option-kind">{words.names[candidate.key]}</span>
          <span>{valueText(candidate.key, candidate.value)}</span>
          {candidate.key === 'country' && <span class="code">{candidate.value}</span>}
        </li>
      ))}
    </ul>
  );
}

export function FilterBar() {
  const words = t().filter;
  const text = useSignal('');
  const focused = useSignal(false);
  const active = useSignal(0);
  const input = useRef<HTMLInputElement>(null);
  const found = candidates(text.value);
  const shown = focused.value && text.value.trim() !== '';
  const choose = ({ key, value }: Candidate) => {
    text.value = '';
    active.value = 0;
    navigate(filterUrl({ [key]: value }));
  };
  const keyDown = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      const step = event.key === 'ArrowDown' ? 1 : -1;
      active.value = (active.value + step + found.length) % Math.max(1, found.length);
    } else if (event.key === 'Enter') {
      event.preventDefault();
      const chosen = found[active.value];
      if (chosen) choose(chosen);
    } else if (event.key === 'Escape') {
      text.value = '';
      input.current?.blur();
    }
  };
  return (
    <div class="filter">
      <div class="filter-box">
        <label for={filterInputId} class="unseen">
          {words.label}
        </label>
        <input
          ref={input}
          id={filterInputId}
          type="text"
          role="combobox"
          autocomplete="off"
          spellcheck={false}
          aria-expanded={shown && found.length > 0}
          aria-controls={shown && found.length > 0 ? 'filter-options' : undefined}
          aria-autocomplete="list"
          aria-activedescendant={shown && found.length > 0 ? `filter-option-${active.value}` : undefined}
          placeholder={words.example}
          value={text.value}
          onInput={(event) => {
            text.value = event.currentTarget.value;
            active.value = 0;
          }}
          onFocus={() => {
            focused.value = true;
          }}
          onBlur={() => {
            focused.value = false;
          }}
          onKeyDown={keyDown}
        />
        <kbd aria-hidden="true">/</kbd>
        {shown && <Suggestions found={found} active={active.value} choose={choose} />}
      </div>
      <SurveyChoice />
      <Chips />
    </div>
  );
}
