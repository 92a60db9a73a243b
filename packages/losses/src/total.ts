// The training objective: weighted sum of the segmentation and contrastive losses.
import * as tf from '@tensorflow/tfjs-core';
import { expectKnown, expectOneOf, LossOptionError } from './errors.ts';
import { binaryCrossEntropy, diceLosses } from './pixel-losses.ts';
import { CONTRASTIVE_OPTIONS, type SoftContrastiveOptions, softContrastive } from './soft-contrastive.ts';

export interface LossOptions extends SoftContrastiveOptions {
  /** Which Dice loss: `row` as published, `region` the usual one. */
  readonly dice?: keyof typeof diceLosses;
  readonly diceWeight?: number;
  readonly crossEntropyWeight?: number;
  readonly contrastiveWeight?: number;
}

/** The terms of the loss, each a scalar; `total` is their weighted sum. */
export interface LossTerms {
  readonly dice: tf.Scalar;
  readonly crossEntropy: tf.Scalar;
  readonly contrastive?: tf.Scalar;
  readonly total: tf.Scalar;
}

/** The published weights of the terms. */
export const publishedWeights = { diceWeight: 0.5, crossEntropyWeight: 0.5, contrastiveWeight: 0.1 } as const;

const WEIGHTS = ['diceWeight', 'crossEntropyWeight', 'contrastiveWeight'] as const;

/**
 * `0.5·dice + 0.5·bce + 0.1·contrastive` with the published weights; without features, the first two terms (the validation loss).
 *
 * @param logits [B, H, W]
 * @param mask [B, H, W] of 0 and 1
 * @param features image and text features [B, D] for the contrastive term
 *
 * @example
 * const { total, dice } = segmentationLoss(tf.zeros([1, 4, 4]), tf.ones([1, 4, 4]), undefined, { dice: 'region' });
 * console.log((await dice.data())[0].toFixed(4), (await total.data())[0].toFixed(4)); // 0.3333 0.5132
 */
export function segmentationLoss(
  logits: tf.Tensor,
  mask: tf.Tensor,
  features?: { readonly image: tf.Tensor; readonly text: tf.Tensor },
  options: LossOptions = {},
): LossTerms {
  expectKnown('segmentationLoss', options, ['dice', ...WEIGHTS, ...CONTRASTIVE_OPTIONS]);
  const { dice = 'row', temperature, targets } = options;
  expectOneOf('dice', dice, Object.keys(diceLosses));
  const [diceWeight, crossEntropyWeight, contrastiveWeight] = WEIGHTS.map((name) => {
    const weight = options[name] ?? publishedWeights[name];
    if (!Number.isFinite(weight)) throw new LossOptionError(name, 'a finite number', weight);
    return weight;
  }) as [number, number, number];
  const diceTerm = diceLosses[dice](logits, mask);
  const crossEntropy = binaryCrossEntropy(logits, mask);
  const segmentation = tf.add(tf.mul(diceTerm, diceWeight), tf.mul(crossEntropy, crossEntropyWeight)) as tf.Scalar;
  if (!features) return { dice: diceTerm, crossEntropy, total: segmentation };
  const contrastive = softContrastive(features.image, features.text, { temperature, targets });
  const total = tf.add(segmentation, tf.mul(contrastive, contrastiveWeight)) as tf.Scalar;
  return { dice: diceTerm, crossEntropy, contrastive, total };
}
