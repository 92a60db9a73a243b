// Adam and AdamW as PyTorch computes them, and the learning rate's schedule.
import * as tf from '@tensorflow/tfjs-core';
import { expectFraction, expectNumber, OptionError, ParameterError } from './errors.ts';
import { ownVariable, type ParameterValue } from './parameters.ts';

export interface AdamOptions {
  readonly beta1?: number;
  readonly beta2?: number;
  /** Added to the root of the second moment. Default: 1e-8, as in PyTorch. */
  readonly epsilon?: number;
  /** Decoupled weight decay (AdamW), applied to parameters of rank 2 and more. */
  readonly weightDecay?: number;
}

/** State of the optimizer in memory; a tensor is named `first.<parameter>` or `second.<parameter>`. */
export interface AdamState {
  readonly step: number;
  readonly moments: ReadonlyMap<string, ParameterValue>;
}

/** @throws {OptionError} for options out of range */
export function completeAdamOptions({
  beta1 = 0.9,
  beta2 = 0.999,
  epsilon = 1e-8,
  weightDecay = 0,
}: AdamOptions): Required<AdamOptions> {
  expectFraction('Adam beta1', beta1);
  expectFraction('Adam beta2', beta2);
  expectNumber('Adam epsilon', epsilon, 0);
  if (!(weightDecay >= 0)) throw new OptionError('Adam weightDecay', 'a number of at least 0', weightDecay);
  return { beta1, beta2, epsilon, weightDecay };
}

/** Factors of the update of a step, from 1: `lr/(1−β₁ᵗ)`, and `1/√(1−β₂ᵗ)` of the root of the second moment. */
export const correctionsOf = (step: number, { beta1, beta2 }: Required<AdamOptions>, learningRate: number) => ({
  rate: learningRate / (1 - beta1 ** step),
  root: 1 / Math.sqrt(1 - beta2 ** step),
});

export const PREFIXES = ['first', 'second'] as const;

/** A moment of a saved state. @throws {ParameterError} if it is missing or has another shape */
export function momentIn(
  { moments }: AdamState,
  prefix: (typeof PREFIXES)[number],
  name: string,
  shape: readonly number[],
): ParameterValue {
  const value = moments.get(`${prefix}.${name}`);
  if (value && `${value.shape}` === `${shape}`) return value;
  throw new ParameterError(
    `Adam state: expected ${prefix} moment of '${name}' [${shape}], got ${value ? `[${value.shape}]` : 'none'}. Resume with the configuration that wrote it.`,
  );
}

/**
 * Adam over named variables: `w ← w − lr/(1−β₁ᵗ) · m / (√v/√(1−β₂ᵗ) + ε)` (Kingma & Ba 2015; Loshchilov & Hutter 2019 for the decay).
 *
 * The powers of the bias corrections are computed in double precision; tfjs multiplies them up in single precision, where they drift.
 */
export class Adam {
  #step = 0;
  readonly #moments = { first: new Map<string, tf.Variable>(), second: new Map<string, tf.Variable>() };
  readonly #options: Required<AdamOptions>;

  constructor(options: AdamOptions = {}) {
    this.#options = completeAdamOptions(options);
  }

  /** Number of steps taken. */
  get steps(): number {
    return this.#step;
  }

  /** One update of `variables` by `gradients` (same names), at the given learning rate. */
  step(
    variables: ReadonlyMap<string, tf.Variable>,
    gradients: ReadonlyMap<string, tf.Tensor>,
    learningRate: number,
  ): void {
    expectNumber('learning rate', learningRate);
    const { beta1, beta2, epsilon, weightDecay } = this.#options;
    this.#step += 1;
    const { rate, root } = correctionsOf(this.#step, this.#options, learningRate);
    for (const [name, variable] of variables) {
      const gradient = gradients.get(name);
      if (!gradient)
        throw new ParameterError(`Adam: expected a gradient of '${name}', got none. Pass one per variable.`);
      const first = momentOf(this.#moments.first, name, variable);
      const second = momentOf(this.#moments.second, name, variable);
      tf.tidy(() => {
        first.assign(tf.add(tf.mul(first, beta1), tf.mul(gradient, 1 - beta1)));
        second.assign(tf.add(tf.mul(second, beta2), tf.mul(tf.square(gradient), 1 - beta2)));
        const update = tf.mul(tf.div(first, tf.add(tf.mul(tf.sqrt(second), root), epsilon)), rate);
        const decayed =
          weightDecay > 0 && variable.rank > 1 ? tf.mul(variable, 1 - learningRate * weightDecay) : variable;
        variable.assign(tf.sub(decayed, update));
      });
    }
  }

  /** The state, from which training resumes exactly. */
  async save(): Promise<AdamState> {
    const moments = new Map<string, ParameterValue>();
    for (const [prefix, source] of Object.entries(this.#moments))
      for (const [name, variable] of source)
        moments.set(`${prefix}.${name}`, { shape: variable.shape, data: (await variable.data()) as Float32Array });
    return { step: this.#step, moments };
  }

  /** Restores a saved state. @param variables the variables that it will update */
  restore(state: AdamState, variables: ReadonlyMap<string, tf.Variable>): void {
    this.dispose();
    this.#step = state.step;
    // Before the first step there are no moments.
    if (state.step === 0) return;
    for (const prefix of PREFIXES)
      for (const [name, { shape }] of variables) {
        const { data } = momentIn(state, prefix, name, shape);
        this.#moments[prefix].set(name, ownVariable(tf.tensor(data, [...shape]), false));
      }
  }

  dispose(): void {
    for (const moments of Object.values(this.#moments)) {
      tf.dispose([...moments.values()]);
      moments.clear();
    }
  }
}

function momentOf(moments: Map<string, tf.Variable>, name: string, variable: tf.Variable): tf.Variable {
  const known = moments.get(name);
  if (known) return known;
  const fresh = ownVariable(tf.zeros(variable.shape), false);
  moments.set(name, fresh);
  return fresh;
}

/**
 * Cosine annealing from `from` to `to` over `total` steps (epochs, in the reference), as PyTorch's `CosineAnnealingLR`:
 * `to + (from − to)·(1 + cos(π·t/total))/2`.
 */
export const cosineAnnealing = (t: number, { from, to, total }: { from: number; to: number; total: number }): number =>
  to + ((from - to) * (1 + Math.cos((Math.PI * t) / total))) / 2;
