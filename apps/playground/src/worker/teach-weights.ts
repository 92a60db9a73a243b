// Copies of the trained weights outside of the backend, for undoing a training.
import { variablesOf } from '@medclipseg/nn';
import * as tf from '@tensorflow/tfjs-core';
import type { Network } from 'medclipseg';

export type Weights = ReadonlyMap<string, Float32Array>;

/** Copies the values of all variables of a network. */
export async function copyWeights({ parameters }: Network): Promise<Weights> {
  const weights = new Map<string, Float32Array>();
  // Backends may return a view of their own memory.
  for (const [name, variable] of variablesOf(parameters)) weights.set(name, Float32Array.from(await variable.data()));
  return weights;
}

export function restoreWeights({ parameters }: Network, weights: Weights): void {
  for (const [name, variable] of variablesOf(parameters)) {
    const values = tf.tensor(weights.get(name) as Float32Array, variable.shape);
    variable.assign(values);
    values.dispose();
  }
}

const bytesOf = (weights: Weights): number =>
  [...weights.values()].reduce((sum, { byteLength }) => sum + byteLength, 0);

/** The most recent states within a memory limit; always keeps at least the newest. */
export class WeightsStack {
  readonly #states: Weights[] = [];

  constructor(readonly maximumBytes: number) {}

  get size(): number {
    return this.#states.length;
  }

  push(weights: Weights): void {
    this.#states.push(weights);
    const most = Math.max(1, Math.floor(this.maximumBytes / Math.max(1, bytesOf(weights))));
    this.#states.splice(0, this.#states.length - most);
  }

  pop(): Weights | undefined {
    return this.#states.pop();
  }

  clear(): void {
    this.#states.length = 0;
  }
}
