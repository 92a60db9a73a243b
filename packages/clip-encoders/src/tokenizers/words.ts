// A word-level tokenizer for models trained from scratch on a small vocabulary.
import { InputError } from '../errors.ts';
import { clean } from './clean.ts';
import { checkContextLength, checkPrompt, type Tokenizer, withStartAndEnd } from './tokenizer.ts';

const split = (prompt: string): string[] => clean(prompt).match(/[\p{L}\p{N}]+|[^\s\p{L}\p{N}]/gu) ?? [];

/**
 * A tokenizer with one id per word: 0 is padding, 1 an unknown word, 2 starts a prompt, then come the words. The largest id ends a prompt,
 * which is where CLIP's text encoder pools.
 *
 * @throws InputError for repeated words or a context shorter than two ids
 *
 * @example
 * ```ts
 * const tokenizer = wordTokenizer({ words: ['one', 'polyp'], contextLength: 6 });
 * console.log([...tokenizer.encode('one polyp')]); // [ 2, 3, 4, 5, 0, 0 ]
 * ```
 */
export function wordTokenizer({
  words,
  contextLength,
}: {
  readonly words: readonly string[];
  readonly contextLength: number;
}): Tokenizer {
  checkContextLength(contextLength);
  const ids = new Map(words.map((word, i) => [word, i + 3]));
  if (ids.size !== words.length)
    throw new InputError('words', 'each word once', `${words.length - ids.size} repeated`, 'Remove duplicates.');
  const start = 2;
  const end = words.length + 3;
  return {
    contextLength,
    size: end + 1,
    encode: (prompt) => {
      checkPrompt(prompt);
      const body = split(prompt).map((word) => ids.get(word) ?? 1);
      return withStartAndEnd(prompt, body, { start, end, contextLength });
    },
    toJson: () => ({ kind: 'words', contextLength, words }),
  };
}

/** The distinct words of prompts, in the order of their code units. */
export const vocabularyOf = (prompts: Iterable<string>): string[] => {
  const words = new Set<string>();
  for (const prompt of prompts) for (const word of split(prompt)) words.add(word);
  return [...words].sort();
};
