// Batches of a dataset as tensors.
import { tokenBatch } from '@medclipseg/clip-encoders';
import type { Tokenizer } from '@medclipseg/clip-encoders/tokenizers';
import { counterDropout, counterNoise } from '@medclipseg/nn';
import * as tf from '@tensorflow/tfjs-core';
import type { MicroBatch } from './batch.ts';
import type { ImageBatch } from './examples.ts';

export interface InputOptions {
  readonly tokenizer: Pick<Tokenizer, 'encode'>;
  /** Side of the images in pixels. */
  readonly size: number;
  readonly seed: number;
  /** Index of the noise sample of each image. */
  readonly sample: number;
  /** Images per part; all by default. */
  readonly part?: number;
  readonly textDropout?: number;
}

/** The parts of a batch. Noise and dropout are keyed by the name of the image; they depend neither on the order nor on the parts. */
export function* microBatches(
  { image, mask, names, prompts }: ImageBatch,
  { tokenizer, size, seed, sample, part = names.length, textDropout = 0 }: InputOptions,
): Generator<MicroBatch> {
  const pixels = size * size;
  for (let from = 0; from < names.length; from += part) {
    const to = Math.min(names.length, from + part);
    const rows = names.slice(from, to).map((name) => ({ image: name, sample }));
    const tokens = tokenBatch(prompts.slice(from, to).map((prompt) => tokenizer.encode(prompt)));
    const own = {
      image: image.subarray(3 * from * pixels, 3 * to * pixels),
      mask: mask.subarray(from * pixels, to * pixels),
    };
    yield {
      image: tf.tensor4d(own.image, [to - from, size, size, 3]),
      mask: tf.tensor3d(own.mask, [to - from, size, size]),
      pixels: own,
      prompts: textDropout > 0 ? { ...tokens, dropout: counterDropout(textDropout, seed, rows) } : tokens,
      noise: counterNoise(seed, rows),
    };
  }
}

export const disposeMicroBatches = (parts: Iterable<MicroBatch>): void => {
  for (const { image, mask, prompts } of parts) tf.dispose([image, mask, prompts.ids]);
};
