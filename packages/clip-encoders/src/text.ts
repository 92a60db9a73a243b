// The text towers behind one interface: embed, blocks, features. A caller may act on the tokens between any two.
import type * as tf from '@tensorflow/tfjs-core';
import { bertTower } from './text-bert.ts';
import { clipTextTower } from './text-clip.ts';
import type { TextConfig, TextParameters, TextTower, TokenBatch } from './text-tower.ts';

const towers: Record<TextConfig['kind'], TextTower> = { clip: clipTextTower, bert: bertTower };

export const textSpec = (config: TextConfig) => towers[config.kind].spec(config);

/** Words and positions: ids [B, T] → tokens [B, T, C]. */
export const embedText = (parameters: TextParameters, batch: TokenBatch, config: TextConfig): tf.Tensor =>
  towers[config.kind].embed(parameters, batch, config);

/**
 * Block `index`, [B, T, C] → [B, T, C]. The tokens may be fewer than the context (padding dropped where that changes nothing) and more
 * than the sentences (samples folded into the batch).
 */
export const textBlock = (
  parameters: TextParameters,
  index: number,
  tokens: tf.Tensor,
  batch: TokenBatch,
  config: TextConfig,
): tf.Tensor => towers[config.kind].block(parameters, index, tokens, batch, config);

/** The sentence's vector, [B, T, C] → [B, outputs], not normalised. */
export const textFeatures = (
  parameters: TextParameters,
  tokens: tf.Tensor,
  batch: TokenBatch,
  config: TextConfig,
): tf.Tensor => towers[config.kind].features(parameters, tokens, batch, config);
