// The tensors and plain values of an unpickled object, by dotted names.
import { FormatError } from '../errors.ts';
import { isScriptObject } from './pickle-values.ts';

const MAXIMUM_DEPTH = 64;
/** Values visited: shared lists can make a small pickle an endless tree. */
const MAXIMUM_VALUES = 1_000_000;
const MAXIMUM_NAME = 1024;
/** Letters of all names together. */
const MAXIMUM_LETTERS = 64 * 1024 * 1024;

function entriesOf(value: unknown): Iterable<readonly [unknown, unknown]> | undefined {
  if (isScriptObject(value)) return value.attributes;
  return value instanceof Map || Array.isArray(value) ? value.entries() : undefined;
}

/** Every leaf of nested dictionaries, lists and TorchScript objects with its dotted name, within bounds of depth, number and length. */
export function* leavesOf(root: unknown, file: string): Generator<[name: string, leaf: unknown]> {
  let values = 0;
  let letters = 0;
  function* walk(value: unknown, name: string, depth: number): Generator<[string, unknown]> {
    if (depth > MAXIMUM_DEPTH || ++values > MAXIMUM_VALUES)
      throw new FormatError(file, `at most ${MAXIMUM_VALUES} values nested ${MAXIMUM_DEPTH} deep`, 'more');
    const entries = entriesOf(value);
    if (!entries) yield [name, value];
    else
      for (const [key, item] of entries) {
        const length = name.length + 1 + (typeof key === 'string' ? key.length : 24);
        letters += length;
        if (length > MAXIMUM_NAME || letters > MAXIMUM_LETTERS)
          throw new FormatError(file, `names of at most ${MAXIMUM_NAME} letters`, 'longer ones');
        yield* walk(item, name === '' ? String(key) : `${name}.${String(key)}`, depth + 1);
      }
  }
  yield* walk(root, '', 0);
}
