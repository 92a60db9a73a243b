// Tests, correlations and intervals against SciPy.
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { bootstrapMean } from './bootstrap.ts';
import { normalCdf, normalQuantile, twoSidedChance } from './normal.ts';
import { comparePaired } from './paired.ts';
import { pearson, ranks, spearman } from './ranks.ts';
import { wilcoxonSignedRank } from './wilcoxon.ts';

const scipy = JSON.parse(readFileSync(new URL('./fixtures/scipy.json', import.meta.url), 'utf8')) as {
  wilcoxon: { difference: number[]; statistic: number; p: number }[];
  correlation: { a: number[]; b: number[]; pearson: number; spearman: number };
  bca: { scores: number[]; low: number; high: number };
  normal: { z: number; cdf: number }[];
};

it.each(scipy.wilcoxon)('ranks signs as SciPy does, p = $p', ({ difference, statistic, p }) => {
  const test = wilcoxonSignedRank(difference);
  expect(test.statistic).toBe(statistic);
  expect(test.pValue).toBeCloseTo(p, 10);
});

it('counts every sign where pairs are few', () => {
  const distinct = fc.uniqueArray(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 9 });
  fc.assert(
    fc.property(distinct, fc.nat(511), (sizes, signs) => {
      const test = wilcoxonSignedRank(sizes.map((size, i) => ((signs >> i) & 1 ? size : -size)));
      const rank = ranks(sizes);
      let extreme = 0;
      for (let other = 0; other < 2 ** sizes.length; other++) {
        const positive = rank.reduce((sum, r, i) => sum + ((other >> i) & 1 ? r : 0), 0);
        if (Math.min(positive, rank.reduce((a, b) => a + b) - positive) <= test.statistic) extreme++;
      }
      expect(test.pValue).toBeCloseTo(extreme / 2 ** sizes.length, 12);
    }),
  );
});

it('finds nothing in equal scores', () => {
  const { difference, wilcoxon, equal } = comparePaired([1, 2, 3], [1, 2, 3]);
  expect([difference.value, equal, wilcoxon.pValue, wilcoxon.pairs]).toEqual([0, 3, 1, 0]);
});

it('sees a small gain on every image that separate intervals would miss', () => {
  const a = Array.from({ length: 60 }, (_, i) => i / 59);
  const b = a.map((score, i) => score + (i % 2 ? 0.02 : 0.01));
  const { difference, greater, wilcoxon } = comparePaired(a, b);
  expect(difference.value).toBeCloseTo(0.015, 12);
  expect(difference.low).toBeGreaterThan(0.01);
  expect(difference.high).toBeLessThan(0.02);
  expect(greater).toBe(60);
  expect(wilcoxon.rankBiserial).toBe(1);
  expect(bootstrapMean(b).low).toBeLessThan(bootstrapMean(a).high);
});

it('refuses runs that are not paired', () => {
  expect(() => comparePaired([1], [1, 2])).toThrow('expected 1 of each run, got 2');
});

it('correlates as SciPy does', () => {
  const { a, b, ...expected } = scipy.correlation;
  expect(pearson(a, b)).toBeCloseTo(expected.pearson, 12);
  expect(spearman(a, b)).toBeCloseTo(expected.spearman, 12);
  expect(pearson([1, 1], [1, 2])).toBeNaN();
});

it("gives SciPy's bias-corrected and accelerated interval", () => {
  const { scores, low, high } = scipy.bca;
  const interval = bootstrapMean(scores, { resamples: 50_000 });
  // 50,000 resamples know a bound to about a hundredth of the interval's width.
  expect(Math.abs(interval.low - low)).toBeLessThan(0.015 * (high - low));
  expect(Math.abs(interval.high - high)).toBeLessThan(0.015 * (high - low));
});

it.each(scipy.normal)('knows the normal distribution at $z', ({ z, cdf }) => {
  expect(Math.abs(normalCdf(z) - cdf)).toBeLessThan(1e-14);
  expect(normalCdf(z) / cdf).toBeCloseTo(1, 11);
  expect(twoSidedChance(z)).toBeCloseTo(2 * Math.min(cdf, 1 - cdf), 12);
  if (Math.abs(z) < 4) expect(normalQuantile(cdf)).toBeCloseTo(z, 9);
});
