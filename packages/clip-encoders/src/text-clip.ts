// CLIP's text encoder: causal, pre-norm, pooled at the end token, which has the largest id.
import {
  causalMask,
  dotProductAttention,
  embedding,
  keyMask,
  layerNorm,
  linear,
  normal,
  normSpec,
  type ParameterSpec,
  selfAttention,
} from '@medclipseg/nn';
import * as tf from '@tensorflow/tfjs-core';
import { type BlockParameters, blockSpec, transformerBlock } from './block.ts';
import type { ClipTextParameters, TextParameters, TextTower, TokenBatch } from './text-tower.ts';

const EPSILON = 1e-5;
const clip = (parameters: TextParameters) => parameters as ClipTextParameters;

/** The batch's positions, if the tokens `x` are those. */
const positionsOf = (x: tf.Tensor, { positions }: TokenBatch): tf.Tensor1D | undefined =>
  x.shape[1] === positions?.shape[0] ? positions : undefined;

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
    // Without padding there are fewer tokens than the context.
    return tf.add(embedding(words, ids), tf.slice(positions, [0, 0], [ids.shape[1] as number, width]));
  },

  block: (parameters, index, x, batch, { heads }) =>
    transformerBlock(clip(parameters).blocks[index] as BlockParameters, x, {
      attend: (normalized, attention) =>
        selfAttention(normalized, attention, {
          heads,
          mask: causalMask(positionsOf(x, batch) ?? (x.shape[1] as number)),
        }),
      epsilon: EPSILON,
      activation: 'quick-gelu',
    }),

  pooledBlock(parameters, index, x, batch, { heads }) {
    const block = clip(parameters).blocks[index] as BlockParameters;
    const { ids } = batch;
    const [rows, length] = x.shape as [number, number];
    const end = tf.argMax(ids, 1);
    const positions = positionsOf(x, batch) ?? tf.range(0, length, 1, 'int32');
    const visible = tf.lessEqual(tf.expandDims(positions, 0), tf.expandDims(end, 1)); // [B, T]
    const mask = keyMask(tf.tile(tf.cast(visible, 'float32'), [rows / (ids.shape[0] as number), 1]));
    const out = transformerBlock(block, tf.expandDims(clipTextTower.pool(x, batch), 1), {
      // The query is the pooled token; keys and values come from all tokens.
      attend: (pooled, { query, key, value, output }) => {
        const all = layerNorm(x, block.norm1, EPSILON);
        const mixed = dotProductAttention(linear(pooled, query), linear(all, key), linear(all, value), { heads, mask });
        return linear(mixed, output);
      },
      epsilon: EPSILON,
      activation: 'quick-gelu',
    });
    return tf.squeeze(out, [1]);
  },

  pool(x, batch) {
    const { ids } = batch;
    const [rows, length, width] = x.shape as [number, number, number];
    // A product with one-hot rows selects the end tokens, because gather has no gradient on wasm.
    const end = tf.argMax(ids, 1) as tf.Tensor1D;
    const positions = positionsOf(x, batch);
    const isEnd = positions ? tf.equal(tf.expandDims(end, 1), tf.expandDims(positions, 0)) : tf.oneHot(end, length);
    const pick = tf.tile(tf.cast(isEnd, 'float32'), [rows / (ids.shape[0] as number), 1]);
    return tf.reshape(tf.matMul(tf.reshape(pick, [rows, 1, length]), x), [rows, width]);
  },

  project(parameters, pooled) {
    const { finalNorm, projection } = clip(parameters);
    return linear(layerNorm(pooled, finalNorm, EPSILON), projection);
  },
};
