// Keeps the training examples in the browser's database, so that painted masks survive a reload.
import type { RasterImage } from '@medclipseg/datasets';
import { effect, signal } from '@preact/signals';
import { createStore, delMany, get, keys, set } from 'idb-keyval';
import { addEntry, type Entry, entries } from './entries.ts';

/** The form in the database: bitmaps cannot be stored. */
interface Kept {
  readonly name: string;
  readonly image: RasterImage;
  /** The displayed image. */
  readonly pixels: ImageData;
  readonly mask: RasterImage;
  readonly prompt: string;
}

const ORDER = 'order';
const DELAY_MILLISECONDS = 300;

/** Whether a change has not been stored yet. */
export const unstored = signal(false);

let database: ReturnType<typeof createStore> | undefined;

function store(): ReturnType<typeof createStore> {
  database ??= createStore('medclipseg-teach', 'examples');
  return database;
}

function pixelsOf({ bitmap }: Entry): ImageData {
  const { width, height } = bitmap;
  const context = new OffscreenCanvas(width, height).getContext('2d') as OffscreenCanvasRenderingContext2D;
  context.drawImage(bitmap, 0, 0);
  return context.getImageData(0, 0, width, height);
}

/** Adds the examples of the last visit. */
async function restore(): Promise<void> {
  for (const id of (await get<string[]>(ORDER, store())) ?? []) {
    const kept = await get<Kept>(id, store());
    if (!kept) continue;
    const { name, image, pixels, mask, prompt } = kept;
    const bitmap = await createImageBitmap(pixels);
    await addEntry({ id, name, image, bitmap, prompt, probability: mask });
    bitmap.close();
  }
}

/** Restores the examples, then stores every change. Called once, when the page starts. */
export async function keepEntries(): Promise<void> {
  // Private windows may have no database; the page then asks before it closes.
  await restore().catch(() => undefined);
  /** What is stored of each entry. */
  const stored = new Map<string, string>();
  const versionOf = ({ prompt, revision }: Entry) => `${revision.value} ${prompt.value}`;
  for (const entry of entries.value) stored.set(entry.id, versionOf(entry));

  const write = async () => {
    for (const entry of entries.value) {
      const version = versionOf(entry);
      if (stored.get(entry.id) === version) continue;
      const { id, name, image, editor, prompt } = entry;
      const kept: Kept = { name, image, pixels: pixelsOf(entry), mask: editor.mask, prompt: prompt.value };
      await set(id, kept, store());
      stored.set(id, version);
    }
    const order = entries.value.map(({ id }) => id);
    await set(ORDER, order, store());
    const gone = (await keys<string>(store())).filter((key) => key !== ORDER && !order.includes(key));
    await delMany(gone, store());
    for (const id of gone) stored.delete(id);
  };

  let timer: ReturnType<typeof setTimeout> | undefined;
  let writing = Promise.resolve();
  let isFirst = true;
  effect(() => {
    entries.value.map(versionOf);
    if (isFirst) {
      isFirst = false;
      return;
    }
    unstored.value = true;
    clearTimeout(timer);
    timer = setTimeout(() => {
      const mine = timer;
      writing = writing
        .then(write)
        .then(() => {
          if (timer === mine) unstored.value = false;
        })
        .catch(() => undefined);
    }, DELAY_MILLISECONDS);
  });
}
