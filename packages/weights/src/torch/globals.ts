// The closed list of names that a PyTorch pickle may mention, and the plain data that calls of them give. Nothing is ever executed.
import type { DType } from '../dtypes/dtype.ts';
import { NUMPY_TYPES, numpyScalar } from './numpy.ts';
import {
  type BytesAsText,
  type GlobalName,
  inertObject,
  isGlobal,
  isStorage,
  type NumpyType,
  type TensorReference,
} from './pickle-values.ts';

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

const DTYPES: ReadonlyMap<string, DType> = new Map([
  ['torch.float64', 'F64'],
  ['torch.float32', 'F32'],
  ['torch.float16', 'F16'],
  ['torch.bfloat16', 'BF16'],
  ['torch.int64', 'I64'],
  ['torch.int32', 'I32'],
  ['torch.int16', 'I16'],
  ['torch.int8', 'I8'],
  ['torch.uint8', 'U8'],
  ['torch.bool', 'BOOL'],
  ['torch.complex64', 'C64'],
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

/** A request for something outside the list, or a use of a name that has no meaning; the reader turns it into an error. */
export class Refusal {
  constructor(
    readonly kind: 'forbidden' | 'malformed',
    readonly what: string,
  ) {}
}

const malformed = (what: string): never => {
  throw new Refusal('malformed', what);
};

type Call = (...args: readonly unknown[]) => unknown;

/** Shape, strides and the rest are checked when the file is opened, by the name of the tensor. */
const tensor: Call = (storage, offset, shape, strides, ...rest): TensorReference => {
  if (!isStorage(storage)) return malformed('a tensor without a storage');
  // `torch.save` stores the values without these flags, which would change their signs.
  const flags = rest.find((value) => value instanceof Map && (value.get('conj') === true || value.get('neg') === true));
  if (flags)
    return malformed('a lazily conjugated or negated tensor; apply resolve_conj() and resolve_neg() before saving');
  const dtype = rest.map((value) => (isGlobal(value) ? DTYPES.get(value.name) : undefined)).find(Boolean);
  return { kind: 'tensor', storage, offset, shape, strides, dtype } as TensorReference;
};

const first: Call = (value) => value;
const inert: Call = () => inertObject();

/** Python 3 pickles bytes as text in protocol 2. */
const latin1: Call = (text, encoding): BytesAsText =>
  typeof text === 'string' && encoding === 'latin1'
    ? { kind: 'bytes', text }
    : malformed('an encoding of text other than latin1');

const numpyType: Call = (code): NumpyType => ({ kind: 'dtype', code, bigEndian: false });

/** From nothing, from pairs (Python 2), or from a dictionary. */
const dictionary: Call = (content = []) => {
  if (content instanceof Map) return content;
  const isPairs =
    Array.isArray(content) &&
    content.every((pair) => Array.isArray(pair) && pair.length === 2 && typeof pair[0] === 'string');
  return isPairs ? new Map(content as [string, unknown][]) : malformed('a dictionary of something other than pairs');
};

const TENSORS: Readonly<Record<string, Call>> = {
  'torch._utils._rebuild_tensor': tensor,
  'torch._utils._rebuild_tensor_v2': tensor,
  'torch._utils._rebuild_tensor_v3': tensor,
  'torch._utils._rebuild_parameter': first,
  'torch._utils._rebuild_parameter_with_state': first,
};

/** Tensors with attributes of their own: `(function, class, arguments, state)`. */
const tensorWithState: Call = (callee, type, args) => {
  const run = isGlobal(callee) && Object.hasOwn(TENSORS, callee.name) ? TENSORS[callee.name] : undefined;
  if (!run || !isGlobal(type) || !Array.isArray(args)) return malformed('a tensor that is made by something else');
  return run(...args.slice(0, MAXIMUM_ARGUMENTS));
};

const MAXIMUM_ARGUMENTS = 16;

/** Python 2's and 3's names of the built-in types, and what an object made of them becomes. */
const BUILT_IN: Readonly<Record<string, Call>> = {
  set: (values = []) => (Array.isArray(values) ? values : malformed('a set of something other than a list')),
  frozenset: (values = []) => (Array.isArray(values) ? values : malformed('a set of something other than a list')),
  list: inert,
  dict: inert,
  tuple: inert,
  int: inert,
  long: inert,
  unicode: inert,
  float: inert,
  bool: inert,
  str: inert,
  bytes: inert,
  bytearray: inert,
  complex: inert,
  range: inert,
  xrange: inert,
  slice: inert,
};

const CALLS: ReadonlyMap<string, Call> = new Map<string, Call>([
  ...Object.entries(TENSORS),
  ['torch._tensor._rebuild_from_type_v2', tensorWithState],
  ['torch.Size', first],
  ['torch.device', first],
  ['_codecs.encode', latin1],
  // Standard containers and records. The argument of a defaultdict is its factory, which makes nothing here.
  ['collections.OrderedDict', dictionary],
  ['collections.Counter', dictionary],
  ['collections.defaultdict', () => new Map()],
  ['collections.deque', () => []],
  ['types.SimpleNamespace', inert],
  ['datetime.datetime', inert],
  ['datetime.date', inert],
  ['datetime.timedelta', inert],
  ...['PosixPath', 'WindowsPath', 'PurePosixPath', 'PureWindowsPath'].flatMap((name): [string, Call][] => [
    [`pathlib.${name}`, inert],
    [`pathlib._local.${name}`, inert],
  ]),
  ...['__builtin__', 'builtins'].flatMap((module) =>
    Object.entries(BUILT_IN).map(([name, run]): [string, Call] => [`${module}.${name}`, run]),
  ),
  ['numpy.dtype', numpyType],
  ...['numpy.core', 'numpy._core'].flatMap((module): [string, Call][] => [
    [`${module}.multiarray.scalar`, numpyScalar],
    [`${module}.multiarray._reconstruct`, inert],
    [`${module}.numeric._frombuffer`, inert],
  ]),
  // TorchScript annotates its lists and dictionaries with types.
  ['torch.jit._pickle.build_intlist', first],
  ['torch.jit._pickle.build_doublelist', first],
  ['torch.jit._pickle.build_boollist', first],
  ['torch.jit._pickle.build_tensorlist', first],
  ['torch.jit._pickle.restore_type_tag', first],
]);

/** Classes whose instances keep their attributes (`argparse`) or are a text (PyTorch's version). */
const INSTANCES: ReadonlyMap<string, Call> = new Map<string, Call>([
  ['argparse.Namespace', inert],
  ['torch.torch_version.TorchVersion', first],
]);

/** Names that may be mentioned, but not called. */
const MENTIONED: ReadonlySet<string> = new Set([
  UNTYPED,
  ...STORAGES.keys(),
  ...DTYPES.keys(),
  ...NUMPY_TYPES,
  'torch.complex128',
  'torch.Tensor',
  'torch._tensor.Tensor',
  'torch.nn.parameter.Parameter',
  'torch.nn.parameter.Buffer',
]);

const SCRIPT_CLASS = /^__torch__\.[\w.]+$/;

/** @param script admits the classes of TorchScript, which stay names */
export function globalName(name: string, script: boolean): GlobalName {
  const known = CALLS.has(name) || INSTANCES.has(name) || MENTIONED.has(name) || (script && SCRIPT_CLASS.test(name));
  if (!known) throw new Refusal('forbidden', `a reference to ${name}`);
  return { kind: 'global', name };
}

/** What Python would get by calling a name of the list. */
export function call(callee: unknown, args: unknown): unknown {
  if (!isGlobal(callee) || !Array.isArray(args)) return malformed('a call of something that is not a name');
  const run = CALLS.get(callee.name);
  if (!run) throw new Refusal('forbidden', `a call of ${callee.name}`);
  return run(...args.slice(0, MAXIMUM_ARGUMENTS));
}

/** An object of a class that is never run. */
export function instance(type: unknown, args: unknown, script: boolean): unknown {
  if (!isGlobal(type) || !Array.isArray(args)) return malformed('an instance of something that is not a name');
  const make = INSTANCES.get(type.name) ?? (script && SCRIPT_CLASS.test(type.name) ? inert : undefined);
  if (!make) throw new Refusal('forbidden', `an instance of ${type.name}`);
  return make(...args.slice(0, MAXIMUM_ARGUMENTS));
}

const isSize = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/** A storage from its persistent id: `('storage', class, key, location, elements[, view])`. */
export function storageOf(id: unknown) {
  const [tag, type, key, , elements, view] = Array.isArray(id) ? (id as unknown[]) : [];
  const known = isGlobal(type) && (type.name === UNTYPED || STORAGES.has(type.name));
  if (tag !== 'storage' || !known || typeof key !== 'string' || key.length > 256 || !isSize(elements))
    return malformed('a persistent object that is not a storage');
  const start = Array.isArray(view) ? view[1] : 0;
  if (!isSize(start)) return malformed('a storage without a start');
  return { kind: 'storage', key, dtype: STORAGES.get(type.name), elements, start } as const;
}
