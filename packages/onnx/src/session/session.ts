// What a compiled graph is to its user, whichever runtime runs it.
import type { EncodedModel } from '../encode.ts';
import { InputError, OnnxError } from '../errors.ts';

/** Values of one input or output: row-major, with their shape. Booleans are bytes 0 and 1. */
export interface TensorData {
  readonly type: 'float32' | 'int32' | 'bool';
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array | Uint8Array;
}

/** An input or output as the model describes it; names are symbolic dimensions. */
export interface TensorDescription {
  readonly name: string;
  readonly type: TensorData['type'];
  readonly shape: readonly (number | string)[];
}

export interface RunOptions {
  readonly signal?: AbortSignal;
}

/** A model that is ready to run. */
export interface Session {
  readonly inputs: readonly TensorDescription[];
  readonly outputs: readonly TensorDescription[];
  /**
   * Computes all outputs. Runs of one session come one after another.
   *
   * @throws {InputError} if an input is missing, unknown, or does not fit its description
   * @throws {SessionError} if the runtime fails
   */
  run(inputs: Readonly<Record<string, TensorData>>, options?: RunOptions): Promise<Record<string, TensorData>>;
  /** Releases the memory of the model. Runs in progress are rejected. */
  dispose(): Promise<void>;
}

/** What is compiled: an encoded model, its file's bytes, or in Node the path of the file. */
export type ModelSource = EncodedModel | Uint8Array | string;

export interface CompileOptions {
  /** Threads that compute one run. Default: 1. */
  readonly threads?: number;
  /** How much the runtime rewrites the graph; `basic` starts faster, for graphs with many nodes. Default: all. */
  readonly optimization?: 'basic' | 'all';
}

const ARRAYS = { float32: Float32Array, int32: Int32Array, bool: Uint8Array } as const;

export const isElementType = (type: string): type is TensorData['type'] => Object.hasOwn(ARRAYS, type);

const product = (shape: readonly number[]): number => shape.reduce((size, length) => size * length, 1);

export function checkOptions({ threads = 1, optimization = 'all' }: CompileOptions): Required<CompileOptions> {
  if (!Number.isInteger(threads) || threads < 1)
    throw new OnnxError(
      'onnx/arguments',
      `threads: expected a whole number of at least 1, got ${threads}. Pass a count of cores.`,
    );
  if (!['basic', 'all'].includes(optimization))
    throw new OnnxError(
      'onnx/arguments',
      `optimization: expected basic or all, got '${optimization}'. Choose one of them.`,
    );
  return { threads, optimization };
}

/** Refuses what does not fit the model, before the runtime sees it. */
export function checkInputs(
  descriptions: readonly TensorDescription[],
  inputs: Readonly<Record<string, TensorData>>,
): void {
  for (const name of Object.keys(inputs))
    if (!descriptions.some((input) => input.name === name))
      throw new InputError(name, `one of ${descriptions.map((input) => input.name).join(', ')}`, 'another name');
  const symbols = new Map<string, number>();
  for (const { name, type, shape } of descriptions) {
    const given = inputs[name];
    const expected = `${type} [${shape.join(', ')}]`;
    if (!given) throw new InputError(name, expected, 'nothing');
    const actual = `${given.type} [${given.shape.join(', ')}]`;
    const fits = shape.every((size, i) => {
      const length = given.shape[i];
      if (typeof size === 'number') return size === length;
      const known = symbols.get(size) ?? length;
      symbols.set(size, known as number);
      return known === length;
    });
    if (given.type !== type || given.shape.length !== shape.length || !fits)
      throw new InputError(name, expected, actual);
    if (!(given.data instanceof ARRAYS[type]) || given.data.length !== product(given.shape))
      throw new InputError(
        name,
        `${product(given.shape)} elements in a ${ARRAYS[type].name}`,
        `${given.data?.length} in a ${given.data?.constructor.name}`,
      );
  }
}
