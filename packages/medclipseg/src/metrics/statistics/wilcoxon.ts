// Wilcoxon's signed-rank test: whether paired differences lie around zero, without asking how they are distributed.
import { twoSidedChance } from './normal.ts';
import { ranks } from './ranks.ts';

export interface SignedRankTest {
  /** Pairs that differ; equal ones are left out, as Wilcoxon did. */
  readonly pairs: number;
  /** The smaller one of the two rank sums. */
  readonly statistic: number;
  /** (sum of positive ranks − sum of negative ones) / sum of both: −1 to 1. */
  readonly rankBiserial: number;
  /** Two-sided. */
  readonly pValue: number;
  /** `exact` up to 50 pairs without ties, else the normal approximation with the variance corrected for ties. */
  readonly method: 'exact' | 'normal';
}

const EXACT_UP_TO = 50;

/** Chance that a rank sum of n pairs is at most `limit`, over all 2ⁿ signs. */
function chanceAtMost(limit: number, n: number): number {
  const chances = new Float64Array((n * (n + 1)) / 2 + 1);
  chances[0] = 1;
  for (let rank = 1; rank <= n; rank++)
    for (let sum = chances.length - 1; sum >= 0; sum--)
      chances[sum] = ((chances[sum] as number) + (sum >= rank ? (chances[sum - rank] as number) : 0)) / 2;
  return chances.subarray(0, limit + 1).reduce((a, b) => a + b, 0);
}

/** Signed-rank test of paired differences. Without any difference the p-value is 1. */
export function wilcoxonSignedRank(differences: ArrayLike<number>): SignedRankTest {
  const values = Array.from(differences).filter((difference) => difference !== 0);
  const n = values.length;
  if (n === 0) return { pairs: 0, statistic: 0, rankBiserial: 0, pValue: 1, method: 'exact' };
  const ranked = ranks(values.map(Math.abs));
  const positive = values.reduce((sum, value, i) => sum + (value > 0 ? (ranked[i] as number) : 0), 0);
  const total = (n * (n + 1)) / 2;
  const statistic = Math.min(positive, total - positive);
  const rankBiserial = (2 * positive - total) / total;
  const sizes = new Map<number, number>();
  for (const rank of ranked) sizes.set(rank, (sizes.get(rank) ?? 0) + 1);
  if (n <= EXACT_UP_TO && sizes.size === n)
    return { pairs: n, statistic, rankBiserial, pValue: Math.min(1, 2 * chanceAtMost(statistic, n)), method: 'exact' };
  const ties = [...sizes.values()].reduce((sum, t) => sum + t ** 3 - t, 0);
  const deviation = Math.sqrt((n * (n + 1) * (2 * n + 1) - ties / 2) / 24);
  return {
    pairs: n,
    statistic,
    rankBiserial,
    pValue: twoSidedChance((statistic - total / 2) / deviation),
    method: 'normal',
  };
}
