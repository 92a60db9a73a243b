// The header: name, tab, warning, model, colors.
import { signal } from '@preact/signals';
import { chosen, inUse, shortHash } from '../state/model.ts';
import { THEMES, theme } from '../state/theme.ts';
import { STRINGS } from '../strings.ts';
import { Icon, Segmented } from './controls.tsx';

export const tab = signal<'segment' | 'teach'>('segment');
/** Whether the model dialog is open. */
export const modelsShown = signal(false);

const Theme = () => {
  const next = THEMES[(THEMES.indexOf(theme.value) + 1) % THEMES.length] as (typeof THEMES)[number];
  const words = STRINGS.theme;
  return (
    <button
      type="button"
      class="plain"
      aria-label={`${words.label}: ${words[theme.value]}`}
      title={`${words.label}: ${words[theme.value]}`}
      onClick={() => {
        theme.value = next;
      }}
    >
      <Icon name="theme" />
      <span class="wide">{words[theme.value]}</span>
    </button>
  );
};

export const Header = () => (
  <header class="top">
    <h1>
      <img src="./icon.svg" alt="" width={28} height={28} />
      {STRINGS.title} <span>{STRINGS.playground}</span>
    </h1>
    <Segmented
      label={STRINGS.tabs.label}
      values={['segment', 'teach']}
      names={STRINGS.tabs}
      value={tab.value}
      onChange={(name) => {
        tab.value = name;
      }}
    />
    <p class="warning">{STRINGS.notice}</p>
    <button
      type="button"
      class="plain"
      title={inUse.value?.sha256 && STRINGS.models.hash(inUse.value.sha256)}
      onClick={() => {
        modelsShown.value = true;
      }}
    >
      <Icon name="model" />
      <span class="unseen">{STRINGS.models.button('')}</span>
      <span class="ellipsis roomy">{(inUse.value ?? chosen.value).title}</span>
      {inUse.value?.sha256 && (
        <code class="hash wide" aria-hidden="true">
          {shortHash(inUse.value.sha256)}
        </code>
      )}
    </button>
    <Theme />
  </header>
);
