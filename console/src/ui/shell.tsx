// SPDX-License-Identifier: Apache-2.0
//
// What stands around every view: navigation, time range, filter.
import { signal } from '@preact/signals';
import { t } from '../i18n';
import { type Dictionary, en } from '../i18n/en';
import { load, loaded, loadProblem } from '../load';
import { overview, path, session, viewUrl } from '../state';
import { type View, views } from '../views';
import { mayOpen, viewAt } from '../views/audience';
import { ProblemBox, Skeleton } from './answer';
import { FilterBar } from './filter';
import { HeaderTools, Mark } from './header';
import { KeyHelp } from './keys';
import { LiveState } from './live_state';
import { Period } from './period';

const menuOpen = signal(false);

// In the order of the dictionary, which all languages share.
const groups = () => Object.keys(en.groups) as (keyof Dictionary['groups'])[];

function Navigation({ current }: { current: View | undefined }) {
  const role = session.value?.role;
  const close = () => {
    menuOpen.value = false;
  };
  const at = current?.parent ?? current?.path;
  return (
    <nav class={`navigation ${menuOpen.value ? 'open' : ''}`} id="navigation" aria-label={t().header.navigation}>
      {groups().map((group) => {
        const entries = views.filter(
          (view) => role && view.group === group && mayOpen(view.audience, role),
        );
        if (entries.length === 0) return null;
        return (
          <div key={group} class="navigation-group">
            <p id={`group-${group}`}>{t().groups[group]}</p>
            <ul aria-labelledby={`group-${group}`}>
              {entries.map((view) => (
                <li key={view.path}>
                  <a
                    href={viewUrl(view.path)}
                    onClick={close}
                    aria-current={view.path === at ? 'page' : undefined}
                  >
                    {t().views[view.name]}
                  </a>
                </li>
              ))}
            </ul>
          </div>
        );
      })}
      {overview.value && <p class="version">Yagura {overview.value.version}</p>}
    </nav>
  );
}

function Content({ view }: { view: View | undefined }) {
  const words = t().states;
  const isMember = session.value?.role === 'member';
  if (!view)
    return (
      <div class="state">
        <h1>{words.notFound}</h1>
        <p class="state-actions">
          {isMember ? (
            <a class="button" href="/warnings">
              {t().views.warnings}
            </a>
          ) : (
            <a class="button" href="/overview">
              {words.toOverview}
            </a>
          )}
        </p>
      </div>
    );
  // Who looks decides what is asked: a member is refused what staff are shown.
  if (session.value && view.noData) return <view.show />;
  if (loadProblem.value) return <ProblemBox problem={loadProblem.value} retry={load} />;
  if (!session.value || !loaded.value) return <Skeleton rows={14} />;
  if (!overview.value?.data)
    return (
      <div class="state">
        <h1>{words.noData}</h1>
        <p>{words.noDataHelp}</p>
      </div>
    );
  return <view.show />;
}

export function Shell() {
  const role = session.value?.role;
  const view = viewAt(views, path.value, role);
  document.title = view ? `${t().views[view.name]} · Yagura` : 'Yagura';
  return (
    <>
      <a class="skip" href="#content">
        {t().skip}
      </a>
      <header class="top">
        <div class="brand-line">
          <button
            type="button"
            class="menu-button quiet"
            aria-expanded={menuOpen.value}
            aria-controls="navigation"
            onClick={() => {
              menuOpen.value = !menuOpen.value;
            }}
          >
            <span aria-hidden="true">☰ </span>
            {t().menu}
          </button>
          <a class="brand" href={viewUrl('/')}>
            <Mark /> Yagura
          </a>
          <HeaderTools />
        </div>
        {role !== 'member' && (
          <div class="tools" role="search" aria-label={t().header.tools}>
            {view?.live ? <LiveState /> : <Period />}
            <FilterBar />
          </div>
        )}
      </header>
      <div class="below">
        <Navigation current={view} />
        <main id="content" tabIndex={-1}>
          <Content key={path.value} view={view} />
        </main>
      </div>
      <KeyHelp />
    </>
  );
}
