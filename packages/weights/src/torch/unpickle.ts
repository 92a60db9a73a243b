// Reads the pickles that PyTorch writes. A security boundary: a closed list of opcodes and names; nothing is ever executed.
// Opcodes have their names in Python's pickletools.
import { ForbiddenPickleError, FormatError } from '../errors.ts';
import { call, globalName, instance, Refusal, storageOf } from './globals.ts';
import { PickleBytes } from './pickle-bytes.ts';
import { isGlobal, isInertObject, isNumpyType, isTensor, type StorageReference } from './pickle-values.ts';

const MARK = Symbol('mark');

/** Keys are shown as names. Longer tuples and texts in them are refused: repeated, they would take time without bound. */
const MAXIMUM_KEY = { values: 8, letters: 128 };

/** A key of a dictionary as a name; undefined if it is not made of texts and numbers. */
function keyOf(key: unknown): unknown {
  if (isGlobal(key)) return key.name;
  if (key === null) return 'None';
  if (!Array.isArray(key)) return typeof key === 'object' || Number.isNaN(key) ? undefined : key;
  const isShort = (value: unknown) =>
    typeof value === 'string' ? value.length <= MAXIMUM_KEY.letters : ['number', 'boolean'].includes(typeof value);
  return key.length <= MAXIMUM_KEY.values && key.every(isShort) ? `(${key.join(', ')})` : undefined;
}

/** Bounds memory, and time where parts are shared. A model of a thousand tensors with its optimizer has about 50,000 values. */
const MAXIMUM_VALUES = 1_000_000;

export interface Unpickled {
  readonly value: unknown;
  /** All storages, by key. */
  readonly storages: ReadonlyMap<string, StorageReference>;
  /** The byte after the pickle. */
  readonly end: number;
}

export interface UnpickleOptions {
  readonly start?: number;
  /** Admits objects of TorchScript: their classes stay names, their attributes are kept. */
  readonly script?: boolean;
}

/** The machine that a pickle drives: a stack, and a memo of values that are used again. */
class Machine {
  readonly stack: unknown[] = [];
  readonly storages = new Map<string, StorageReference>();
  readonly #memo = new Map<number, unknown>();
  #values = 0;

  constructor(
    readonly file: string,
    readonly script: boolean,
  ) {}

  malformed(what: string): never {
    throw new FormatError(this.file, 'a well-formed pickle', what);
  }

