// Multi-head attention: softmax(QKᵀ/√d + mask)·V, and self-attention with its projections.
import * as tf from '@tensorflow/tfjs-core';
import { differentiable } from './differentiable.ts';
import { expectCount, expectShape, ShapeError } from './errors.ts';
import { type LinearParameters, linear, linearSpec } from './linear.ts';

/** Large enough that a masked weight is exactly 0 after the softmax, small enough that no sum overflows. */
const MASKED = -1e30;

export interface AttentionParameters {
  readonly query: LinearParameters;
  readonly key: LinearParameters;
  readonly value: LinearParameters;
  readonly output: LinearParameters;
}

export const attentionSpec = (width: number) => ({
  query: linearSpec(width, width),
  key: linearSpec(width, width),
  value: linearSpec(width, width),
  output: linearSpec(width, width),
});

/**
 * Additive mask [T, T] for tokens that attend to themselves and those before them.
 *
 * @param tokens their number, or their positions as a tensor [T]
 */
export const causalMask = (tokens: number | tf.Tensor1D): tf.Tensor2D =>
  tf.tidy(() => {
    const index = typeof tokens === 'number' ? tf.range(0, tokens) : tokens;
    const later = tf.greater(tf.expandDims(index, 0), tf.expandDims(index, 1));
    return tf.mul(tf.cast(later, 'float32'), MASKED) as tf.Tensor2D;
  });

/** Additive mask [B, 1, 1, T] from [B, T] with 1 for visible keys and 0 for hidden ones. */
export const keyMask = (visible: tf.Tensor): tf.Tensor4D =>
  tf.tidy(() => {
    expectShape('key mask', visible, ['B', 'T']);
    const [batch, length] = visible.shape as [number, number];
    return tf.reshape(tf.mul(tf.sub(1, tf.cast(visible, 'float32')), MASKED), [batch, 1, 1, length]);
  });

/** [B, T, heads·d] → [B, heads, T, d] */
const split = (x: tf.Tensor, heads: number): tf.Tensor4D => {
  const [batch, length, width] = x.shape as [number, number, number];
  return tf.transpose(tf.reshape(x, [batch, length, heads, width / heads]), [0, 2, 1, 3]) as tf.Tensor4D;
};

/** [B, heads, T, d] → [B, T, heads·d] */
const merge = (x: tf.Tensor): tf.Tensor3D => {
  const [batch, heads, length, depth] = x.shape as [number, number, number, number];
  return tf.reshape(tf.transpose(x, [0, 2, 1, 3]), [batch, length, heads * depth]);
};

const withDropout = (weights: tf.Tensor, keep?: tf.Tensor): tf.Tensor => (keep ? tf.mul(weights, keep) : weights);

export interface AttentionOptions {
  readonly heads: number;
  /** Added to the scores before the softmax; broadcast to [B, heads, Tq, Tk]. */
  readonly mask?: tf.Tensor;
  /** Multiplies the weights after the softmax, [B, heads, Tq, Tk]: a dropout mask. */
  readonly keep?: tf.Tensor;
}

/**
 * Scaled dot-product attention.
 *
 * @param q [B, Tq, heads·d]
 * @param k [B, Tk, heads·d]
 * @param v [B, Tk, heads·d]
 * @returns [B, Tq, heads·d]
 */
export function dotProductAttention(
  q: tf.Tensor,
  k: tf.Tensor,
  v: tf.Tensor,
  { heads, mask, keep }: AttentionOptions,
): tf.Tensor {
  expectShape('attention query', q, ['B', 'Tq', 'C']);
  const [batch, , width] = q.shape as [number, number, number];
  expectShape('attention key', k, [batch, 'Tk', width]);
  expectShape('attention value', v, [batch, k.shape[1] as number, width]);
  expectCount('attention heads', heads);
  if (width % heads !== 0) throw new ShapeError('attention', `a width divisible by ${heads} heads`, `${width}`);
  const scale = 1 / Math.sqrt(width / heads);
  return differentiable(
    { q, k, v },
    (save) => {
      const [qh, kh, vh] = [split(tf.mul(q, scale), heads), split(k, heads), split(v, heads)];
      const scores = tf.matMul(qh, kh, false, true); // [B, heads, Tq, Tk]
      const weights = tf.softmax(mask ? tf.add(scores, mask) : scores);
      save(qh, kh, vh, weights, ...(keep ? [keep] : []));
      return merge(tf.matMul(withDropout(weights, keep), vh));
    },
    (dy, [qh, kh, vh, weights, keep]) => {
      const dOut = split(dy, heads);
      let scoreGradient: tf.Tensor | undefined;
      // dS = P·(dP − Σ P·dP), shared by the gradients of q and k
      const dScores = () => {
        if (scoreGradient) return scoreGradient;
        const dWeights = withDropout(tf.matMul(dOut, vh as tf.Tensor, false, true), keep);
        const weighted = tf.mul(dWeights, weights as tf.Tensor);
        scoreGradient = tf.sub(weighted, tf.mul(weights as tf.Tensor, tf.sum(weighted, -1, true)));
        return scoreGradient;
      };
      return {
        q: () => merge(tf.mul(tf.matMul(dScores(), kh as tf.Tensor), scale)),
        k: () => merge(tf.matMul(dScores(), qh as tf.Tensor, true, false)),
        v: () => merge(tf.matMul(withDropout(weights as tf.Tensor, keep), dOut, true, false)),
      };
    },
  );
}

/** Multi-head self-attention, [B, T, C] → [B, T, C]. */
export function selfAttention(
  x: tf.Tensor,
  { query, key, value, output }: AttentionParameters,
  options: AttentionOptions,
): tf.Tensor {
  return linear(dotProductAttention(linear(x, query), linear(x, key), linear(x, value), options), output);
}
