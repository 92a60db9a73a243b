// Value and gradients of a scalar function with respect to named variables.
import * as tf from '@tensorflow/tfjs-core';
import { expectNumber } from './errors.ts';
import { registerGradients } from './gradients.ts';

/** Calls a function that differentiates. If it throws, the tape is disposed: tfjs leaks every tensor saved for the backward pass. */
export function droppingTape<T>(differentiate: () => T): T {
  try {
    return differentiate();
  } catch (error) {
    const { state } = tf.engine();
    for (const node of state.activeTape ?? []) for (const tensor of node.saved ?? []) tensor.dispose();
    Object.assign(state, { activeTape: undefined });
    throw error;
  }
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
  const { value, grads } = droppingTape(() => tf.variableGrads(f, [...variables.values()]));
  const gradients = new Map(
    Object.entries(grads).map(([name, gradient]) => [byVariable.get(name) as string, gradient]),
  );
  return { value, gradients };
}

/** Scales gradients so that their joint Euclidean norm is at most `limit`. Returns new tensors and disposes the given ones. */
export function clipByGlobalNorm(gradients: ReadonlyMap<string, tf.Tensor>, limit: number): Map<string, tf.Tensor> {
  expectNumber('gradient norm limit', limit, 0);
  const given = [...gradients.values()];
  const clipped = tf.tidy(() => {
    const squares = given.map((gradient) => tf.sum(tf.square(gradient)));
    // min(1, limit/‖g‖) without reading the norm from the device.
    const factor = tf.minimum(1, tf.div(limit, tf.add(tf.sqrt(tf.addN(squares)), 1e-12)));
    return given.map((gradient) => tf.mul(gradient, factor));
  });
  tf.dispose(given);
  return new Map([...gradients.keys()].map((name, i) => [name, clipped[i] as tf.Tensor]));
}
