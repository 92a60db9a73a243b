// PyTorch's files: the zip archive (since 1.6) and the older stream of pickles. Tensors are read by byte ranges.
import type { ByteSource } from './byte-source.ts';
import { FormatError } from './errors.ts';
import { BYTES_PER_ELEMENT, type DType, sizeOf, type TensorFile, type TensorInfo, toFloat32 } from './tensor-file.ts';
import { type PickleValue, type StorageReference, type TensorReference, unpickle } from './unpickle.ts';
import { dataOffset, readZipDirectory } from './zip.ts';

const STORAGE_TYPES: Readonly<Record<string, DType>> = {
  FloatStorage: 'F32',
  DoubleStorage: 'F64',
  HalfStorage: 'F16',
  BFloat16Storage: 'BF16',
  LongStorage: 'I64',
  IntStorage: 'I32',
  ShortStorage: 'I16',
  CharStorage: 'I8',
  ByteStorage: 'U8',
  BoolStorage: 'BOOL',
};

const MAXIMUM_DEPTH = 64;
/** Values visited in all: shared lists can make a small pickle an endless tree. */
const MAXIMUM_VALUES = 2_000_000;
/** A pickle holds names and shapes, not numbers; one of this size is an attack. */
const MAXIMUM_PICKLE = 256 * 1024 * 1024;

const isTensor = (value: unknown): value is TensorReference => (value as TensorReference)?.kind === 'tensor';

/** Every leaf of nested dictionaries and lists with its dotted name, within bounds of depth and number. */
function* leaves(root: PickleValue, file: string): Generator<[name: string, leaf: unknown]> {
  let left = MAXIMUM_VALUES;
  function* walk(value: PickleValue, name: string, depth: number): Generator<[string, unknown]> {
    if (depth > MAXIMUM_DEPTH || --left < 0)
      throw new FormatError(file, `at most ${MAXIMUM_VALUES} values nested ${MAXIMUM_DEPTH} deep`, 'more');
    const entries = value instanceof Map || Array.isArray(value) ? value.entries() : undefined;
    if (!entries) yield [name, value];
    else for (const [key, item] of entries) yield* walk(item, name === '' ? `${key}` : `${name}.${key}`, depth + 1);
  }
  yield* walk(root, '', 0);
}

const dtypeOf = ({ type }: StorageReference, file: string): DType => {
  const dtype = STORAGE_TYPES[type];
  if (!dtype) throw new FormatError(file, 'a known storage type', type);
  return dtype;
};

/** Elements of a view, row-major. */
function gather(flat: Float32Array, { shape, strides }: TensorReference): Float32Array {
  const out = new Float32Array(sizeOf(shape));
  const index = shape.map(() => 0);
  let from = 0;
  for (let to = 0; to < out.length; to++) {
    out[to] = flat[from] as number;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis] as number;
      index[axis] = (index[axis] as number) + 1;
      if ((index[axis] as number) < (shape[axis] as number)) break;
      from -= (strides[axis] as number) * (shape[axis] as number);
      index[axis] = 0;
    }
  }
  return out;
}

/** Checks a view against its storage before anything is allocated for it. */
function extentOf(tensor: TensorReference, file: string, name: string): number {
  const { shape, strides, offset, storage } = tensor;
  const natural = (n: unknown) => Number.isSafeInteger(n) && (n as number) >= 0;
  if (
    !Array.isArray(shape) ||
    !Array.isArray(strides) ||
    shape.length !== strides.length ||
    ![...shape, ...strides, offset, storage.elements].every(natural)
  )
    throw new FormatError(file, `shape, strides and offset of '${name}'`, 'something else');
  const extent = sizeOf(shape) === 0 ? 0 : shape.reduce((sum, n, axis) => sum + (n - 1) * (strides[axis] as number), 1);
  if (offset + extent > storage.elements || sizeOf(shape) > Math.max(extent, 1) * 64)
    throw new FormatError(file, `'${name}' within its storage of ${storage.elements} elements`, `${offset + extent}`);
  return extent;
}

