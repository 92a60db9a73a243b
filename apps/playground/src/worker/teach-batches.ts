// Batches to learn from: each step shows every example once, or some of them, changed a little each time.
import {
  type AugmentationStep,
  augmentSample,
  type Normalization,
  normalizePixels,
  resizeLinear,
  resizeNearest,
  seededRandom,
  thresholdMask,
} from '@medclipseg/datasets';
import type { ImageBatch } from 'medclipseg';
import type { TaughtExample } from './teach-protocol.ts';

/** Flips turn the words of place along; a handful of pictures would otherwise be learned by heart. */
const AUGMENT: readonly AugmentationStep[] = ['flips', 'affine', 'color'];

export interface BatchOptions {
  /** Side of the model's pictures. */
  readonly size: number;
  readonly preprocessing: Normalization;
  readonly batchSize: number;
  readonly seed: number;
}

/** An example at the model's size. */
export function fitted({ name, image, mask, prompt }: TaughtExample, size: number): TaughtExample {
  return {
    name,
    prompt,
    image: image.width === size && image.height === size ? image : resizeLinear(image, size, size),
    mask: resizeNearest(mask, size, size),
  };
}

/** Which examples a step shows: all in turn, in an order that changes with every round through them. */
export function shownAt(step: number, count: number, { batchSize, seed }: BatchOptions): number[] {
  return Array.from({ length: batchSize }, (_, i) => {
    const [round, place] = [Math.floor((step * batchSize + i) / count), (step * batchSize + i) % count];
    const random = seededRandom('order', seed, round);
    const order = Array.from({ length: count }, (_, index) => ({ index, by: random() }));
    return (order.sort((a, b) => a.by - b.by)[place] as { index: number }).index;
  });
}

/** The batch of a step. The same for the same step. @param examples at the model's size */
export function batchAt(step: number, examples: readonly TaughtExample[], options: BatchOptions): ImageBatch {
  const { size, preprocessing, seed } = options;
  const pixels = size * size;
  const shown = shownAt(step, examples.length, options);
  const image = new Float32Array(3 * pixels * shown.length);
  const mask = new Float32Array(pixels * shown.length);
  const prompts = shown.map((index, i) => {
    const sample = augmentSample(examples[index] as TaughtExample, AUGMENT, ['augment', seed, step, i]);
    normalizePixels(sample.image, preprocessing, image, 3 * pixels * i);
    mask.set(thresholdMask(sample.mask), pixels * i);
    return sample.prompt;
  });
  return { image, mask, prompts, names: shown.map((index) => (examples[index] as TaughtExample).name) };
}
