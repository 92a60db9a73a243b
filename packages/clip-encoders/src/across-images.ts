// Attention in which a token looks at the tokens of its place in the other images of the batch.
import { type AttentionParameters, linear, selfAttention } from '@medclipseg/nn';
import * as tf from '@tensorflow/tfjs-core';

/** [A, B, C, D] → [A, C, B, D] */
const swapMiddle = (x: tf.Tensor, shape: readonly [number, number, number, number]) =>
  tf.transpose(tf.reshape(x, [...shape]), [0, 2, 1, 3]);

/**
 * Multi-head attention across the images of a batch, place by place; Monte-Carlo samples, folded into the batch sample by sample, stay
 * apart.
 *
 * @param x [S·B, T, C]
 * @returns [S·B, T, C]
 */
export function acrossImages(
  x: tf.Tensor,
  attention: AttentionParameters,
  { heads, samples }: { heads: number; samples: number },
): tf.Tensor {
  const [rows, length, width] = x.shape as [number, number, number];
  const images = rows / samples;
  // A single image looks at itself with weight 1, whatever its queries and keys are.
  if (images === 1) return linear(linear(x, attention.value), attention.output);
  const places = tf.reshape(swapMiddle(x, [samples, images, length, width]), [samples * length, images, width]);
  const mixed = selfAttention(places, attention, { heads });
  return tf.reshape(swapMiddle(mixed, [samples, length, images, width]), [rows, length, width]);
}