/** A file from its pickled value and a way to find the bytes of a storage. */
function tensorFile(
  source: ByteSource,
  value: PickleValue,
  locate: (storage: StorageReference) => Promise<number>,
): TensorFile {
  const references = new Map<string, TensorReference>();
  const metadata: Record<string, string> = {};
  for (const [name, leaf] of leaves(value, source.name)) {
    if (isTensor(leaf)) references.set(name, leaf);
    else if (['string', 'number', 'boolean'].includes(typeof leaf)) metadata[name] = String(leaf);
  }
  const tensors = new Map<string, TensorInfo>();
  for (const [name, tensor] of references) {
    extentOf(tensor, source.name, name);
    tensors.set(name, { dtype: dtypeOf(tensor.storage, source.name), shape: tensor.shape });
  }
  return {
    tensors,
    metadata,
    async read(name) {
      const tensor = references.get(name);
      if (!tensor) throw new FormatError(source.name, `a tensor '${name}'`, 'none of that name');
      const dtype = dtypeOf(tensor.storage, source.name);
      const width = BYTES_PER_ELEMENT[dtype];
      const start = (await locate(tensor.storage)) + tensor.offset * width;
      const flat = toFloat32(await source.read(start, extentOf(tensor, source.name, name) * width), dtype);
      return { shape: tensor.shape, data: gather(flat, tensor) };
    },
    close: () => source.close(),
  };
}

/** Opens the zip archive that `torch.save` writes. */
export async function openTorchZip(source: ByteSource): Promise<TensorFile> {
  const entries = await readZipDirectory(source);
  const pickleName = [...entries.keys()].find((name) => /(^|\/)data\.pkl$/.test(name));
  const pickle = pickleName === undefined ? undefined : entries.get(pickleName);
  if (pickleName === undefined || !pickle || pickle.size > MAXIMUM_PICKLE)
    throw new FormatError(source.name, 'a PyTorch archive with data.pkl', 'another zip file');
  const folder = pickleName.slice(0, -'data.pkl'.length);
  const { value } = unpickle(await source.read(await dataOffset(source, pickle), pickle.size), source.name);
  return tensorFile(source, value, async (storage) => {
    const entry = entries.get(`${folder}data/${storage.key}`);
    const bytes = storage.elements * BYTES_PER_ELEMENT[dtypeOf(storage, source.name)];
    if (!entry || entry.size < bytes)
      throw new FormatError(
        source.name,
        `${bytes} bytes of storage '${storage.key}'`,
        entry ? `${entry.size}` : 'none',
      );
    return dataOffset(source, entry);
  });
}

/** First bytes of the pre-1.6 format: protocol 2, then the long integer 0x1950a86a20f9469cfc6c. */
export const LEGACY_MAGIC = Uint8Array.of(
  0x80,
  2,
  0x8a,
  0x0a,
  0x6c,
  0xfc,
  0x9c,
  0x46,
  0xf9,
  0x20,
  0x6a,
  0xa8,
  0x50,
  0x19,
  0x2e,
);

/** Opens the pre-1.6 format: magic, version and system pickles, the object, the storage keys, then each storage's length and bytes. */
export async function openTorchLegacy(source: ByteSource): Promise<TensorFile> {
  if (source.size > 2 ** 31)
    throw new FormatError(source.name, 'a pre-1.6 file of at most 2 GiB', `${source.size} bytes`);
  const bytes = await source.read(0, source.size);
  let at = LEGACY_MAGIC.length;
  const next = () => {
    const { value, end } = unpickle(bytes, source.name, at);
    at = end;
    return value;
  };
  next(); // protocol version
  next(); // system information
  const value = next();
  const keys = next();
  const elements = new Map<string, StorageReference>();
  for (const [, leaf] of leaves(value, source.name)) if (isTensor(leaf)) elements.set(leaf.storage.key, leaf.storage);
  const offsets = new Map<string, number>();
  for (const key of Array.isArray(keys) ? keys : []) {
    const storage = elements.get(key);
    if (!storage || at + 8 > bytes.length) throw new FormatError(source.name, `storage '${key}'`, 'none');
    offsets.set(key, at + 8);
    at += 8 + storage.elements * BYTES_PER_ELEMENT[dtypeOf(storage, source.name)];
  }
  return tensorFile(source, value, async ({ key }) => {
    const offset = offsets.get(key);
    if (offset === undefined) throw new FormatError(source.name, `storage '${key}'`, 'none');
    return offset;
  });
}
