// Writes the parameters of a model with the keys and layouts of another program, by the tables that read them.
import { sizeOf } from '../dtypes/dtype.ts';
import type { WritableType } from '../dtypes/narrow.ts';
import { KeyMismatchError, WeightsError } from '../errors.ts';
import { type StoredTensor, storedAs, type TensorFile } from '../tensor-file.ts';
import { rearrange, shapeIn } from './layouts.ts';
import { type KeyRule, matchRules } from './rule.ts';

/** A parameter as a part of a tensor to be written. */
interface Piece {
  readonly parameter: string;
  readonly rule: KeyRule;
  /** In the layout of the file. */
  readonly shape: readonly number[];
}

/** The parts of a tensor in order; each must be there once. */
function ordered(key: string, pieces: readonly Piece[]): Piece[] {
  const count = pieces[0]?.rule.part?.[1] ?? 1;
  const blocks = Array.from({ length: count }, (_, i) => pieces.filter(({ rule }) => (rule.part?.[0] ?? 0) === i));
  const faulty = blocks.findIndex((found) => found.length !== 1);
  if (faulty >= 0)
    throw new WeightsError(
      'weights/parts',
      `${key}: expected one parameter for part ${faulty} of ${count}, got ${blocks[faulty]?.length}. Write the whole model.`,
    );
  return blocks.flat();
}

/**
 * The inverse of `readMapped`: tensors with the keys and layouts of a file, each made when it is written.
 *
 * Aliases are written as tensors of their own, since strict loading in PyTorch requires all of them.
 *
 * @param model the parameters, complete where a rule packs several into one tensor
 * @param dtype element type to write
 * @throws {KeyMismatchError} if a parameter has no rule or does not fit its layout
 */
export function writeMapped(
  model: TensorFile,
  rules: readonly KeyRule[],
  dtype: WritableType = 'F32',
): Map<string, StoredTensor> {
  const matches = matchRules(rules, model.tensors.keys());
  const pieces = new Map<string, Piece[]>();
  const unexpected: string[] = [];
  const misshapen: string[] = [];
  for (const [parameter, { shape: own }] of model.tensors) {
    const match = matches.get(parameter);
    if (!match) {
      unexpected.push(parameter);
      continue;
    }
    const { rule, keys } = match;
    const shape = shapeIn(rule.layout ?? 'same', own, true);
    if (!shape) misshapen.push(`${parameter}: expected a shape of layout '${rule.layout}', got [${own}]`);
    else for (const key of keys) pieces.set(key, [...(pieces.get(key) ?? []), { parameter, rule, shape }]);
  }
  if (unexpected.length + misshapen.length > 0) throw new KeyMismatchError([], unexpected, misshapen);
  return new Map([...pieces].map(([key, found]) => [key, packed(model, ordered(key, found), dtype)]));
}

/** A tensor from row blocks. */
function packed(file: TensorFile, pieces: readonly Piece[], dtype: WritableType): StoredTensor {
  const shapes = pieces.map(({ shape }) => shape);
  const [first = []] = shapes;
  const shape = pieces.length === 1 ? first : [shapes.reduce((rows, [n]) => rows + (n ?? 0), 0), ...first.slice(1)];
  return {
    dtype,
    shape,
    async bytes() {
      const data = new Float32Array(sizeOf(shape));
      let offset = 0;
      for (const { parameter, rule } of pieces) {
        const value = rearrange(await file.read(parameter), rule.layout ?? 'same', true);
        data.set(value.data, offset);
        offset += value.data.length;
      }
      return storedAs({ shape, data }, dtype).bytes();
    },
  };
}
