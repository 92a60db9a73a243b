// Weight files of any format: named tensors, read one at a time.
import { bytesOf, type DType, sizeOf } from './dtypes/dtype.ts';
import { fromFloat32, type WritableType } from './dtypes/narrow.ts';
import { toFloat32 } from './dtypes/widen.ts';
import { FormatError, shown } from './errors.ts';

export interface TensorInfo {
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** The first name in the file of the same values, if this is a later one. */
  readonly aliasOf?: string;
  /** Bytes from the start of the file, where they lie there uncompressed and in order, as in safetensors. */
  readonly range?: { readonly offset: number; readonly length: number };
}

/** A tensor's values, row-major, widened to float32. */
export interface TensorValue {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** A tensor to be written, whose bytes are produced on demand. One object under several names is written once. */
export interface StoredTensor extends Pick<TensorInfo, 'dtype' | 'shape'> {
  /** Row-major and little-endian. */
  bytes(): Promise<Uint8Array>;
}

export interface TensorFile {
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  /** Values in the file that are not tensors. */
  readonly metadata: Readonly<Record<string, string>>;
  /** One tensor as float32, whatever its type; only its bytes are read. A complex tensor gains a last axis of length 2. */
  read(name: string): Promise<TensorValue>;
  /** One tensor's bytes in its own type, row-major and little-endian. */
  bytes(name: string): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** A file of tensors whose bytes are read by a function. */
export function tensorFile<Info extends TensorInfo>(
  name: string,
  tensors: ReadonlyMap<string, Info>,
  metadata: Readonly<Record<string, string>>,
  bytes: (info: Info, tensor: string) => Promise<Uint8Array>,
  close: () => Promise<void>,
): TensorFile {
  const find = (tensor: string): Info => {
    const info = tensors.get(tensor);
    if (!info) throw new FormatError(name, `a tensor '${tensor}'`, 'none of that name');
    return info;
  };
  return {
    tensors,
    metadata,
    async read(tensor) {
      const info = find(tensor);
      const data = toFloat32(await bytes(info, tensor), info.dtype);
      return { shape: info.dtype === 'C64' ? [...info.shape, 2] : info.shape, data };
    },
    bytes: async (tensor) => bytes(find(tensor), tensor),
    close,
  };
}

/** Values in memory with the interface of a file. */
export const tensorsInMemory = (
  values: ReadonlyMap<string, TensorValue>,
  metadata: Readonly<Record<string, string>> = {},
): TensorFile =>
  tensorFile(
    'memory',
    new Map([...values].map(([name, { shape, data }]) => [name, { dtype: 'F32', shape, data }] as const)),
    metadata,
    // A copy: the caller owns what it reads.
    async ({ data }) => fromFloat32(data.slice(), 'F32'),
    async () => {},
  );

const WRITABLE: readonly WritableType[] = ['F32', 'F16', 'BF16'];

/** A value, to be written with an element type. */
export function storedAs({ shape, data }: TensorValue, dtype: WritableType = 'F32'): StoredTensor {
  if (!shape.every((n) => Number.isSafeInteger(n) && n >= 0))
    throw new FormatError(
      'tensor to write',
      'a shape of natural numbers',
      `[${shape.map((n) => (Number.isFinite(n) ? n : '?'))}]`,
    );
  if (!WRITABLE.includes(dtype))
    throw new FormatError('tensor to write', `one of ${WRITABLE.join(', ')}`, shown(dtype));
  if (data.length !== sizeOf(shape))
    throw new FormatError('tensor to write', `${sizeOf(shape)} values for [${shape}]`, `${data.length}`);
  return { dtype, shape, bytes: async () => fromFloat32(data, dtype) };
}

const FLOATS: ReadonlySet<DType> = new Set(['F64', 'F32', 'F16', 'BF16']);

/**
 * The tensors of a file, to be written into another one at a time; aliases share one object, and are written once.
 *
 * @param dtype the type of floating-point tensors in the result; by default each keeps its own, bit for bit
 */
export function storedTensors(file: TensorFile, dtype?: WritableType): Map<string, StoredTensor> {
  const stored = new Map<string, StoredTensor>();
  for (const [name, { dtype: own, shape, aliasOf }] of file.tensors) {
    const first = aliasOf === undefined ? undefined : stored.get(aliasOf);
    const kept = !dtype || !FLOATS.has(own) || own === dtype;
    const tensor: StoredTensor = kept
      ? { dtype: own, shape, bytes: () => file.bytes(name) }
      : { dtype, shape, bytes: async () => fromFloat32((await file.read(name)).data, dtype) };
    stored.set(name, first ?? tensor);
  }
  return stored;
}

/** @throws {FormatError} unless the number of bytes is that of the type and shape. */
export async function checkedBytes(name: string, tensor: StoredTensor): Promise<Uint8Array> {
  const bytes = await tensor.bytes();
  const expected = bytesOf(tensor.dtype, tensor.shape);
  if (bytes.length !== expected)
    throw new FormatError(name, `${expected} bytes of ${tensor.dtype} [${tensor.shape}]`, `${bytes.length}`);
  return bytes;
}
