// Probabilistic cross-attention: keys and values are Gaussians (reference: `ProbabilisticCrossAttention`).
import {
  keyMask as additiveMask,
  constantInit,
  type LinearParameters,
  layerNorm,
  linear,
  linearSpec,
  type NormParameters,
  normSpec,
  type ParameterSpec,
  softplus,
} from '@medclipseg/nn';
import * as tf from '@tensorflow/tfjs-core';
import { expectCount, expectNumber, expectShape, PvlAttentionError } from './errors.ts';

/** Published weight of the uncertainty penalty: the full width at half maximum of a unit Gaussian, 2√(2 ln 2), rounded. */
export const DEFAULT_BETA = 2.35;

/** Lower bound of variances. */
const MINIMUM_VARIANCE = 1e-6;

export interface CrossAttentionParameters {
  /** Scalar; its sigmoid mixes the attended values with the query. */
  readonly gate: tf.Tensor;
  readonly query: LinearParameters;
  /** Mean and raw variance, [C, 2C]. */
  readonly key: LinearParameters;
  /** Mean and raw variance, [C, 2C]. */
  readonly value: LinearParameters;
  readonly output: LinearParameters;
  readonly keyNorm: NormParameters;
  readonly valueNorm: NormParameters;
}

/** @param width channels of query and context @param gate starting value of the gate, before the sigmoid */
export function crossAttentionSpec(width: number, { gate = 0 }: { gate?: number } = {}) {
  expectCount('width', width);
  expectNumber('gate', gate);
  return {
    gate: { shape: [], init: constantInit(gate) } as ParameterSpec,
    query: linearSpec(width, width),
    key: linearSpec(width, 2 * width),
    value: linearSpec(width, 2 * width),
    output: linearSpec(width, width),
    keyNorm: normSpec(width),
    valueNorm: normSpec(width),
  };
}

export interface CrossAttentionOptions {
  /** Weight of the penalty on uncertain keys; 0 disables it. Default: 2.35, as published. */
  readonly beta?: number;
  /** Standard normal noise [B·S, Tk, C], one value per context token and channel. Without it, the result is the mean. */
  readonly noise?: tf.Tensor;
  /** [B, Tk], 1 for context tokens that are attended to. The published model masks none. */
  readonly keyMask?: tf.Tensor;
  /** `false` adds the attended values to the query instead of mixing both by the gate, for ablations. Default: `true`. */
  readonly gated?: boolean;
}

/** Repeats a batch to `batch` rows: S Monte-Carlo samples of each image, ordered by sample. */
export function foldSamples(x: tf.Tensor, batch: number): tf.Tensor {
  const rows = x.shape[0] as number;
  if (rows === batch) return x;
  if (batch % rows !== 0)
    throw new PvlAttentionError(
      'pvl-attention/shape',
      'samples',
      `a batch that is a multiple of ${rows}`,
      batch,
      'Draw noise for whole samples of the batch.',
    );
  // The wasm kernel of tf.tile is two hundred times slower.
  return tf.concat(
    Array.from({ length: batch / rows }, () => x),
    0,
  );
}

/** The first tokens of [B, T, C], or those at some positions: [B, count, C]. */
export const someTokens = (x: tf.Tensor, tokens: number | tf.Tensor1D): tf.Tensor => {
  const [batch, length, width] = x.shape as [number, number, number];
  return typeof tokens === 'number'
    ? tf.slice(x, [0, 0, 0], [batch, Math.min(tokens, length), width])
    : tf.gather(x, tokens, 1);
};

/** Splits [..., 2C] into the mean, normalized, and the variance, positive. */
function gaussian(x: tf.Tensor, norm: NormParameters): { mean: tf.Tensor; variance: tf.Tensor } {
  const [batch, tokens, double] = x.shape as [number, number, number];
  const width = double / 2;
  const mean = tf.slice(x, [0, 0, 0], [batch, tokens, width]);
  const raw = tf.slice(x, [0, 0, width], [batch, tokens, width]);
  return { mean: layerNorm(mean, norm), variance: tf.add(softplus(raw), MINIMUM_VARIANCE) };
}

/**
 * ```
 * S = Q·Kμᵀ/√C − β·√((Q∘Q)·Kσ²ᵀ/C)      A = softmax(S)      O = A·(Vμ + Vσ∘ε)
 * out = σ(gate)·W_o O + (1 − σ(gate))·query
 * ```
 * Keys are not sampled: their variance enters through the penalty. All queries share the noise. Everything before ε is computed once per
 * image; with noise for S samples folded into the batch, only the last products are computed per sample.
 *
 * @param query [B, Tq, C] (or [B·S, Tq, C])
 * @param context [B, Tk, C] (or [B·S, Tk, C])
 * @returns [B·S, Tq, C]
 *
 * @example
 * const parameters = initialize(crossAttentionSpec(8), 666);
 * const attended = probabilisticCrossAttention(parameters, tf.ones([1, 4, 8]), tf.ones([1, 6, 8]));
 * console.log(attended.shape); // [ 1, 4, 8 ]
 */
export function probabilisticCrossAttention(
  parameters: CrossAttentionParameters,
  query: tf.Tensor,
  context: tf.Tensor,
  { beta = DEFAULT_BETA, noise, keyMask, gated = true }: CrossAttentionOptions = {},
): tf.Tensor {
  const width = parameters.query.weight.shape[0] as number;
  expectNumber('beta', beta, 0);
  expectShape('query tokens', query, ['B', 'Tq', width]);
  expectShape('context tokens', context, ['B', 'Tk', width]);
  const tokens = context.shape[1] as number;
  if (noise) expectShape('noise', noise, ['B·S', tokens, width]);
  if (keyMask) expectShape('key mask', keyMask, ['B', tokens]);
  const rows = Math.max(query.shape[0] as number, context.shape[0] as number);
  const q = foldSamples(linear(query, parameters.query), rows); // [B, Tq, C]
  const key = gaussian(linear(context, parameters.key), parameters.keyNorm);
  const value = gaussian(linear(context, parameters.value), parameters.valueNorm);

  let scores = tf.mul(tf.matMul(q, key.mean, false, true), 1 / Math.sqrt(width)); // [B, Tq, Tk]
  if (beta !== 0) {
    const spread = tf.sqrt(tf.mul(tf.matMul(tf.square(q), key.variance, false, true), 1 / width));
    scores = tf.sub(scores, tf.mul(spread, beta));
  }
  if (keyMask) scores = tf.add(scores, tf.squeeze(additiveMask(foldSamples(keyMask, rows)), [1]));
  const weights = tf.softmax(scores);
  let attended = tf.matMul(weights, value.mean); // [B, Tq, C]
  if (noise) {
    const batch = noise.shape[0] as number;
    const disturbance = tf.mul(foldSamples(tf.sqrt(value.variance), batch), noise);
    attended = tf.add(foldSamples(attended, batch), tf.matMul(foldSamples(weights, batch), disturbance));
  }
  const output = linear(attended, parameters.output);
  const folded = foldSamples(query, output.shape[0] as number);
  // Times zero instead of left out: every parameter has a gradient.
  if (!gated) return tf.add(output, tf.add(folded, tf.mul(parameters.gate, 0)));
  const gate = tf.sigmoid(parameters.gate);
  return tf.add(tf.mul(output, gate), tf.mul(folded, tf.sub(1, gate)));
}
