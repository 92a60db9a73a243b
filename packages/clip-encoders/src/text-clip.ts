// CLIP's text tower: causal, pre-norm, read at the end token (the largest id).
import {
  causalMask,
  embedding,
  layerNorm,
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

  embed(parameters, { ids }) {
    const { words, positions } = clip(parameters);
    return tf.add(embedding(words, ids), positions);
  },

  block: (parameters, index, x, _batch, { heads }) =>
    transformerBlock(clip(parameters).blocks[index] as BlockParameters, x, {
      attend: (normalised, attention) =>
        selfAttention(normalised, attention, { heads, mask: causalMask(x.shape[1] as number) }),
      epsilon: EPSILON,
      activation: 'quick-gelu',
    }),

  features(parameters, x, { ids }, { width }) {
    const { finalNorm, projection } = clip(parameters);
    const [batch, length] = x.shape as [number, number];
    // One-hot rows of the end tokens pick them by a product: a gather has no gradient on wasm.
    const end = tf.argMax(ids, 1);
    const samples = batch / (ids.shape[0] as number);
    const pick = tf.tile(tf.cast(tf.oneHot(end as tf.Tensor1D, length), 'float32'), [samples, 1]); // [B, T]
    const pooled = tf.matMul(tf.reshape(pick, [batch, 1, length]), layerNorm(x, finalNorm, EPSILON)); // [B, 1, C]
    return tf.matMul(tf.reshape(pooled, [batch, width]), projection.weight);
  },
};
