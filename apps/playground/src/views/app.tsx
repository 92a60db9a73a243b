// The page.
import { tab } from '../state/tab.ts';
import { STRINGS } from '../strings.ts';
import { TeachView } from '../teach/teach-view.tsx';

export const App = () => (
  <>
    <header>
      <h1>{STRINGS.title}</h1>
      <nav aria-label={STRINGS.tabs.label}>
        {(['segment', 'teach'] as const).map((name) => (
          <button type="button" key={name} aria-pressed={tab.value === name} onClick={() => (tab.value = name)}>
            {STRINGS.tabs[name]}
          </button>
        ))}
      </nav>
      <p>{STRINGS.notice}</p>
    </header>
    <main>{tab.value === 'teach' && <TeachView />}</main>
  </>
);
