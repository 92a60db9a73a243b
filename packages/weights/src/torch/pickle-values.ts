// What a PyTorch pickle can hold, as plain data.
import type { DType } from '../dtypes/dtype.ts';

/** Bytes elsewhere in the file, named by a key. */
export interface StorageReference {
  readonly kind: 'storage';
  readonly key: string;
  /** None for untyped storages, whose elements are bytes. */
  readonly dtype?: DType;
  readonly elements: number;
  /** First element, where the storage is a view of the one that the key names (before 1.0). */
  readonly start: number;
}

/** A tensor as a view of a storage. Nothing in it is checked yet. */
export interface TensorReference {
  readonly kind: 'tensor';
  readonly storage: StorageReference;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  /** Said beside an untyped storage. */
  readonly dtype?: DType;
}

/** A name that the pickle mentions and may call. */
export interface GlobalName {
  readonly kind: 'global';
  readonly name: string;
}

/** NumPy's type of a scalar: a code such as `f4`. */
export interface NumpyType {
  readonly kind: 'dtype';
  readonly code: string;
}

/** A TorchScript module or object: its class is never run, only its attributes are kept. */
export interface ScriptObject {
  readonly kind: 'object';
  attributes: Map<unknown, unknown>;
}

const kindOf = (value: unknown): unknown => (value as { kind?: unknown } | null | undefined)?.kind;

export const isStorage = (value: unknown): value is StorageReference => kindOf(value) === 'storage';
export const isTensor = (value: unknown): value is TensorReference => kindOf(value) === 'tensor';
export const isGlobal = (value: unknown): value is GlobalName => kindOf(value) === 'global';
export const isNumpyType = (value: unknown): value is NumpyType => kindOf(value) === 'dtype';
export const isScriptObject = (value: unknown): value is ScriptObject => kindOf(value) === 'object';
