import { expect, it } from 'vitest';
import { curvePoints, roundAbove, runningMean, secondsLeft } from './progress.ts';

it('the running mean starts at the first value and follows the next', () => {
  expect(runningMean([2])[0]).toBeCloseTo(2);
  expect(runningMean([1, 1, 1, 1]).at(-1)).toBeCloseTo(1);
  const [, second] = runningMean([0, 1], 0.8);
  expect(second).toBeCloseTo(0.2 / 0.36);
});

it('the axis ends at a round number above all values', () => {
  expect([[0.31], [0.9, 1.4], [5], [0.0123], []].map(roundAbove)).toEqual([0.5, 2, 5, 0.02, 1]);
});

it('draws steps from left to right, and larger losses higher', () => {
  expect(curvePoints([1, 0.5, 0], 5, 1, { width: 100, height: 50 })).toBe('0.0,0.0 25.0,25.0 50.0,50.0');
  expect(curvePoints([0.5], 1, 1, { width: 100, height: 50 })).toBe('0.0,25.0');
});

it('estimates the remaining time from the pace of the last steps', () => {
  expect(secondsLeft([], 10)).toBeUndefined();
  expect(secondsLeft([5000], 10)).toBeUndefined();
  expect(secondsLeft([5000, 7000], 10)).toBe(16);
  // The first step was slow, and there was a pause before the sixth from the end.
  expect(secondsLeft([0, 90_000, 91_000, 92_000, 93_000, 94_000, 95_000], 10)).toBe(3);
});
