// Every differentiable operation against finite differences, on every backend.
import { gradientError } from '@medclipseg/nn/testing';
import { eachBackend } from '@medclipseg/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import {
  causalMask,
  convolution,
  depthwise,
  dotProductAttention,
  embedding,
  gelu,
  keyMask,
  keyOf,
  l2Normalize,
  layerNorm,
  linear,
  patchEmbedding,
  quickGelu,
  randomNormal,
  resizeBilinear,
  softplus,
  upConvolution,
} from './index.ts';

const random = (name: string, ...shape: number[]) =>
  tf.tensor(randomNormal(keyOf(7, name), tf.util.sizeFromShape(shape)), shape);

type Case = [name: string, f: (...inputs: tf.Tensor[]) => tf.Tensor, shapes: number[][]];

const cases: Case[] = [
  [
    'linear',
    (x, weight, bias) => linear(x as tf.Tensor, { weight: weight as tf.Tensor, bias }),
    [[2, 3, 5], [5, 4], [4]],
  ],
  [
    'layer norm',
    (x, w, b) => layerNorm(x as tf.Tensor, { weight: w as tf.Tensor, bias: b as tf.Tensor }),
    [[3, 4, 6], [6], [6]],
  ],
  ['gelu', (x) => gelu(x as tf.Tensor), [[4, 5]]],
  ['quick gelu', (x) => quickGelu(x as tf.Tensor), [[4, 5]]],
  ['softplus', (x) => softplus(x as tf.Tensor), [[4, 5]]],
  ['l2 normalize', (x) => l2Normalize(x as tf.Tensor), [[3, 6]]],
  [
    'attention',
    (q, k, v) => dotProductAttention(q as tf.Tensor, k as tf.Tensor, v as tf.Tensor, { heads: 2 }),
    [
      [2, 3, 8],
      [2, 5, 8],
      [2, 5, 8],
    ],
  ],
  [
    'causal attention',
    (q, k, v) => dotProductAttention(q as tf.Tensor, k as tf.Tensor, v as tf.Tensor, { heads: 2, mask: causalMask(4) }),
    [
      [2, 4, 8],
      [2, 4, 8],
      [2, 4, 8],
    ],
  ],
  [
    'patch embedding',
    (x, weight, bias) => patchEmbedding(x as tf.Tensor, { weight: weight as tf.Tensor, bias }, 2),
    [[2, 4, 6, 3], [12, 5], [5]],
  ],
  [
    'up convolution',
    (x, w, b) => upConvolution(x as tf.Tensor, { weight: w as tf.Tensor, bias: b as tf.Tensor }),
    [[2, 3, 2, 4], [4, 12], [3]],
  ],
  ...[1, 2].map(
    (stride): Case => [
      `convolution with stride ${stride}`,
      (x, w, b) => convolution(x as tf.Tensor, { weight: w as tf.Tensor, bias: b as tf.Tensor }, stride),
      [[2, 6, 4, 3], [3, 3, 3, 5], [5]],
    ],
  ),
  [
    'depthwise',
    (x, weight) => depthwise(x as tf.Tensor, { weight: weight as tf.Tensor }),
    [
      [2, 5, 4, 3],
      [3, 3, 3, 1],
    ],
  ],
  ['resize up', (x) => resizeBilinear(x as tf.Tensor, [7, 5]), [[2, 3, 4]]],
  ['resize down', (x) => resizeBilinear(x as tf.Tensor, [3, 2]), [[2, 7, 5]]],
  ['embedding', (table) => embedding(table as tf.Tensor, tf.tensor2d([[1, 0, 1]], [1, 3], 'int32')), [[4, 5]]],
];

eachBackend('gradients equal finite differences', () => {
  it.each(cases)('%s', async (name, f, shapes) => {
    const inputs = shapes.map((shape, i) => random(`${name} ${i}`, ...shape));
    expect(await gradientError(f, inputs)).toBeLessThan(3e-3);
    tf.dispose(inputs);
  });
});

eachBackend('values', () => {
  const values = async (f: () => tf.Tensor) => {
    const tensor = tf.tidy(f);
    const data = [...(await tensor.data())];
    tensor.dispose();
    return data;
  };

  it('depthwise convolution equals its definition at the border and inside', async () => {
    const out = await values(() =>
      depthwise(tf.ones([1, 3, 3, 1]), { weight: tf.tensor4d([1, 2, 3, 4, 5, 6, 7, 8, 9], [3, 3, 1, 1]) }),
    );
    expect(out).toEqual([28, 39, 24, 33, 45, 27, 16, 21, 12]);
  });

  it('resizes with half-pixel centers', async () => {
    const out = await values(() => resizeBilinear(tf.tensor3d([[[0, 4]]]), [1, 4]));
    expect(out).toEqual([0, 1, 3, 4]);
  });

  it('masked keys have no influence', async () => {
    const [q, k] = [random('q', 1, 2, 4), random('k', 1, 3, 4)];
    const mask = (visible: number[]) => keyMask(tf.tensor2d([visible]));
    const run = (v: tf.Tensor, visible: number[]) =>
      values(() => dotProductAttention(q, k, v, { heads: 2, mask: mask(visible) }));
    const v = random('v', 1, 3, 4);
    const other = tf.tidy(() => tf.concat([tf.slice(v, [0, 0, 0], [1, 2, 4]), tf.fill([1, 1, 4], 99)], 1));
    expect(await run(v, [1, 1, 0])).toEqual(await run(other, [1, 1, 0]));
    expect(await run(v, [1, 1, 1])).not.toEqual(await run(other, [1, 1, 1]));
    tf.dispose([q, k, v, other]);
  });

  it('a tensor of another width is rejected by name', () => {
    const [x, weight] = [tf.zeros([2, 3]), tf.zeros([4, 2])];
    expect(() => linear(x, { weight })).toThrow('linear: expected last axis of 4, got [2,3]');
    tf.dispose([x, weight]);
  });
});
