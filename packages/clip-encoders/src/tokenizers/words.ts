// A word-level tokenizer for models trained from nothing on a small vocabulary.
import { clean } from './clean.ts';
import { framed, type Tokenizer } from './tokenizer.ts';

const split = (prompt: string): string[] => clean(prompt).match(/[\p{L}\p{N}]+|[^\s\p{L}\p{N}]/gu) ?? [];

/** 0 pads, 1 stands for unknown words, 2 begins a prompt; then the words; the largest id ends it, where CLIP's tower reads. */
export function wordTokenizer({
  words,
  contextLength,
}: {
  readonly words: readonly string[];
  readonly contextLength: number;
}): Tokenizer {
  const ids = new Map(words.map((word, i) => [word, i + 3]));
  const end = words.length + 3;
  return {
    contextLength,
    size: end + 1,
    encode: (prompt) =>
      framed(
        prompt,
        split(prompt).map((word) => ids.get(word) ?? 1),
        2,
        end,
        contextLength,
      ),
    toJson: () => ({ kind: 'words', contextLength, words }),
  };
}

/** The words of prompts, in code-point order. */
export const vocabularyOf = (prompts: Iterable<string>): string[] => {
  const words = new Set<string>();
  for (const prompt of prompts) for (const word of split(prompt)) words.add(word);
  return [...words].sort();
};
