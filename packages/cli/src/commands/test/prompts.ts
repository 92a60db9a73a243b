// The prompt of each image of a test.
import { keyOf } from '@medclipseg/nn';
import { permutation } from '@medclipseg/nn/internal';

interface Prompts {
  /** The same for every image. */
  readonly prompt?: string;
  /** Every image gets the prompt of another. */
  readonly shufflePrompts?: boolean;
  readonly seed: number;
}

/** Samples with other prompts than their own, to measure how much the prompt matters. */
export function withPrompts<S extends { readonly prompt: string }>(
  samples: readonly S[],
  { prompt, shufflePrompts, seed }: Prompts,
): S[] {
  if (prompt !== undefined) return samples.map((sample) => ({ ...sample, prompt: prompt }));
  if (!shufflePrompts) return [...samples];
  // Along one random cycle, so that no image keeps its own.
  const circle = permutation(keyOf(seed, 'shuffle-prompts'), samples.length);
  const shuffled = [...samples];
  for (const [i, from] of circle.entries()) {
    const to = circle[(i + 1) % circle.length] as number;
    shuffled[to] = { ...(samples[to] as S), prompt: (samples[from] as S).prompt };
  }
  return shuffled;
}
