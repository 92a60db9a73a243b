// Reads a model's tensors out of a file that names them otherwise.
import { sizeOf } from '../dtypes/dtype.ts';
import { KeyMismatchError } from '../errors.ts';
import type { TensorFile, TensorValue } from '../tensor-file.ts';
import { rearrange, shapeIn } from './layouts.ts';
import { withNearest } from './nearest.ts';
import { type KeyRule, matchRules } from './rule.ts';

export interface MappingOptions {
  /** Names in the file that carry nothing we use, beside `HARMLESS`. */
  readonly ignore?: readonly RegExp[];
  readonly signal?: AbortSignal;
}

/** Buffers of counting numbers, and sizes that OpenAI's archives keep as tensors: written by some versions, learned by none. */
export const HARMLESS: readonly RegExp[] = [/(^|\.)position_ids$/, /^(input_resolution|context_length|vocab_size)$/];

type Shape = readonly number[];

/** What one of our tensors is made of. */
interface Wish {
  readonly ours: string;
  readonly rule: KeyRule;
}

const blockShape = ([rows = 0, ...rest]: Shape, count: number): Shape | undefined =>
  rows % count === 0 ? [rows / count, ...rest] : undefined;

function shapeFrom(stored: Shape, { part, layout = 'same' }: KeyRule): Shape | undefined {
  const block = part ? blockShape(stored, part[1]) : stored;
  return block && shapeIn(layout, block);
}

function valueFrom(stored: TensorValue, { part, layout = 'same' }: KeyRule): TensorValue {
  if (!part) return rearrange(stored, layout);
  const [index, count] = part;
  const shape = blockShape(stored.shape, count) as Shape;
  const size = sizeOf(shape);
  return rearrange({ shape, data: stored.data.slice(index * size, (index + 1) * size) }, layout);
}

/**
 * Reads the tensors of a model from a file that names them otherwise.
 *
 * Strict: what is missing, unexpected or of another shape is told all at once, with the nearest names, before any number is
 * read. Each tensor of the file is read once.
 *
 * @param expected our names and shapes
 * @param make what becomes of each tensor as it comes; where that is no `TensorValue`, only one of those is in memory at a time
 * @throws {KeyMismatchError}
 */
export async function readMapped<T = TensorValue>(
  file: TensorFile,
  rules: readonly KeyRule[],
  expected: ReadonlyMap<string, Shape>,
  { ignore = [], signal }: MappingOptions = {},
  make: (value: TensorValue, ours: string) => T = (value) => value as T,
): Promise<Map<string, T>> {
  const matches = matchRules(rules, expected.keys());
  const known = new Set<string>();
  const wishes = new Map<string, Wish[]>();
  const missing = new Set<string>();
  const misshapen: string[] = [];
  for (const [ours, shape] of expected) {
    const { rule, names } = matches.get(ours) ?? { names: [ours] };
    for (const name of names) known.add(name);
    const found = rule && names.find((name) => file.tensors.has(name));
    const stored = found === undefined ? undefined : file.tensors.get(found)?.shape;
    if (!rule || found === undefined || !stored) {
      missing.add(names[0] as string);
      continue;
    }
    const actual = shapeFrom(stored, rule);
    if (`${actual}` === `${shape}`) wishes.set(found, [...(wishes.get(found) ?? []), { ours, rule }]);
    else misshapen.push(`${found}: expected [${shape}] here, got [${actual ?? '?'}] from [${stored}]`);
  }
  const tolerated = [...HARMLESS, ...ignore];
  // Another name for numbers that are read already carries nothing new.
  const own = (name: string) => file.tensors.get(name)?.aliasOf ?? name;
  const knownNumbers = new Set([...known].map(own));
  const unexpected = [...file.tensors.keys()].filter(
    (name) => !knownNumbers.has(own(name)) && !tolerated.some((pattern) => pattern.test(name)),
  );
  if (missing.size + unexpected.length + misshapen.length > 0)
    throw new KeyMismatchError(
      // Only so many lines are shown.
      [...missing].map((name, i) => (i < 12 ? withNearest(name, unexpected) : name)),
      unexpected,
      misshapen,
    );
  const values = new Map<string, T>();
  for (const [name, parts] of wishes) {
    signal?.throwIfAborted();
    const stored = await file.read(name);
    for (const { ours, rule } of parts) values.set(ours, make(valueFrom(stored, rule), ours));
  }
  return values;
}
