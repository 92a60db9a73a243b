// Text encoders in steps: embedding, blocks, features. A caller may change the tokens between any two steps.
import { isConstant } from '@medclipseg/nn/internal';
import * as tf from '@tensorflow/tfjs-core';
import { InputError } from './errors.ts';
import { bertTower } from './text-bert.ts';
import { clipTextTower } from './text-clip.ts';
import type { TextConfig, TextParameters, TextTower, TokenBatch } from './text-tower.ts';
import { atPositions } from './token-batch.ts';

const towers: Record<TextConfig['kind'], TextTower> = { clip: clipTextTower, bert: bertTower };

/** Shapes and initial values of a text encoder's parameters. */
export const textSpec = (config: TextConfig) => towers[config.kind].spec(config);

function checkPrompts({ ids, used, largestId }: TokenBatch, { context, vocabulary }: TextConfig): void {
  const [rows = 0, length = 0] = ids.shape;
  if (ids.rank !== 2 || ids.dtype !== 'int32' || rows === 0 || length === 0 || length > context)
    throw new InputError(
      'token ids',
      `int32 of shape [B, T] with at most ${context} tokens`,
      `${ids.dtype} of shape [${ids.shape}]`,
      'Create them with tokenBatch from the tokenizer of the weights.',
    );
  if (!Number.isInteger(used) || used < 1 || used > length)
    throw new InputError('used', `an integer from 1 to ${length}`, `${used}`, 'Create prompts with tokenBatch.');
  if (largestId !== undefined && largestId >= vocabulary)
    throw new InputError(
      'token ids',
      `ids below ${vocabulary}`,
      `${largestId}`,
      'Use the tokenizer that belongs to the weights.',
    );
}

const checkBlock = (index: number, last: number): void => {
  if (!Number.isInteger(index) || index < 0 || index > last)
    throw new InputError('text block', `an integer from 0 to ${last}`, `${index}`, 'Check the number of layers.');
};

/**
 * Embeds tokens and their positions.
 *
 * @returns tokens [B, T, C]
 * @throws InputError for ids of another shape or type, or outside the vocabulary
 */
export function embedText(parameters: TextParameters, batch: TokenBatch, config: TextConfig): tf.Tensor {
  checkPrompts(batch, config);
  return towers[config.kind].embed(parameters, batch, config);
}

/**
 * Block `index`, [B, T, C] → [B, T, C]. There may be fewer tokens than the context (padding left out where that changes nothing) and more
 * rows than prompts (samples folded into the batch).
 */
export function textBlock(
  parameters: TextParameters,
  index: number,
  tokens: tf.Tensor,
  batch: TokenBatch,
  config: TextConfig,
): tf.Tensor {
  checkBlock(index, config.layers - 1);
  return tf.tidy(() => towers[config.kind].block(parameters, index, tokens, batch, config));
}

/**
 * The prompt vectors from the tokens that enter block `index`, [B, T, C] → [B, outputs], not normalized. Computes only the tokens that can
 * affect the vector: no padding and, in the last block, a single token.
 *
 * @param index the number of layers for tokens that have passed all blocks
 */
export function textFeatures(
  parameters: TextParameters,
  index: number,
  tokens: tf.Tensor,
  batch: TokenBatch,
  config: TextConfig,
): tf.Tensor {
  checkBlock(index, config.layers);
  const tower = towers[config.kind];
  const last = config.layers - 1;
  const [rows, length, width] = tokens.shape as [number, number, number];
  let x = atPositions(tokens, batch);
  if (!batch.positions && batch.used < length) x = tf.slice(tokens, [0, 0, 0], [rows, batch.used, width]);
  for (let i = index; i < last; i++) x = textBlock(parameters, i, x, batch, config);
  return tf.tidy(() => {
    const pooled = index > last ? tower.pool(x, batch) : tower.pooledBlock(parameters, last, x, batch, config);
    return tower.project(parameters, pooled);
  });
}

/**
 * Embedding and the first `blocks` blocks, [B, T, C]. A frozen encoder computes equal prompts once.
 *
 * @throws InputError for ids of another shape or type, or outside the vocabulary
 */
export function firstTextBlocks(
  parameters: TextParameters,
  batch: TokenBatch,
  config: TextConfig,
  blocks: number,
): tf.Tensor {
  const rows = batch.duplicateOf ?? [];
  const distinct = [...new Set(rows)];
  // Copying rows by index has no gradient on wasm, and dropout makes every row different.
  const once = distinct.length < rows.length && isConstant(parameters.words) && !batch.dropout;
  const prompts = once ? { ...batch, ids: tf.gather(batch.ids, distinct) } : batch;
  let y = embedText(parameters, prompts, config);
  for (let i = 0; i < blocks; i++) y = textBlock(parameters, i, y, prompts, config);
  return once
    ? tf.gather(
        y,
        rows.map((row) => distinct.indexOf(row)),
      )
    : y;
}
