// Compares the gradients of an operation with central finite differences.
import * as tf from '@tensorflow/tfjs-core';
import { registerGradients } from '../gradients.ts';
import { keyOf, randomNormal } from '../random.ts';

export interface GradientErrorOptions {
  /** Step of the finite difference. */
  readonly step?: number;
  readonly seed?: number;
}

/**
 * Largest difference between the directional derivative by backpropagation and by central differences, over all inputs, relative to the
 * larger of the two (or 1). Σ f(x)·c is differentiated, with fixed random cotangent c, along one random direction per input.
 */
export async function gradientError(
  f: (...inputs: tf.Tensor[]) => tf.Tensor,
  inputs: readonly tf.Tensor[],
  { step = 1e-2, seed = 1 }: GradientErrorOptions = {},
): Promise<number> {
  registerGradients();
  const errors = tf.tidy(() => {
    const random = (shape: readonly number[], name: string) =>
      tf.tensor(randomNormal(keyOf(seed, name), tf.util.sizeFromShape([...shape])), [...shape]);
    const cotangent = random(f(...inputs).shape, 'cotangent');
    const value = (...at: tf.Tensor[]): tf.Scalar => tf.sum(tf.mul(f(...at), cotangent));
    const gradients = tf.grads(value)([...inputs]);
    return inputs.map((input, i) => {
      const direction = random(input.shape, `direction ${i}`);
      const moved = (by: number) => value(...inputs.map((t, k) => (k === i ? tf.add(t, tf.mul(direction, by)) : t)));
      const numeric = tf.div(tf.sub(moved(step), moved(-step)), 2 * step);
      const analytic = tf.sum(tf.mul(gradients[i] as tf.Tensor, direction));
      const scale = tf.maximum(1, tf.maximum(tf.abs(numeric), tf.abs(analytic)));
      return tf.div(tf.abs(tf.sub(numeric, analytic)), scale);
    });
  });
  let worst = 0;
  for (const error of errors) worst = Math.max(worst, (await error.data())[0] as number);
  tf.dispose(errors);
  return worst;
}
