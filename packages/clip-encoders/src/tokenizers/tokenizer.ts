// What a tokenizer is.
import { PromptTooLongError } from '../errors.ts';

export interface Tokenizer {
  /** Ids per prompt, padding included. */
  readonly contextLength: number;
  /** Number of ids. */
  readonly size: number;
  /** Ids of a prompt with start and end, padded. */
  encode(prompt: string): Int32Array;
  /** Everything needed to make it again ({@link tokenizerOf}), for a model's folder. */
  toJson(): TokenizerJson;
}

export type TokenizerJson =
  | { readonly kind: 'words'; readonly contextLength: number; readonly words: readonly string[] }
  | { readonly kind: 'clip'; readonly contextLength: number; readonly merges: readonly string[] }
  | { readonly kind: 'word-piece'; readonly contextLength: number; readonly pieces: readonly string[] };

/** Start, ids, end, padding with 0; refuses what does not fit. */
export function framed(
  prompt: string,
  ids: readonly number[],
  start: number,
  end: number,
  contextLength: number,
): Int32Array {
  if (ids.length + 2 > contextLength) throw new PromptTooLongError(prompt, ids.length + 2, contextLength);
  const row = new Int32Array(contextLength);
  row.set([start, ...ids, end]);
  return row;
}
