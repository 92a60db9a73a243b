// Validation as published: one noisy sample per image, Dice at the size of the model.
import { nextTask } from '@medclipseg/nn/internal';
import { dice } from '../metrics/dice.ts';
import type { TrainingEngine } from './engine.ts';
import type { ImageBatch } from './examples.ts';
import { disposeMicroBatches, type InputOptions, microBatches } from './inputs.ts';
import type { Validation } from './plan.ts';

/** Means over images; Dice is 0 without images. */
export async function validate(
  engine: TrainingEngine,
  batches: AsyncIterable<ImageBatch>,
  inputs: Omit<InputOptions, 'sample' | 'textDropout'>,
  signal?: AbortSignal,
): Promise<Validation> {
  const sums = { dice: 0, loss: 0, images: 0 };
  for await (const batch of batches)
    for (const part of microBatches(batch, { ...inputs, sample: 0 })) {
      signal?.throwIfAborted();
      const images = part.image.shape[0] as number;
      try {
        const [{ logits, loss }, truth] = await Promise.all([engine.evaluate(part, signal), part.mask.data()]);
        const pixels = logits.length / images;
        for (let i = 0; i < logits.length; i += pixels) {
          // A probability above one half is a logit above zero.
          const prediction = logits.subarray(i, i + pixels).map((z) => (z > 0 ? 1 : 0));
          sums.dice += dice(prediction, truth.subarray(i, i + pixels), { smooth: 1e-7 });
        }
        sums.loss += loss * images;
        sums.images += images;
      } finally {
        disposeMicroBatches([part]);
      }
      await nextTask();
    }
  const images = Math.max(1, sums.images);
  return { dice: sums.dice / images, loss: sums.loss / images };
}
