// What every weight file is, whatever its format: named tensors, read one at a time.
import { bytesOf, type DType, sizeOf } from './dtypes/dtype.ts';
import { fromFloat32, type WritableType } from './dtypes/narrow.ts';
import { toFloat32 } from './dtypes/widen.ts';
import { FormatError } from './errors.ts';

export interface TensorInfo {
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** The first name in the file that stands for the very same numbers, where this is not it. */
  readonly aliasOf?: string;
}

/** A tensor's values, row-major, widened to float32. */
export interface TensorValue {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** A tensor that gives its bytes when asked, in a type of its own. */
export interface StoredTensor extends TensorInfo {
  /** Row-major and little-endian. */
  bytes(): Promise<Uint8Array>;
}

export interface TensorFile {
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  /** What the file says beside its tensors. */
  readonly metadata: Readonly<Record<string, string>>;
  /** One tensor as float32, whatever its type in the file; only its bytes are read. Complex ones gain a last axis of 2. */
  read(name: string): Promise<TensorValue>;
  /** One tensor's bytes in its own type, row-major and little-endian. */
  bytes(name: string): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** A file from its tensors, whose bytes some function finds. */
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

/** Values in memory as a file would give them. */
export const tensorsInMemory = (
  values: ReadonlyMap<string, TensorValue>,
  metadata: Readonly<Record<string, string>> = {},
): TensorFile =>
  tensorFile(
    'memory',
    new Map([...values].map(([name, { shape, data }]) => [name, { dtype: 'F32', shape, data }] as const)),
    metadata,
    // A copy: what is read is the reader's.
    async ({ data }) => fromFloat32(data.slice(), 'F32'),
    async () => {},
  );

/** A value to be written in a type. */
export function storedAs({ shape, data }: TensorValue, dtype: WritableType = 'F32'): StoredTensor {
  if (data.length !== sizeOf(shape))
    throw new FormatError('tensor to write', `${sizeOf(shape)} values for [${shape}]`, `${data.length}`);
  return { dtype, shape, bytes: async () => fromFloat32(data, dtype) };
}

const FLOATS: ReadonlySet<DType> = new Set(['F64', 'F32', 'F16', 'BF16']);

/**
 * The tensors of a file, to be written into another one at a time.
 *
 * @param dtype what floating-point tensors become; without it each keeps its own type, bit for bit
 */
export function storedTensors(file: TensorFile, dtype?: WritableType): Map<string, StoredTensor> {
  const stored = [...file.tensors].map(([name, info]): [string, StoredTensor] => {
    if (!dtype || !FLOATS.has(info.dtype) || info.dtype === dtype)
      return [name, { ...info, bytes: () => file.bytes(name) }];
    return [name, { ...info, dtype, bytes: async () => fromFloat32((await file.read(name)).data, dtype) }];
  });
  return new Map(stored);
}

/** @throws {FormatError} unless the bytes are as many as the type and shape say. */
export async function checkedBytes(name: string, tensor: StoredTensor): Promise<Uint8Array> {
  const bytes = await tensor.bytes();
  const expected = bytesOf(tensor.dtype, tensor.shape);
  if (bytes.length !== expected)
    throw new FormatError(name, `${expected} bytes of ${tensor.dtype} [${tensor.shape}]`, `${bytes.length}`);
  return bytes;
}
