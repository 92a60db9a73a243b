// Value and gradients of a scalar function with respect to named variables.
import * as tf from '@tensorflow/tfjs-core';
import { registerGradients } from './gradients.ts';
import { dropTape } from './tape.ts';

/**
 * Runs `f`, which gives a scalar, and returns its value with the gradient of every variable. The caller disposes both.
 *
 * When `f` throws, what was saved for the backward pass is disposed, and the error goes on.
 */
export function valueAndGradients(
  f: () => tf.Scalar,
  variables: ReadonlyMap<string, tf.Variable>,
): { value: tf.Scalar; gradients: Map<string, tf.Tensor> } {
  registerGradients();
  const byVariable = new Map([...variables].map(([name, variable]) => [variable.name, name]));
  try {
    const { value, grads } = tf.variableGrads(f, [...variables.values()]);
    const gradients = new Map(
      Object.entries(grads).map(([name, gradient]) => [byVariable.get(name) as string, gradient]),
    );
    return { value, gradients };
  } catch (error) {
    dropTape();
    throw error;
  }
}

/** Scales gradients so that their joint Euclidean norm is at most `limit`; returns new tensors and disposes the old. */
export function clipByGlobalNorm(gradients: ReadonlyMap<string, tf.Tensor>, limit: number): Map<string, tf.Tensor> {
  const clipped = tf.tidy(() => {
    const squares = [...gradients.values()].map((gradient) => tf.sum(tf.square(gradient)));
    // min(1, limit/‖g‖) without a branch on the device's value.
    const factor = tf.minimum(1, tf.div(limit, tf.add(tf.sqrt(tf.addN(squares)), 1e-12)));
    return [...gradients.values()].map((gradient) => tf.mul(gradient, factor));
  });
  for (const gradient of gradients.values()) gradient.dispose();
  return new Map([...gradients.keys()].map((name, i) => [name, clipped[i] as tf.Tensor]));
}
