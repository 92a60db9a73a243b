// Prompts as tensors.
import type { TokenBatch } from '@medclipseg/clip-encoders';
import * as tf from '@tensorflow/tfjs-core';

/** Lengths are rounded up to this, so that a GPU sees few different shapes. */
const BUCKET = 8;

/**
 * Stacks token ids, each padded with 0 to the same length.
 *
 * @param trim leaves out the positions that are padding in every row
 * @returns ids [B, T]; the caller disposes them
 */
export function tokenBatch(rows: readonly Int32Array[], { trim = false }: { trim?: boolean } = {}): TokenBatch {
  const longest = Math.max(...rows.map((row) => row.findLastIndex((id) => id !== 0) + 1));
  const used = Math.min((rows[0] as Int32Array).length, Math.ceil(longest / BUCKET) * BUCKET);
  const context = trim ? used : (rows[0] as Int32Array).length;
  const ids = new Int32Array(rows.length * context);
  rows.forEach((row, i) => {
    ids.set(row.subarray(0, context), i * context);
  });
  const seen = new Map<string, number>();
  const firstAlike = rows.map((row, i) => {
    const prompt = row.join();
    seen.set(prompt, seen.get(prompt) ?? i);
    return seen.get(prompt) as number;
  });
  return { ids: tf.tensor2d(ids, [rows.length, context], 'int32'), used, firstAlike };
}
