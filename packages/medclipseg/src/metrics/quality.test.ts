// Quality figures of single results.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { binaryEntropy } from '../uncertainty.ts';
import { expectedDice, uncertaintyPerForeground } from './quality.ts';

const probabilities = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 60 });
const mapsOf = (probability: readonly number[]) => ({
  probability,
  mask: probability.map((p) => (p > 0.5 ? 1 : 0)),
  uncertainty: probability.map(binaryEntropy),
});
const some = probabilities.filter((values) => values.some((p) => p > 0.5)).map(mapsOf);

describe('quality figures', () => {
  it('of a small map are those by hand', () => {
    const maps = { probability: [0.9, 0.6, 0.2, 0.1], mask: [1, 1, 0, 0], uncertainty: [0.3, 0.6, 0.5, 0.3] };
    expect(expectedDice(maps)).toBeCloseTo((2 * 1.5) / (1.8 + 2), 12);
    expect(uncertaintyPerForeground(maps)).toBeCloseTo(1.7 / 1.8, 12);
  });

  it('are undefined for an empty mask, and only then', () => {
    fc.assert(
      fc.property(probabilities.map(mapsOf), (maps) => {
        const isEmpty = !maps.mask.includes(1);
        expect(expectedDice(maps) === undefined).toBe(isEmpty);
        expect(uncertaintyPerForeground(maps) === undefined).toBe(isEmpty);
      }),
    );
  });

  it('have their range, and its ends where the model is sure', () => {
    fc.assert(
      fc.property(some, (maps) => {
        expect(expectedDice(maps)).toBeGreaterThan(0);
        expect(expectedDice(maps)).toBeLessThanOrEqual(1);
        expect(uncertaintyPerForeground(maps)).toBeGreaterThanOrEqual(0);
        const sure = mapsOf(maps.mask);
        expect(expectedDice(sure)).toBe(1);
        expect(uncertaintyPerForeground(sure)).toBeCloseTo(0, 6);
      }),
    );
  });

  it('do not change with the order of the pixels, certain background or the size of the image', () => {
    fc.assert(
      fc.property(some, fc.nat(40), (maps, background) => {
        const zeros = new Array<number>(background).fill(0);
        const others = {
          probability: [...zeros, ...maps.probability].reverse().flatMap((p) => [p, p]),
          mask: [...zeros, ...maps.mask].reverse().flatMap((m) => [m, m]),
          uncertainty: [...zeros, ...maps.uncertainty].reverse().flatMap((u) => [u, u]),
        };
        expect(expectedDice(others)).toBeCloseTo(expectedDice(maps) as number, 9);
        expect(uncertaintyPerForeground(others)).toBeCloseTo(uncertaintyPerForeground(maps) as number, 9);
      }),
    );
  });

  it('expect a lower Dice once a pixel of the background is less certain', () => {
    fc.assert(
      fc.property(some, fc.double({ min: 1e-3, max: 0.45, noNaN: true }), (maps, p) => {
        const [sure, unsure] = [0, p].map((extra) => mapsOf([...maps.probability, extra])) as [
          ReturnType<typeof mapsOf>,
          ReturnType<typeof mapsOf>,
        ];
        expect(expectedDice(unsure)).toBeLessThan(expectedDice(sure) as number);
      }),
    );
  });

  it.each([
    ['maps of different sizes', { probability: [0.5, 0.5], mask: [1], uncertainty: [0.1] }],
    ['a probability above one', { probability: [1.5], mask: [1], uncertainty: [0.1] }],
    ['a probability that is no number', { probability: [Number.NaN], mask: [1], uncertainty: [0.1] }],
    ['a mask of 0 and 255', { probability: [0.9], mask: [255], uncertainty: [0.1] }],
  ])('are refused for %s', (_, maps) => {
    expect(() => expectedDice(maps)).toThrow(/expected .*, got /);
    expect(() => uncertaintyPerForeground(maps)).toThrow(/expected .*, got /);
  });

  it('are refused for an uncertainty above ln 2', () => {
    expect(() => uncertaintyPerForeground({ probability: [0.9], mask: [1], uncertainty: [0.8] })).toThrow(
      'uncertainty: expected values from 0 to 0.693',
    );
  });
});
