// CLIP's text tower: causal, pre-norm, read at the end token (the largest id).
import {
  causalMask,
  dotProductAttention,
  embedding,
  keyMask,
  layerNorm,
  linear,
  type NormParameters,
  normal,
  normSpec,
  type ParameterSpec,
  selfAttention,
} from '@medclipseg/nn';
import * as tf from '@tensorflow/tfjs-core';
import { type BlockParameters, blockSpec, transformerBlock } from './block.ts';
import type { TextParameters, TextTower } from './text-tower.ts';

export interface ClipTextParameters {
  readonly words: tf.Tensor; // [V, C]
  readonly positions: tf.Tensor; // [T, C]
  readonly blocks: readonly BlockParameters[];
  readonly finalNorm: NormParameters;
  readonly projection: { readonly weight: tf.Tensor }; // [C, outputs]
}

const EPSILON = 1e-5;
const clip = (parameters: TextParameters) => parameters as ClipTextParameters;

export const clipTextTower: TextTower = {
  spec: ({ vocabulary, context, width, layers, mlpWidth, outputs }) => ({
    words: { shape: [vocabulary, width], init: normal(0.02) } as ParameterSpec,
    positions: { shape: [context, width], init: normal(0.01) } as ParameterSpec,
    blocks: Array.from({ length: layers }, () => blockSpec(width, mlpWidth)),
    finalNorm: normSpec(width),
    projection: { weight: { shape: [width, outputs], init: normal(width ** -0.5) } },
  }),

  embed(parameters, { ids }, { width }) {
    const { words, positions } = clip(parameters);
    // Fewer tokens than the context, where padding is left out.
    return tf.add(embedding(words, ids), tf.slice(positions, [0, 0], [ids.shape[1] as number, width]));
  },

  block: (parameters, index, x, _batch, { heads }) =>
    transformerBlock(clip(parameters).blocks[index] as BlockParameters, x, {
      attend: (normalized, attention) =>
        selfAttention(normalized, attention, { heads, mask: causalMask(x.shape[1] as number) }),
      epsilon: EPSILON,
      activation: 'quick-gelu',
    }),

  readBlock(parameters, index, x, batch, { heads }) {
    const block = clip(parameters).blocks[index] as BlockParameters;
    const { ids } = batch;
    const [rows, length] = x.shape as [number, number];
    const end = tf.argMax(ids, 1);
    const visible = tf.lessEqual(tf.expandDims(tf.range(0, length, 1, 'int32'), 0), tf.expandDims(end, 1)); // [B, T]
    const mask = keyMask(tf.tile(tf.cast(visible, 'float32'), [rows / (ids.shape[0] as number), 1]));
    const out = transformerBlock(block, tf.expandDims(clipTextTower.read(x, batch), 1), {
      // The token that is read asks, all tokens answer.
      attend: (asking, { query, key, value, output }) => {
        const all = layerNorm(x, block.norm1, EPSILON);
        const mixed = dotProductAttention(linear(asking, query), linear(all, key), linear(all, value), { heads, mask });
        return linear(mixed, output);
      },
      epsilon: EPSILON,
      activation: 'quick-gelu',
    });
    return tf.squeeze(out, [1]);
  },

  read(x, { ids }) {
    const [rows, length, width] = x.shape as [number, number, number];
    // One-hot rows of the end tokens pick them by a product: a gather has no gradient on wasm.
    const end = tf.argMax(ids, 1);
    const pick = tf.tile(tf.cast(tf.oneHot(end as tf.Tensor1D, length), 'float32'), [
      rows / (ids.shape[0] as number),
      1,
    ]);
    return tf.reshape(tf.matMul(tf.reshape(pick, [rows, 1, length]), x), [rows, width]);
  },

  project(parameters, read) {
    const { finalNorm, projection } = clip(parameters);
    return linear(layerNorm(read, finalNorm, EPSILON), projection);
  },
};
