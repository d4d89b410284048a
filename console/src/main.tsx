// SPDX-License-Identifier: Apache-2.0
import './styles/tokens.css';
import './styles/base.css';
import './styles/shell.css';
import './styles/table.css';
import './styles/views.css';
import './styles/live.css';
import './styles/warn.css';
import './styles/print.css';
import { effect } from '@preact/signals';
import { render } from 'preact';
import { load } from './load';
import { dark, language, path, startNavigation } from './state';
import { startKeys } from './ui/keys';
import { Shell } from './ui/shell';
import { Login, Setup } from './views/entry';

function App() {
  if (path.value === '/login') return <Login />;
  if (path.value === '/setup') return <Setup />;
  return <Shell />;
}

effect(() => {
  document.documentElement.lang = language.value;
  document.documentElement.dataset.theme = dark.value ? 'dark' : 'light';
});

startNavigation();
startKeys();
render(<App />, document.getElementById('app') as HTMLElement);

if (path.value !== '/login' && path.value !== '/setup') void load();
