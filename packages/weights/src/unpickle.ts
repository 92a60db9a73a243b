// A reader for the pickles that PyTorch writes. A security boundary: a closed list of opcodes and names; nothing is ever executed.
import { ForbiddenPickleError, FormatError } from './errors.ts';

/** A storage that the pickle names by key: bytes elsewhere in the file. */
export interface StorageReference {
  readonly kind: 'storage';
  readonly type: string;
  readonly key: string;
  readonly elements: number;
}

/** A tensor as a view of a storage. */
export interface TensorReference {
  readonly kind: 'tensor';
  readonly storage: StorageReference;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

/** A name that the pickle may mention. */
interface Global {
  readonly kind: 'global';
  readonly name: string;
}

export type PickleValue = unknown;

const MARK = Symbol('mark');
const MAXIMUM_ITEMS = 10_000_000;
const MAXIMUM_MEMO = 10_000_000;

/** Everything that a checkpoint of tensors needs; whatever else a pickle asks for is refused by name. */
const ALLOWED = new Set([
  'collections.OrderedDict',
  'torch._utils._rebuild_tensor_v2',
  'torch._utils._rebuild_parameter',
  'torch.Size',
  'numpy.core.multiarray.scalar',
  'numpy._core.multiarray.scalar',
  'numpy.dtype',
  '_codecs.encode',
  ...['Float', 'Double', 'Half', 'BFloat16', 'Long', 'Int', 'Short', 'Char', 'Byte', 'Bool'].map(
    (t) => `torch.${t}Storage`,
  ),
]);

const isGlobal = (value: unknown, name?: string): value is Global =>
  typeof value === 'object' &&
  value !== null &&
  (value as Global).kind === 'global' &&
  (!name || (value as Global).name === name);

/** What calling an allowed name gives: plain data. */
function call(callee: unknown, args: unknown): PickleValue {
  if (!isGlobal(callee) || !Array.isArray(args)) throw new ForbiddenPickleError('a call of something that is no name');
  const { name } = callee;
  if (name === 'collections.OrderedDict') return new Map();
  if (name === 'torch._utils._rebuild_tensor_v2') {
    const [storage, offset, shape, strides] = args as [StorageReference, number, number[], number[]];
    if (storage?.kind !== 'storage') throw new ForbiddenPickleError('a tensor without a storage');
    return { kind: 'tensor', storage, offset, shape, strides } satisfies TensorReference;
  }
  if (name === 'torch._utils._rebuild_parameter') return args[0];
  if (name === 'torch.Size') return args[0];
  if (name === 'numpy.dtype') return { kind: 'dtype', name: args[0] };
  if (name === '_codecs.encode' && typeof args[0] === 'string') return Uint8Array.from(args[0], (c) => c.charCodeAt(0));
  if (name.endsWith('multiarray.scalar')) return numpyScalar(args[0], args[1]);
  throw new ForbiddenPickleError(`a call of ${name}`);
}

function numpyScalar(dtype: unknown, bytes: unknown): number | undefined {
  if (!(bytes instanceof Uint8Array)) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const name = (dtype as { name?: unknown })?.name;
  if (name === 'f4' && bytes.length === 4) return view.getFloat32(0, true);
  if (name === 'f8' && bytes.length === 8) return view.getFloat64(0, true);
  if (name === 'i8' && bytes.length === 8) return Number(view.getBigInt64(0, true));
  return undefined;
}

/** Reads one pickle from `bytes` at `start`; `end` is the byte after it. */
export function unpickle(bytes: Uint8Array, file: string, start = 0): { value: PickleValue; end: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const decoder = new TextDecoder();
  const stack: unknown[] = [];
  const memo = new Map<number, unknown>();
  let items = 0;
  let at = start;

  const need = (n: number): number => {
    if (n < 0 || at + n > bytes.length) throw new FormatError(file, 'a whole pickle', 'one that is cut off');
    at += n;
    return at - n;
  };
  const u8 = () => bytes[need(1)] as number;
  const u16 = () => view.getUint16(need(2), true);
  const u32 = () => view.getUint32(need(4), true);
  const take = (n: number) => {
    const from = need(n);
    return bytes.subarray(from, from + n);
  };
  const text = (n: number) => decoder.decode(take(n));
  const line = () => {
    const from = at;
    const end = bytes.indexOf(10, at);
    if (end < 0) throw new FormatError(file, 'a whole pickle', 'one that is cut off');
    at = end + 1;
    return decoder.decode(bytes.subarray(from, end));
  };
  const push = (value: unknown) => {
    if (++items > MAXIMUM_ITEMS) throw new FormatError(file, `at most ${MAXIMUM_ITEMS} values`, 'more');
    stack.push(value);
  };
  const pop = () => {
    if (stack.length === 0 || stack.at(-1) === MARK)
      throw new FormatError(file, 'a well-formed pickle', 'nothing to take');
    return stack.pop();
  };
  const popMark = () => {
    const mark = stack.lastIndexOf(MARK);
    if (mark < 0) throw new FormatError(file, 'a well-formed pickle', 'no mark');
    const values = stack.splice(mark);
    return values.slice(1);
  };
  const remember = (key: number) => {
    if (memo.size >= MAXIMUM_MEMO) throw new FormatError(file, `at most ${MAXIMUM_MEMO} memo entries`, 'more');
    memo.set(key, stack.at(-1));
  };
  const recall = (key: number) => {
    if (!memo.has(key)) throw new FormatError(file, 'a well-formed pickle', `no memo entry ${key}`);
    push(memo.get(key));
  };
  const global = (module: string, name: string) => {
    const full = `${module}.${name}`;
    if (!ALLOWED.has(full)) throw new ForbiddenPickleError(full);
    push({ kind: 'global', name: full } satisfies Global);
  };
  const integer = (little: Uint8Array) => {
    if (little.length > 8) throw new FormatError(file, 'integers of at most 64 bits', `${8 * little.length} bits`);
    let value = 0n;
    little.forEach((byte, i) => {
      value |= BigInt(byte) << BigInt(8 * i);
    });
    return Number(BigInt.asIntN(8 * little.length, value));
  };
  const setItems = (target: unknown, pairs: unknown[]) => {
    if (!(target instanceof Map)) throw new ForbiddenPickleError('items of something that is no dictionary');
    for (let i = 0; i + 1 < pairs.length; i += 2) {
      // Names only: turning a nested value into a name can take time without bound.
      if (typeof pairs[i] === 'object') throw new ForbiddenPickleError('a dictionary with keys that are no names');
      target.set(pairs[i], pairs[i + 1]);
    }
  };
  const append = (target: unknown, values: unknown[]) => {
    if (!Array.isArray(target)) throw new ForbiddenPickleError('an append to something that is no list');
    for (const value of values) target.push(value);
  };
  const persistent = (id: unknown) => {
    const [tag, type, key, , elements] = Array.isArray(id) ? id : [];
    if (
      tag !== 'storage' ||
      typeof key !== 'string' ||
      typeof elements !== 'number' ||
      !isGlobal(type) ||
      !/^torch\.\w+Storage$/.test(type.name)
    )
      throw new ForbiddenPickleError('a persistent object that is no storage');
    push({
      kind: 'storage',
      type: type.name.slice('torch.'.length),
      key,
      elements,
    } satisfies StorageReference);
  };

  const opcodes: Record<number, () => void> = {
    128: () => void u8(), // PROTO
    149: () => void take(8), // FRAME
    40: () => push(MARK),
    48: () => void pop(),
    49: () => void popMark(), // POP_MARK
    50: () => push(stack.at(-1)), // DUP
    78: () => push(null),
    136: () => push(true),
    137: () => push(false),
    74: () => push(view.getInt32(need(4), true)), // BININT
    75: () => push(u8()),
    77: () => push(u16()),
    138: () => push(integer(take(u8()))), // LONG1
    71: () => push(view.getFloat64(need(8), false)), // BINFLOAT
    88: () => push(text(u32())), // BINUNICODE
    140: () => push(text(u8())), // SHORT_BINUNICODE
    84: () => push(text(u32())), // BINSTRING
    85: () => push(text(u8())), // SHORT_BINSTRING
    66: () => push(take(u32()).slice()), // BINBYTES
    67: () => push(take(u8()).slice()), // SHORT_BINBYTES
    41: () => push([]), // EMPTY_TUPLE
    133: () => push([pop()]),
    134: () => {
      const b = pop();
      push([pop(), b]);
    },
    135: () => {
      const [c, b] = [pop(), pop()];
      push([pop(), b, c]);
    },
    116: () => push(popMark()), // TUPLE
    93: () => push([]), // EMPTY_LIST
    108: () => push(popMark()), // LIST
    97: () => {
      const value = pop();
      append(stack.at(-1), [value]);
    },
    101: () => {
      const values = popMark();
      append(stack.at(-1), values);
    },
    125: () => push(new Map()), // EMPTY_DICT
    115: () => {
      const value = pop();
      const key = pop();
      setItems(stack.at(-1), [key, value]);
    },
    117: () => {
      const pairs = popMark();
      setItems(stack.at(-1), pairs);
    },
    113: () => remember(u8()), // BINPUT
    114: () => remember(u32()), // LONG_BINPUT
    148: () => remember(memo.size), // MEMOIZE
    104: () => recall(u8()), // BINGET
    106: () => recall(u32()), // LONG_BINGET
    99: () => global(line(), line()), // GLOBAL
    147: () => {
      const name = pop();
      const module = pop();
      if (typeof module !== 'string' || typeof name !== 'string')
        throw new ForbiddenPickleError('a name that is no text');
      global(module, name);
    },
    82: () => {
      const args = pop();
      push(call(pop(), args));
    },
    // BUILD: state of an object. Only dictionaries (whose state is dropped) and dtypes come up, and neither needs it.
    98: () => {
      pop();
      const target = stack.at(-1);
      if (!(target instanceof Map) && (target as { kind?: string })?.kind !== 'dtype')
        throw new ForbiddenPickleError('the state of an object');
    },
    81: () => persistent(pop()), // BINPERSID
  };

  for (;;) {
    const opcode = u8();
    if (opcode === 0x2e) return { value: pop(), end: at }; // STOP
    const run = opcodes[opcode];
    if (!run) throw new ForbiddenPickleError(`opcode 0x${opcode.toString(16).padStart(2, '0')}`);
    run();
  }
}
