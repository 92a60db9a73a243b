// Dice losses on logits: over each image (region), and over each image row, as the published training computes it.
import * as tf from '@tensorflow/tfjs-core';
import { expectSameShape } from './errors.ts';

/** Added to numerator and denominator (MONAI's default). */
const SMOOTH = 1e-5;

/** 1 − (2·Σpy + s)/(Σp + Σy + s) over the last axis, then the mean. */
function meanDice(probability: tf.Tensor, truth: tf.Tensor): tf.Scalar {
  const overlap = tf.sum(tf.mul(probability, truth), -1);
  const total = tf.add(tf.sum(probability, -1), tf.sum(truth, -1));
  const dice = tf.div(tf.add(tf.mul(overlap, 2), SMOOTH), tf.add(total, SMOOTH));
  return tf.sub(1, tf.mean(dice));
}

/** A way to compute the Dice loss. @param logits [B, H, W] @param mask [B, H, W] of 0 and 1 */
export type DiceLoss = (logits: tf.Tensor, mask: tf.Tensor) => tf.Scalar;

/** Dice loss of each whole image, averaged over the batch. */
export const regionDice: DiceLoss = (logits, mask) => {
  expectSameShape('mask', logits.shape, mask.shape);
  const batch = logits.shape[0] as number;
  return meanDice(tf.reshape(tf.sigmoid(logits), [batch, -1]), tf.reshape(mask, [batch, -1]));
};

/**
 * The Dice loss of the published training, which reads image rows as classes and drops the first as background (a [B, H, W] tensor given
 * to MONAI's `DiceLoss(include_background=False)`). Rows without foreground contribute almost 1 and almost no gradient.
 */
export const rowDice: DiceLoss = (logits, mask) => {
  expectSameShape('mask', logits.shape, mask.shape);
  const [batch, height, width] = logits.shape as [number, number, number];
  const rows = (t: tf.Tensor) => tf.slice(t, [0, 1, 0], [batch, height - 1, width]);
  return meanDice(tf.sigmoid(rows(logits)), rows(mask));
};

/** The Dice losses by the name that a configuration gives them. */
export const diceLosses = { row: rowDice, region: regionDice } as const;
