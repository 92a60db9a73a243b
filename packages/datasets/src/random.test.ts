import fc from 'fast-check';
import { expect, it } from 'vitest';
import { seededRandom } from './random.ts';

const draw = (key: readonly (number | string)[], count: number) => {
  const random = seededRandom(...key);
  return Array.from({ length: count }, random);
};

it('the same key draws the same numbers, all in [0, 1)', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.integer(), fc.string())), (key) => {
      const values = draw(key, 20);
      expect(values).toEqual(draw(key, 20));
      expect(values.every((v) => v >= 0 && v < 1)).toBe(true);
    }),
  );
});

it('streams of near keys differ in every number', () => {
  const keys = [[], [0], [1], ['1'], [1, 0], [0, 1], ['a', 'b'], ['ab'], ['ba'], [2 ** 33]];
  const streams = keys.map((key) => draw(key, 50));
  streams.forEach((values, i) => {
    for (const other of streams.slice(i + 1)) expect(values.filter((v, k) => v === other[k])).toEqual([]);
  });
});

it('numbers are spread evenly, and near keys are not correlated', () => {
  const first = Array.from({ length: 20_000 }, (_, index) => seededRandom('augment', 1, index)());
  const bins = new Array(20).fill(0);
  for (const v of first) bins[Math.floor(v * 20)] += 1;
  // Chi-square with 19 degrees of freedom: 43.8 is the 0.1 % point.
  expect(bins.reduce((sum, n) => sum + (n - 1000) ** 2 / 1000, 0)).toBeLessThan(43.8);
  const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  const lagged = mean(first.slice(1).map((v, i) => (v - 0.5) * ((first[i] as number) - 0.5))) * 12;
  expect(Math.abs(lagged)).toBeLessThan(0.025);
});
