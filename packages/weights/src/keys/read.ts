// Reads the parameters of a model from a file with other keys and layouts.
import { sizeOf } from '../dtypes/dtype.ts';
import { KeyMismatchError } from '../errors.ts';
import type { TensorFile, TensorValue } from '../tensor-file.ts';
import { closestMatch } from './closest-match.ts';
import { rearrange, shapeIn } from './layouts.ts';
import { type KeyRule, matchRules } from './rule.ts';

export interface MappingOptions {
  /** Keys in the file to ignore, in addition to `BUFFER_KEYS`. */
  readonly ignore?: readonly RegExp[];
  readonly signal?: AbortSignal;
}

/** Buffers that some versions save and no model needs: position indices, and sizes that OpenAI's archives keep as tensors. */
export const BUFFER_KEYS: readonly RegExp[] = [/(^|\.)position_ids$/, /^(input_resolution|context_length|vocab_size)$/];

type Shape = readonly number[];

/** A parameter, and how it is read from a tensor of the file. */
interface Target {
  readonly parameter: string;
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

/** Missing keys, each with the unexpected key that is closest to it; only the first few are shown. */
const withSuggestions = (missing: ReadonlySet<string>, unexpected: readonly string[]): string[] =>
  [...missing].map((key, i) => {
    const meant = i < KeyMismatchError.SHOWN ? closestMatch(key, unexpected) : undefined;
    return meant === undefined ? key : `${key} (closest: ${meant})`;
  });

/**
 * Reads the parameters of a model from a file with other keys and layouts.
 *
 * Strict: all missing, unexpected and wrongly shaped tensors are reported at once, before any data is read. Each tensor of the
 * file is read once.
 *
 * @param expected shapes of the parameters by name
 * @param convert converts each parameter as it is read; unless the result holds the values, only one tensor at a time is in memory
 * @throws {KeyMismatchError} if the file does not hold exactly these tensors
 *
 * @example
 * const rules: KeyRule[] = [{ parameter: 'norm.{i}.weight', key: 'resblocks.{i}.ln_1.weight' }];
 * const values = await readMapped(file, rules, new Map([['norm.0.weight', [768]]]));
 * values.get('norm.0.weight'); // { shape: [768], data: Float32Array(768) }
 */
export async function readMapped<T = TensorValue>(
  file: TensorFile,
  rules: readonly KeyRule[],
  expected: ReadonlyMap<string, Shape>,
  { ignore = [], signal }: MappingOptions = {},
  convert: (value: TensorValue, parameter: string) => T = (value) => value as T,
): Promise<Map<string, T>> {
  const matches = matchRules(rules, expected.keys());
  const known = new Set<string>();
  const targets = new Map<string, Target[]>();
  const missing = new Set<string>();
  const misshapen: string[] = [];
  for (const [parameter, shape] of expected) {
    const { rule, keys } = matches.get(parameter) ?? { keys: [parameter] };
    for (const key of keys) known.add(key);
    const found = rule && keys.find((key) => file.tensors.has(key));
    const stored = found === undefined ? undefined : file.tensors.get(found)?.shape;
    if (!rule || found === undefined || !stored) {
      missing.add(keys[0] as string);
      continue;
    }
    const actual = shapeFrom(stored, rule);
    if (`${actual}` === `${shape}`) targets.set(found, [...(targets.get(found) ?? []), { parameter, rule }]);
    else
      misshapen.push(
        actual
          ? `${found}: expected [${shape}] here, got [${actual}] from [${stored}]`
          : `${found}: expected [${shape}] here, got [${stored}], which does not fit the layout`,
      );
  }
  const ignored = [...BUFFER_KEYS, ...ignore];
  // An alias of a known tensor holds nothing new.
  const original = (key: string) => file.tensors.get(key)?.aliasOf ?? key;
  const knownOriginals = new Set([...known].map(original));
  const unexpected = [...file.tensors.keys()].filter(
    (key) => !knownOriginals.has(original(key)) && !ignored.some((pattern) => pattern.test(key)),
  );
  if (missing.size + unexpected.length + misshapen.length > 0)
    throw new KeyMismatchError(withSuggestions(missing, unexpected), unexpected, misshapen);
  const values = new Map<string, T>();
  for (const [key, parts] of targets) {
    signal?.throwIfAborted();
    const stored = await file.read(key);
    for (const { parameter, rule } of parts) values.set(parameter, convert(valueFrom(stored, rule), parameter));
  }
  return values;
}
