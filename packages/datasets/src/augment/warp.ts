// Changes of where things lie: rotation, affine maps, scale, crop. Image and mask move together.
import { type RasterImage, resizeLinear, resizeNearest, rotateNearest } from '../images/raster.ts';
import { findLesions } from '../prompts/lesions.ts';
import { placesIn } from '../prompts/read.ts';
import { between } from '../random.ts';
import type { Augmentation, Sample } from './sample.ts';

/** Pixels taken from elsewhere: each from the index in `sources`, below 0 for black. */
function remap(pixels: Uint8Array, channels: number, sources: Int32Array): Uint8Array {
  const out = new Uint8Array(pixels.length);
  for (let i = 0, to = 0; i < sources.length; i++, to += channels) {
    const from = (sources[i] as number) * channels;
    if (from < 0) continue;
    out[to] = pixels[from] as number;
    if (channels === 1) continue;
    out[to + 1] = pixels[from + 1] as number;
    out[to + 2] = pixels[from + 2] as number;
  }
  return out;
}

/** Image and mask, which have one size, with each pixel taken from the index in `sources`, below 0 for black. */
function remapped(sample: Sample, sources: Int32Array): Sample {
  const { image, mask } = sample;
  return {
    ...sample,
    image: { ...image, data: remap(image.data, image.channels, sources) },
    mask: { ...mask, data: remap(mask.data, mask.channels, sources) },
  };
}

/** The sources of an image whose columns and rows come from elsewhere: below 0 for black. */
function crossing(columns: Int32Array, rows: Int32Array): Int32Array {
  const width = columns.length;
  const sources = new Int32Array(width * rows.length);
  for (let y = 0, k = 0; y < rows.length; y++) {
    const start = (rows[y] as number) * width;
    for (let x = 0; x < width; x++, k++) {
      const column = columns[x] as number;
      sources[k] = column < 0 || start < 0 ? -1 : start + column;
    }
  }
  return sources;
}

/** Image and mask with their columns and rows taken from elsewhere: those from outside are black. */
export function rearranged(sample: Sample, columnAt: (x: number) => number, rowAt: (y: number) => number): Sample {
  const { width, height } = sample.image;
  const places = (length: number, from: (at: number) => number) =>
    Int32Array.from({ length }, (_, at) => (from(at) < length ? from(at) : -1));
  return remapped(sample, crossing(places(width, columnAt), places(height, rowAt)));
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
  return remapped(sample, turnedSources(width, height, cos, sin, dx, dy));
};

/** Where each pixel of an image comes from that is turned and scaled about its middle, then moved. */
function turnedSources(width: number, height: number, cos: number, sin: number, dx: number, dy: number): Int32Array {
  const sources = new Int32Array(width * height);
  for (let y = 0, k = 0; y < height; y++) {
    const v = y - height / 2 - dy;
    for (let x = 0; x < width; x++, k++) {
      const u = x - width / 2 - dx;
      const sx = Math.floor(cos * u + sin * v + width / 2 + 0.5);
      const sy = Math.floor(cos * v - sin * u + height / 2 + 0.5);
      sources[k] = sx >= 0 && sy >= 0 && sx < width && sy < height ? sy * width + sx : -1;
    }
  }
  return sources;
}

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
    const { width, height } = sample.image;
    const from = (at: number, length: number) => Math.floor((at + 0.5 - length / 2) / factor + length / 2);
    return rearranged(
      sample,
      (x) => from(x, width),
      (y) => from(y, height),
    );
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
