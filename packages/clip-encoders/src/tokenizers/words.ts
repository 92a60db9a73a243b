// A word-level tokenizer for models trained from nothing on a small vocabulary.
import { clean } from './clean.ts';
import { framed, type Tokenizer } from './tokenizer.ts';

const split = (sentence: string): string[] => clean(sentence).match(/[\p{L}\p{N}]+|[^\s\p{L}\p{N}]/gu) ?? [];

/** 0 pads, 1 stands for unknown words, 2 begins a sentence; then the words; the largest id ends it, where CLIP's tower reads. */
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
    encode: (sentence) =>
      framed(
        sentence,
        split(sentence).map((word) => ids.get(word) ?? 1),
        2,
        end,
        contextLength,
      ),
    toJson: () => ({ kind: 'words', contextLength, words }),
  };
}

/** The words of sentences, in code-point order. */
export const vocabularyOf = (sentences: Iterable<string>): string[] => {
  const words = new Set<string>();
  for (const sentence of sentences) for (const word of split(sentence)) words.add(word);
  return [...words].sort();
};
