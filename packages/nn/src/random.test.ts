import { describe, expect, it } from 'vitest';
import { fillNormalByTables, normalsOf } from './normal.ts';
import { keyOf, permutation, randomNormal, randomUniform, threefry } from './random.ts';

describe('threefry', () => {
  // Known answers of the Random123 distribution, threefry2x32 with 20 rounds.
  it.each([
    [
      [0, 0],
      [0, 0],
      [0x6b200159, 0x99ba4efe],
    ],
    [
      [0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      [0x1cb996fc, 0xbb002be7],
    ],
    [
      [0x243f6a88, 0x85a308d3],
      [0x13198a2e, 0x03707344],
      [0xc4923a9c, 0x483df7a0],
    ],
  ])('counter %j, key %j', ([c0, c1], [k0, k1], expected) => {
    const out = new Uint32Array(2);
    threefry([k0 as number, k1 as number], c0 as number, c1 as number, out);
    expect([...out]).toEqual(expected);
  });
});

describe('streams', () => {
  it('differ for any two tuples of parts', () => {
    const keys = [[1], [1, 0], [0, 1], ['1'], ['a', 'b'], ['ab'], ['ba'], [2 ** 33], []].map((p) => `${keyOf(...p)}`);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('normal values have mean 0, the asked deviation and normal tails', () => {
    const values = randomNormal(keyOf(3), 100_000, 2);
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length;
    const beyond = values.filter((v) => Math.abs(v) > 4).length / values.length;
    expect(Math.abs(mean)).toBeLessThan(0.03);
    expect(Math.abs(variance - 4)).toBeLessThan(0.08);
    expect(Math.abs(beyond - 0.0455)).toBeLessThan(0.004);
    expect(values.every(Number.isFinite)).toBe(true);
  });

  it('normal values have the bits of the functions of Math, in any part of an array and of any length', () => {
    const expected = (words: ArrayLike<number>, factor: number) =>
      Float32Array.from(words, (_, i) => {
        const radius = factor * Math.sqrt(-2 * Math.log(1 - (words[i & ~1] as number) / 2 ** 32));
        const angle = ((2 * Math.PI) / 2 ** 32) * (words[i | 1] as number);
        return radius * (i % 2 === 0 ? Math.cos(angle) : Math.sin(angle));
      });
    const expectBits = (actual: Float32Array, wanted: Float32Array) =>
      expect(actual.findIndex((value, i) => !Object.is(value, wanted[i]))).toBe(-1);
    const edges = [...Array(32).keys()].flatMap((bit) => [-1, 0, 1].map((step) => (2 ** bit + step) >>> 0));
    const words = Uint32Array.from([...edges, 0, 2 ** 32 - 1, 3 * 2 ** 30, 2 ** 32 - 2 ** 23]);
    const pairs = Uint32Array.from([...words].flatMap((u) => [...words].flatMap((v) => [u, v])));
    for (const factor of [1, -1, 0.02, 0, 1e-44, Number.MAX_VALUE]) {
      const drawn = new Float32Array(pairs.length);
      normalsOf(pairs, drawn, 0, pairs.length, factor);
      expectBits(drawn, expected(pairs, factor));
    }
    for (const size of [1, 2, 2047, 2048, 2049, 300_001]) {
      const drawn = new Float32Array(size + 4).fill(7);
      fillNormalByTables(keyOf('bits', size), drawn, 2, size, -1);
      expect([...drawn.subarray(0, 2), ...drawn.subarray(size + 2)]).toEqual([7, 7, 7, 7]);
      const out = new Uint32Array(2);
      const all = new Uint32Array(size + (size % 2));
      for (let i = 0; i < all.length; i += 2) {
        threefry(keyOf('bits', size), i / 2, 0, out);
        all.set(out, i);
      }
      expectBits(drawn.subarray(2, size + 2), expected(all, -1));
    }
  });

  it('uniform values fill their range and a longer draw begins with the shorter', () => {
    const values = randomUniform(keyOf(4), 20_001, 0.5);
    expect(Math.min(...values)).toBeLessThan(-0.499);
    expect(Math.max(...values)).toBeGreaterThan(0.499);
    expect(values.slice(0, 7)).toEqual(randomUniform(keyOf(4), 7, 0.5));
  });

  it('a permutation contains every index once', () => {
    const order = permutation(keyOf(5), 1000);
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
    expect(order).not.toEqual(permutation(keyOf(6), 1000));
  });
});
