import { eachBackend } from '@medclipseg/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { counterDropout, dotProductAttention, OptionError } from './index.ts';
import { applyDropout } from './internal.ts';
import { gradientError } from './testing/index.ts';

const rows = (...samples: number[]) => samples.map((sample) => ({ image: 'a', sample }));

eachBackend('dropout', () => {
  it('drops its share and keeps the mean', async () => {
    const mask = counterDropout(0.1, 7, rows(0)).mask('here', [1, 99_999]);
    const values = await mask.data();
    const zeros = values.filter((v) => v === 0).length;
    // Six standard deviations of a binomial count.
    expect(Math.abs(zeros - 9999.9)).toBeLessThan(6 * Math.sqrt(99_999 * 0.09));
    expect(new Set(values)).toEqual(new Set([0, Math.fround(1 / 0.9)]));
    mask.dispose();
  });

  it('the mask of a row does not depend on its batch, and differs between sites and rows', async () => {
    const read = async (samples: number[], site: string) => {
      const mask = counterDropout(0.5, 7, rows(...samples)).mask(site, [samples.length, 64]);
      const values = [...(await mask.data())];
      mask.dispose();
      return values;
    };
    const pair = await read([3, 4], 'here');
    expect(pair.slice(64)).toEqual(await read([4], 'here'));
    expect(pair.slice(64)).not.toEqual(pair.slice(0, 64));
    expect(await read([4], 'there')).not.toEqual(await read([4], 'here'));
  });

  it('has the gradient of a product with its mask', async () => {
    const dropout = counterDropout(0.3, 7, rows(0, 1));
    const x = tf.randomNormal([2, 5, 6], 0, 1, 'float32', 1);
    expect(await gradientError((t) => applyDropout(t, 'here', dropout), [x])).toBeLessThan(1e-3);
    const keep = dropout.mask('weights', [2, 2, 5, 5]);
    const [q, k, v] = [2, 3, 4].map((seed) => tf.randomNormal([2, 5, 6], 0, 1, 'float32', seed)) as [
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
    ];
    const attend = (a: tf.Tensor, b: tf.Tensor, c: tf.Tensor) => dotProductAttention(a, b, c, { heads: 2, keep });
    expect(await gradientError(attend, [q, k, v])).toBeLessThan(2e-3);
    tf.dispose([x, q, k, v, keep]);
  });

  it('returns its input without dropout', () => {
    const x = tf.ones([2, 2]);
    expect(applyDropout(x, 'here')).toBe(x);
    x.dispose();
  });

  it('rejects rates outside [0, 1) and batches of another size', () => {
    expect(() => counterDropout(1, 7, rows(0))).toThrow(OptionError);
    expect(() => counterDropout(0.1, 7, rows(0, 1)).mask('here', [3, 2])).toThrow('2 rows');
  });
});
