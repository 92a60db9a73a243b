// Bilinear resizing with half-pixel centers, as PyTorch's `interpolate(mode='bilinear', align_corners=False)`.
import * as tf from '@tensorflow/tfjs-core';
import { constant } from './differentiable.ts';
import { expectCount, expectShape } from './errors.ts';
import { linear } from './linear.ts';

/** Interpolation matrix [from, to]: column j holds the weights of the inputs of output j. */
function interpolation(from: number, to: number): tf.Tensor2D {
  const matrix = new Float32Array(from * to);
  for (let j = 0; j < to; j++) {
    const position = Math.max(0, ((j + 0.5) * from) / to - 0.5);
    const low = Math.min(Math.floor(position), from - 1);
    const high = Math.min(low + 1, from - 1);
    const share = position - low;
    matrix[low * to + j] = (matrix[low * to + j] as number) + 1 - share;
    matrix[high * to + j] = (matrix[high * to + j] as number) + share;
  }
  return constant(tf.tensor2d(matrix, [from, to]));
}

/**
 * Resizes maps [B, H, W] → [B, height, width] with two products by interpolation matrices, because the gradient of
 * `tf.image.resizeBilinear` ignores the half pixel on every backend.
 */
export function resizeBilinear(x: tf.Tensor, [height, width]: readonly [number, number]): tf.Tensor {
  expectShape('resize', x, ['B', 'H', 'W']);
  expectCount('height', height);
  expectCount('width', width);
  const [, h, w] = x.shape as [number, number, number];
  if (h === height && w === width) return tf.clone(x);
  const wide = linear(x, { weight: interpolation(w, width) }); // [B, H, width]
  const tall = linear(tf.transpose(wide, [0, 2, 1]), { weight: interpolation(h, height) }); // [B, width, height]
  return tf.transpose(tall, [0, 2, 1]);
}
