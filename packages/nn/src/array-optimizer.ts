// Adam over typed arrays, for engines that compute gradients outside TensorFlow.js.
import { expectNumber, ParameterError } from './errors.ts';
import {
  type AdamOptions,
  type AdamState,
  completeAdamOptions,
  correctionsOf,
  momentIn,
  PREFIXES,
} from './optimizer.ts';
import type { ParameterValue } from './parameters.ts';

interface Moments {
  readonly shape: readonly number[];
  readonly first: Float32Array;
  readonly second: Float32Array;
}

const arrayOf = (gradients: ReadonlyMap<string, Float32Array>, name: string, size: number): Float32Array => {
  const gradient = gradients.get(name);
  if (gradient?.length === size) return gradient;
  throw new ParameterError(
    `Adam: expected a gradient of '${name}' with ${size} values, got ${gradient ? gradient.length : 'none'}. Pass one per parameter.`,
  );
};

/** The updates of `Adam`, computed in double precision and stored in single precision. Both read each other's saved states. */
export class ArrayAdam {
  #step = 0;
  readonly #moments = new Map<string, Moments>();
  readonly #options: Required<AdamOptions>;

  constructor(options: AdamOptions = {}) {
    this.#options = completeAdamOptions(options);
  }

  /** Number of steps taken. */
  get steps(): number {
    return this.#step;
  }

  /**
   * Updates the values of `parameters` in place.
   *
   * @param gradients by the same names
   * @throws {ParameterError} for a gradient that is missing or of another size; nothing is updated then
   */
  step(
    parameters: ReadonlyMap<string, ParameterValue>,
    gradients: ReadonlyMap<string, Float32Array>,
    learningRate: number,
  ): void {
    expectNumber('learning rate', learningRate);
    const { beta1, beta2, epsilon, weightDecay } = this.#options;
    for (const [name, { data }] of parameters) arrayOf(gradients, name, data.length);
    this.#step += 1;
    const { rate, root } = correctionsOf(this.#step, this.#options, learningRate);
    for (const [name, { shape, data }] of parameters) {
      const gradient = arrayOf(gradients, name, data.length);
      const { first, second } = this.#momentsOf(name, shape, data.length);
      const kept = weightDecay > 0 && shape.length > 1 ? 1 - learningRate * weightDecay : 1;
      for (let i = 0; i < data.length; i++) {
        const g = gradient[i] as number;
        const m = beta1 * (first[i] as number) + (1 - beta1) * g;
        const v = beta2 * (second[i] as number) + (1 - beta2) * g * g;
        first[i] = m;
        second[i] = v;
        data[i] = kept * (data[i] as number) - (rate * m) / (Math.sqrt(v) * root + epsilon);
      }
    }
  }

  #momentsOf(name: string, shape: readonly number[], size: number): Moments {
    const known = this.#moments.get(name);
    if (known) return known;
    const fresh = { shape, first: new Float32Array(size), second: new Float32Array(size) };
    this.#moments.set(name, fresh);
    return fresh;
  }

  /** A copy of the state, from which training resumes exactly. */
  save(): AdamState {
    const moments = new Map<string, ParameterValue>();
    for (const prefix of PREFIXES)
      for (const [name, values] of this.#moments)
        moments.set(`${prefix}.${name}`, { shape: values.shape, data: values[prefix].slice() });
    return { step: this.#step, moments };
  }

  /** Restores a saved state. @param parameters what it will update */
  restore(state: AdamState, parameters: Iterable<readonly [string, { readonly shape: readonly number[] }]>): void {
    this.#moments.clear();
    this.#step = state.step;
    // Before the first step there are no moments.
    if (state.step === 0) return;
    for (const [name, { shape }] of parameters)
      this.#moments.set(name, {
        shape,
        first: momentIn(state, 'first', name, shape).data.slice(),
        second: momentIn(state, 'second', name, shape).data.slice(),
      });
  }
}

/** Scales gradients in place so that their joint Euclidean norm is at most `limit`: `clipByGlobalNorm` for arrays. */
export function clipArraysByGlobalNorm(gradients: Iterable<Float32Array>, limit: number): void {
  expectNumber('gradient norm limit', limit, 0);
  const arrays = [...gradients];
  let squares = 0;
  for (const array of arrays) for (let i = 0; i < array.length; i++) squares += (array[i] as number) ** 2;
  const factor = limit / (Math.sqrt(squares) + 1e-12);
  // Gradients that are no numbers stay so.
  if (factor >= 1) return;
  for (const array of arrays) for (let i = 0; i < array.length; i++) array[i] = (array[i] as number) * factor;
}
