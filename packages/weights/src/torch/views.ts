// Tensors as views of storages, with offsets and strides.
import { bitsOf, type DType, sizeOf } from '../dtypes/dtype.ts';
import { FormatError } from '../errors.ts';
import type { StorageReference, TensorReference } from './pickle-values.ts';

/** A view that has been checked to lie within its storage. */
export interface View {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  readonly storage: StorageReference;
  /** Bytes from the start of the storage. */
  readonly begin: number;
  /** Bytes from the first element to the end of the last. */
  readonly extent: number;
  /** Whether the elements are row-major without gaps. */
  readonly contiguous: boolean;
}

const MAXIMUM_RANK = 64;
/** An expanded tensor repeats its elements. Beyond this many bytes more than the file holds, it is an attack. */
const MAXIMUM_EXPANSION = 1024 * 1024;

const natural = (n: unknown): n is number => Number.isSafeInteger(n) && (n as number) >= 0;
const naturals = (value: unknown): value is number[] =>
  Array.isArray(value) && value.length <= MAXIMUM_RANK && value.every(natural);

/** Size of a storage in bytes. */
export const storageBytes = ({ dtype, elements }: StorageReference): number =>
  dtype ? (elements * bitsOf(dtype)) / 8 : elements;

/** Whether strides are row-major; axes of length 1 may have any stride. */
function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== expected) return false;
    expected *= shape[axis] as number;
  }
  return true;
}

/** @throws {FormatError} unless the tensor is within its storage, which is checked before anything is allocated */
export function viewOf(
  { storage, offset, shape, strides, ...tensor }: TensorReference,
  file: string,
  name: string,
): View {
  const dtype = storage.dtype ?? tensor.dtype;
  if (!dtype) throw new FormatError(file, `a known element type for '${name}'`, 'another');
  if (!naturals(shape) || !naturals(strides) || shape.length !== strides.length || !natural(offset))
    throw new FormatError(file, `shape, strides and offset of '${name}'`, 'malformed ones');
  const width = bitsOf(dtype) / 8;
  const size = sizeOf(shape);
  if (!natural(size)) throw new FormatError(file, `a possible shape of '${name}'`, `[${shape}]`);
  const elements = size === 0 ? 0 : shape.reduce((sum, n, axis) => sum + (n - 1) * (strides[axis] as number), 1);
  const begin = (storage.start + offset) * width;
  const extent = elements * width;
  if (!(begin + extent <= storageBytes(storage)))
    throw new FormatError(file, `'${name}' within its ${storageBytes(storage)} bytes of storage`, `${begin + extent}`);
  if (size * width > extent + MAXIMUM_EXPANSION)
    throw new FormatError(file, `'${name}' about as large as its ${extent} bytes in the file`, `${size * width}`);
  return { dtype, shape, strides, storage, begin, extent, contiguous: size === 0 || isContiguous(shape, strides) };
}

/** Equal for views of the same values. */
export const identityOf = ({ dtype, shape, strides, storage, begin }: View): string =>
  `${JSON.stringify(storage.key)} ${begin} ${dtype} ${shape} ${strides}`;

const WORDS = { 1: Uint8Array, 2: Uint16Array, 4: Uint32Array, 8: BigUint64Array } as const;

/** The elements of a view in row-major order, from the bytes that it spans. */
export function gather(bytes: Uint8Array, { dtype, shape, strides, contiguous }: View): Uint8Array {
  if (contiguous) return bytes;
  const Words = WORDS[(bitsOf(dtype) / 8) as keyof typeof WORDS];
  const from = new Words(new Uint8Array(bytes).buffer);
  const to = new Words(sizeOf(shape));
  const index = shape.map(() => 0);
  let at = 0;
  for (let i = 0; i < to.length; i++) {
    to[i] = from[at] as never;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at += strides[axis] as number;
      index[axis] = (index[axis] as number) + 1;
      if ((index[axis] as number) < (shape[axis] as number)) break;
      at -= (strides[axis] as number) * (shape[axis] as number);
      index[axis] = 0;
    }
  }
  return new Uint8Array(to.buffer);
}
