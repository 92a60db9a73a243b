// The gradient tape of tfjs.
import * as tf from '@tensorflow/tfjs-core';

/** Disposes what the tape holds after an error: tfjs leaks every tensor saved for the backward pass when a function throws. */
export function dropTape(): void {
  const { state } = tf.engine();
  for (const node of state.activeTape ?? []) for (const tensor of node.saved ?? []) tensor.dispose();
  state.activeTape = undefined as never;
}
