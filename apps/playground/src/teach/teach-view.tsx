// The Teach tab: paint masks, write prompts, train.
import { useEffect } from 'preact/hooks';
import { shownImage } from '../state/image.ts';
import { FileButton, Icon, PromptField } from '../views/controls.tsx';
import { addFiles, adding, addPhantoms, addShownImage } from './add-examples.ts';
import { BrushBar } from './brush-bar.tsx';
import { type Entry, entries, isFull, problemIn, selected, setPrompt } from './entries.ts';
import { ExampleStrip } from './example-strip.tsx';
import { PaintCanvas } from './paint-canvas.tsx';
import { followShortcuts } from './shortcuts.ts';
import { TEACH } from './strings.ts';
import './teach.css';
import { idle } from './training.ts';
import { TrainingPanel } from './training-panel.tsx';

const Sources = () => (
  <div class="buttons">
    <FileButton
      multiple
      class={entries.value.length === 0 ? 'primary' : undefined}
      onFiles={(files) => void addFiles(files)}
    >
      <Icon name="add" />
      {entries.value.length === 0 ? TEACH.intro.choose : TEACH.add}
    </FileButton>
    {shownImage.value && (
      <button type="button" disabled={adding.value || isFull.value} onClick={() => void addShownImage()}>
        {TEACH.intro.current}
      </button>
    )}
    <button
      type="button"
      class="plain"
      disabled={adding.value || isFull.value || !idle.value}
      onClick={() => void addPhantoms()}
    >
      {entries.value.length === 0 ? TEACH.intro.phantoms : TEACH.addPhantoms}
    </button>
  </div>
);

function Prompt({ entry }: { readonly entry: Entry }) {
  const problem = problemIn(entry);
  return (
    <div class="card prompt-bar">
      <div class="prompt">
        <PromptField
          label={TEACH.prompt}
          value={entry.prompt.value}
          placeholder={TEACH.placeholder}
          describedBy="example-problem"
          onInput={(value) => setPrompt(entry, value)}
        />
      </div>
      <p id="example-problem" class="problem" role="status">
        {problem ? TEACH.problems[problem] : ''}
      </p>
    </div>
  );
}

/** Adds files that are dropped or pasted while this tab is shown. */
function followFiles(): () => void {
  const listening = new AbortController();
  const { signal } = listening;
  document.addEventListener('dragover', (event) => event.preventDefault(), { signal });
  document.addEventListener(
    'drop',
    (event) => {
      event.preventDefault();
      void addFiles(event.dataTransfer?.files ?? []);
    },
    { signal },
  );
  document.addEventListener('paste', ({ clipboardData }) => void addFiles(clipboardData?.files ?? []), { signal });
  return () => listening.abort();
}

export function TeachView() {
  useEffect(followShortcuts, []);
  useEffect(followFiles, []);
  const entry = selected.value;
  if (!entry)
    return (
      <section class="start" aria-labelledby="teach-title" aria-busy={adding.value}>
        <div class="drop-here">
          <h2 id="teach-title">{TEACH.intro.title}</h2>
          <ol class="steps">
            {TEACH.intro.steps.map((step) => (
              <li key={step}>{step}</li>
            ))}
          </ol>
          <Sources />
          <p class="quiet">{TEACH.intro.hint}</p>
        </div>
      </section>
    );
  return (
    <div class="workplace teach">
      <div class="middle">
        <BrushBar entry={entry} />
        <PaintCanvas key={entry.id} entry={entry} />
        <Prompt entry={entry} />
      </div>
      <aside class="panel" aria-label={TEACH.training.title}>
        <section class="card strip" aria-label={TEACH.strip}>
          <ExampleStrip />
          <Sources />
        </section>
        <TrainingPanel />
      </aside>
    </div>
  );
}
