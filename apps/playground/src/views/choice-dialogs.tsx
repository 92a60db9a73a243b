// Dialogs that ask which page of a file, or which label of a mask, to open.
import { useSignal } from '@preact/signals';
import { type LabelQuestion, labelQuestion, type PageQuestion, pageQuestion } from '../state/image.ts';
import { STRINGS } from '../strings.ts';
import { Dialog } from './dialog.tsx';

const close = (): void => {
  pageQuestion.value = undefined;
  labelQuestion.value = undefined;
};

export function PageDialog({ name, pages, choose }: PageQuestion) {
  // Lesions are more likely in the middle of a volume than at its ends.
  const page = useSignal(Math.floor(pages / 2) + 1);
  const words = STRINGS.pages;
  const set = (value: number) => {
    if (Number.isInteger(value)) page.value = Math.min(pages, Math.max(1, value));
  };
  return (
    <Dialog title={words.title} onClose={close}>
      <p>{words.text(name, pages)}</p>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          close();
          choose(page.value - 1);
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

export function LabelDialog({ name, labels, choose }: LabelQuestion) {
  const words = STRINGS.labels;
  const answer = (label: string) => {
    close();
    choose(label);
  };
  return (
    <Dialog title={words.title} onClose={close}>
      <p>{words.text(name, labels.length)}</p>
      <div class="buttons">
        {labels.map((label) => (
          <button type="button" key={label} onClick={() => answer(label)}>
            {/^#[\da-f]{6}$/.test(label) && <span class="swatch" style={{ backgroundColor: label }} />}
            {words.label(label)}
          </button>
        ))}
        <button type="button" class="plain" onClick={() => answer('all')}>
          {words.all}
        </button>
      </div>
    </Dialog>
  );
}
