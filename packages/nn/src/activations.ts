// Element-wise activations.
import * as tf from '@tensorflow/tfjs-core';
import { differentiable } from './differentiable.ts';

type Activation = (x: tf.Tensor) => tf.Tensor;

const elementwise =
  (value: Activation, slope: Activation): Activation =>
  (x) =>
    differentiable(
      { x },
      (save) => {
        save(x);
        return value(x);
      },
      (dy, [x]) => ({ x: () => tf.mul(dy, slope(x as tf.Tensor)) }),
    );

/** Normal distribution function Φ(x). */
const cumulative: Activation = (x) => tf.mul(tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1), 0.5);

/** Exact GELU, `x·Φ(x)`. Φ is saved for the gradient, because erf dominates the cost. */
export const gelu: Activation = (x) =>
  differentiable(
    { x },
    (save) => {
      const phi = cumulative(x);
      save(x, phi);
      return tf.mul(x, phi);
    },
    // Φ(x) + x·φ(x)
    (dy, [x, phi]) => ({
      x: () => {
        const density = tf.mul(tf.exp(tf.mul(tf.square(x as tf.Tensor), -0.5)), 1 / Math.sqrt(2 * Math.PI));
        return tf.mul(dy, tf.add(phi as tf.Tensor, tf.mul(x as tf.Tensor, density)));
      },
    }),
  );

const QUICK = 1.702;

/** CLIP's approximation of GELU, `x·σ(1.702x)`. */
export const quickGelu = /* @__PURE__ */ elementwise(
  (x) => tf.mul(x, tf.sigmoid(tf.mul(x, QUICK))),
  // s + 1.702·x·s·(1 − s)
  (x) => {
    const s = tf.sigmoid(tf.mul(x, QUICK));
    return tf.add(s, tf.mul(tf.mul(x, QUICK), tf.mul(s, tf.sub(1, s))));
  },
);

/** `log(1 + eˣ)`, without overflow. */
export const softplus = /* @__PURE__ */ elementwise(tf.softplus, tf.sigmoid);

/** The activations by their names in configurations. */
export const activations = { gelu, 'quick-gelu': quickGelu } as const;

export type ActivationName = keyof typeof activations;
