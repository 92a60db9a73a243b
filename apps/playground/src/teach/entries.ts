// The examples on the strip, and the one that is painted on.
import type { RasterImage } from '@medclipseg/datasets';
import { computed, type Signal, signal } from '@preact/signals';
import type { TaughtExample, Tried } from '../worker/teach-protocol.ts';
import { MOST_EXAMPLES, paintedSize, problemOf } from './examples.ts';
import { emptyMask, MaskEditor, maskFrom } from './mask-editor.ts';

export interface Entry {
  readonly id: number;
  readonly name: string;
  /** As the model sees it: RGB, square. */
  readonly image: RasterImage;
  /** As the person sees it, of the mask's size. */
  readonly bitmap: ImageBitmap;
  readonly editor: MaskEditor;
  readonly prompt: Signal<string>;
  /** Counts changes of the mask. */
  readonly revision: Signal<number>;
  /** What the model made of it before it was taught, and what it makes of it now. */
  readonly before: Signal<Tried | undefined>;
  readonly now: Signal<Tried | undefined>;
}

export const entries = signal<readonly Entry[]>([]);
const selectedId = signal(0);

export const selected = computed(() => entries.value.find(({ id }) => id === selectedId.value) ?? entries.value[0]);
export const isFull = computed(() => entries.value.length >= MOST_EXAMPLES);

export const select = ({ id }: Entry): void => {
  selectedId.value = id;
};

/** The problem of an entry, followed as it is edited. */
export function problemIn({ editor, prompt, revision }: Entry) {
  void revision.value;
  return problemOf({ mask: editor.mask, prompt: prompt.value });
}

export interface NewEntry {
  readonly name: string;
  readonly image: RasterImage;
  /** Of any size. */
  readonly bitmap: ImageBitmap;
  readonly prompt: string;
  /** What to begin with: one channel, 0 to 255, of any size. */
  readonly probability?: RasterImage;
}

let lastId = 0;

/** Puts an example at the end of the strip, to be painted on. */
export async function addEntry({ name, image, bitmap, prompt, probability }: NewEntry): Promise<void> {
  const { width, height } = paintedSize(bitmap);
  lastId += 1;
  const entry: Entry = {
    id: lastId,
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

export function removeEntry(entry: Entry): void {
  const at = entries.value.indexOf(entry);
  entries.value = entries.value.filter(({ id }) => id !== entry.id);
  const next = entries.value[Math.min(at, entries.value.length - 1)];
  if (next && selectedId.value === entry.id) select(next);
  entry.bitmap.close();
}

/** What the model made of an entry no longer holds. */
export function forgetTried(entry: Entry): void {
  entry.before.value = undefined;
  entry.now.value = undefined;
}

export function setPrompt(entry: Entry, prompt: string): void {
  entry.prompt.value = prompt;
  forgetTried(entry);
}

/** As it crosses to the engine. */
export const taughtBy = ({ name, image, editor, prompt }: Entry): TaughtExample => ({
  name,
  image,
  mask: editor.mask,
  prompt: prompt.value.trim(),
});
