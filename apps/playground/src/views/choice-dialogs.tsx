// Dialogs that ask which page of a file, or which label of a mask, to open.
import { useSignal } from '@preact/signals';
import { chooseLabel, choosePage, type LabelQuestion, type PageQuestion } from '../state/image.ts';
import { STRINGS } from '../strings.ts';
import { Dialog } from './dialog.tsx';

export function PageDialog({ name, pages }: PageQuestion) {
  // Lesions are more likely in the middle of a volume than at its ends.
  const page = useSignal(Math.floor(pages / 2) + 1);
  const words = STRINGS.pages;
  const set = (value: number) => {
    if (Number.isInteger(value)) page.value = Math.min(pages, Math.max(1, value));
  };
  return (
    <Dialog title={words.title} onClose={() => choosePage(undefined)}>
      <p>{words.text(name, pages)}</p>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          choosePage(page.value - 1);
        }}
      >
        <div class="row">
          <input
            type="range"
            aria-label={words.label}
            min={1}
            max={pages}
            value={page.value}
            onInput={({ currentTarget }) => set(currentTarget.valueAsNumber)}
          />
          <input
            type="number"
            aria-label={words.label}
            min={1}
            max={pages}
            value={page.value}
            onInput={({ currentTarget }) => set(currentTarget.valueAsNumber)}
          />
        </div>
        <div class="buttons end">
          <button type="submit" class="primary">
            {words.open}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

export function LabelDialog({ name, labels }: LabelQuestion) {
  const words = STRINGS.labels;
  return (
    <Dialog title={words.title} onClose={() => chooseLabel(undefined)}>
      <p>{words.text(name, labels.length)}</p>
      <div class="buttons">
        {labels.map((label) => (
          <button type="button" key={label} onClick={() => chooseLabel(label)}>
            {/^#[\da-f]{6}$/.test(label) && <span class="swatch" style={{ backgroundColor: label }} />}
            {words.label(label)}
          </button>
        ))}
        <button type="button" class="plain" onClick={() => chooseLabel('all')}>
          {words.all}
        </button>
      </div>
    </Dialog>
  );
}
