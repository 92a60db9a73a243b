import { eachBackend } from '@medclipseg/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { attentionSpec, disposeParameters, initialize, linear, registerGradients, selfAttention } from '../index.ts';
import { countMultiplyAdds } from './index.ts';

/** Counts and drops what was computed. */
const count = (f: () => tf.Tensor | tf.Tensor[]): number => {
  const { value, multiplyAdds } = countMultiplyAdds(() => tf.tidy(f));
  tf.dispose(value);
  return multiplyAdds;
};

eachBackend('multiply-adds', () => {
  it('counts products with transposed and broadcast operands', () => {
    expect(count(() => tf.matMul(tf.ones([3, 5]), tf.ones([5, 7])))).toBe(105);
    expect(count(() => tf.matMul(tf.ones([2, 5, 3]), tf.ones([2, 7, 5]), true, true))).toBe(210);
    expect(count(() => tf.matMul(tf.ones([2, 3, 5]), tf.ones([1, 5, 7])))).toBe(210);
  });

  it('counts convolutions', () => {
    expect(count(() => tf.conv2d(tf.ones<tf.Rank.R4>([1, 4, 4, 3]), tf.ones([3, 3, 3, 8]), 1, 'same'))).toBe(
      16 * 8 * 27,
    );
    expect(count(() => tf.depthwiseConv2d(tf.ones<tf.Rank.R4>([1, 4, 4, 3]), tf.ones([3, 3, 3, 1]), 1, 'same'))).toBe(
      16 * 3 * 9,
    );
  });

  it('counts an attention as its definition does: four projections, scores, weighted values', () => {
    const parameters = initialize(attentionSpec(8), 1);
    const expected = 4 * 2 * 5 * 8 * 8 + 2 * 2 * 5 * 5 * 8;
    expect(count(() => selfAttention(tf.ones([2, 5, 8]), parameters, { heads: 2 }))).toBe(expected);
    disposeParameters(parameters);
  });

  it('counts gradients: two more products for a linear map', () => {
    const weight = tf.ones([4, 6]);
    registerGradients();
    const gradient = tf.grads((x, w) => tf.sum(linear(x, { weight: w })));
    expect(count(() => gradient([tf.ones([3, 4]), weight]))).toBe(3 * 3 * 4 * 6);
    weight.dispose();
  });

  it('stops counting when the function throws', () => {
    const run = tf.engine().runKernel;
    expect(() =>
      countMultiplyAdds(() => {
        throw new Error('no');
      }),
    ).toThrow('no');
    expect(tf.engine().runKernel).toBe(run);
  });
});
