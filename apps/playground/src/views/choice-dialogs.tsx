// Dialogs that ask which page or volume of a file, which label of a mask, or which window to open.
import { useSignal } from '@preact/signals';
import {
  type LabelQuestion,
  labelQuestion,
  type PageQuestion,
  pageQuestion,
  type WindowQuestion,
  windowQuestion,
} from '../state/image.ts';
import { STRINGS } from '../strings.ts';
import { Dialog } from './dialog.tsx';

const close = (): void => {
  pageQuestion.value = undefined;
  labelQuestion.value = undefined;
  windowQuestion.value = undefined;
};

export function PageDialog({ name, kind, pages, choose }: PageQuestion) {
  const page = useSignal(0);
  const words = STRINGS.pages[kind];
  const set = (value: number) => {
    if (Number.isInteger(value)) page.value = Math.min(pages - 1, Math.max(0, value));
  };
  return (
    <Dialog title={words.title} onClose={close}>
      <p>{words.text(name, pages)}</p>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          close();
          choose(page.value);
        }}
      >
        <div class="row">
          <input
            type="range"
            aria-label={words.label}
            min={0}
            max={pages - 1}
            value={page.value}
            onInput={({ currentTarget }) => set(currentTarget.valueAsNumber)}
          />
          <input
            type="number"
            aria-label={words.label}
            min={0}
            max={pages - 1}
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

export function WindowDialog({ name, windows, choose }: WindowQuestion) {
  const words = STRINGS.window;
  return (
    <Dialog title={words.title} onClose={close}>
      <p>{words.question(name)}</p>
      <div class="buttons">
        {Object.entries(windows).map(([title, window]) => (
          <button
            type="button"
            key={title}
            onClick={() => {
              close();
              choose(window);
            }}
          >
            {words.named(title, window.center, window.width)}
          </button>
        ))}
      </div>
    </Dialog>
  );
}
