import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { roundToHalf } from './half.ts';

const round = (value: number) => roundToHalf(Float32Array.of(value))[0] as number;

describe('half precision', () => {
  it.each([
    [0, 0],
    [1, 1],
    [1 + 2 ** -11, 1], // ties go to the even neighbor
    [1 + 3 * 2 ** -11, 1 + 2 ** -9],
    [-0.1, -0.0999755859375],
    [65504, 65504],
    [65519, 65504],
    [65520, Number.POSITIVE_INFINITY],
    [-1e6, Number.NEGATIVE_INFINITY],
    [2 ** -24, 2 ** -24],
    [2 ** -25, 0],
    [2 ** -14 - 2 ** -25, 2 ** -14],
  ])('%d → %d', (value, expected) => expect(round(value)).toBeCloseTo(expected, 30));

  it('is idempotent, monotone and within half a unit in the last of eleven places', () => {
    const number = fc.float({ min: -65500, max: 65500, noNaN: true });
    fc.assert(
      fc.property(number, number, (a, b) => {
        const half = round(a);
        expect(round(half)).toBe(half);
        expect(Math.abs(half - a)).toBeLessThanOrEqual(Math.max(Math.abs(a) * 2 ** -11, 2 ** -25));
        if (a <= b) expect(half).toBeLessThanOrEqual(round(b));
      }),
    );
  });
});
