// Layers and optimizer refuse input of the wrong shape or range, by name.
import { eachBackend } from '@medclipseg/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import {
  Adam,
  clipByGlobalNorm,
  convolution,
  counterDropout,
  counterNoise,
  depthwise,
  dotProductAttention,
  embedding,
  initialize,
  isNnError,
  keyMask,
  layerNorm,
  linear,
  linearSpec,
  patchEmbedding,
  resizeBilinear,
  upConvolution,
} from './index.ts';

const t = (...shape: number[]) => tf.zeros(shape);

const cases: [string, () => unknown, RegExp][] = [
  ['linear input', () => linear(t(2, 3), { weight: t(4, 2) }), /linear: expected last axis of 4, got \[2,3\]/],
  ['linear weight', () => linear(t(2, 3), { weight: t(3) }), /linear weight: expected \[in, out\], got \[3\]/],
  ['linear bias', () => linear(t(2, 3), { weight: t(3, 2), bias: t(3) }), /linear bias: expected \[2\], got \[3\]/],
  [
    'layer norm',
    () => layerNorm(t(2, 3), { weight: t(4), bias: t(3) }),
    /layer norm weight: expected \[3\], got \[4\]/,
  ],
  ['layer norm epsilon', () => layerNorm(t(2, 3), { weight: t(3), bias: t(3) }, Number.NaN), /epsilon: .* got NaN/],
  [
    'attention rank',
    () => dotProductAttention(t(2, 4), t(2, 4), t(2, 4), { heads: 2 }),
    /attention query: .*\[B, Tq, C\]/,
  ],
  ['attention width', () => dotProductAttention(t(1, 2, 4), t(1, 3, 6), t(1, 3, 6), { heads: 2 }), /attention key/],
  ['attention tokens', () => dotProductAttention(t(1, 2, 4), t(1, 3, 4), t(1, 2, 4), { heads: 2 }), /attention value/],
  ['attention heads', () => dotProductAttention(t(1, 2, 4), t(1, 3, 4), t(1, 3, 4), { heads: 0 }), /heads: .* got 0/],
  ['heads that do not divide', () => dotProductAttention(t(1, 2, 4), t(1, 3, 4), t(1, 3, 4), { heads: 3 }), /3 heads/],
  ['key mask', () => keyMask(t(3)), /key mask: expected \[B, T\], got \[3\]/],
  ['convolution rank', () => convolution(t(4, 4, 3), { weight: t(3, 3, 3, 2), bias: t(2) }), /\[B, H, W, C\]/],
  ['convolution weight', () => convolution(t(1, 4, 4, 3), { weight: t(3, 3, 2, 2), bias: t(2) }), /convolution weight/],
  [
    'convolution stride',
    () => convolution(t(1, 4, 4, 3), { weight: t(3, 3, 3, 2), bias: t(2) }, 1.5),
    /stride: .* 1.5/,
  ],
  ['depthwise weight', () => depthwise(t(1, 4, 4, 3), { weight: t(3, 3, 2, 1) }), /depthwise convolution weight/],
  ['patch size', () => patchEmbedding(t(1, 4, 4, 3), { weight: t(12, 5) }, 0), /patch size: .* got 0/],
  ['patch of another size', () => patchEmbedding(t(1, 5, 4, 3), { weight: t(12, 5) }, 2), /divisible by 2, got 5x4/],
  ['up convolution', () => upConvolution(t(1, 2, 2, 4), { weight: t(4, 10), bias: t(3) }), /up convolution weight/],
  ['resize rank', () => resizeBilinear(t(2, 2), [4, 4]), /resize: expected \[B, H, W\], got \[2,2\]/],
  ['resize size', () => resizeBilinear(t(1, 2, 2), [4, -1]), /width: expected a whole number of at least 1, got -1/],
  ['embedding ids', () => embedding(t(5, 2), t(1, 3)), /ids of type int32, got float32/],
  ['dropout rate', () => counterDropout(1, 7, []), /dropout rate: expected a number from 0 to below 1, got 1/],
  ['noise seed', () => counterNoise(Number.NaN, []).draw({ adapter: 0, direction: '' }, [0]), /noise seed/],
  ['seed', () => initialize(linearSpec(2, 2), Number.NaN), /seed: expected a finite number, got NaN/],
  ['Adam', () => new Adam({ beta1: 1 }), /Adam beta1: expected a number from 0 to below 1, got 1/],
  ['learning rate', () => new Adam().step(new Map(), new Map(), Number.NaN), /learning rate: .* got NaN/],
  ['gradient limit', () => clipByGlobalNorm(new Map(), 0), /gradient norm limit: expected a number above 0, got 0/],
];

eachBackend('bad input', () => {
  it.each(cases)('is refused: %s', (_name, f, message) => {
    let error: unknown;
    try {
      tf.tidy(() => void f());
    } catch (thrown) {
      error = thrown;
    }
    expect(isNnError(error)).toBe(true);
    expect((error as Error).message).toMatch(message);
    expect(isNnError(error, 'nn/parameters')).toBe(false);
  });
});
