// Changes of where things lie: rotation, affine maps, scale, crop. Image and mask move together.
import { type RasterImage, resizeLinear, resizeNearest, rotateNearest } from '../images/raster.ts';
import { findLesions } from '../prompts/lesions.ts';
import { placesIn } from '../prompts/read.ts';
import { between } from '../random.ts';
import type { Augmentation, Sample } from './sample.ts';

/** The index of the pixel that comes to (x, y), below 0 for black. */
type Source = (x: number, y: number, width: number, height: number) => number;

function sourcesOf({ width, height }: RasterImage, source: Source): Int32Array {
  const sources = new Int32Array(width * height);
  for (let y = 0, k = 0; y < height; y++) for (let x = 0; x < width; x++) sources[k++] = source(x, y, width, height);
  return sources;
}

function remap(image: RasterImage, sources: Int32Array): RasterImage {
  const { channels, data } = image;
  const out = new Uint8Array(data.length);
  for (let i = 0, k = 0; i < sources.length; i++) {
    const at = (sources[i] as number) * channels;
    for (let c = 0; c < channels; c++, k++) out[k] = at < 0 ? 0 : (data[at + c] as number);
  }
  return { ...image, data: out };
}

/** Image and mask, which have one size, with their pixels taken from elsewhere. */
export function remapped(sample: Sample, source: Source): Sample {
  const sources = sourcesOf(sample.image, source);
  return { ...sample, image: remap(sample.image, sources), mask: remap(sample.mask, sources) };
}

/** The published augmentation: with probability ½, image and mask turned by one whole angle in ±20°, nearest neighbor. */
export const rotation = (): Augmentation => (sample, random) => {
  const [turn, angle] = [random() > 0.5, Math.floor(random() * 41) - 20];
  if (!turn) return sample;
  return { ...sample, image: rotateNearest(sample.image, angle), mask: rotateNearest(sample.mask, angle) };
};

/** Scaled by 0.82 to 1.28, turned by ±20° and moved by ±6 %, nearest neighbor, black outside. */
export const affine = (): Augmentation => (sample, random) => {
  const { width, height } = sample.image;
  const scale = 0.82 + 0.46 * random();
  const angle = ((random() * 40 - 20) * Math.PI) / 180;
  const [dx, dy] = [(random() - 0.5) * 0.12 * width, (random() - 0.5) * 0.12 * height];
  const [cos, sin] = [Math.cos(angle) / scale, Math.sin(angle) / scale];
  return remapped(sample, (x, y) => {
    const [u, v] = [x - width / 2 - dx, y - height / 2 - dy];
    const [sx, sy] = [
      Math.floor(cos * u + sin * v + width / 2 + 0.5),
      Math.floor(cos * v - sin * u + height / 2 + 0.5),
    ];
    return sx >= 0 && sy >= 0 && sx < width && sy < height ? sy * width + sx : -1;
  });
};

/** Whether a mask still shows what the prompt describes: as many lesions, of the same sizes, at the same places. */
function stillTrue(prompt: string, before: RasterImage, after: RasterImage): boolean {
  if (placesIn(prompt).length === 0) return findLesions(before).length === findLesions(after).length;
  const words = (mask: RasterImage) =>
    findLesions(mask)
      .map(({ size, place }) => `${size} ${place}`)
      .sort()
      .join();
  return words(before) === words(after);
}

/** Draws before a sample is left as it is, because every change would make its prompt untrue. */
const DRAWS = 8;

const truthful =
  (change: Augmentation): Augmentation =>
  (sample, random) => {
    for (let n = 0; n < DRAWS; n++) {
      const changed = change(sample, random);
      if (stillTrue(sample.prompt, sample.mask, changed.mask)) return changed;
    }
    return sample;
  };

export interface ScaleOptions {
  /** Smallest and largest factor; above 1 things grow. */
  readonly least?: number;
  readonly most?: number;
}

/** Scaled about the middle, nearest neighbor, black outside. Never so that the prompt becomes untrue. */
export const scale = ({ least = 0.8, most = 1.25 }: ScaleOptions = {}): Augmentation =>
  truthful((sample, random) => {
    const factor = between(random, least, most);
    return remapped(sample, (x, y, width, height) => {
      const sx = Math.floor((x + 0.5 - width / 2) / factor + width / 2);
      const sy = Math.floor((y + 0.5 - height / 2) / factor + height / 2);
      return sx >= 0 && sy >= 0 && sx < width && sy < height ? sy * width + sx : -1;
    });
  });

export interface CropOptions {
  /** Smallest share of width and height that stays, up to 1. */
  readonly least?: number;
}

/** A part of an image. */
export function cut({ width, channels, data }: RasterImage, left: number, top: number, across: number, down: number) {
  const out = new Uint8Array(across * down * channels);
  for (let y = 0; y < down; y++) {
    const from = ((top + y) * width + left) * channels;
    out.set(data.subarray(from, from + across * channels), y * across * channels);
  }
  return { width: across, height: down, channels, data: out };
}

/** A window of the image, resized to the whole. Never so that the prompt becomes untrue. */
export const crop = ({ least = 0.75 }: CropOptions = {}): Augmentation =>
  truthful((sample, random) => {
    const { width, height } = sample.image;
    const share = between(random, least, 1);
    const [across, down] = [Math.max(1, Math.round(share * width)), Math.max(1, Math.round(share * height))];
    const [left, top] = [Math.floor(random() * (width - across + 1)), Math.floor(random() * (height - down + 1))];
    return {
      ...sample,
      image: resizeLinear(cut(sample.image, left, top, across, down), width, height),
      mask: resizeNearest(cut(sample.mask, left, top, across, down), width, height),
    };
  });
