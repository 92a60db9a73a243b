// The interface of a tokenizer, and what all of them share.
import { InputError, PromptTooLongError } from '../errors.ts';

export interface Tokenizer {
  /** Ids per prompt, including padding. */
  readonly contextLength: number;
  /** Size of the vocabulary. */
  readonly size: number;
  /**
   * Ids of a prompt with start and end tokens, padded to `contextLength`.
   *
   * @throws PromptTooLongError if the prompt does not fit and the published tokenizer does not truncate
   */
  encode(prompt: string): Int32Array;
  /** Everything that {@link tokenizerOf} needs to recreate the tokenizer. */
  toJson(): TokenizerJson;
}

export type TokenizerJson =
  | { readonly kind: 'words'; readonly contextLength: number; readonly words: readonly string[] }
  | { readonly kind: 'clip'; readonly contextLength: number; readonly merges: readonly string[] }
  | { readonly kind: 'word-piece'; readonly contextLength: number; readonly pieces: readonly string[] };

/** @throws InputError for a context without room for a start and an end token */
export function checkContextLength(contextLength: number): void {
  if (!Number.isInteger(contextLength) || contextLength < 2)
    throw new InputError(
      'contextLength',
      'an integer from 2',
      `${contextLength}`,
      'Use the context of the text encoder.',
    );
}

/** @throws InputError for anything but a string */
export function checkPrompt(prompt: string): void {
  if (typeof prompt !== 'string')
    throw new InputError('prompt', 'a string', prompt === null ? 'null' : typeof prompt, 'Pass one prompt at a time.');
}

/**
 * Start token, ids, end token, padding with 0.
 *
 * @throws PromptTooLongError if they are too many
 */
export function withStartAndEnd(
  prompt: string,
  ids: readonly number[],
  { start, end, contextLength }: { readonly start: number; readonly end: number; readonly contextLength: number },
): Int32Array {
  if (ids.length + 2 > contextLength) throw new PromptTooLongError(prompt, ids.length + 2, contextLength);
  const row = new Int32Array(contextLength);
  row.set([start, ...ids, end]);
  return row;
}
