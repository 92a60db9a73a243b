// Training examples: images with masks and prompts, as a source of batches.
import {
  type AugmentationStep,
  augmentSample,
  foregroundMask,
  interpretMasks,
  isBinary,
  MASK_THRESHOLD,
  type MaskValues,
  type Normalization,
  normalizePixels,
  type RasterImage,
  resizeLinear,
  resizeNearest,
  type Sample,
  surveyMask,
} from '@medclipseg/datasets';
import { batchRows } from '@medclipseg/datasets/internal';
import { checkCount } from '../arguments.ts';
import { ArgumentError } from '../errors.ts';
import { checkPrompt, type SegmentImage, toRgb } from '../segment-inputs.ts';

/** Normalized images with their masks. */
export interface ImageBatch {
  readonly image: Float32Array; // [B, size, size, 3]
  readonly mask: Float32Array; // [B, size, size], 0 and 1
  readonly names: readonly string[];
  readonly prompts: readonly string[];
}

export interface BatchRequest {
  /** Side of the square images in pixels. */
  readonly imageSize: number;
  readonly preprocessing: Normalization;
  readonly batchSize: number;
  /** Indices of the examples in the order of their use; by default all in their own order. */
  readonly order?: readonly number[];
  /** Index of the first batch; earlier ones are skipped. */
  readonly from?: number;
  readonly augment?: readonly AugmentationStep[];
  /** Random key of an example's augmentation, by its index. */
  readonly key?: (index: number) => readonly (number | string)[];
  readonly signal?: AbortSignal;
}

/** A source of training or validation batches. */
export interface Examples {
  readonly size: number;
  /** The same request yields the same batches. */
  batches(request: BatchRequest): AsyncIterable<ImageBatch>;
}

/** One image to learn from. */
export interface Example {
  /** Unique among the examples; keys the noise of the image. */
  readonly name: string;
  readonly image: SegmentImage;
  /** One channel, at any size: 0 for the background and one other value, or gray levels of which 127 and above are foreground. */
  readonly mask: RasterImage;
  readonly prompt: string;
}

export interface ExampleOptions {
  /** How often each example appears in an epoch, augmented differently each time. Fills the batches of a few examples. Default: 1. */
  readonly repeat?: number;
}

/** Masks of 0 and 255, or gray levels to be thresholded, by the rule for all masks of a folder. */
function readMasks(examples: readonly Example[]): RasterImage[] {
  const values = examples.map(({ mask: { width, height, data } }): MaskValues => {
    return { width, height, data, kind: 'gray', maximum: 255, lossy: false };
  });
  const reading = interpretMasks(values.map((mask, i) => surveyMask(mask, (examples[i] as Example).name)));
  if (reading.kind === 'threshold') return examples.map(({ mask }) => mask);
  if (!isBinary(reading))
    throw new ArgumentError(
      'masks',
      'one value of foreground',
      `the labels ${reading.labels.map(({ name }) => name).join(', ')}`,
      'Choose one of the labels.',
    );
  return values.map((mask, i) => foregroundMask(mask, reading, (examples[i] as Example).name));
}

function checkExamples(examples: readonly Example[]): void {
  if (examples.length === 0)
    throw new ArgumentError('examples', 'at least one', 'none', 'Give images with masks and prompts.');
  const names = new Set<string>();
  for (const { name, image, mask, prompt } of examples) {
    const subject = `example '${name}'`;
    if (names.has(name)) throw new ArgumentError(subject, 'a name of its own', 'two examples', 'Rename one.');
    names.add(name);
    toRgb(image, `${subject}: image`);
    if (mask.channels !== 1)
      throw new ArgumentError(`${subject}: mask`, '1 channel', `${mask.channels}`, 'Make it gray.');
    toRgb(mask, `${subject}: mask`);
    checkPrompt(prompt, `${subject}: prompt`);
  }
}

/**
 * Examples that are in memory already.
 *
 * @throws {ArgumentError} for pixels, masks or prompts that do not fit
 */
export function examplesInMemory(examples: readonly Example[], { repeat = 1 }: ExampleOptions = {}): Examples {
  checkExamples(examples);
  checkCount('repeat', repeat, 1);
  const masks = readMasks(examples);
  let resized: { readonly size: number; readonly samples: readonly Sample[] } | undefined;
  const samplesAt = (size: number) => {
    if (resized?.size !== size)
      resized = {
        size,
        samples: examples.map(({ image, prompt }, i) => ({
          image: resizeLinear(toRgb(image), size, size),
          mask: resizeNearest(masks[i] as RasterImage, size, size),
          prompt,
        })),
      };
    return resized.samples;
  };
  const size = examples.length * repeat;
  const allPrompts = Array.from({ length: size }, (_, i) => (examples[i % examples.length] as Example).prompt);
  const nameOf = (index: number) => {
    const { name } = examples[index % examples.length] as Example;
    // Repetitions of an example get noise of their own.
    return index < examples.length ? name : `${name}#${Math.floor(index / examples.length)}`;
  };
  return {
    size,
    async *batches({ imageSize, preprocessing, batchSize, order, from = 0, augment = [], key, signal }) {
      const indices = order ?? Array.from({ length: size }, (_, i) => i);
      const samples = samplesAt(imageSize);
      const pixels = imageSize * imageSize;
      for (let start = from * batchSize; start < indices.length; start += batchSize) {
        signal?.throwIfAborted();
        const group = indices.slice(start, start + batchSize);
        const image = new Float32Array(3 * pixels * group.length);
        const mask = new Float32Array(pixels * group.length);
        const rows = batchRows(group, augment, (index) => key?.(index) ?? [index], allPrompts);
        const prompts = rows.map(({ index, key, partner }, row) => {
          const at = (i: number) => samples[i % samples.length] as Sample;
          const other = partner && { sample: at(partner.index), asked: partner.asked };
          const sample = augmentSample(at(index), augment, key, other);
          normalizePixels(sample.image, preprocessing, image, 3 * pixels * row);
          sample.mask.data.forEach((value, i) => {
            mask[pixels * row + i] = value >= MASK_THRESHOLD ? 1 : 0;
          });
          return sample.prompt;
        });
        yield { image, mask, names: rows.map(({ index }) => nameOf(index)), prompts };
      }
    },
  };
}
