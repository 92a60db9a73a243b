// BERT as a text tower: bidirectional, post-norm, read at the first token through a projection MLP.
import {
  type AttentionParameters,
  attentionSpec,
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
import type { TextParameters, TextTower } from './text-tower.ts';

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

  block(parameters, index, x, { ids }, { heads }) {
    const layer = bert(parameters).layers[index] as BertLayerParameters;
    const [batch, length] = x.shape as [number, number];
    const seen = tf.slice(ids, [0, 0], [ids.shape[0] as number, length]);
    const visible = tf.cast(tf.greater(seen, 0), 'float32'); // 0 is padding
    const mask = keyMask(tf.tile(visible, [batch / (ids.shape[0] as number), 1]));
    const attended = layerNorm(
      tf.add(x, selfAttention(x, layer.attention, { heads, mask })),
      layer.attentionNorm,
      EPSILON,
    );
    const hidden = linear(gelu(linear(attended, layer.up)), layer.down);
    return layerNorm(tf.add(attended, hidden), layer.outputNorm, EPSILON);
  },

  features(parameters, x, _batch, { width }) {
    const { projection } = bert(parameters);
    const first = tf.reshape(tf.slice(x, [0, 0, 0], [x.shape[0] as number, 1, width]), [-1, width]);
    return linear(gelu(linear(first, projection.up)), projection.down);
  },
};
