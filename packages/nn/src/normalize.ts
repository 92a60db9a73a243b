// Scaling to unit Euclidean length.
import * as tf from '@tensorflow/tfjs-core';
import { differentiable } from './differentiable.ts';

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
