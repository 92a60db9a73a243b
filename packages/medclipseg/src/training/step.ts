// One step of training: loss, gradients, update.
import type { TokenBatch } from '@medclipseg/clip-encoders';
import { type LossOptions, segmentationLoss } from '@medclipseg/losses';
import { type Adam, clipByGlobalNorm, l2Normalize, type Noise, valueAndGradients } from '@medclipseg/nn';
import * as tf from '@tensorflow/tfjs-core';
import { logitsOf, type Network, prefix, trunk } from '../network.ts';

/** A batch as the network takes it. */
export interface TrainingBatch {
  readonly image: tf.Tensor; // [B, size, size, 3]
  readonly mask: tf.Tensor; // [B, size, size], 0 and 1
  readonly sentences: TokenBatch;
}

/** The loss and its terms, as numbers. */
export interface StepLoss {
  readonly total: number;
  readonly dice: number;
  readonly crossEntropy: number;
  readonly contrastive: number;
}

export interface LossAndGradients {
  readonly loss: StepLoss;
  readonly gradients: Map<string, tf.Tensor>;
}

/**
 * Loss and gradients of one batch with one Monte-Carlo sample per image. The caller disposes the gradients.
 *
 * @param variables what learns, by name; where no encoder does, all that lies below the first adapter stays off the gradient tape
 */
export async function lossAndGradients(
  network: Network,
  batch: TrainingBatch,
  variables: ReadonlyMap<string, tf.Variable>,
  { noise, ...options }: LossOptions & { readonly noise?: Noise } = {},
): Promise<LossAndGradients> {
  const { image, mask, sentences } = batch;
  const frozenBelow = ![...variables.keys()].some((name) => /^(vision|text)\./.test(name));
  const ready = frozenBelow ? tf.tidy(() => prefix(network, image, sentences)) : undefined;
  let terms: tf.Tensor1D | undefined;
  try {
    const { value, gradients } = valueAndGradients(() => {
      const features = trunk(network, ready ?? prefix(network, image, sentences), sentences, { noise });
      const logits = logitsOf(network, features);
      const pooled = tf.mean(l2Normalize(features.patches), 1); // [B, outputs]
      const loss = segmentationLoss(logits, mask, { image: pooled, text: features.text }, options);
      terms = tf.keep(
        tf.stack([loss.total, loss.dice, loss.crossEntropy, loss.contrastive as tf.Scalar]),
      ) as tf.Tensor1D;
      return loss.total;
    }, variables);
    value.dispose();
    const [total, dice, crossEntropy, contrastive] = (await (
      terms as unknown as tf.Tensor1D
    ).data()) as unknown as number[];
    return { loss: { total, dice, crossEntropy, contrastive } as StepLoss, gradients };
  } finally {
    terms?.dispose();
    if (ready) tf.dispose([ready.image, ready.text]);
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
