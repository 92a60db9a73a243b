// What mini is measured on: images, prompts, the mask that is asked for, and the mask of what must not be marked.
import {
  drawPhantom,
  findLesions,
  MASK_THRESHOLD,
  type Modality,
  type Phantom,
  type Place,
  placesIn,
  type RasterImage,
  resizeLinear,
  resizeNearest,
  seededRandom,
  separateLesions,
  WORDINGS,
} from '@medclipseg/datasets';
import { type AskedBy, askBy, distinctions, withPlace } from '@medclipseg/datasets/internal';
import { readImage, readSplit, type SplitOptions } from '@medclipseg/datasets/node';

export interface Case {
  readonly image: RasterImage;
  readonly prompt: string;
  /** 0 and 1, of the image's size. */
  readonly asked: Uint8Array;
  readonly other?: Uint8Array;
  /** Names the image, where several cases share one. */
  readonly group?: string;
}

/** Side of composed images and phantoms in pixels. */
const SIDE = 224;
/** Separates these phantoms and crops from those of the training. */
const SEED = 90_001;
/** First seeds of the phantoms: a model that was chosen by those of the validation split meets new ones in the test split. */
const FIRST = { val: SEED + 100_000, test: SEED };

const bits = (mask: RasterImage): Uint8Array =>
  Uint8Array.from(mask.data, (value) => (value >= MASK_THRESHOLD ? 1 : 0));

/** The images of a split with the prompts of its sheet. */
export async function ownCases(
  folder: string,
  split: 'train' | 'val' | 'test',
  limit: number,
  design?: SplitOptions['design'],
): Promise<Case[]> {
  const { samples } = await readSplit(folder, split, { design });
  return Promise.all(
    samples.slice(0, limit).map(async ({ imagePath, maskPath, prompt }) => ({
      image: await readImage(imagePath),
      prompt: prompt.trim(),
      asked: bits(await readImage(maskPath, 'gray')),
    })),
  );
}

/** Cases with other prompts. */
export const reworded = (cases: readonly Case[], word: (prompt: string, index: number) => string): Case[] =>
  cases.map((one, i) => ({ ...one, prompt: word(one.prompt, i) }));

/** Cases that ask for what is not there. */
export const denied = (cases: readonly Case[], prompt: string): Case[] =>
  cases.map(({ image, asked }) => ({ image, prompt, asked: new Uint8Array(asked.length) }));

export const LAYOUTS = {
  'left/right': ['left', 'right'],
  'top/bottom': ['top', 'bottom'],
  quadrants: ['top left', 'top right', 'bottom left', 'bottom right'],
} as const satisfies Readonly<Record<string, readonly Place[]>>;

/** The prompt with the size that the lesion has in the composition. */
const sized = (prompt: string, data: Uint8Array): string => {
  const [lesion] = findLesions({ width: SIDE, height: SIDE, channels: 1, data });
  return prompt.replace(/\b(small|medium|large)\b/, (word) => lesion?.size ?? word);
};

/** Mosaics of images with one lesion each; a case for each lesion. Every image is in `mosaics` of each layout, next to others each time. */
export function mosaicCases(cases: readonly Case[], layout: keyof typeof LAYOUTS): Case[] {
  const names = LAYOUTS[layout];
  const single = cases.filter(
    ({ prompt, image, asked }) =>
      prompt.startsWith('one ') &&
      placesIn(prompt).length === 1 &&
      findLesions({ ...image, channels: 1, data: asked }).length === 1,
  );
  return single.flatMap((_, first) => {
    const parts = names.map((_, i) => single[(first + 7 * i) % single.length] as Case);
    const [across, down] = [names.some((name) => name.includes('left')), names.some((name) => /top|bottom/.test(name))];
    const [width, height] = [across ? SIDE / 2 : SIDE, down ? SIDE / 2 : SIDE];
    const image: RasterImage = { width: SIDE, height: SIDE, channels: 3, data: new Uint8Array(3 * SIDE * SIDE) };
    const masks = parts.map(({ image: whole, asked }, i) => {
      const name = names[i] as Place;
      const [x, y] = [name.includes('right') ? width : 0, name.includes('bottom') ? height : 0];
      const small = resizeLinear(whole, width, height);
      const mask = resizeNearest({ ...whole, channels: 1, data: asked }, width, height);
      const full = new Uint8Array(SIDE * SIDE);
      for (let row = 0; row < height; row++) {
        const at = (y + row) * SIDE + x;
        (image.data as Uint8Array).set(small.data.subarray(3 * row * width, 3 * (row + 1) * width), 3 * at);
        full.set(mask.data.subarray(row * width, (row + 1) * width), at);
      }
      return full;
    });
    return masks.map((asked, i) => ({
      image,
      asked,
      other: asked.map((_, k) => (masks.some((mask, j) => j !== i && mask[k]) ? 1 : 0)),
      prompt: sized(withPlace((parts[i] as Case).prompt, names[i] as Place) as string, asked),
      group: `${layout} ${first}`,
    }));
  });
}

