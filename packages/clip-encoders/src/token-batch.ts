// Token ids of several prompts as a batch.
import * as tf from '@tensorflow/tfjs-core';
import { InputError } from './errors.ts';
import type { TokenBatch } from './text-tower.ts';

/** Lengths are rounded up to a multiple of this, so that a GPU compiles programs for few shapes. */
const LENGTH_STEP = 8;

const isTokenId = (id: number): boolean => Number.isInteger(id) && id >= 0;

function checkRows(rows: readonly ArrayLike<number>[]): void {
  const [first] = rows;
  if (!first || first.length === 0)
    throw new InputError('token ids', 'at least one prompt', 'none', 'Pass the ids that a tokenizer encodes.');
  for (const row of rows) {
    if (row.length !== first.length)
      throw new InputError(
        'token ids',
        `${first.length} ids in every row`,
        `${row.length}`,
        'Encode all prompts with the same tokenizer.',
      );
    const wrong = Array.from(row).find((id) => !isTokenId(id));
    if (wrong !== undefined)
      throw new InputError('token ids', 'integers from 0', `${wrong}`, 'Pass the ids that a tokenizer encodes.');
  }
}

/** Of tokens or ids, [B, T, ...], those at `positions`; all of them if they are these already, or without `positions`. */
export const atPositions = (x: tf.Tensor, { positions }: TokenBatch): tf.Tensor =>
  positions && x.shape[1] !== positions.shape[0] ? tf.gather(x, positions, 1) : x;

/** The token ids of a batch, row by row, and what {@link tokenBatch} finds out about them. */
export interface TokenRows extends Required<Pick<TokenBatch, 'used' | 'duplicateOf' | 'largestId'>> {
  readonly ids: Int32Array;
  readonly shape: readonly [rows: number, length: number];
}

/** What {@link tokenBatch} stacks, without a tensor. */
export function tokenRows(
  rows: readonly ArrayLike<number>[],
  { trim = false }: { readonly trim?: boolean } = {},
): TokenRows {
  checkRows(rows);
  const length = (rows[0] as ArrayLike<number>).length;
  const longest = Math.max(...rows.map((row) => Array.from(row).findLastIndex((id) => id !== 0) + 1));
  const used = Math.min(length, Math.max(1, Math.ceil(longest / LENGTH_STEP)) * LENGTH_STEP);
  const context = trim ? used : length;
  const ids = new Int32Array(rows.length * context);
  rows.forEach((row, i) => {
    ids.set(Array.from(row).slice(0, context), i * context);
  });
  const seen = new Map<string, number>();
  const duplicateOf = rows.map((row, i) => {
    const prompt = Array.from(row).join();
    seen.set(prompt, seen.get(prompt) ?? i);
    return seen.get(prompt) as number;
  });
  return {
    ids,
    shape: [rows.length, context],
    used,
    duplicateOf,
    largestId: ids.reduce((largest, id) => Math.max(largest, id), 0),
  };
}

/**
 * Stacks the token ids of prompts, each padded with 0 to the same length.
 *
 * @param trim leaves out the positions that are padding in every row
 * @returns ids [B, T]; the caller disposes them
 * @throws InputError for rows of different lengths, or values that are not ids
 *
 * @example
 * ```ts
 * const tokenizer = wordTokenizer({ words: ['polyp', 'small'], contextLength: 8 });
 * const prompts = tokenBatch(['polyp', 'small polyp'].map((prompt) => tokenizer.encode(prompt)));
 * console.log(prompts.ids.shape, prompts.largestId); // [ 2, 8 ] 5
 * ```
 */
export function tokenBatch(rows: readonly ArrayLike<number>[], options: { readonly trim?: boolean } = {}): TokenBatch {
  const { ids, shape, ...found } = tokenRows(rows, options);
  return { ids: tf.tensor2d(ids, [...shape], 'int32'), ...found };
}
