// Two runs on the same images.
import { ScoreError } from '../errors.ts';
import { type BootstrapOptions, bootstrapMean, type Interval } from './bootstrap.ts';
import { type SignedRankTest, wilcoxonSignedRank } from './wilcoxon.ts';

export interface PairedComparison {
  readonly images: number;
  /** Mean of `b − a`; an interval without 0 is a difference. */
  readonly difference: Interval;
  /** Images on which b is greater, equal, less than a. */
  readonly greater: number;
  readonly equal: number;
  readonly less: number;
  readonly wilcoxon: SignedRankTest;
}

/**
 * Compares scores of two runs image by image: paired bootstrap of the mean difference and Wilcoxon's signed-rank test.
 *
 * @param a scores of the first run
 * @param b scores of the second, in the same order
 * @throws {@link ScoreError} where they are not as many
 */
export function comparePaired(
  a: readonly number[],
  b: readonly number[],
  options: BootstrapOptions = {},
): PairedComparison {
  if (a.length !== b.length)
    throw new ScoreError(
      'scores to compare',
      `${a.length} of each run`,
      `${b.length} of the second`,
      'Pair them by image.',
    );
  const differences = a.map((score, i) => (b[i] as number) - score);
  const count = (sign: number) => differences.filter((difference) => Math.sign(difference) === sign).length;
  return {
    images: a.length,
    difference: bootstrapMean(differences, options),
    greater: count(1),
    equal: count(0),
    less: count(-1),
    wilcoxon: wilcoxonSignedRank(differences),
  };
}
