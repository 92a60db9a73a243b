// The parameters that learn, in memory that the threads of sessions share.
import type { ParameterValue } from '@medclipseg/nn';
import * as tf from '@tensorflow/tfjs-core';

/** Arrays by name that the threads of sessions read and write where they are. They share one buffer, since each costs a message time. */
export function sharedArrays(sizes: Iterable<readonly [name: string, size: number]>): Record<string, Float32Array> {
  const entries = [...sizes];
  const total = entries.reduce((sum, [, size]) => sum + size, 0);
  const buffer = new SharedArrayBuffer(total * Float32Array.BYTES_PER_ELEMENT);
  let offset = 0;
  const arrays = entries.map(([name, size]) => {
    const array = new Float32Array(buffer, offset, size);
    offset += array.byteLength;
    return [name, array] as const;
  });
  return Object.fromEntries(arrays);
}

/** The values of the parameters that learn, before a step. */
export type Values = ReadonlyMap<string, ParameterValue>;

/** Values of a variable, and the key of the tensor that it had then. */
interface KnownValue {
  readonly dataId: object;
  readonly value: ParameterValue;
}

/** The values of variables in shared memory. */
export class SharedParameters {
  readonly #variables: ReadonlyMap<string, tf.Variable>;
  readonly #arrays: Readonly<Record<string, Float32Array>>;
  /** What the last step has written; a variable that has been assigned since is read again. */
  readonly #known = new Map<string, KnownValue>();

  constructor(variables: ReadonlyMap<string, tf.Variable>) {
    this.#variables = variables;
    this.#arrays = sharedArrays([...variables].map(([name, { size }]) => [name, size]));
  }

  async values(): Promise<Values> {
    const entries = [...this.#variables].map(async ([name, variable]): Promise<[string, ParameterValue]> => {
      const known = this.#known.get(name);
      if (known?.dataId === variable.dataId) return [name, known.value];
      const data = this.#arrays[name] as Float32Array;
      data.set(await variable.data());
      return [name, { shape: variable.shape, data }];
    });
    return new Map(await Promise.all(entries));
  }

  /** Gives the variables values that were changed in place. */
  assign(values: Values): void {
    for (const [name, value] of values) {
      const variable = this.#variables.get(name) as tf.Variable;
      // Other backends may keep the array of a tensor, and these values change with the next step.
      const data = tf.getBackend() === 'wasm' ? value.data : value.data.slice();
      tf.tidy(() => variable.assign(tf.tensor(data, variable.shape)));
      this.#known.set(name, { dataId: variable.dataId, value });
    }
  }
}
