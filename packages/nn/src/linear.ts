// y = xW + b over the last axis.
import * as tf from '@tensorflow/tfjs-core';
import { differentiable } from './differentiable.ts';
import { expectShape, ShapeError } from './errors.ts';
import { type ParameterSpec, uniform } from './parameters.ts';

/** `weight` is [in, out], the transpose of PyTorch's, so that no backend has to transpose it. */
export interface LinearParameters {
  readonly weight: tf.Tensor;
  readonly bias?: tf.Tensor;
}

/** PyTorch's default: weight and bias uniform in ±1/√in. */
export const linearSpec = <B extends boolean = true>(inputs: number, outputs: number, options?: { bias?: B }) => {
  const init = uniform(1 / Math.sqrt(inputs));
  const weight: ParameterSpec = { shape: [inputs, outputs], init };
  const bias: ParameterSpec = { shape: [outputs], init };
  return (options?.bias === false ? { weight } : { weight, bias }) as B extends false
    ? { weight: ParameterSpec }
    : { weight: ParameterSpec; bias: ParameterSpec };
};

/** Longest sum that a product may accumulate in single precision: its relative error stays below 1e-5, mostly below 1e-6. */
const LONGEST_SUM = 1024;

/** [N, C] → [blocks, n, C] with n at most {@link LONGEST_SUM}; zeros fill the last block where N has no divisor of a useful size. */
function inBlocks(rows: tf.Tensor): tf.Tensor {
  const [count, width] = rows.shape as [number, number];
  for (let n = LONGEST_SUM; n >= LONGEST_SUM / 4; n--)
    if (count % n === 0) return tf.reshape(rows, [count / n, n, width]);
  const missing = LONGEST_SUM - (count % LONGEST_SUM);
  const padded = tf.pad(rows, [
    [0, missing],
    [0, 0],
  ]);
  return tf.reshape(padded, [-1, LONGEST_SUM, width]);
}

/**
 * xᵀ·y over all rows, [N, I] and [N, O] → [I, O]: the gradient of a weight. N counts every pixel or token of a batch, and a product adds
 * its terms one after the other in single precision; many rows are therefore multiplied in blocks, and the partial products summed.
 */
export function productOverRows(x: tf.Tensor, y: tf.Tensor): tf.Tensor {
  if ((x.shape[0] as number) <= LONGEST_SUM) return tf.matMul(x, y, true, false);
  return tf.sum(tf.matMul(inBlocks(x), inBlocks(y), true, false), 0);
}

/** Sum over the first axis, [N, C] → [C]: the gradient of a bias. For few rows a product with ones is faster than `tf.sum`. */
export function sumRows(rows: tf.Tensor): tf.Tensor {
  const count = rows.shape[0] as number;
  if (count <= LONGEST_SUM) return tf.reshape(tf.matMul(tf.ones([1, count]), rows), [-1]);
  return tf.sum(tf.sum(inBlocks(rows), 1), 0);
}

/**
 * Linear map over the last axis: `[..., in] → [..., out]`.
 *
 * All leading axes are folded into one: rank-2 products are the only ones that are fast on every backend, and a batched left operand with a
 * broadcast right one has no gradient in tfjs.
 */
export function linear(x: tf.Tensor, { weight, bias }: LinearParameters): tf.Tensor {
  expectShape('linear weight', weight, ['in', 'out']);
  const [inputs, outputs] = weight.shape as [number, number];
  if (bias) expectShape('linear bias', bias, [outputs]);
  if (x.shape.at(-1) !== inputs) throw new ShapeError('linear', `last axis of ${inputs}`, `[${x.shape}]`);
  const shape = [...x.shape.slice(0, -1), outputs];
  return differentiable(
    { x, weight, bias },
    (save) => {
      save(x, weight);
      const rows = tf.reshape(x, [-1, inputs]) as tf.Tensor2D; // [N, in]
      const y = bias ? tf.fused.matMul({ a: rows, b: weight as tf.Tensor2D, bias }) : tf.matMul(rows, weight);
      return tf.reshape(y, shape);
    },
    (dy, [x, weight]) => {
      const rows = tf.reshape(dy, [-1, outputs]); // [N, out]
      return {
        x: () => tf.reshape(tf.matMul(rows, weight as tf.Tensor, false, true), (x as tf.Tensor).shape),
        weight: () => productOverRows(tf.reshape(x as tf.Tensor, [-1, inputs]), rows),
        bias: () => sumRows(rows),
      };
    },
  );
}
