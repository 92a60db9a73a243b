// One step of training: loss, gradients, update.
import type { LossOptions } from '@medclipseg/losses';
import { type Adam, clipByGlobalNorm } from '@medclipseg/nn';
import * as tf from '@tensorflow/tfjs-core';
import { encodePrefix, type Network, tensorsOf } from '../network.ts';
import { type BackwardOptions, backward, hasFrozenEncoders } from './backward.ts';
import type { LossAndGradients, TrainingBatch } from './batch.ts';
import { batchObjective } from './objective.ts';

export type StepOptions = LossOptions & BackwardOptions;

/**
 * Loss and gradients of one batch with one Monte-Carlo sample per image. The caller disposes the gradients.
 *
 * @param variables parameters that learn, by name; with frozen encoders, everything before the first adapter stays off the gradient tape
 */
export async function lossAndGradients(
  network: Network,
  batch: TrainingBatch,
  variables: ReadonlyMap<string, tf.Variable>,
  { noise, recompute, ...lossOptions }: StepOptions = {},
): Promise<LossAndGradients> {
  const { image, mask, prompts } = batch;
  const start = hasFrozenEncoders(variables) ? tf.tidy(() => encodePrefix(network, image, prompts)) : undefined;
  let terms: tf.Tensor | undefined;
  try {
    const { value, gradients } = backward(
      network,
      batch,
      variables,
      start,
      (features) => {
        const objective = batchObjective(network, features, mask, lossOptions);
        terms = tf.keep(objective.terms);
        return objective.total;
      },
      { noise, recompute },
    );
    value.dispose();
    const [total, dice, crossEntropy, contrastive] = (await (terms as tf.Tensor).data()) as Float32Array;
    return { loss: { total, dice, crossEntropy, contrastive } as LossAndGradients['loss'], gradients };
  } finally {
    terms?.dispose();
    if (start) tf.dispose(tensorsOf(start));
  }
}

/** Updates the variables; disposes the gradients. */
export function applyGradients(
  optimizer: Adam,
  variables: ReadonlyMap<string, tf.Variable>,
  gradients: ReadonlyMap<string, tf.Tensor>,
  { learningRate, clipNorm }: { learningRate: number; clipNorm?: number },
): void {
  const used = clipNorm === undefined ? gradients : clipByGlobalNorm(gradients, clipNorm);
  optimizer.step(variables, used, learningRate);
  tf.dispose([...used.values()]);
}
