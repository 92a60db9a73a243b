// One sample made ready for a batch: read, augmented, normalized. The same on the calling thread and on a worker.
import { type AugmentationStep, augmentSample } from '../augment/steps.ts';
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
  /** Why the sample could not be stored in the disk cache. */
  readonly cacheError?: string;
}

export async function prepareSample(task: PrepareTask): Promise<PreparedSample> {
  const { file, size, cacheFolder, preprocessing, augment, key } = task;
  const read = () => readSample(file, size);
  const { pixels, cacheError }: CachedSample =
    task.pixels !== undefined || cacheFolder === undefined
      ? { pixels: task.pixels ?? (await read()) }
      : await throughDiskCache(cacheFolder, file, size, read);
  const sample = augmentSample({ ...pixels, prompt: file.prompt }, augment, key);
  const image = new Float32Array(size * size * 3);
  const mask = new Float32Array(size * size);
  normalizePixels(sample.image, preprocessing, image);
  const gray = sample.mask.data;
  for (let i = 0; i < mask.length; i++) mask[i] = (gray[i] as number) >= MASK_THRESHOLD ? 1 : 0;
  return { image, mask, prompt: sample.prompt, pixels, cacheError };
}
