// Losses over pixels, on logits: binary cross-entropy, and Dice over each image (region) or each image row, as the published training uses it.
import { softplus } from '@medclipseg/nn';
import * as tf from '@tensorflow/tfjs-core';
import { expectRank, expectSameShape, LossShapeError } from './errors.ts';

/** Added to numerator and denominator (MONAI's default). */
const SMOOTH = 1e-5;

/** 1 − (2·Σpy + s)/(Σp + Σy + s) over the last axis, then the mean. */
function meanDice(probability: tf.Tensor, truth: tf.Tensor): tf.Scalar {
  const overlap = tf.sum(tf.mul(probability, truth), -1);
  const total = tf.add(tf.sum(probability, -1), tf.sum(truth, -1));
  const dice = tf.div(tf.add(tf.mul(overlap, 2), SMOOTH), tf.add(total, SMOOTH));
  return tf.sub(1, tf.mean(dice));
}

/** A form of the Dice loss. @param logits [B, H, W] @param mask [B, H, W] of 0 and 1 */
export type DiceLoss = (logits: tf.Tensor, mask: tf.Tensor) => tf.Scalar;

function expectMaps(logits: tf.Tensor, mask: tf.Tensor): void {
  expectRank('logits', logits, ['B', 'H', 'W']);
  expectSameShape('mask', logits.shape, mask.shape);
}

/** Dice loss of each whole image, averaged over the batch. */
export const regionDice: DiceLoss = (logits, mask) => {
  expectMaps(logits, mask);
  const batch = logits.shape[0] as number;
  return meanDice(tf.reshape(tf.sigmoid(logits), [batch, -1]), tf.reshape(mask, [batch, -1]));
};

/**
 * The Dice loss of the published training. It treats image rows as classes and drops the first as background, because it passes a [B, H, W]
 * tensor to MONAI's `DiceLoss(include_background=False)`. Rows without foreground contribute almost 1 and almost no gradient.
 */
export const rowDice: DiceLoss = (logits, mask) => {
  expectMaps(logits, mask);
  const [batch, height, width] = logits.shape as [number, number, number];
  if (height < 2) throw new LossShapeError('logits', 'at least two rows, of which the first is dropped', logits.shape);
  const rows = (t: tf.Tensor) => tf.slice(t, [0, 1, 0], [batch, height - 1, width]);
  return meanDice(tf.sigmoid(rows(logits)), rows(mask));
};

/** The Dice losses by their names in configurations. */
export const diceLosses = { row: rowDice, region: regionDice } as const;

/**
 * Mean of `log(1 + eᶻ) − z·y` over all pixels (`torch.nn.BCEWithLogitsLoss`).
 *
 * @param logits any shape
 * @param mask the same shape, 0 to 1
 *
 * @example
 * const loss = binaryCrossEntropy(tf.zeros([2, 224, 224]), tf.ones([2, 224, 224]));
 * console.log((await loss.data())[0].toFixed(4)); // 0.6931
 */
export function binaryCrossEntropy(logits: tf.Tensor, mask: tf.Tensor): tf.Scalar {
  expectSameShape('mask', logits.shape, mask.shape);
  return tf.mean(tf.sub(softplus(logits), tf.mul(logits, mask)));
}