  count(values = 1): void {
    this.#values += values;
    if (this.#values > MAXIMUM_VALUES) throw new FormatError(this.file, `at most ${MAXIMUM_VALUES} values`, 'more');
  }

  push(value: unknown): void {
    this.count();
    this.stack.push(value);
  }

  pop(): unknown {
    if (this.stack.length === 0 || this.stack.at(-1) === MARK) this.malformed('nothing to take');
    return this.stack.pop();
  }

  top(): unknown {
    if (this.stack.length === 0 || this.stack.at(-1) === MARK) this.malformed('nothing on the stack');
    return this.stack.at(-1);
  }

  popToMark(): unknown[] {
    const mark = this.stack.lastIndexOf(MARK);
    if (mark < 0) this.malformed('no mark');
    return this.stack.splice(mark).slice(1);
  }

  tuple(size: number): void {
    const values = Array.from({ length: size }, () => this.pop());
    this.push(values.reverse());
  }

  remember(key = this.#memo.size): void {
    this.count();
    this.#memo.set(key, this.top());
  }

  recall(key: number): void {
    if (!this.#memo.has(key)) this.malformed(`no memo entry ${key}`);
    this.push(this.#memo.get(key));
  }

  append(values: readonly unknown[]): void {
    const target = this.top();
    if (!Array.isArray(target)) this.malformed('an append to something that is not a list');
    for (const value of values) target.push(value);
  }

  setItems(pairs: readonly unknown[]): void {
    const target = this.top();
    if (!(target instanceof Map)) this.malformed('items of something that is not a dictionary');
    if (pairs.length % 2 === 1) this.malformed('a key without a value');
    for (let i = 0; i < pairs.length; i += 2) {
      const key = keyOf(pairs[i]);
      if (key === undefined)
        this.malformed('a dictionary with keys other than texts, numbers and short tuples of them');
      target.set(key, pairs[i + 1]);
    }
  }

  global(module: unknown, name: unknown): void {
    if (typeof module !== 'string' || typeof name !== 'string') this.malformed('a name that is not a text');
    this.push(globalName(`${module}.${name}`, this.script));
  }

  reduce(): void {
    const args = this.pop();
    // A call may iterate over its first argument, and a shared argument costs the pickle nothing to repeat.
    if (Array.isArray(args) && Array.isArray(args[0])) this.count(args[0].length);
    this.push(call(this.pop(), args));
  }

  newObject(): void {
    const args = this.pop();
    this.push(instance(this.pop(), args, this.script));
  }

  /** Sets the state of an object: attributes are kept, other state is dropped. */
  build(): void {
    const state = this.pop();
    const target = this.top();
    if (isInertObject(target)) {
      if (state instanceof Map) target.attributes = state;
    } else if (isNumpyType(target)) target.bigEndian = Array.isArray(state) && state[1] === '>';
    else if (!(target instanceof Map) && !isTensor(target))
      this.malformed('the state of something that is not an object');
  }

  persistent(): void {
    const storage = storageOf(this.pop());
    const known = this.storages.get(storage.key);
    if (known && (known.dtype !== storage.dtype || known.elements !== storage.elements))
      throw new FormatError(this.file, `one kind of storage '${storage.key}'`, 'two');
    if (!known) this.storages.set(storage.key, storage);
    this.push(storage);
  }
}

/** The effect of each opcode. */
const program = (machine: Machine, bytes: PickleBytes): Readonly<Record<number, () => void>> => ({
  128: () => void bytes.u8(), // PROTO
  149: () => void bytes.take(8), // FRAME
  40: () => machine.push(MARK),
  48: () => void machine.pop(), // POP
  49: () => void machine.popToMark(), // POP_MARK
  50: () => machine.push(machine.top()), // DUP
  78: () => machine.push(null), // NONE
  136: () => machine.push(true), // NEWTRUE
  137: () => machine.push(false), // NEWFALSE
  74: () => machine.push(bytes.i32()), // BININT
  75: () => machine.push(bytes.u8()), // BININT1
  77: () => machine.push(bytes.u16()), // BININT2
  138: () => machine.push(bytes.integer(bytes.u8())), // LONG1
  71: () => machine.push(bytes.f64()), // BINFLOAT
  88: () => machine.push(bytes.text(bytes.u32())), // BINUNICODE
  140: () => machine.push(bytes.text(bytes.u8())), // SHORT_BINUNICODE
  141: () => machine.push(bytes.text(bytes.u64())), // BINUNICODE8
  84: () => machine.push(bytes.text(bytes.u32())), // BINSTRING
  85: () => machine.push(bytes.text(bytes.u8())), // SHORT_BINSTRING
  66: () => machine.push(bytes.take(bytes.u32())), // BINBYTES
  67: () => machine.push(bytes.take(bytes.u8())), // SHORT_BINBYTES
  142: () => machine.push(bytes.take(bytes.u64())), // BINBYTES8
  150: () => machine.push(bytes.take(bytes.u64())), // BYTEARRAY8
  41: () => machine.tuple(0), // EMPTY_TUPLE
  133: () => machine.tuple(1), // TUPLE1
  134: () => machine.tuple(2), // TUPLE2
  135: () => machine.tuple(3), // TUPLE3
  116: () => machine.push(machine.popToMark()), // TUPLE
  93: () => machine.push([]), // EMPTY_LIST
  143: () => machine.push([]), // EMPTY_SET
  144: () => machine.append(machine.popToMark()), // ADDITEMS
  145: () => machine.push(machine.popToMark()), // FROZENSET
  108: () => machine.push(machine.popToMark()), // LIST
  97: () => machine.append([machine.pop()]), // APPEND
  101: () => machine.append(machine.popToMark()), // APPENDS
  125: () => machine.push(new Map()), // EMPTY_DICT
  115: () => {
    const value = machine.pop();
    machine.setItems([machine.pop(), value]); // SETITEM
  },
  117: () => machine.setItems(machine.popToMark()), // SETITEMS
  113: () => machine.remember(bytes.u8()), // BINPUT
  114: () => machine.remember(bytes.u32()), // LONG_BINPUT
  148: () => machine.remember(), // MEMOIZE
  104: () => machine.recall(bytes.u8()), // BINGET
  106: () => machine.recall(bytes.u32()), // LONG_BINGET
  99: () => machine.global(bytes.line(), bytes.line()), // GLOBAL
  147: () => {
    const name = machine.pop();
    machine.global(machine.pop(), name); // STACK_GLOBAL
  },
  82: () => machine.reduce(), // REDUCE
  129: () => machine.newObject(), // NEWOBJ
  98: () => machine.build(), // BUILD
  81: () => machine.persistent(), // BINPERSID
});

const STOP = 46;

/**
 * Reads one pickle as plain data.
 *
 * @param file for error messages
 * @throws {ForbiddenPickleError} for any opcode or name outside the closed list
 */
export function unpickle(
  pickle: Uint8Array,
  file: string,
  { start = 0, script = false }: UnpickleOptions = {},
): Unpickled {
  const bytes = new PickleBytes(pickle, file, start);
  const machine = new Machine(file, script);
  const opcodes = program(machine, bytes);
  try {
    for (;;) {
      const opcode = bytes.u8();
      if (opcode === STOP) return { value: machine.pop(), storages: machine.storages, end: bytes.at };
      const run = opcodes[opcode];
      if (!run) throw new Refusal('forbidden', `opcode 0x${opcode.toString(16).padStart(2, '0')}`);
      run();
    }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    if (error.kind === 'forbidden') throw new ForbiddenPickleError(file, error.what);
    return machine.malformed(error.what);
  }
}
