// What the steps of a training differentiate, as functions of the features: the same for every engine.
import { type LossOptions, publishedWeights, segmentationLoss } from '@medclipseg/losses';
import { l2Normalize } from '@medclipseg/nn';
import * as tf from '@tensorflow/tfjs-core';
import { type Features, type Network, predictLogits } from '../network.ts';
import type { StepLoss } from './batch.ts';

/** A value to differentiate, and the terms that are reported. */
export interface Objective {
  readonly total: tf.Scalar;
  readonly terms: tf.Tensor1D;
}

/** The vectors that the contrastive loss compares, [B, outputs] each. */
export type Vectors = {
  /** The mean of the unit patch features. */
  readonly image: tf.Tensor;
  readonly text: tf.Tensor;
};

export const vectorsOf = ({ patches, text }: Features): Vectors => ({ image: tf.mean(l2Normalize(patches), 1), text });

/** The loss of a whole batch. Terms: total, Dice, cross-entropy, contrastive. */
export function batchObjective(network: Network, features: Features, mask: tf.Tensor, options: LossOptions): Objective {
  const vectors = vectorsOf(features);
  const { total, dice, crossEntropy, contrastive } = segmentationLoss(
    predictLogits(network, features),
    mask,
    vectors,
    options,
  );
  return { total, terms: tf.stack([total, dice, crossEntropy, contrastive as tf.Scalar]) as tf.Tensor1D };
}

/** A part of a batch. */
export interface PartOptions extends LossOptions {
  /** Images of the part, divided by those of the batch. */
  readonly share: number | tf.Scalar;
  /** Gradients of the batch's contrastive loss with respect to the vectors of the part. */
  readonly contrast: Vectors;
}

/**
 * What a part contributes to the loss of its batch, up to a constant: its share of Dice and cross-entropy, plus ⟨vectors, ∂contrastive/∂vectors⟩.
 * The gradients of all parts add up to those of the batch. Terms: Dice and cross-entropy, times the share.
 */
export function partObjective(
  network: Network,
  features: Features,
  mask: tf.Tensor,
  { share, contrast, ...options }: PartOptions,
): Objective {
  const { dice, crossEntropy, total } = segmentationLoss(predictLogits(network, features), mask, undefined, options);
  const terms = tf.mul(tf.stack([dice, crossEntropy]), share) as tf.Tensor1D;
  const vectors = vectorsOf(features);
  const surrogate = tf.add(tf.sum(tf.mul(vectors.image, contrast.image)), tf.sum(tf.mul(vectors.text, contrast.text)));
  const weight = options.contrastiveWeight ?? publishedWeights.contrastiveWeight;
  return { total: tf.add(tf.mul(total, share), tf.mul(surrogate, weight)) as tf.Scalar, terms };
}

/** The loss of a batch from the sums of its parts' terms and the contrastive loss of all vectors. */
export function sumOfParts(
  dice: number,
  crossEntropy: number,
  contrastive: number,
  {
    diceWeight = publishedWeights.diceWeight,
    crossEntropyWeight = publishedWeights.crossEntropyWeight,
    contrastiveWeight = publishedWeights.contrastiveWeight,
  }: LossOptions,
): StepLoss {
  const total = diceWeight * dice + crossEntropyWeight * crossEntropy + contrastiveWeight * contrastive;
  return { total, dice, crossEntropy, contrastive };
}
