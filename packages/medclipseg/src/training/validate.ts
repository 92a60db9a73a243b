// Validation as published: one noisy sample per image, Dice at the size of the model.
import { segmentationLoss } from '@medclipseg/losses';
import { nextTask } from '@medclipseg/nn/internal';
import * as tf from '@tensorflow/tfjs-core';
import { dice } from '../metrics/dice.ts';
import { encodePrefix, type Network, predictLogits, trunk } from '../network.ts';
import type { ImageBatch } from './examples.ts';
import { disposeMicroBatches, type InputOptions, microBatches } from './inputs.ts';
import type { TrainingPlan, Validation } from './plan.ts';

/** Means over images; Dice is 0 without images. */
export async function validate(
  network: Network,
  batches: AsyncIterable<ImageBatch>,
  inputs: Omit<InputOptions, 'sample' | 'textDropout'>,
  { loss: options }: Pick<TrainingPlan, 'loss'>,
  signal?: AbortSignal,
): Promise<Validation> {
  const sums = { dice: 0, loss: 0, images: 0 };
  for await (const batch of batches)
    for (const part of microBatches(batch, { ...inputs, sample: 0 })) {
      signal?.throwIfAborted();
      const { image, mask, prompts, noise } = part;
      const images = image.shape[0] as number;
      const [logits, loss] = tf.tidy(() => {
        const features = trunk(network, encodePrefix(network, image, prompts), prompts, { noise });
        const z = predictLogits(network, features);
        return [z, segmentationLoss(z, mask, undefined, options).total];
      }) as [tf.Tensor, tf.Scalar];
      try {
        const [values, truth, [value]] = (await Promise.all([logits.data(), mask.data(), loss.data()])) as [
          Float32Array,
          Float32Array,
          Float32Array,
        ];
        const pixels = values.length / images;
        for (let i = 0; i < values.length; i += pixels) {
          // A probability above one half is a logit above zero.
          const prediction = values.subarray(i, i + pixels).map((z) => (z > 0 ? 1 : 0));
          sums.dice += dice(prediction, truth.subarray(i, i + pixels), { smooth: 1e-7 });
        }
        sums.loss += (value as number) * images;
        sums.images += images;
      } finally {
        tf.dispose([logits, loss]);
        disposeMicroBatches([part]);
      }
      await nextTask();
    }
  const images = Math.max(1, sums.images);
  return { dice: sums.dice / images, loss: sums.loss / images };
}
