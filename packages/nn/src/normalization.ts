// Normalization over the last axis: layer normalization, and scaling to unit Euclidean length.
import * as tf from '@tensorflow/tfjs-core';
import { differentiable } from './differentiable.ts';
import { expectNumber, expectShape } from './errors.ts';
import { sumRows } from './linear.ts';
import { constantInit, type ParameterSpec } from './parameters.ts';

export interface NormParameters {
  readonly weight: tf.Tensor; // [C]
  readonly bias: tf.Tensor; // [C]
}

export const normSpec = (width: number): { weight: ParameterSpec; bias: ParameterSpec } => ({
  weight: { shape: [width], init: constantInit(1) },
  bias: { shape: [width], init: constantInit(0) },
});

/**
 * `(x − mean) / √(var + ε) · weight + bias` over the last axis, with the biased variance, as `torch.nn.LayerNorm`.
 *
 * @param epsilon added to the variance: 1e-5 in PyTorch and CLIP, 1e-6 in timm, 1e-12 in BERT.
 */
export function layerNorm(x: tf.Tensor, { weight, bias }: NormParameters, epsilon = 1e-5): tf.Tensor {
  const channels = x.shape.at(-1) ?? 1;
  expectShape('layer norm weight', weight, [channels]);
  expectShape('layer norm bias', bias, [channels]);
  expectNumber('layer norm epsilon', epsilon, 0);
  return differentiable(
    { x, weight, bias },
    (save) => {
      const centered = tf.sub(x, tf.mean(x, -1, true));
      const scale = tf.rsqrt(tf.add(tf.mean(tf.square(centered), -1, true), epsilon)); // [..., 1]
      const normal = tf.mul(centered, scale);
      save(normal, scale, weight);
      return tf.add(tf.mul(normal, weight), bias);
    },
    (dy, [normal, scale, weight]) => {
      const width = dy.shape.at(-1) as number;
      const rows = (t: tf.Tensor) => tf.reshape(t, [-1, width]);
      return {
        // dx = r·(g − mean(g) − x̂·mean(g·x̂)) with g = dy·weight
        x: () => {
          const g = tf.mul(dy, weight as tf.Tensor);
          const along = tf.mul(normal as tf.Tensor, tf.mean(tf.mul(g, normal as tf.Tensor), -1, true));
          return tf.mul(tf.sub(tf.sub(g, tf.mean(g, -1, true)), along), scale as tf.Tensor);
        },
        weight: () => sumRows(rows(tf.mul(dy, normal as tf.Tensor))),
        bias: () => sumRows(rows(dy)),
      };
    },
  );
}

/** `x / ‖x‖₂` over the last axis, without epsilon, as the reference; a zero vector gives NaN. */
export function l2Normalize(x: tf.Tensor): tf.Tensor {
  return differentiable(
    { x },
    (save) => {
      const inverse = tf.rsqrt(tf.sum(tf.square(x), -1, true));
      const unit = tf.mul(x, inverse);
      save(unit, inverse);
      return unit;
    },
    // dx = (dy − u·⟨dy, u⟩) / ‖x‖
    (dy, [unit, inverse]) => ({
      x: () =>
        tf.mul(
          tf.sub(dy, tf.mul(unit as tf.Tensor, tf.sum(tf.mul(dy, unit as tf.Tensor), -1, true))),
          inverse as tf.Tensor,
        ),
    }),
  );
}
