// Binary cross-entropy on logits.
import { softplus } from '@medclipseg/nn';
import * as tf from '@tensorflow/tfjs-core';
import { expectSameShape } from './errors.ts';

/**
 * Mean of `log(1 + eᶻ) − z·y` over all pixels (`torch.nn.BCEWithLogitsLoss`).
 *
 * @param logits any shape
 * @param mask the same shape, 0 to 1
 */
export function binaryCrossEntropy(logits: tf.Tensor, mask: tf.Tensor): tf.Scalar {
  expectSameShape('mask', logits.shape, mask.shape);
  return tf.mean(tf.sub(softplus(logits), tf.mul(logits, mask)));
}
