// The closed list of names that a PyTorch pickle may mention, and what calling one gives: plain data.
import type { DType } from '../dtypes/dtype.ts';
import { valuesOf } from '../dtypes/small-floats.ts';
import { ForbiddenPickleError } from '../errors.ts';
import { type GlobalName, isGlobal, isNumpyType, isStorage, type TensorReference } from './pickle-values.ts';

const STORAGES: ReadonlyMap<string, DType> = new Map([
  ['torch.FloatStorage', 'F32'],
  ['torch.DoubleStorage', 'F64'],
  ['torch.HalfStorage', 'F16'],
  ['torch.BFloat16Storage', 'BF16'],
  ['torch.LongStorage', 'I64'],
  ['torch.IntStorage', 'I32'],
  ['torch.ShortStorage', 'I16'],
  ['torch.CharStorage', 'I8'],
  ['torch.ByteStorage', 'U8'],
  ['torch.BoolStorage', 'BOOL'],
  ['torch.ComplexFloatStorage', 'C64'],
]);

/** Types without a storage class of their own. */
const DTYPES: ReadonlyMap<string, DType> = new Map([
  ['torch.uint16', 'U16'],
  ['torch.uint32', 'U32'],
  ['torch.uint64', 'U64'],
  ['torch.float8_e4m3fn', 'F8_E4M3'],
  ['torch.float8_e5m2', 'F8_E5M2'],
  ['torch.float8_e4m3fnuz', 'F8_E4M3FNUZ'],
  ['torch.float8_e5m2fnuz', 'F8_E5M2FNUZ'],
  ['torch.float8_e8m0fnu', 'F8_E8M0'],
]);

const UNTYPED = 'torch.storage.UntypedStorage';

type Call = (...args: readonly unknown[]) => unknown;

const refuse = (what: string): never => {
  throw new ForbiddenPickleError(what);
};

/** Shape, strides and the rest are checked where the tensor is opened, by name. */
const tensor: Call = (storage, offset, shape, strides, ...rest): TensorReference => {
  if (!isStorage(storage)) return refuse('a tensor without a storage');
  const dtype = rest.map((value) => (isGlobal(value) ? DTYPES.get(value.name) : undefined)).find(Boolean);
  return { kind: 'tensor', storage, offset, shape, strides, dtype } as TensorReference;
};

const first: Call = (value) => value;

/** Only NumPy's scalars need it: Python 3 pickles bytes as text in protocol 2. */
const latin1: Call = (text, encoding) =>
  typeof text === 'string' && text.length <= 64 && encoding === 'latin1'
    ? Uint8Array.from(text, (letter) => letter.charCodeAt(0))
    : refuse('an encoding of text other than a NumPy scalar');

const NUMPY_READERS: Readonly<Record<string, readonly [size: number, read: (view: DataView) => number | boolean]>> = {
  f2: [2, (view) => valuesOf('F16')[view.getUint16(0, true)] as number],
  f4: [4, (view) => view.getFloat32(0, true)],
  f8: [8, (view) => view.getFloat64(0, true)],
  i1: [1, (view) => view.getInt8(0)],
  i2: [2, (view) => view.getInt16(0, true)],
  i4: [4, (view) => view.getInt32(0, true)],
  i8: [8, (view) => Number(view.getBigInt64(0, true))],
  u1: [1, (view) => view.getUint8(0)],
  u2: [2, (view) => view.getUint16(0, true)],
  u4: [4, (view) => view.getUint32(0, true)],
  u8: [8, (view) => Number(view.getBigUint64(0, true))],
  b1: [1, (view) => view.getUint8(0) !== 0],
};

const numpyScalar: Call = (type, bytes) => {
  const [size, read] = (isNumpyType(type) && Object.hasOwn(NUMPY_READERS, type.code) && NUMPY_READERS[type.code]) || [];
  if (!read || !(bytes instanceof Uint8Array) || bytes.length !== size)
    return refuse('a NumPy value other than a number');
  return read(new DataView(bytes.buffer, bytes.byteOffset, size));
};

/** From nothing, or from pairs (Python 2). */
const dictionary: Call = (pairs = []) => {
  const sound =
    Array.isArray(pairs) &&
    pairs.every((pair) => Array.isArray(pair) && pair.length === 2 && typeof pair[0] === 'string');
  return sound ? new Map(pairs as [string, unknown][]) : refuse('a dictionary of something other than pairs');
};

const CALLS: ReadonlyMap<string, Call> = new Map<string, Call>([
  ['collections.OrderedDict', dictionary],
  ['torch._utils._rebuild_tensor', tensor],
  ['torch._utils._rebuild_tensor_v2', tensor],
  ['torch._utils._rebuild_tensor_v3', tensor],
  ['torch._utils._rebuild_parameter', first],
  ['torch._utils._rebuild_parameter_with_state', first],
  ['torch.Size', first],
  ['torch.device', first],
  ['numpy.dtype', (code) => ({ kind: 'dtype', code })],
  ['numpy.core.multiarray.scalar', numpyScalar],
  ['numpy._core.multiarray.scalar', numpyScalar],
  ['_codecs.encode', latin1],
  // TorchScript says of what its lists and dictionaries are.
  ['torch.jit._pickle.build_intlist', first],
  ['torch.jit._pickle.build_doublelist', first],
  ['torch.jit._pickle.build_boollist', first],
  ['torch.jit._pickle.build_tensorlist', first],
  ['torch.jit._pickle.restore_type_tag', first],
]);

/** Names that are mentioned, never called. */
const MENTIONED: ReadonlySet<string> = new Set([UNTYPED, ...STORAGES.keys(), ...DTYPES.keys()]);

const SCRIPT_CLASS = /^__torch__\.[\w.]+$/;

/** @throws {ForbiddenPickleError} for any name outside the list. `script` admits TorchScript's classes, which stay names. */
export function allowed(name: string, script: boolean): GlobalName {
  if (!CALLS.has(name) && !MENTIONED.has(name) && !(script && SCRIPT_CLASS.test(name))) refuse(name);
  return { kind: 'global', name };
}

/** What Python would get by calling an allowed name. */
export function call(callee: unknown, args: unknown): unknown {
  if (!isGlobal(callee) || !Array.isArray(args)) return refuse('a call of something that is no name');
  const run = CALLS.get(callee.name);
  return run ? run(...args.slice(0, 16)) : refuse(`a call of ${callee.name}`);
}

/** A storage from its persistent id: `('storage', class, key, location, elements[, view])`. */
export function storageOf(id: unknown) {
  const [tag, type, key, , elements, view] = Array.isArray(id) ? (id as unknown[]) : [];
  const known = isGlobal(type) && (type.name === UNTYPED || STORAGES.has(type.name));
  if (tag !== 'storage' || !known || typeof key !== 'string' || key.length > 256 || !isSize(elements))
    return refuse('a persistent object that is no storage');
  const start = Array.isArray(view) ? view[1] : 0;
  if (!isSize(start)) return refuse('a storage that starts nowhere');
  return { kind: 'storage', key, dtype: STORAGES.get(type.name), elements, start } as const;
}

const isSize = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
