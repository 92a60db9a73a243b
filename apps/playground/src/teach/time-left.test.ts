import { expect, it } from 'vitest';
import { secondsLeft } from './time-left.ts';

it('tells the time left by the pace of the last steps, once there is one', () => {
  expect(secondsLeft([], 10)).toBeUndefined();
  expect(secondsLeft([5000], 10)).toBeUndefined();
  expect(secondsLeft([5000, 7000], 10)).toBe(16);
  // The first step was slow, and there was a pause before the seventh from the end.
  expect(secondsLeft([0, 90_000, 91_000, 92_000, 93_000, 94_000, 95_000], 10)).toBe(3);
});
