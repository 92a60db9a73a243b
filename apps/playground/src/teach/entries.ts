// The training examples, and the selected one.
import type { RasterImage } from '@medclipseg/datasets';
import { computed, type Signal, signal } from '@preact/signals';
import { emptyMask, MaskEditor, maskFrom } from '../painting/mask-editor.ts';
import { notify } from '../state/notices.ts';
import type { Evaluated, TrainingExample } from '../worker/teach-protocol.ts';
import { MAXIMUM_EXAMPLES, paintedSize, problemOf } from './examples.ts';
import { TEACH } from './strings.ts';

export interface Entry {
  /** Unique, also across visits. */
  readonly id: string;
  readonly name: string;
  /** At the model's input size: RGB, square. */
  readonly image: RasterImage;
  /** For display, at the mask's size. */
  readonly bitmap: ImageBitmap;
  readonly editor: MaskEditor;
  readonly prompt: Signal<string>;
  /** Number of changes of the mask. */
  readonly revision: Signal<number>;
  /** The model's results before training and now. */
  readonly before: Signal<Evaluated | undefined>;
  readonly now: Signal<Evaluated | undefined>;
}

export const entries = signal<readonly Entry[]>([]);
const selectedId = signal('');

export const selected = computed(() => entries.value.find(({ id }) => id === selectedId.value) ?? entries.value[0]);
export const isFull = computed(() => entries.value.length >= MAXIMUM_EXAMPLES);

export const select = ({ id }: Entry): void => {
  selectedId.value = id;
};

/** The problem of an entry; subscribes to its mask and prompt. */
export function problemIn({ editor, prompt, revision }: Entry) {
  void revision.value;
  return problemOf({ mask: editor.mask, prompt: prompt.value });
}

export interface NewEntry {
  /** Of an entry of an earlier visit. */
  readonly id?: string;
  readonly name: string;
  readonly image: RasterImage;
  /** Any size. */
  readonly bitmap: ImageBitmap;
  readonly prompt: string;
  /** The initial mask: one channel, 0 to 255, any size. */
  readonly probability?: RasterImage;
}

/** Not `randomUUID`, which needs a secure context. */
const newId = (): string => crypto.getRandomValues(new Uint32Array(4)).join('-');

/** Appends an example and selects it. */
export async function addEntry({ id = newId(), name, image, bitmap, prompt, probability }: NewEntry): Promise<void> {
  const { width, height } = paintedSize(bitmap);
  const entry: Entry = {
    id,
    name,
    image,
    bitmap: await createImageBitmap(bitmap, { resizeWidth: width, resizeHeight: height, resizeQuality: 'high' }),
    editor: new MaskEditor(probability ? maskFrom(probability, { width, height }) : emptyMask(width, height)),
    prompt: signal(prompt),
    revision: signal(0),
    before: signal(undefined),
    now: signal(undefined),
  };
  entries.value = [...entries.value, entry];
  select(entry);
}

/** The entry that was removed last, until another is removed. */
let removed: { readonly entry: Entry; readonly at: number } | undefined;

export function removeEntry(entry: Entry): void {
  const at = entries.value.indexOf(entry);
  entries.value = entries.value.filter(({ id }) => id !== entry.id);
  const next = entries.value[Math.min(at, entries.value.length - 1)];
  if (next && selectedId.value === entry.id) select(next);
  removed?.entry.bitmap.close();
  removed = { entry, at };
  notify({
    kind: 'done',
    text: TEACH.removed(entry.name),
    action: { label: TEACH.undoRemoval, act: undoRemoval },
  });
}

function undoRemoval(): void {
  if (!removed || isFull.value) return;
  const { entry, at } = removed;
  removed = undefined;
  entries.value = entries.value.toSpliced(at, 0, entry);
  select(entry);
}

/** Discards the results of an entry that has changed. */
export function discardResults(entry: Entry): void {
  entry.before.value = undefined;
  entry.now.value = undefined;
}

export function setPrompt(entry: Entry, prompt: string): void {
  entry.prompt.value = prompt;
  discardResults(entry);
}

/** The example as it is sent to the engine. */
export const exampleOf = ({ id, name, image, editor, prompt }: Entry): TrainingExample => ({
  id,
  name,
  image,
  mask: editor.mask,
  prompt: prompt.value.trim(),
});
