// Gradients that sum over every pixel of a batch, against double precision.
import { eachBackend } from '@medclipseg/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { convolution, depthwise, linear } from './index.ts';

/** Positive numbers, so that rounding errors cannot cancel. */
const positive = (shape: number[], seed: number) =>
  tf.tensor(
    Float32Array.from(
      { length: tf.util.sizeFromShape(shape) },
      (_, i) => 0.05 + Math.abs(Math.sin(seed + i * 12.9898)),
    ),
    shape,
  );

const worst = (actual: ArrayLike<number>, expected: readonly number[]) =>
  Math.max(...expected.map((value, i) => Math.abs((actual[i] as number) / value - 1)));

/** The gradients of `f` with respect to its inputs, for cotangents `dy`. */
async function gradientsOf(f: (...inputs: tf.Tensor[]) => tf.Tensor, inputs: tf.Tensor[], dy: tf.Tensor) {
  const gradients = tf.tidy(() => tf.grads(f)(inputs, dy));
  const values = await Promise.all(gradients.map((gradient) => gradient.data()));
  tf.dispose(gradients);
  return values;
}

eachBackend('gradients over many rows', () => {
  // 75,264 has a divisor near the length of a block, 40,009 is prime.
  it.each([75_264, 40_009, 1024, 1025])('of weight and bias are right for %i rows', async (rows) => {
    const [x, dy] = [positive([rows, 3], 1), positive([rows, 2], 2)];
    const [xs, dys] = [await x.data(), await dy.data()];
    const bias = [0, 1].map((o) => {
      let sum = 0;
      for (let row = 0; row < rows; row++) sum += dys[row * 2 + o] as number;
      return sum;
    });
    const weight = [0, 1, 2].flatMap((i) =>
      [0, 1].map((o) => {
        let sum = 0;
        for (let row = 0; row < rows; row++) sum += (xs[row * 3 + i] as number) * (dys[row * 2 + o] as number);
        return sum;
      }),
    );
    const inputs = [tf.zeros([3, 2]), tf.zeros([2])];
    const layer = (w: tf.Tensor, b: tf.Tensor) => linear(x, { weight: w, bias: b });
    const [dw, db] = await gradientsOf(layer as (...inputs: tf.Tensor[]) => tf.Tensor, inputs, dy);
    expect(worst(db as Float32Array, bias)).toBeLessThan(3e-6);
    expect(worst(dw as Float32Array, weight)).toBeLessThan(3e-6);
    tf.dispose([x, dy, inputs]);
  });

  it('of convolutions are right for large images', async () => {
    const [batch, height, width, channels] = [2, 75, 63, 2];
    const shape = [batch, height, width, channels];
    const [x, dy] = [positive(shape, 1), positive(shape, 2)];
    const [xs, dys] = [await x.data(), await dy.data()];
    const at = (b: number, y: number, z: number, c: number) => ((b * height + y) * width + z) * channels + c;
    /** Sum over batch and pixels of the input at an offset times the cotangent. */
    const expected = (row: number, column: number, input: number, output: number) => {
      let sum = 0;
      for (let b = 0; b < batch; b++)
        for (let y = Math.max(0, 1 - row); y < Math.min(height, height + 1 - row); y++)
          for (let z = Math.max(0, 1 - column); z < Math.min(width, width + 1 - column); z++)
            sum += (xs[at(b, y + row - 1, z + column - 1, input)] as number) * (dys[at(b, y, z, output)] as number);
      return sum;
    };
    const places = [0, 1, 2].flatMap((row) => [0, 1, 2].map((column) => [row, column] as const));

    const kernel = tf.zeros([3, 3, channels, 1]);
    const mix = (weight: tf.Tensor) => depthwise(x, { weight });
    const [depthwiseGradient] = await gradientsOf(mix as (...inputs: tf.Tensor[]) => tf.Tensor, [kernel], dy);
    expect(
      worst(
        depthwiseGradient as Float32Array,
        places.flatMap(([row, column]) => [0, 1].map((c) => expected(row, column, c, c))),
      ),
    ).toBeLessThan(3e-6);

    const full = [tf.zeros([3, 3, channels, channels]), tf.zeros([channels])];
    const layer = (weight: tf.Tensor, bias: tf.Tensor) => convolution(x, { weight, bias });
    const [dw] = await gradientsOf(layer as (...inputs: tf.Tensor[]) => tf.Tensor, full, dy);
    expect(
      worst(
        dw as Float32Array,
        places.flatMap(([row, column]) => [0, 1].flatMap((i) => [0, 1].map((o) => expected(row, column, i, o)))),
      ),
    ).toBeLessThan(3e-6);
    tf.dispose([x, dy, kernel, full]);
  });
});