const drawn = new Map<string, Phantom>();

/** A phantom with two or three lesions. Kept, since drawing one takes longer than segmenting it. */
function severalLesions(modality: Modality, seed: number): Phantom {
  const key = `${modality} ${seed}`;
  const phantom = drawn.get(key) ?? drawPhantom({ modality, seed, size: SIDE, count: 2 + (seed % 2), mixed: true });
  drawn.set(key, phantom);
  return phantom;
}

/** Phantoms with their own prompts, as `medclipseg dataset phantom` draws them. */
export const ownPhantoms = (modality: Modality, count: number, split: keyof typeof FIRST): Case[] =>
  Array.from({ length: count }, (_, i) => {
    const { image, mask, prompt } = drawPhantom({ modality, seed: FIRST[split] + i, size: SIDE });
    return { image, prompt, asked: bits(mask) };
  });

/** Phantoms with two or three lesions; a case for each lesion that the property sets apart. */
export function phantomCases(modality: Modality, by: AskedBy, count: number, split: keyof typeof FIRST): Case[] {
  const cases: Case[] = [];
  const first = FIRST[split];
  for (let seed = first; cases.length < count && seed < first + 6 * count; seed++) {
    const phantom = severalLesions(modality, seed);
    const words = phantom.lesions.map((lesion, i) => ({ ...lesion, appearance: phantom.appearances[i] }));
    const masks = separateLesions(phantom.mask).map(({ mask }) => bits(mask));
    masks.forEach((asked, i) => {
      if (masks.length < 2 || !distinctions(words, i).includes(by) || cases.length >= count) return;
      cases.push({
        image: phantom.image,
        asked,
        other: asked.map((_, k) => (masks.some((mask, j) => j !== i && mask[k]) ? 1 : 0)),
        prompt: askBy(by, words[i] as (typeof words)[number], WORDINGS[modality].lesion),
        group: `${modality} ${seed}`,
      });
    });
  }
  return cases;
}

/** Windows of the images that show no lesion: half the side, or less where half does not fit. */
export function lesionFreeCases(cases: readonly Case[], prompt: string): Case[] {
  return cases.flatMap(({ image, asked }, i) => {
    const random = seededRandom('lesion-free', SEED, i);
    for (const share of [0.6, 0.5, 0.4, 0.3])
      for (let attempt = 0; attempt < 30; attempt++) {
        const [width, height] = [Math.round(share * image.width), Math.round(share * image.height)];
        const [left, top] = [
          Math.floor(random() * (image.width - width + 1)),
          Math.floor(random() * (image.height - height + 1)),
        ];
        const window = (data: Uint8Array, channels: number) => {
          const out = new Uint8Array(width * height * channels);
          for (let y = 0; y < height; y++) {
            const from = ((top + y) * image.width + left) * channels;
            out.set(data.subarray(from, from + width * channels), y * width * channels);
          }
          return out;
        };
        if (window(asked, 1).includes(1)) continue;
        const crop: RasterImage = { width, height, channels: 3, data: window(image.data as Uint8Array, 3) };
        return [{ image: resizeLinear(crop, SIDE, SIDE), prompt, asked: new Uint8Array(SIDE * SIDE) }];
      }
    return [];
  });
}
