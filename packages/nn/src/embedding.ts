// Look-up of rows by index.
import * as tf from '@tensorflow/tfjs-core';
import { differentiable } from './differentiable.ts';
import { productOverRows } from './linear.ts';

/**
 * Rows of `table` [V, C] named by `ids` [B, T] (int32) → [B, T, C].
 *
 * The gradient scatters by a product with one-hot rows, since wasm has no segment sum; it suits vocabularies of some thousand words. Mark
 * a frozen table `constant`: then nothing is saved.
 */
export function embedding(table: tf.Tensor, ids: tf.Tensor): tf.Tensor {
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
