// Adds training examples: from files, from the image open in the Segment tab, and from phantoms, whose masks are known.
import { signal } from '@preact/signals';
import { rgbaOf } from '../drawing/layers.ts';
import { isBlank } from '../painting/mask-editor.ts';
import { images, shownImage } from '../state/image.ts';
import { engineWithModel } from '../state/model.ts';
import { notify, notifyError } from '../state/notices.ts';
import { prompts } from '../state/prompts.ts';
import { results } from '../state/results.ts';
import { addEntry, entries, isFull } from './entries.ts';
import { MAXIMUM_EXAMPLES } from './examples.ts';
import { TEACH } from './strings.ts';

export const adding = signal(false);

async function whileAdding(work: () => Promise<void>): Promise<void> {
  adding.value = true;
  try {
    await work();
  } catch (error) {
    notifyError(error);
  } finally {
    adding.value = false;
  }
}

const hasRoom = (): boolean => {
  if (isFull.value) notify({ kind: 'problem', text: TEACH.full(MAXIMUM_EXAMPLES) });
  return !isFull.value;
};

async function addFile(file: File): Promise<void> {
  const { facts } = await engineWithModel();
  let opened = await images().open(file, file.name);
  if ('volumes' in opened) opened = await images().open(file, file.name, { volume: 0 });
  if (!('bitmap' in opened)) return notify({ kind: 'problem', text: TEACH.needsWindow(file.name) });
  const { id, name, bitmap } = opened;
  try {
    await addEntry({ name, bitmap, prompt: '', image: await images().forModel(id, facts.imageSize) });
  } finally {
    bitmap.close();
    await images().close(id);
  }
}

/** Adds files. Those that cannot be read are reported and skipped. */
export async function addFiles(files: Iterable<File>): Promise<void> {
  for (const file of files) if (hasRoom()) await whileAdding(() => addFile(file));
}

/** Adds the image open in the Segment tab with its prompt, and its ground truth or else its result as a mask to correct. */
export const addShownImage = (): Promise<void> =>
  whileAdding(async () => {
    const shown = shownImage.value;
    if (!shown || !hasRoom()) return;
    const { facts } = await engineWithModel();
    const probability = results.value.a?.estimate.probability;
    const side = Math.sqrt(probability?.length ?? 0);
    const truth = await images().truthMask(shown.id);
    await addEntry({
      name: shown.name,
      bitmap: shown.bitmap,
      prompt: prompts.value.a,
      image: await images().forModel(shown.id, facts.imageSize),
      probability:
        truth ??
        (probability && {
          width: side,
          height: side,
          channels: 1,
          data: Uint8Array.from(probability, (p) => Math.round(255 * p)),
        }),
    });
  });

/** Modality and image size of the phantoms. */
const PHANTOM = { modality: 'xray', size: 448 } as const;

let nextSeed = 1;

/** Adds three phantoms with their prompts and masks, as an example of training data. */
export const addPhantoms = (): Promise<void> =>
  whileAdding(async () => {
    const { engine } = await engineWithModel();
    const wanted = entries.value.length + 3;
    while (entries.value.length < wanted && hasRoom()) {
      const { name, image, mask, prompt } = await engine.drawExample(PHANTOM.modality, nextSeed, PHANTOM.size);
      nextSeed += 1;
      // Some phantoms have no lesion.
      if (isBlank(mask)) continue;
      const bitmap = await createImageBitmap(new ImageData(rgbaOf(image.data), image.width, image.height));
      await addEntry({ name, image, bitmap, prompt, probability: mask });
      bitmap.close();
    }
  });
