// Dropout whose masks are drawn by counter (Srivastava et al., "Dropout", JMLR 2014).
import * as tf from '@tensorflow/tfjs-core';
import { differentiable } from './differentiable.ts';
import { expectFraction, ShapeError } from './errors.ts';
import type { NoiseRow } from './noise.ts';
import { fillKept, keyOf } from './random.ts';

/** A source of dropout masks. */
export interface Dropout {
  /** A mask [B, …] for a `site` of the network: 0 for dropped activations, 1/(1 − rate) for kept ones. */
  mask(site: string, shape: readonly number[]): tf.Tensor;
}

/**
 * Masks keyed by (seed, image, sample, site), like the noise of `counterNoise`: the same when a pass is recomputed, and for a row
 * whatever else is in its batch.
 *
 * @param rate share of activations that are dropped, at least 0 and below 1, to the nearest of 65536 parts
 * @param rows the rows of the batch
 */
export function counterDropout(rate: number, seed: number, rows: readonly NoiseRow[]): Dropout {
  expectFraction('dropout rate', rate);
  return {
    mask(site, shape) {
      if (shape[0] !== rows.length) throw new ShapeError('dropout', `${rows.length} rows`, `[${shape}]`);
      const size = tf.util.sizeFromShape(shape.slice(1));
      const values = new Float32Array(size * rows.length);
      rows.forEach(({ image, sample }, i) => {
        fillKept(keyOf(seed, image, sample, 'dropout', site), rate, values.subarray(i * size, (i + 1) * size));
      });
      return tf.tensor(values, [...shape]);
    },
  };
}

/** `x` times the mask of `site`; `x` itself without dropout. */
export function applyDropout(x: tf.Tensor, site: string, dropout?: Dropout): tf.Tensor {
  if (!dropout) return x;
  return differentiable(
    { x },
    (save) => {
      const mask = dropout.mask(site, x.shape);
      save(mask);
      return tf.mul(x, mask);
    },
    (dy, [mask]) => ({ x: () => tf.mul(dy, mask as tf.Tensor) }),
  );
}
