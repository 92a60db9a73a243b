// Intervals of resampled figures.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bootstrap, bootstrapMean } from './bootstrap.ts';

const scores = Array.from({ length: 400 }, (_, i) => i / 399);
const methods = ['percentile', 'bca'] as const;

describe.each(methods)('%s', (method) => {
  it('is as wide as theory says, around the mean, and the same from the same seed', () => {
    const interval = bootstrapMean(scores, { seed: 1, method });
    const { value, low, high } = interval;
    expect(value).toBeCloseTo(0.5, 12);
    // Standard error of 400 uniform numbers: 1 / sqrt(12 · 400); 1.96 of them on each side.
    const side = 1.96 / Math.sqrt(12 * 400);
    expect(Math.abs(value - low - side)).toBeLessThan(0.1 * side);
    expect(Math.abs(high - value - side)).toBeLessThan(0.1 * side);
    expect(bootstrapMean(scores, { seed: 1, method })).toEqual(interval);
    expect(bootstrapMean(scores, { seed: 2, method })).not.toEqual(interval);
  });

  it('is wider at a higher level, and stays within the scores', () => {
    const score = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.array(score, { minLength: 2, maxLength: 12 }), (values) => {
        const [narrow, wide] = [0.8, 0.99].map((level) => bootstrapMean(values, { level, method, resamples: 300 })) as [
          ReturnType<typeof bootstrapMean>,
          ReturnType<typeof bootstrapMean>,
        ];
        expect(wide.low).toBeLessThanOrEqual(narrow.low);
        expect(wide.high).toBeGreaterThanOrEqual(narrow.high);
        expect(wide.low).toBeGreaterThanOrEqual(Math.min(...values) - 1e-12);
        expect(wide.high).toBeLessThanOrEqual(Math.max(...values) + 1e-12);
      }),
      { numRuns: 40 },
    );
  });

  it('is the point itself for one image and for equal scores', () => {
    expect(bootstrapMean([0.3], { method })).toEqual({ value: 0.3, low: 0.3, high: 0.3 });
    expect(bootstrapMean([0.5, 0.5, 0.5], { method })).toEqual({ value: 0.5, low: 0.5, high: 0.5 });
    expect(bootstrapMean([], { method }).value).toBeNaN();
  });
});

it('leaves resamples out that have no figure', () => {
  const { value, low, high } = bootstrap(3, (images) => (new Set(images).size === 1 ? Number.NaN : 1));
  expect([value, low, high]).toEqual([1, 1, 1]);
});

it('is skewed as its scores are, where it is bias-corrected and accelerated', () => {
  // Most scores near one and a few far below: the truth may well be lower, hardly higher.
  const skewed = Array.from({ length: 40 }, (_, i) => 1 - (i / 40) ** 6);
  const [plain, accelerated] = methods.map((method) => bootstrapMean(skewed, { method })) as [
    ReturnType<typeof bootstrapMean>,
    ReturnType<typeof bootstrapMean>,
  ];
  expect(accelerated.low).toBeLessThan(plain.low);
  expect(accelerated.high).toBeLessThan(plain.high);
});
