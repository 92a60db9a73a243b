// Which sentence goes with which image of a test.
import { keyOf, permutation } from '@medclipseg/nn';

interface Sentences {
  /** The same for every image. */
  readonly prompt?: string;
  /** Every image gets another one's. */
  readonly shufflePrompts?: boolean;
  readonly seed: number;
}

/** Samples with other sentences than their own, to see how far the sentence matters. */
export function withSentences<S extends { readonly sentence: string }>(
  samples: readonly S[],
  { prompt, shufflePrompts, seed }: Sentences,
): S[] {
  if (prompt !== undefined) return samples.map((sample) => ({ ...sample, sentence: prompt }));
  if (!shufflePrompts) return [...samples];
  // Along one random circle, so that nobody keeps its own.
  const circle = permutation(keyOf(seed, 'shuffle-prompts'), samples.length);
  const shuffled = [...samples];
  for (const [i, from] of circle.entries()) {
    const to = circle[(i + 1) % circle.length] as number;
    shuffled[to] = { ...(samples[to] as S), sentence: (samples[from] as S).sentence };
  }
  return shuffled;
}
