// What a text tower is.
import type { Dropout, ParameterSpec, Tree } from '@medclipseg/nn';
import type * as tf from '@tensorflow/tfjs-core';
import type { BertParameters } from './text-bert.ts';
import type { ClipTextParameters } from './text-clip.ts';

export interface TextConfig {
  /** `clip`: causal, pre-norm, read at the end token. `bert`: bidirectional, post-norm, read at the first token. */
  readonly kind: 'clip' | 'bert';
  readonly vocabulary: number;
  /** Tokens per prompt, padding included. */
  readonly context: number;
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
  readonly mlpWidth: number;
  readonly outputs: number;
  /** Rows of the position table, where it is longer than the context (BERT: 512). */
  readonly positions?: number;
  /** Hidden width of BERT's projection MLP. */
  readonly projectionWidth?: number;
}

export type TextParameters = ClipTextParameters | BertParameters;

/** Prompts as the towers take them. */
export interface TokenBatch {
  /** [B, T], int32, padded with 0. */
  readonly ids: tf.Tensor;
  /** Leading positions that hold a real token in any of the prompts; beyond there is only padding. */
  readonly used: number;
  /** For each row the first one with the same prompt; none where they are not compared. */
  readonly firstAlike?: readonly number[];
  /**
   * Drops activations of a `bert` tower where BERT's training does: behind the embedding, of the attention's weights, and of what each
   * layer adds. The published training of MedCLIPSeg leaves it on in the frozen tower, at a rate of 0.1. Without it (the default, and
   * always right outside training) nothing is dropped.
   */
  readonly dropout?: Dropout;
}

export interface TextTower {
  spec(config: TextConfig): Tree<ParameterSpec>;
  embed(parameters: TextParameters, batch: TokenBatch, config: TextConfig): tf.Tensor;
  block(parameters: TextParameters, index: number, x: tf.Tensor, batch: TokenBatch, config: TextConfig): tf.Tensor;
  /** Block `index` for the one token that is read, from all tokens: [B, T, C] → [B, C]. */
  readBlock(parameters: TextParameters, index: number, x: tf.Tensor, batch: TokenBatch, config: TextConfig): tf.Tensor;
  /** The token that is read, [B, T, C] → [B, C]. */
  read(x: tf.Tensor, batch: TokenBatch): tf.Tensor;
  /** From the token that is read, [B, C] → [B, outputs]. */
  project(parameters: TextParameters, read: tf.Tensor): tf.Tensor;
}
