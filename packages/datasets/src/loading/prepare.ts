// One sample made ready for a batch: read, augmented, normalized. The same on the calling thread and on a worker.
import { type AugmentationStep, augmentSample, type Sample } from '../augment/steps.ts';
import type { SampleFile } from '../folder.ts';
import { type Normalization, normalizePixels } from '../images/normalize.ts';
import { MASK_THRESHOLD } from '../images/raster.ts';
import { type CachedSample, throughDiskCache } from './disk-cache.ts';
import { readSample, type SamplePixels } from './sample.ts';

/** Everything that decides a prepared sample, as data that crosses threads. */
export interface PrepareTask {
  readonly file: SampleFile;
  readonly size: number;
  /** The pixels, where they are known already. */
  readonly pixels?: SamplePixels;
  /** Folder of the disk cache. */
  readonly cacheFolder?: string;
  readonly preprocessing: Normalization;
  readonly augment: readonly AugmentationStep[];
  /** The sample that it is composed with, and which of the two is asked for. */
  readonly partner?: { readonly file: SampleFile; readonly pixels?: SamplePixels; readonly asked: 0 | 1 };
  /** Keys the random stream of each augmentation, together with its name. */
  readonly key: readonly (number | string)[];
}

export interface PreparedSample {
  /** [size, size, 3] */
  readonly image: Float32Array;
  /** [size, size], 0 and 1 */
  readonly mask: Float32Array;
  readonly prompt: string;
  /** The pixels before augmentation. */
  readonly pixels: SamplePixels;
  /** The partner's pixels before augmentation. */
  readonly partnerPixels?: SamplePixels;
  /** Why the sample could not be stored in the disk cache. */
  readonly cacheError?: string;
}

const sampleOf = ({ prompt, partial }: SampleFile, pixels: SamplePixels): Sample => ({
  ...pixels,
  prompt,
  ...(partial && { partial }),
});

async function pixelsOf(
  { file, pixels }: Pick<PrepareTask, 'file' | 'pixels'>,
  { size, cacheFolder }: Pick<PrepareTask, 'size' | 'cacheFolder'>,
): Promise<CachedSample> {
  const read = () => readSample(file, size);
  if (pixels !== undefined || cacheFolder === undefined) return { pixels: pixels ?? (await read()) };
  return throughDiskCache(cacheFolder, file, size, read);
}

/** Writes gray levels as 0 and 1. */
function writeMask(gray: Uint8Array, mask: Float32Array): void {
  for (let i = 0; i < mask.length; i++) mask[i] = (gray[i] as number) >= MASK_THRESHOLD ? 1 : 0;
}

export async function prepareSample(task: PrepareTask): Promise<PreparedSample> {
  const { size, preprocessing, augment, key } = task;
  const { pixels, cacheError } = await pixelsOf(task, task);
  const other = task.partner && (await pixelsOf(task.partner, task));
  const partner = task.partner &&
    other && { sample: sampleOf(task.partner.file, other.pixels), asked: task.partner.asked };
  const sample = augmentSample(sampleOf(task.file, pixels), augment, key, partner);
  const image = new Float32Array(size * size * 3);
  const mask = new Float32Array(size * size);
  normalizePixels(sample.image, preprocessing, image);
  writeMask(sample.mask.data, mask);
  return {
    image,
    mask,
    prompt: sample.prompt,
    pixels,
    partnerPixels: other?.pixels,
    cacheError: cacheError ?? other?.cacheError,
  };
}
