// BERT as a text encoder: bidirectional, post-norm, pooled at the first token, with a projection MLP.
import {
  attentionSpec,
  dotProductAttention,
  embedding,
  gelu,
  keyMask,
  layerNorm,
  linear,
  linearSpec,
  normal,
  normSpec,
  type ParameterSpec,
} from '@medclipseg/nn';
import { applyDropout } from '@medclipseg/nn/internal';
import * as tf from '@tensorflow/tfjs-core';
import type {
  BertLayerParameters,
  BertParameters,
  TextConfig,
  TextParameters,
  TextTower,
  TokenBatch,
} from './text-tower.ts';
import { atPositions } from './token-batch.ts';

const EPSILON = 1e-12;
const bert = (parameters: TextParameters) => parameters as BertParameters;

/** Masks padding (id 0) for the tokens `x`, whose rows may be several samples of each prompt. */
function paddingMask(x: tf.Tensor, batch: TokenBatch): tf.Tensor {
  const { ids } = batch;
  const [rows, length] = x.shape as [number, number];
  const prompts = ids.shape[0] as number;
  const visible = tf.cast(tf.greater(tf.slice(atPositions(ids, batch), [0, 0], [prompts, length]), 0), 'float32');
  return keyMask(tf.tile(visible, [rows / prompts, 1]));
}

/** The rest of a layer: `a = LN(x + attended); y = LN(a + MLP(a))`, with dropout on both summands. */
function afterAttention(
  x: tf.Tensor,
  attended: tf.Tensor,
  layer: BertLayerParameters,
  site: string,
  { dropout }: TokenBatch,
): tf.Tensor {
  const mixed = layerNorm(tf.add(x, applyDropout(attended, `${site}.attended`, dropout)), layer.attentionNorm, EPSILON);
  const hidden = linear(gelu(linear(mixed, layer.up)), layer.down);
  return layerNorm(tf.add(mixed, applyDropout(hidden, `${site}.hidden`, dropout)), layer.outputNorm, EPSILON);
}

/**
 * Layer `index` for the query tokens only, [B, Tq, C] → [B, Tq, C]. Keys and values come from all tokens `x`, [B, T, C], or in a traced graph
 * from those at the batch's positions: the weights of padding are 0.
 */
function layerFor(
  queries: tf.Tensor,
  parameters: TextParameters,
  index: number,
  x: tf.Tensor,
  batch: TokenBatch,
  { heads }: TextConfig,
): tf.Tensor {
  const layer = bert(parameters).layers[index] as BertLayerParameters;
  const { query, key, value, output } = layer.attention;
  const context = atPositions(x, batch);
  const [rows, length] = context.shape as [number, number];
  const site = `text.${index}`;
  const mixed = dotProductAttention(linear(queries, query), linear(context, key), linear(context, value), {
    heads,
    mask: paddingMask(context, batch),
    keep: batch.dropout?.mask(`${site}.weights`, [rows, heads, queries.shape[1] as number, length]),
  });
  return afterAttention(queries, linear(mixed, output), layer, site, batch);
}

export const bertTower: TextTower = {
  spec({ vocabulary, context, positions = context, width, layers, mlpWidth, outputs, projectionWidth }) {
    const hidden = projectionWidth ?? (width + outputs) / 2;
    return {
      words: { shape: [vocabulary, width], init: normal(0.02) } as ParameterSpec,
      positions: { shape: [positions, width], init: normal(0.02) } as ParameterSpec,
      types: { shape: [2, width], init: normal(0.02) } as ParameterSpec,
      embeddingNorm: normSpec(width),
      layers: Array.from({ length: layers }, () => ({
        attention: attentionSpec(width),
        attentionNorm: normSpec(width),
        up: linearSpec(width, mlpWidth),
        down: linearSpec(mlpWidth, width),
        outputNorm: normSpec(width),
      })),
      projection: {
        up: linearSpec(width, hidden, { bias: false }),
        down: linearSpec(hidden, outputs, { bias: false }),
      },
    };
  },

  embed(parameters, { ids, dropout }, { width }) {
    const { words, positions, types, embeddingNorm } = bert(parameters);
    const length = ids.shape[1] as number;
    // A prompt is a single segment, so every token has type 0.
    const offsets = tf.add(tf.slice(positions, [0, 0], [length, width]), tf.slice(types, [0, 0], [1, width]));
    return applyDropout(
      layerNorm(tf.add(embedding(words, ids), offsets), embeddingNorm, EPSILON),
      'embedding',
      dropout,
    );
  },

  block: (parameters, index, x, batch, config) => layerFor(x, parameters, index, x, batch, config),

  pooledBlock(parameters, index, x, batch, config) {
    const first = tf.slice(x, [0, 0, 0], [x.shape[0] as number, 1, x.shape[2] as number]);
    return tf.squeeze(layerFor(first, parameters, index, x, batch, config), [1]);
  },

  pool: (x) => tf.squeeze(tf.slice(x, [0, 0, 0], [x.shape[0] as number, 1, x.shape[2] as number]), [1]),

  project(parameters, pooled) {
    const { projection } = bert(parameters);
    return linear(gelu(linear(pooled, projection.up)), projection.down);
  },
};
