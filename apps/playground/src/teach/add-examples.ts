// Where examples come from: files, the picture of the other half of the page, and phantoms, whose masks are known.
import { signal } from '@preact/signals';
import { rgbaOf } from '../drawing/layers.ts';
import { explain } from '../state/explain.ts';
import { engineWithModel } from '../state/model.ts';
import { say } from '../state/notices.ts';
import { picture } from '../state/picture.ts';
import { pictures } from '../state/pictures.ts';
import { prompts } from '../state/prompts.ts';
import { results } from '../state/results.ts';
import { addEntry, entries, isFull } from './entries.ts';
import { MOST_EXAMPLES } from './examples.ts';
import { isBlank } from './mask-editor.ts';
import { TEACH } from './strings.ts';

export const adding = signal(false);

async function guarded(work: () => Promise<void>): Promise<void> {
  adding.value = true;
  try {
    await work();
  } catch (error) {
    say(explain(error));
  } finally {
    adding.value = false;
  }
}

const hasRoom = (): boolean => {
  if (isFull.value) say({ kind: 'problem', text: TEACH.full(MOST_EXAMPLES) });
  return !isFull.value;
};

async function addFile(file: File): Promise<void> {
  const { facts } = await engineWithModel();
  const first = await pictures().open(file, file.name);
  // Of a volume the middle, where findings are.
  const opened = 'pages' in first ? await pictures().open(file, file.name, Math.floor(first.pages / 2)) : first;
  if ('pages' in opened) return;
  const { id, name, bitmap } = opened;
  try {
    await addEntry({ name, bitmap, prompt: '', image: await pictures().forModel(id, facts.imageSize) });
  } finally {
    bitmap.close();
    await pictures().close(id);
  }
}

/** Adds each file; one that cannot be read is said and skipped. */
export async function addFiles(files: Iterable<File>): Promise<void> {
  for (const file of files) if (hasRoom()) await guarded(() => addFile(file));
}

/** Adds the picture that is open for segmenting, with its prompt and, if there is one, its result as a mask to correct. */
export const addOpenPicture = (): Promise<void> =>
  guarded(async () => {
    const shown = picture.value;
    if (!shown || !hasRoom()) return;
    const { facts } = await engineWithModel();
    const probability = results.value.a?.estimate.probability;
    const side = Math.sqrt(probability?.length ?? 0);
    await addEntry({
      name: shown.name,
      bitmap: shown.bitmap,
      prompt: prompts.value.a,
      image: await pictures().forModel(shown.id, facts.imageSize),
      probability: probability && {
        width: side,
        height: side,
        channels: 1,
        data: Uint8Array.from(probability, (p) => Math.round(255 * p)),
      },
    });
  });

/** What phantoms show, and the side of their pictures. */
const PHANTOM = { modality: 'xray', size: 448 } as const;

let nextSeed = 1;

/** Adds three phantoms of one kind with their prompts and true masks, to see how teaching goes. */
export const addPhantoms = (): Promise<void> =>
  guarded(async () => {
    const { engine } = await engineWithModel();
    const wanted = entries.value.length + 3;
    while (entries.value.length < wanted && hasRoom()) {
      const { name, image, mask, prompt } = await engine.drawExample(PHANTOM.modality, nextSeed, PHANTOM.size);
      nextSeed += 1;
      // Some show nothing.
      if (isBlank(mask)) continue;
      const bitmap = await createImageBitmap(new ImageData(rgbaOf(image.data), image.width, image.height));
      await addEntry({ name, image, bitmap, prompt, probability: mask });
      bitmap.close();
    }
  });
