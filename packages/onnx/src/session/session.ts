// What a compiled graph is to its user, whichever runtime runs it.
import type { EncodedModel } from '../encode.ts';
import { InputError, OnnxError } from '../errors.ts';

export type TensorArray = Float32Array | Int32Array | Uint8Array;

/** Values of one input or output: row-major, with their shape. Booleans are bytes 0 and 1. */
export interface TensorData {
  readonly type: 'float32' | 'int32' | 'bool';
  readonly shape: readonly number[];
  /** As an input on a SharedArrayBuffer, the thread reads it there, and it must stay as it is until the run has ended. Others are copied. */
  readonly data: TensorArray;
}

/** An input or output as the model describes it; names are symbolic dimensions. */
export interface TensorDescription {
  readonly name: string;
  readonly type: TensorData['type'];
  readonly shape: readonly (number | string)[];
}

export interface RunOptions {
  readonly signal?: AbortSignal;
  /**
   * Arrays that outputs are written to, by name, instead of new ones; of their type and length, and in Node on SharedArrayBuffers. A loop
   * that runs a session thousands of times then leaves no garbage.
   */
  readonly into?: Readonly<Record<string, TensorArray>>;
}

/** A model that is ready to run. */
export interface Session {
  readonly inputs: readonly TensorDescription[];
  readonly outputs: readonly TensorDescription[];
  /**
   * Computes all outputs. Runs of one session come one after another.
   *
   * @throws {InputError} if an input or an array of `into` is missing, unknown, or does not fit its description
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

/** Makes the error of an input or output by its name. */
type ErrorOf = (name: string, expected: string, actual: string) => OnnxError;

const inputError: ErrorOf = (...parts) => new InputError(...parts);

export const intoError: ErrorOf = (name, expected, actual) =>
  new OnnxError(
    'onnx/arguments',
    `into '${name}': expected ${expected}, got ${actual}. Pass what session.outputs describes.`,
  );

function checkNames(
  descriptions: readonly TensorDescription[],
  given: Readonly<Record<string, unknown>>,
  errorOf: ErrorOf,
) {
  const names = new Set(descriptions.map(({ name }) => name));
  for (const name of Object.keys(given))
    if (!names.has(name)) throw errorOf(name, `one of ${[...names].join(', ')}`, 'another name');
}

function checkArray({ name, type }: TensorDescription, length: number, data: TensorArray, errorOf: ErrorOf) {
  if (data instanceof ARRAYS[type] && data.length === length) return;
  throw errorOf(name, `${length} elements in a ${ARRAYS[type].name}`, `${data?.length} in a ${data?.constructor.name}`);
}

/** What {@link RunOptions.into} is: an array for each of some outputs. */
export type OutputArrays = NonNullable<RunOptions['into']>;

/** Refuses arrays that an output does not fit. Lengths that depend on symbolic dimensions are known after the run. */
export function checkInto(descriptions: readonly TensorDescription[], into: OutputArrays): void {
  checkNames(descriptions, into, intoError);
  for (const output of descriptions) {
    const array = into[output.name];
    const isKnown = output.shape.every((size) => typeof size === 'number');
    if (array) checkArray(output, isKnown ? product(output.shape as number[]) : array.length, array, intoError);
  }
}

/** Refuses what does not fit the model, before the runtime sees it. */
export function checkInputs(
  descriptions: readonly TensorDescription[],
  inputs: Readonly<Record<string, TensorData>>,
): void {
  checkNames(descriptions, inputs, inputError);
  const symbols = new Map<string, number>();
  for (const input of descriptions) {
    const { name, type, shape } = input;
    const given = inputs[name];
    const describe = ({ type, shape }: Omit<TensorDescription, 'name'>) => `${type} [${shape.join(', ')}]`;
    if (!given) throw inputError(name, describe(input), 'nothing');
    const fits = shape.every((size, i) => {
      const length = given.shape[i];
      if (typeof size === 'number') return size === length;
      const known = symbols.get(size) ?? length;
      symbols.set(size, known as number);
      return known === length;
    });
    if (given.type !== type || given.shape.length !== shape.length || !fits)
      throw inputError(name, describe(input), describe(given));
    checkArray(input, product(given.shape), given.data, inputError);
  }
}
