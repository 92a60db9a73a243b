// Matrix products of many terms against double precision.
import { eachBackend } from '@medclipseg/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';

const values = (rows: number, columns: number, seed: number) =>
  Float32Array.from({ length: rows * columns }, (_, i) => Math.sin(seed + 1.7 * i) + 0.1);

const flipped = (data: Float32Array, rows: number, columns: number) =>
  Float32Array.from(data, (_, i) => data[(i % rows) * columns + Math.floor(i / rows)] as number);

/** Largest error of a product [rows, terms] · [terms, columns], relative to the number of terms. */
async function worstError(
  rows: number,
  terms: number,
  columns: number,
  multiply: Multiply,
  options: readonly string[],
) {
  const [a, b] = [values(rows, terms, 0), values(terms, columns, 1)];
  const [transposeA, transposeB] = [options.includes('A'), options.includes('B')];
  const out = tf.tidy(() =>
    multiply(
      transposeA ? tf.tensor(flipped(a, rows, terms), [terms, rows]) : tf.tensor(a, [rows, terms]),
      transposeB ? tf.tensor(flipped(b, terms, columns), [columns, terms]) : tf.tensor(b, [terms, columns]),
      transposeA,
      transposeB,
    ),
  );
  const actual = await out.data();
  out.dispose();
  let worst = 0;
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) {
      let sum = 0;
      for (let k = 0; k < terms; k++) sum += (a[i * terms + k] as number) * (b[k * columns + j] as number);
      worst = Math.max(worst, Math.abs((actual[i * columns + j] as number) - sum));
    }
  return worst / terms;
}

type Multiply = (a: tf.Tensor, b: tf.Tensor, transposeA: boolean, transposeB: boolean) => tf.Tensor;

const fused: Multiply = (a, b, transposeA, transposeB) =>
  tf.fused.matMul({ a, b, transposeA, transposeB, activation: 'linear' });

eachBackend('products', () => {
  // Few rows and columns, and lengths above 2000: where WebGPU adds a product in parts.
  it.each([
    [2, 2048, 72],
    [3, 2003, 50],
  ])('[%i, %i] · [.., %i], transposed or not', async (rows, terms, columns) => {
    for (const [multiply, options] of [
      [tf.matMul, []],
      [tf.matMul, ['A']],
      [tf.matMul, ['B']],
      [tf.matMul, ['A', 'B']],
      [fused, ['B']],
    ] as const)
      expect(await worstError(rows, terms, columns, multiply, options), options.join()).toBeLessThan(1e-7);
  });
});
