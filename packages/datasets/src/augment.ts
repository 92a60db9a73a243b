// Seeded changes of a training sample. Each draws its own numbers, so that one more step changes no other.
import { type RasterImage, rotateNearest } from './images/raster.ts';
import type { Random } from './random.ts';

export interface Sample {
  readonly image: RasterImage;
  readonly mask: RasterImage;
  readonly sentence: string;
}

export type Augmentation = (sample: Sample, random: Random) => Sample;

/** The published augmentation: with probability ½, image and mask turned by one whole angle in ±20°, nearest neighbour. */
const publishedRotation: Augmentation = (sample, random) => {
  const [turn, angle] = [random() > 0.5, Math.floor(random() * 41) - 20];
  if (!turn) return sample;
  return { ...sample, image: rotateNearest(sample.image, angle), mask: rotateNearest(sample.mask, angle) };
};

const MIRRORED_WORDS: Readonly<Record<'horizontal' | 'vertical', Readonly<Record<string, string>>>> = {
  horizontal: { left: 'right', right: 'left' },
  vertical: { top: 'bottom', bottom: 'top', upper: 'lower', lower: 'upper' },
};

const mirrorWords = (sentence: string, axis: keyof typeof MIRRORED_WORDS): string =>
  sentence.replace(
    /\b(left|right|top|bottom|upper|lower)\b/gi,
    (word) => MIRRORED_WORDS[axis][word.toLowerCase()] ?? word,
  );

function remap(image: RasterImage, source: (x: number, y: number) => number): RasterImage {
  const { width, height, channels, data } = image;
  const out = new Uint8Array(data.length);
  for (let y = 0, k = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const at = source(x, y) * channels;
      for (let c = 0; c < channels; c++, k++) out[k] = at < 0 ? 0 : (data[at + c] as number);
    }
  return { ...image, data: out };
}

/** Mirrored left to right and top to bottom, each with probability ½; the sentence's place words turn with the picture. */
const flips: Augmentation = (sample, random) => {
  let { image, mask, sentence } = sample;
  const [across, down] = [random() < 0.5, random() < 0.5];
  const { width, height } = image;
  if (across) {
    [image, mask] = [image, mask].map((r) => remap(r, (x, y) => y * width + width - 1 - x)) as [
      RasterImage,
      RasterImage,
    ];
    sentence = mirrorWords(sentence, 'horizontal');
  }
  if (down) {
    [image, mask] = [image, mask].map((r) => remap(r, (x, y) => (height - 1 - y) * width + x)) as [
      RasterImage,
      RasterImage,
    ];
    sentence = mirrorWords(sentence, 'vertical');
  }
  return { image, mask, sentence };
};

/** Scaled by 0.82 to 1.28, turned by ±20° and moved by ±6 %, nearest neighbour, black outside. */
const affine: Augmentation = (sample, random) => {
  const { width, height } = sample.image;
  const scale = 0.82 + 0.46 * random();
  const angle = ((random() * 40 - 20) * Math.PI) / 180;
  const [dx, dy] = [(random() - 0.5) * 0.12 * width, (random() - 0.5) * 0.12 * height];
  const [cos, sin] = [Math.cos(angle) / scale, Math.sin(angle) / scale];
  const source = (x: number, y: number): number => {
    const [u, v] = [x - width / 2 - dx, y - height / 2 - dy];
    const [sx, sy] = [
      Math.floor(cos * u + sin * v + width / 2 + 0.5),
      Math.floor(cos * v - sin * u + height / 2 + 0.5),
    ];
    return sx >= 0 && sy >= 0 && sx < width && sy < height ? sy * width + sx : -1;
  };
  return { ...sample, image: remap(sample.image, source), mask: remap(sample.mask, source) };
};

/** Brightness, contrast and saturation, each changed by up to a quarter. */
const colour: Augmentation = (sample, random) => {
  const { image } = sample;
  const [brightness, contrast, saturation] = [0, 0, 0].map(() => 0.75 + 0.5 * random()) as [number, number, number];
  const data = new Uint8Array(image.data.length);
  for (let i = 0; i < data.length; i += 3) {
    const [r, g, b] = [image.data[i], image.data[i + 1], image.data[i + 2]] as [number, number, number];
    const grey = 0.299 * r + 0.587 * g + 0.114 * b;
    for (let c = 0; c < 3; c++) {
      const saturated = grey + ((image.data[i + c] as number) - grey) * saturation;
      data[i + c] = Math.min(255, Math.max(0, ((saturated - 128) * contrast + 128) * brightness + 0.5));
    }
  }
  return { ...sample, image: { ...image, data } };
};

/** The augmentations by the name that a configuration gives them. */
export const augmentations = { rotation: publishedRotation, flips, affine, colour } as const;

export type AugmentationName = keyof typeof augmentations;
