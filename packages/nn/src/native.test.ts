// What native TensorFlow cannot do, against a stand-in that refuses the same: the package is not installed here.
import { imitateTensorFlow } from '@medclipseg/testing';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { convolution, registerGradients } from './index.ts';
import { countMultiplyAdds, gradientError } from './testing/index.ts';

let remove = () => {};
beforeEach(async () => {
  registerGradients();
  remove = await imitateTensorFlow();
});
afterEach(() => remove());

it.each([1, 2, 3])('convolution has the gradient of its input at stride %i', async (stride) => {
  const x = tf.randomNormal([2, 5, 6, 3], 0, 1, 'float32', 1);
  const weight = tf.randomNormal([3, 3, 3, 4], 0, 1, 'float32', 2);
  const bias = tf.randomNormal([4], 0, 1, 'float32', 3);
  const run = (...[x, weight, bias]: tf.Tensor[]) =>
    convolution(x as tf.Tensor, { weight: weight as tf.Tensor, bias: bias as tf.Tensor }, stride);
  expect(await gradientError(run, [x, weight, bias])).toBeLessThan(5e-3);
  tf.dispose([x, weight, bias]);
});

it('a fused product that is computed by a plain one counts once', () => {
  const a = tf.ones<tf.Rank.R2>([3, 5]);
  const b = tf.ones<tf.Rank.R2>([5, 7]);
  const { value, multiplyAdds } = countMultiplyAdds(() => tf.tidy(() => tf.fused.matMul({ a, b, bias: tf.ones([7]) })));
  expect(multiplyAdds).toBe(105);
  tf.dispose([a, b, value]);
});
