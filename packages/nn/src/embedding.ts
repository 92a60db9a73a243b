// Look-up of rows by index.
import * as tf from '@tensorflow/tfjs-core';
import { differentiable } from './differentiable.ts';
import { expectShape, ShapeError } from './errors.ts';
import { productOverRows } from './linear.ts';

/**
 * Rows of `table` [V, C] named by `ids` [B, T] (int32) → [B, T, C].
 *
 * The gradient is a product with one-hot rows, because wasm has no segment sum; it suits vocabularies of a few thousand words. Nothing is
 * saved for a frozen table that is marked `constant`.
 */
export function embedding(table: tf.Tensor, ids: tf.Tensor): tf.Tensor {
  expectShape('embedding table', table, ['V', 'C']);
  if (ids.dtype !== 'int32') throw new ShapeError('embedding', 'ids of type int32', ids.dtype);
  const [size, width] = table.shape as [number, number];
  return differentiable(
    { table },
    (save) => {
      save(ids);
      return tf.gather(table, ids as tf.Tensor1D);
    },
    (dy, [ids]) => ({
      table: () => {
        const rows = tf.oneHot(tf.reshape(ids as tf.Tensor, [-1]) as tf.Tensor1D, size); // [B·T, V]
        return productOverRows(tf.cast(rows, 'float32'), tf.reshape(dy, [-1, width]));
      },
    }),
  );
}
