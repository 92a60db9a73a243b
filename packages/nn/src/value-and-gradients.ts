// Value and gradients of a scalar function with respect to named variables.
import * as tf from '@tensorflow/tfjs-core';
import { expectNumber } from './errors.ts';
import { registerGradients } from './gradients.ts';

/** Disposes the tape after an error: tfjs leaks every tensor saved for the backward pass when a function throws. */
export function dropTape(): void {
  const { state } = tf.engine();
  for (const node of state.activeTape ?? []) for (const tensor of node.saved ?? []) tensor.dispose();
  Object.assign(state, { activeTape: undefined });
}

/**
 * Value of a scalar function and its gradient with respect to every variable. The caller disposes both. If `f` throws, the tensors saved
 * for the backward pass are disposed and the error is rethrown.
 *
 * @example
 * const parameters = trainable(initialize(linearSpec(3, 1), 666));
 * const { value, gradients } = valueAndGradients(() => tf.mean(linear(tf.ones([2, 3]), parameters)), variablesOf(parameters));
 * console.log([...gradients.keys()]); // [ 'weight', 'bias' ]
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

/** Scales gradients so that their joint Euclidean norm is at most `limit`. Returns new tensors and disposes the given ones. */
export function clipByGlobalNorm(gradients: ReadonlyMap<string, tf.Tensor>, limit: number): Map<string, tf.Tensor> {
  expectNumber('gradient norm limit', limit, 0);
  const clipped = tf.tidy(() => {
    const squares = [...gradients.values()].map((gradient) => tf.sum(tf.square(gradient)));
    // min(1, limit/‖g‖) without reading the norm from the device.
    const factor = tf.minimum(1, tf.div(limit, tf.add(tf.sqrt(tf.addN(squares)), 1e-12)));
    return [...gradients.values()].map((gradient) => tf.mul(gradient, factor));
  });
  for (const gradient of gradients.values()) gradient.dispose();
  return new Map([...gradients.keys()].map((name, i) => [name, clipped[i] as tf.Tensor]));
}
