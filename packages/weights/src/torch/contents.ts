// The tensors and plain values in the object that a PyTorch pickle holds.

import { FormatError } from '../errors.ts';
import type { ByteSource } from '../sources/byte-source.ts';
import { type TensorFile, type TensorInfo, tensorFile } from '../tensor-file.ts';
import { isInertObject, isTensor, type StorageReference } from './pickle-values.ts';
import { gather, identityOf, type View, viewOf } from './views.ts';

const MAXIMUM_DEPTH = 64;
/** Bounds the values visited: shared lists can turn a small pickle into an endless tree. */
const MAXIMUM_VALUES = 1_000_000;
const MAXIMUM_NAME = 1024;
/** Bounds the letters of all names together. */
const MAXIMUM_LETTERS = 64 * 1024 * 1024;

function entriesOf(value: unknown): Iterable<readonly [unknown, unknown]> | undefined {
  if (isInertObject(value)) return value.attributes;
  return value instanceof Map || Array.isArray(value) ? value.entries() : undefined;
}

/** All leaves of nested dictionaries, lists and objects with their dotted names, within bounds of depth, number and length. */
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

/** Finds the first byte of a storage in the file, and checks that all of it is there. */
export type Locate = (storage: StorageReference) => Promise<number>;

/** Tensors become tensors under their dotted names; texts, numbers and truth values become metadata; the rest is dropped. */
export function contentsOf(source: ByteSource, value: unknown, locate: Locate): TensorFile {
  const tensors = new Map<string, TensorInfo & View>();
  const metadata: [string, string][] = [];
  const firstNames = new Map<string, string>();
  for (const [name, leaf] of leavesOf(value, source.name)) {
    if (isTensor(leaf)) {
      const view = viewOf(leaf, source.name, name);
      const identity = identityOf(view);
      const twin = tensors.get(name);
      if (twin && identityOf(twin) !== identity)
        throw new FormatError(source.name, 'every tensor name once', `'${name}' twice`);
      if (twin) continue;
      const aliasOf = firstNames.get(identity);
      if (aliasOf === undefined) firstNames.set(identity, name);
      tensors.set(name, aliasOf === undefined ? view : { ...view, aliasOf });
    } else if (['string', 'number', 'boolean', 'bigint'].includes(typeof leaf)) metadata.push([name, String(leaf)]);
  }
  return tensorFile(
    source.name,
    tensors,
    Object.fromEntries(metadata),
    async (view) => {
      if (view.extent === 0) return new Uint8Array();
      const start = await locate(view.storage);
      return gather(await source.read(start + view.begin, view.extent), view);
    },
    () => source.close(),
  );
}
