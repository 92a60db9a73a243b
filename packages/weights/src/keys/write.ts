// Gives a model's tensors the names and layouts of another program, through the same table that reads them.

import { sizeOf } from '../dtypes/dtype.ts';
import type { WritableType } from '../dtypes/narrow.ts';
import { KeyMismatchError, WeightsError } from '../errors.ts';
import { type StoredTensor, storedAs, type TensorFile } from '../tensor-file.ts';
import { rearrange, shapeIn } from './layouts.ts';
import { type KeyRule, matchRules } from './rule.ts';

interface Piece {
  readonly ours: string;
  readonly rule: KeyRule;
  /** In their layout. */
  readonly shape: readonly number[];
}

/** The blocks of one of their tensors in order, or what is wrong with them. */
function ordered(theirs: string, pieces: readonly Piece[]): Piece[] {
  const count = pieces[0]?.rule.part?.[1] ?? 1;
  const blocks = Array.from({ length: count }, (_, i) => pieces.filter(({ rule }) => (rule.part?.[0] ?? 0) === i));
  const faulty = blocks.findIndex((found) => found.length !== 1);
  if (faulty >= 0)
    throw new WeightsError(
      'weights/parts',
      `${theirs}: expected one tensor for part ${faulty} of ${count}, got ${blocks[faulty]?.length}. Write the whole model.`,
    );
  return blocks.flat();
}

/**
 * The inverse of `readMapped`: tensors under their names and in their layout, made one at a time when they are written.
 *
 * Every alias of a rule is written, since PyTorch's strict loading asks for all of them.
 *
 * @param ours a model under our names, complete where a rule packs several tensors into one
 * @param dtype what the values are written as
 * @throws {KeyMismatchError} if a tensor has no rule or does not fit its layout
 */
export function writeMapped(
  ours: TensorFile,
  rules: readonly KeyRule[],
  dtype: WritableType = 'F32',
): Map<string, StoredTensor> {
  const matches = matchRules(rules, ours.tensors.keys());
  const pieces = new Map<string, Piece[]>();
  const unexpected: string[] = [];
  const misshapen: string[] = [];
  for (const [name, { shape: stored }] of ours.tensors) {
    const match = matches.get(name);
    if (!match) {
      unexpected.push(name);
      continue;
    }
    const shape = shapeIn(match.rule.layout ?? 'same', stored, true);
    if (!shape) misshapen.push(`${name}: expected a shape of layout '${match.rule.layout}', got [${stored}]`);
    else
      for (const theirs of match.names)
        pieces.set(theirs, [...(pieces.get(theirs) ?? []), { ours: name, rule: match.rule, shape }]);
  }
  if (unexpected.length + misshapen.length > 0) throw new KeyMismatchError([], unexpected, misshapen);
  return new Map([...pieces].map(([theirs, found]) => [theirs, packed(ours, ordered(theirs, found), dtype)]));
}

/** Blocks of rows, one below the other. */
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
      for (const { ours, rule } of pieces) {
        const value = rearrange(await file.read(ours), rule.layout ?? 'same', true);
        data.set(value.data, offset);
        offset += value.data.length;
      }
      return storedAs({ shape, data }, dtype).bytes();
    },
  };
}
