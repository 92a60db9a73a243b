// BERT as a text tower: bidirectional, post-norm, read at the first token through a projection MLP.
import {
  type AttentionParameters,
  attentionSpec,
  dotProductAttention,
  embedding,
  gelu,
  keyMask,
  type LinearParameters,
  layerNorm,
  linear,
  linearSpec,
  type NormParameters,
  normal,
  normSpec,
  type ParameterSpec,
  selfAttention,
} from '@medclipseg/nn';
import * as tf from '@tensorflow/tfjs-core';
import type { TextParameters, TextTower, TokenBatch } from './text-tower.ts';

interface BertLayerParameters {
  readonly attention: AttentionParameters;
  readonly attentionNorm: NormParameters;
  readonly up: LinearParameters;
  readonly down: LinearParameters;
  readonly outputNorm: NormParameters;
}

export interface BertParameters {
  readonly words: tf.Tensor; // [V, C]
  readonly positions: tf.Tensor; // [512, C]
  readonly types: tf.Tensor; // [2, C]
  readonly embeddingNorm: NormParameters;
  readonly layers: readonly BertLayerParameters[];
  readonly projection: { readonly up: { readonly weight: tf.Tensor }; readonly down: { readonly weight: tf.Tensor } };
}

const EPSILON = 1e-12;
const bert = (parameters: TextParameters) => parameters as BertParameters;

/** Hides padding (id 0) from every token of `x`, whose rows may be several samples of each sentence. */
function paddingMask(x: tf.Tensor, { ids }: TokenBatch): tf.Tensor {
  const [rows, length] = x.shape as [number, number];
  const sentences = ids.shape[0] as number;
  const visible = tf.cast(tf.greater(tf.slice(ids, [0, 0], [sentences, length]), 0), 'float32');
  return keyMask(tf.tile(visible, [rows / sentences, 1]));
}

/** What follows the attention in a layer: `a = LN(x + attended); y = LN(a + MLP(a))`. */
function behindAttention(x: tf.Tensor, attended: tf.Tensor, layer: BertLayerParameters): tf.Tensor {
  const mixed = layerNorm(tf.add(x, attended), layer.attentionNorm, EPSILON);
  return layerNorm(tf.add(mixed, linear(gelu(linear(mixed, layer.up)), layer.down)), layer.outputNorm, EPSILON);
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

  embed(parameters, { ids }, { width }) {
    const { words, positions, types, embeddingNorm } = bert(parameters);
    const length = ids.shape[1] as number;
    // Every token has type 0: a prompt is one segment.
    const placed = tf.add(tf.slice(positions, [0, 0], [length, width]), tf.slice(types, [0, 0], [1, width]));
    return layerNorm(tf.add(embedding(words, ids), placed), embeddingNorm, EPSILON);
  },

  block(parameters, index, x, batch, { heads }) {
    const layer = bert(parameters).layers[index] as BertLayerParameters;
    return behindAttention(x, selfAttention(x, layer.attention, { heads, mask: paddingMask(x, batch) }), layer);
  },

  readBlock(parameters, index, x, batch, { heads }) {
    const layer = bert(parameters).layers[index] as BertLayerParameters;
    const { query, key, value, output } = layer.attention;
    const first = tf.slice(x, [0, 0, 0], [x.shape[0] as number, 1, x.shape[2] as number]);
    const mask = paddingMask(x, batch);
    const mixed = dotProductAttention(linear(first, query), linear(x, key), linear(x, value), { heads, mask });
    return tf.squeeze(behindAttention(first, linear(mixed, output), layer), [1]);
  },

  read: (x) => tf.squeeze(tf.slice(x, [0, 0, 0], [x.shape[0] as number, 1, x.shape[2] as number]), [1]),

  project(parameters, read) {
    const { projection } = bert(parameters);
    return linear(gelu(linear(read, projection.up)), projection.down);
  },
};
