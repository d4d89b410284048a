// SPDX-License-Identifier: Apache-2.0
import { send } from '../api';
import { t } from '../i18n';
import { en } from '../i18n/en';
import { ja } from '../i18n/ja';
import {
  type Language,
  language,
  navigate,
  session,
  setLanguage,
  setTheme,
  type Theme,
  theme,
} from '../state';
import { openKeys } from './keys';

// A watchtower.
export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
      <path d="M5 12 16 5l11 7M9 12v15M23 12v15M9 18.5h14M6 27h20" />
    </svg>
  );
}

export function LanguageChoice() {
  return (
    <label class="choice">
      <span class="unseen">{t().header.language}</span>
      <select
        value={language.value}
        onChange={(event) => setLanguage(event.currentTarget.value as Language)}
      >
        <option value="en" lang="en" selected={language.value === 'en'}>
          {en.languageName}
        </option>
        <option value="ja" lang="ja" selected={language.value === 'ja'}>
          {ja.languageName}
        </option>
      </select>
    </label>
  );
}

export function ThemeChoice() {
  const words = t().header;
  return (
    <label class="choice">
      <span class="unseen">{words.theme}</span>
      <select
        value={theme.value}
        onChange={(event) => setTheme(event.currentTarget.value as Theme)}
      >
        {(['system', 'light', 'dark'] as const).map((option) => (
          <option key={option} value={option} selected={option === theme.value}>
            {words.themes[option]}
          </option>
        ))}
      </select>
    </label>
  );
}

function Account() {
  const who = session.value;
  if (!who) return null;
  // Whether or not the server still knew the session, one is out here.
  const leave = () => {
    const out = () => {
      session.value = null;
      navigate('/login', true);
    };
    send('DELETE', '/session', who.csrf).then(out, out);
  };
  return (
    <>
      <span class="who" title={t().access.roles[who.role]}>
        <span class="unseen">{t().header.account}: </span>
        {who.name}
      </span>
      <button type="button" class="quiet" onClick={leave}>
        {t().header.logout}
      </button>
    </>
  );
}

export function HeaderTools() {
  return (
    <div class="header-tools">
      <LanguageChoice />
      <ThemeChoice />
      <button
        type="button"
        class="quiet keys-button"
        aria-label={t().header.keys}
        title={t().header.keys}
        onClick={openKeys}
      >
        ?
      </button>
      <Account />
    </div>
  );
}
