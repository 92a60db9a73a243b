// Sums and means of many terms against double precision.
import { eachBackend } from '@medclipseg/testing';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect, it } from 'vitest';

/** Sums over `axes` by their definition, in double precision. */
function exactSums(values: ArrayLike<number>, shape: readonly number[], axes: readonly number[]): number[] {
  const kept = shape.map((_, i) => i).filter((i) => !axes.includes(i));
  const totals = new Array<number>(kept.reduce((n, i) => n * (shape[i] as number), 1)).fill(0);
  for (let flat = 0; flat < values.length; flat++) {
    let rest = flat;
    const index = [...shape].reverse().map((length) => {
      const at = rest % length;
      rest = Math.floor(rest / length);
      return at;
    });
    index.reverse();
    const to = kept.reduce((at, i) => at * (shape[i] as number) + (index[i] as number), 0);
    totals[to] = (totals[to] as number) + (values[flat] as number);
  }
  return totals;
}

const sizeOf = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

/** Largest relative error of `tf.sum` and `tf.mean` with and without kept axes. */
async function worstError(values: Float32Array, shape: number[], axes: number[]): Promise<number> {
  const expected = exactSums(values, shape, axes);
  const terms = values.length / expected.length;
  let worst = 0;
  for (const [reduce, divisor] of [
    [tf.sum, 1],
    [tf.mean, terms],
  ] as const)
    for (const keepDims of [false, true]) {
      const out = tf.tidy(() => reduce(tf.tensor(values, shape), axes, keepDims) as tf.Tensor);
      const kept = shape.map((n, i) => (axes.includes(i) ? 1 : n));
      expect(out.shape).toEqual(keepDims ? kept : shape.filter((_, i) => !axes.includes(i)));
      const actual = await out.data();
      expected.forEach((total, i) => {
        worst = Math.max(worst, Math.abs(((actual[i] as number) * divisor) / total - 1));
      });
      out.dispose();
    }
  return worst;
}

const positive = (size: number, seed = 0) =>
  Float32Array.from({ length: size }, (_, i) => 0.05 + Math.abs(Math.sin(seed + i * 12.9898) * Math.cos(i * 0.37)));
const equal = (size: number) => new Float32Array(size).fill(0.1);

eachBackend('sums', (backend) => {
  // On a GPU every thread adds its share in single precision.
  const tolerance = backend === 'webgpu' ? 1e-6 : 2e-7;

  it.each<[number[], number[]]>([
    [
      [2, 224, 224],
      [0, 1, 2],
    ],
    [
      [8, 224, 224],
      [0, 1, 2],
    ],
    [
      [24, 224, 224],
      [0, 1, 2],
    ],
    [
      [3, 224, 224],
      [1, 2],
    ],
    [[100_003], [0]],
    [[3, 4099, 5], [1]],
    [
      [401, 3, 7, 61],
      [0, 2],
    ],
    [
      [61, 3, 409, 5],
      [0, 2, 3],
    ],
    [
      [1, 1009, 1, 3],
      [0, 1],
    ],
    [[7, 1, 1031], [2]],
    [[257, 300], [0]],
  ])('of %j over axes %j are right', async (shape, axes) => {
    expect(await worstError(positive(sizeOf(shape)), shape, axes)).toBeLessThan(tolerance);
    expect(await worstError(equal(sizeOf(shape)), shape, axes)).toBeLessThan(tolerance);
  });

  it('of any shape over any axes are right', async () => {
    const axis = fc.tuple(fc.integer({ min: 1, max: 33 }), fc.boolean());
    await fc.assert(
      fc.asyncProperty(fc.array(axis, { minLength: 1, maxLength: 4 }), fc.nat(1000), async (drawn, seed) => {
        const shape = drawn.map(([length]) => length);
        const axes = drawn.flatMap(([, reduced], i) => (reduced ? [i] : []));
        fc.pre(axes.length > 0 && sizeOf(shape) < 60_000);
        // Up to 256 terms, wasm adds as the backend itself does.
        expect(await worstError(positive(sizeOf(shape), seed), shape, axes)).toBeLessThan(2e-6);
      }),
      { numRuns: backend === 'webgpu' ? 15 : 60 },
    );
  });

  it('of integers and truth values are exact', async () => {
    // WebGPU adds integers as single-precision numbers: exact up to 2^24.
    const size = backend === 'webgpu' ? 5003 : 20_011;
    const [sum, mean, count] = tf.tidy(() => {
      const integers = tf.range(0, size, 1, 'int32');
      return [tf.sum(integers), tf.mean(integers), tf.sum(tf.lessEqual(integers, 3))];
    }) as [tf.Tensor, tf.Tensor, tf.Tensor];
    expect(sum.dtype).toBe('int32');
    expect((await sum.data())[0]).toBe((size * (size - 1)) / 2);
    expect((await mean.data())[0]).toBeCloseTo((size - 1) / 2, 2);
    expect((await count.data())[0]).toBe(4);
    tf.dispose([sum, mean, count]);
  });

  it('of nothing are 0, and not a number stays one', async () => {
    const [empty, broken] = tf.tidy(() => [
      tf.sum(tf.zeros([0, 3]), 0),
      tf.mean(tf.concat([tf.ones([999]), tf.tensor1d([Number.NaN])])),
    ]) as [tf.Tensor, tf.Tensor];
    expect([...(await empty.data())]).toEqual([0, 0, 0]);
    expect((await broken.data())[0]).toBeNaN();
    tf.dispose([empty, broken]);
  });
});
