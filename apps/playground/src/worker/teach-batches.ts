// Training batches: all examples in turn, augmented differently each time.
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
import type { TrainingExample } from './teach-protocol.ts';

/** Against overfitting to a few images. Flips also change the location words of the prompt. */
const AUGMENT: readonly AugmentationStep[] = ['flips', 'affine', 'color'];

export interface BatchOptions {
  /** The model's input size. */
  readonly size: number;
  readonly preprocessing: Normalization;
  readonly batchSize: number;
  readonly seed: number;
}

/** An example at the model's input size. */
export function fitted({ name, image, mask, prompt }: TrainingExample, size: number): TrainingExample {
  return {
    name,
    prompt,
    image: image.width === size && image.height === size ? image : resizeLinear(image, size, size),
    mask: resizeNearest(mask, size, size),
  };
}

/** Indices of a step's examples: all in turn, in a new order for each round. */
export function indicesAt(step: number, count: number, { batchSize, seed }: BatchOptions): number[] {
  return Array.from({ length: batchSize }, (_, i) => {
    const [round, place] = [Math.floor((step * batchSize + i) / count), (step * batchSize + i) % count];
    const random = seededRandom('order', seed, round);
    const order = Array.from({ length: count }, (_, index) => ({ index, by: random() }));
    return (order.sort((a, b) => a.by - b.by)[place] as { index: number }).index;
  });
}

/** The batch of a step; a pure function of its arguments. @param examples from {@link fitted} */
export function batchAt(step: number, examples: readonly TrainingExample[], options: BatchOptions): ImageBatch {
  const { size, preprocessing, seed } = options;
  const pixels = size * size;
  const shown = indicesAt(step, examples.length, options);
  const image = new Float32Array(3 * pixels * shown.length);
  const mask = new Float32Array(pixels * shown.length);
  const prompts = shown.map((index, i) => {
    const sample = augmentSample(examples[index] as TrainingExample, AUGMENT, ['augment', seed, step, i]);
    normalizePixels(sample.image, preprocessing, image, 3 * pixels * i);
    mask.set(thresholdMask(sample.mask), pixels * i);
    return sample.prompt;
  });
  return { image, mask, prompts, names: shown.map((index) => (examples[index] as TrainingExample).name) };
}
