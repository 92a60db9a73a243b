// Intervals of resampled means.
import { expect, it } from 'vitest';
import { bootstrapMean, pairedDifference } from './index.ts';

const scores = Array.from({ length: 400 }, (_, i) => i / 399);

it('is as wide as theory says, around the mean, and the same from the same seed', () => {
  const { mean, low, high } = bootstrapMean(scores, { seed: 1 });
  expect(mean).toBeCloseTo(0.5, 12);
  // Standard error of 400 uniform numbers: 1 / sqrt(12 · 400); 1.96 of them on each side.
  const side = 1.96 / Math.sqrt(12 * 400);
  expect(Math.abs(mean - low - side)).toBeLessThan(0.1 * side);
  expect(Math.abs(high - mean - side)).toBeLessThan(0.1 * side);
  expect(bootstrapMean(scores, { seed: 1 })).toEqual({ mean, low, high });
  expect(bootstrapMean(scores, { seed: 2 })).not.toEqual({ mean, low, high });
});

it('sees a small gain on every image that separate intervals would miss', () => {
  const better = scores.map((score, i) => score + (i % 2 ? 0.02 : 0.01));
  const { mean, low, high } = pairedDifference(scores, better);
  expect(mean).toBeCloseTo(0.015, 12);
  expect(low).toBeGreaterThan(0.01);
  expect(high).toBeLessThan(0.02);
  expect(bootstrapMean(better).low).toBeLessThan(bootstrapMean(scores).high);
});
