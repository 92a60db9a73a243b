// Keyboard shortcuts of the Teach tab, active unless the focus is in a text field.
import { selected } from './entries.ts';
import { erases, redoStroke, resizeBrush, showAll, undoStroke, zoom } from './tools.ts';

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  target.matches('input:not([type=checkbox], [type=radio], [type=range]), textarea, select, dialog *');

const withSelected = (act: (entry: NonNullable<typeof selected.value>) => void) => () => {
  if (selected.value) act(selected.value);
};

const KEYS: Readonly<Record<string, () => void>> = {
  '[': () => resizeBrush(-1),
  ']': () => resizeBrush(1),
  b: () => {
    erases.value = false;
  },
  e: () => {
    erases.value = !erases.value;
  },
  z: withSelected(undoStroke),
  Z: withSelected(redoStroke),
  y: withSelected(redoStroke),
  '+': () => zoom(1.5),
  '=': () => zoom(1.5),
  '-': () => zoom(1 / 1.5),
  '0': showAll,
};

/** Follows keys until the returned function is called. */
export function followShortcuts(): () => void {
  const onKey = (event: KeyboardEvent) => {
    // Users expect Ctrl+Z; all other combinations belong to the browser.
    if ((event.ctrlKey || event.metaKey || event.altKey) && event.key.toLowerCase() !== 'z') return;
    const act = KEYS[event.key];
    if (!act || isTyping(event.target)) return;
    event.preventDefault();
    act();
  };
  document.addEventListener('keydown', onKey);
  return () => document.removeEventListener('keydown', onKey);
}
