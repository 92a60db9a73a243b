// The interface of a text encoder, its parameters and its inputs.
import type {
  AttentionParameters,
  Dropout,
  LinearParameters,
  NormParameters,
  ParameterSpec,
  Tree,
} from '@medclipseg/nn';
import type * as tf from '@tensorflow/tfjs-core';
import type { BlockParameters } from './block.ts';

export interface TextConfig {
  /** `clip`: causal, pre-norm, pooled at the end token. `bert`: bidirectional, post-norm, pooled at the first token. */
  readonly kind: 'clip' | 'bert';
  readonly vocabulary: number;
  /** Tokens per prompt, including padding. */
  readonly context: number;
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
  readonly mlpWidth: number;
  readonly outputs: number;
  /** Rows of the position table if it is longer than the context (BERT: 512). */
  readonly positions?: number;
  /** Hidden width of BERT's projection MLP. */
  readonly projectionWidth?: number;
}

export interface ClipTextParameters {
  readonly words: tf.Tensor; // [V, C]
  readonly positions: tf.Tensor; // [T, C]
  readonly blocks: readonly BlockParameters[];
  readonly finalNorm: NormParameters;
  readonly projection: { readonly weight: tf.Tensor }; // [C, outputs]
}

export interface BertLayerParameters {
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

export type TextParameters = ClipTextParameters | BertParameters;

/** Prompts as token ids; `tokenBatch` creates them. */
export interface TokenBatch {
  /** [B, T], int32, padded with 0. */
  readonly ids: tf.Tensor;
  /** Number of leading positions that contain all real tokens of all prompts; the positions after them are padding. */
  readonly used: number;
  /**
   * 0, 1, 2, … as int32: the leading positions that contain all real tokens, for a traced graph that learns their number only when it runs.
   * `used` is then the length of `ids`.
   */
  readonly positions?: tf.Tensor1D;
  /** For each row, the first row with the same prompt. Without it, rows count as different. */
  readonly duplicateOf?: readonly number[];
  /** The largest id, which must be in the encoder's vocabulary. */
  readonly largestId?: number;
  /**
   * Dropout of a `bert` encoder where BERT's training has it: after the embedding, on the attention weights and on what each layer adds. The
   * published training of MedCLIPSeg leaves it on in the frozen encoder, at a rate of 0.1. Default: none, as in inference.
   */
  readonly dropout?: Dropout;
}

export interface TextTower {
  spec(config: TextConfig): Tree<ParameterSpec>;
  embed(parameters: TextParameters, batch: TokenBatch, config: TextConfig): tf.Tensor;
  block(parameters: TextParameters, index: number, x: tf.Tensor, batch: TokenBatch, config: TextConfig): tf.Tensor;
  /** Block `index`, computed only for the pooled token: [B, T, C] → [B, C]. */
  pooledBlock(
    parameters: TextParameters,
    index: number,
    x: tf.Tensor,
    batch: TokenBatch,
    config: TextConfig,
  ): tf.Tensor;
  /** The pooled token, [B, T, C] → [B, C]. */
  pool(x: tf.Tensor, batch: TokenBatch): tf.Tensor;
  /** Projection of the pooled token, [B, C] → [B, outputs]. */
  project(parameters: TextParameters, pooled: tf.Tensor): tf.Tensor;
}
