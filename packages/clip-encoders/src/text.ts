// The text towers behind one interface: embed, blocks, features. A caller may act on the tokens between any two.
import { isConstant } from '@medclipseg/nn/internal';
import * as tf from '@tensorflow/tfjs-core';
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
 * than the prompts (samples folded into the batch).
 */
export const textBlock = (
  parameters: TextParameters,
  index: number,
  tokens: tf.Tensor,
  batch: TokenBatch,
  config: TextConfig,
): tf.Tensor => tf.tidy(() => towers[config.kind].block(parameters, index, tokens, batch, config));

/**
 * The prompt's vector from the tokens that enter block `index`, [B, T, C] → [B, outputs], not normalized. Since nothing else looks at
 * the tokens any more, only those that can reach the vector are computed: no padding, and in the last block one token.
 *
 * @param index the number of blocks for tokens that have passed them all
 */
export function textFeatures(
  parameters: TextParameters,
  index: number,
  tokens: tf.Tensor,
  batch: TokenBatch,
  config: TextConfig,
): tf.Tensor {
  const tower = towers[config.kind];
  const last = config.layers - 1;
  const [rows, length, width] = tokens.shape as [number, number, number];
  let x = batch.used < length ? tf.slice(tokens, [0, 0, 0], [rows, batch.used, width]) : tokens;
  for (let i = index; i < last; i++) x = textBlock(parameters, i, x, batch, config);
  return tf.tidy(() => {
    const read = index > last ? tower.read(x, batch) : tower.readBlock(parameters, last, x, batch, config);
    return tower.project(parameters, read);
  });
}

/** Embedding and the first `blocks` blocks; in a frozen tower, each distinct prompt once. */
export function textPrefix(
  parameters: TextParameters,
  batch: TokenBatch,
  config: TextConfig,
  blocks: number,
): tf.Tensor {
  const rows = batch.firstAlike ?? [];
  const distinct = [...new Set(rows)];
  // Copying rows by index has no gradient on wasm; dropout makes every row another.
  const once = distinct.length < rows.length && isConstant(parameters.words) && !batch.dropout;
  const prompts = once ? { ids: tf.gather(batch.ids, distinct), used: batch.used } : batch;
  let y = embedText(parameters, prompts, config);
  for (let i = 0; i < blocks; i++) y = textBlock(parameters, i, y, prompts, config);
  return once
    ? tf.gather(
        y,
        rows.map((row) => distinct.indexOf(row)),
      )
    : y;
}
