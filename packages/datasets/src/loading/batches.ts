// Batches for training and scoring, decoded ahead of the step.
import { type AugmentationName, augmentations } from '../augment.ts';
import { ImageError } from '../errors.ts';
import type { SampleFile } from '../folder.ts';
import { readImage } from '../images/decode-node.ts';
import { normalisePixels, type Preprocessing } from '../images/normalise.ts';
import { type RasterImage, resizeLinear, resizeNearest, thresholdMask } from '../images/raster.ts';
import type { Random } from '../random.ts';

export interface Batch {
  /** [B, size, size, 3] */
  readonly image: Float32Array;
  /** [B, size, size], 0 and 1 */
  readonly mask: Float32Array;
  readonly names: readonly string[];
  readonly sentences: readonly string[];
}

/** A sample's pixels at the model's size. */
async function load(
  { imagePath, maskPath }: SampleFile,
  size: number,
): Promise<{ image: RasterImage; mask: RasterImage }> {
  const [image, mask] = await Promise.all([readImage(imagePath), readImage(maskPath, 'gray')]);
  if (image.width !== mask.width || image.height !== mask.height)
    throw new ImageError(
      maskPath,
      `a mask of ${image.width}x${image.height} pixels, as its image`,
      `${mask.width}x${mask.height}`,
    );
  return { image: resizeLinear(image, size, size), mask: resizeNearest(mask, size, size) };
}

/** Resized samples kept in memory between epochs; 798 images at 224 pixels take 160 MB. */
export class SampleCache {
  readonly #loaded = new Map<string, Promise<{ image: RasterImage; mask: RasterImage }>>();

  constructor(readonly size: number) {}

  load(file: SampleFile): Promise<{ image: RasterImage; mask: RasterImage }> {
    const known = this.#loaded.get(file.imagePath);
    if (known) return known;
    const loading = load(file, this.size);
    // The error is seen where the sample is awaited; unhandled here it would end the process.
    loading.catch(() => this.#loaded.delete(file.imagePath));
    this.#loaded.set(file.imagePath, loading);
    return loading;
  }
}

export interface BatchOptions {
  readonly batchSize: number;
  readonly preprocessing: Preprocessing;
  readonly augment?: readonly AugmentationName[];
  /** A random stream for a sample, keyed by its index: the same whatever the order of loading. */
  readonly random?: (index: number) => Random;
  /** Indices in the order to visit; all, in the sheet's order, by default. */
  readonly order?: readonly number[];
  /** Index of the first batch: where an interrupted epoch goes on. */
  readonly from?: number;
  readonly signal?: AbortSignal;
}

/** Batches of a split. The next one is decoded while the caller works on this one. */
export async function* batches(
  files: readonly SampleFile[],
  cache: SampleCache,
  { batchSize, preprocessing, augment = [], random, order = files.map((_, i) => i), from = 0, signal }: BatchOptions,
): AsyncGenerator<Batch> {
  const { size } = cache;
  const make = async (indices: readonly number[]): Promise<Batch> => {
    const image = new Float32Array(indices.length * size * size * 3);
    const mask = new Float32Array(indices.length * size * size);
    const sentences: string[] = [];
    const loaded = await Promise.all(indices.map((index) => cache.load(files[index] as SampleFile)));
    indices.forEach((index, b) => {
      const draw = random?.(index) ?? Math.random;
      const sample = augment.reduce((s, name) => augmentations[name](s, draw), {
        ...(loaded[b] as { image: RasterImage; mask: RasterImage }),
        sentence: (files[index] as SampleFile).sentence,
      });
      normalisePixels(sample.image, preprocessing, image, b * size * size * 3);
      mask.set(thresholdMask(sample.mask), b * size * size);
      sentences.push(sample.sentence);
    });
    return { image, mask, names: indices.map((index) => (files[index] as SampleFile).name), sentences };
  };
  const groups: number[][] = [];
  for (let i = 0; i < order.length; i += batchSize) groups.push(order.slice(i, i + batchSize));
  let ahead = groups[from] && make(groups[from]);
  for (let i = from; i < groups.length; i++) {
    signal?.throwIfAborted();
    const batch = await (ahead as Promise<Batch>);
    const next = groups[i + 1];
    ahead = next && make(next);
    ahead?.catch(() => {});
    yield batch;
  }
}
