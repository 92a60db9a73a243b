// The values that a PyTorch pickle can hold, as plain data.
import type { DType } from '../dtypes/dtype.ts';

/** Bytes elsewhere in the file, named by a key. */
export interface StorageReference {
  readonly kind: 'storage';
  readonly key: string;
  /** Missing for untyped storages, whose elements are bytes. */
  readonly dtype?: DType;
  readonly elements: number;
  /** First element, where the storage is a view of the one that the key names (before PyTorch 1.0). */
  readonly start: number;
}

/** A tensor as a view of a storage. Nothing in it has been checked yet. */
export interface TensorReference {
  readonly kind: 'tensor';
  readonly storage: StorageReference;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  /** Given for an untyped storage. */
  readonly dtype?: DType;
}

/** A name that the pickle mentions. */
export interface GlobalName {
  readonly kind: 'global';
  readonly name: string;
}

/** NumPy's type of a scalar or array: a code such as `f4`. */
export interface NumpyType {
  readonly kind: 'dtype';
  readonly code: unknown;
  bigEndian: boolean;
}

/** Bytes that the pickle holds as text, one letter each; decoded only where they are a number, which bounds memory. */
export interface BytesAsText {
  readonly kind: 'bytes';
  readonly text: string;
}

/** An object of a class that is never run: attributes are kept, everything else is dropped. */
export interface InertObject {
  readonly kind: 'object';
  attributes: ReadonlyMap<unknown, unknown>;
}

export const inertObject = (attributes: ReadonlyMap<unknown, unknown> = new Map()): InertObject => ({
  kind: 'object',
  attributes,
});

const kindOf = (value: unknown): unknown => (value as { kind?: unknown } | null | undefined)?.kind;

export const isStorage = (value: unknown): value is StorageReference => kindOf(value) === 'storage';
export const isTensor = (value: unknown): value is TensorReference => kindOf(value) === 'tensor';
export const isGlobal = (value: unknown): value is GlobalName => kindOf(value) === 'global';
export const isNumpyType = (value: unknown): value is NumpyType => kindOf(value) === 'dtype';
export const isBytesAsText = (value: unknown): value is BytesAsText => kindOf(value) === 'bytes';
export const isInertObject = (value: unknown): value is InertObject => kindOf(value) === 'object';
