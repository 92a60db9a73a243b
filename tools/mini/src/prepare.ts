// The data of the encoders' training as raw bytes for `train.py`: images of a dataset in the published layout, phantoms of a modality, or `crops`:
// lesion-free windows of Kvasir's images, cut before the images are resized, so that they are as sharp as those a user would open.
//   node --conditions=@medclipseg/source --import tsx tools/mini/src/prepare.ts --source NAME --out OUT --data DATASETS [--phantoms 400] [--from 0] [--limit N]
// `--from` draws further phantoms, into another folder: those of numbers from it up to `--phantoms`.
// OUT gets `images.bin` [N, 224, 224, 3] (RGB), `labels.bin` [N, 224, 224] (0 background, 1, 2, ... lesions, 255 specks) and `samples.json`.
import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  drawPhantom,
  type Lesion,
  MASK_THRESHOLD,
  MODALITIES,
  type Modality,
  type RasterImage,
  resizeLinear,
  resizeNearest,
  seededRandom,
  separateLesions,
} from '@medclipseg/datasets';
import { lesionNoun } from '@medclipseg/datasets/internal';
import { readImage, readSplit, writeFileAtomically } from '@medclipseg/datasets/node';
import { lesionFreeCases, ownCases } from './cases.ts';

/** Width and height of images in pixels. */
const SIZE = 224;
/** Separates these phantoms from those that measure the model. */
const SEED = 17;

const { values } = parseArgs({
  options: {
    source: { type: 'string' },
    out: { type: 'string' },
    data: { type: 'string' },
    phantoms: { type: 'string', default: '400' },
    from: { type: 'string', default: '0' },
    limit: { type: 'string', default: '100000' },
  },
});
if (!values.source || !values.out || !values.data)
  throw new Error('prepare.ts: expected --source, --out and --data. Name them.');
const { source, out, data } = values as { source: string; out: string; data: string };
const isModality = (name: string): name is Modality => (MODALITIES as readonly string[]).includes(name);
await mkdir(out, { recursive: true });

interface Prepared {
  readonly source: string;
  readonly split: 'train' | 'val';
  readonly kind: string | undefined;
  readonly prompt: string;
  readonly lesions: readonly (Pick<Lesion, 'size' | 'place' | 'shape' | 'box'> & { readonly color?: string })[];
}

const samples: Prepared[] = [];
const [images, labels] = await Promise.all(['images.bin', 'labels.bin'].map((name) => open(join(out, name), 'w')));

async function add(
  image: RasterImage,
  mask: RasterImage,
  prompt: string,
  split: Prepared['split'],
  colors: readonly string[] = [],
): Promise<void> {
  const foreground = { ...mask, data: mask.data.map((value) => (value >= MASK_THRESHOLD ? 255 : 0)) };
  const label = Uint8Array.from(foreground.data);
  const found = separateLesions(foreground);
  found.forEach(({ mask: own }, i) => {
    for (let k = 0; k < label.length; k++) if (own.data[k]) label[k] = i + 1;
  });
  await images?.write(image.data as Uint8Array);
  await labels?.write(label);
  const lesions = found.map(({ lesion: { size, place, shape, box } }, i) => ({
    size,
    place,
    shape,
    box,
    color: colors[i],
  }));
  samples.push({ source, split, kind: lesionNoun(prompt)?.kind, prompt, lesions });
}

if (isModality(source)) {
  for (let i = Number(values.from); i < Number(values.phantoms); i++) {
    const random = seededRandom('mini', SEED, source, i);
    const [hard, mixed, chance] = [random() < 0.5, random() < 0.8, random()];
    const count = chance < 0.12 ? 0 : chance < 0.4 ? 1 : chance < 0.72 ? 2 : 3;
    const seed = Math.floor(random() * 2 ** 32);
    const { image, mask, prompt, appearances } = drawPhantom({
      modality: source,
      seed,
      size: SIZE,
      count,
      mixed,
      hard,
    });
    await add(image, mask, prompt, i % 10 === 9 ? 'val' : 'train', appearances);
  }
} else if (source === 'crops') {
  for (const split of ['train', 'val'] as const) {
    const cases = await ownCases(join(data, 'Kvasir'), split, Number(values.limit));
    for (const { image, asked } of lesionFreeCases(cases, 'polyp'))
      await add(image, { ...image, channels: 1, data: asked }, 'no polyp in the image', split);
  }
} else {
  for (const split of ['train', 'val'] as const) {
    const { samples: rows } = await readSplit(join(data, source), split);
    for (const { imagePath, maskPath, prompt } of rows.slice(0, Number(values.limit))) {
      const [image, mask] = await Promise.all([readImage(imagePath), readImage(maskPath, 'gray')]);
      await add(resizeLinear(image, SIZE, SIZE), resizeNearest(mask, SIZE, SIZE), prompt.trim(), split);
    }
  }
}
await Promise.all([images?.close(), labels?.close()]);
await writeFileAtomically(join(out, 'samples.json'), JSON.stringify({ size: SIZE, samples }));
process.stdout.write(`${source}: ${samples.length} samples\n`);
