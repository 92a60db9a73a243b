// Monte-Carlo segmentation: runs the network with fresh noise and averages its probabilities as they arrive.
import { batchBudget } from '@medclipseg/backends';
import { type TokenBatch, visionTokens } from '@medclipseg/clip-encoders';
import { counterNoise, type NoiseRow, noNoise } from '@medclipseg/nn';
import { nextTask } from '@medclipseg/nn/internal';
import * as tf from '@tensorflow/tfjs-core';
import type { ModelConfig } from '../config.ts';
import {
  encodeFeatures,
  encodePrefix,
  type Network,
  predictLogits,
  type Tokens,
  type TrunkOptions,
  tensorsOf,
  trunkBlock,
  trunkEnd,
} from '../network.ts';
import { type Estimate, RunningMean } from './running-mean.ts';
import { type Group, schedule } from './schedule.ts';

/** The images of a batch as network inputs; several views of the same images share the samples. */
export interface View {
  /** [B, size, size, 3], normalized. */
  readonly image: tf.Tensor;
  /** [B, T] */
  readonly prompts: TokenBatch;
  /** Transforms a map [size · size] of this view to the orientation of the image. */
  readonly undo?: (map: Float32Array) => Float32Array;
}

/** Ends the sampling early, once the mean of almost every pixel is known well enough. */
export interface StopRule {
  /** Bound on the standard error of a pixel's mean probability. */
  readonly standardError: number;
  /** Share of the pixels that must be within the bound. Default: 0.99. */
  readonly share?: number;
  /** Samples drawn before the rule applies. Default: 6. */
  readonly minimum?: number;
}

export interface MonteCarloOptions {
  /** Number of samples, or their maximum with `stopWhen`. Default: 30, as published. 0 runs the mean network, without noise. */
  readonly samples?: number;
  readonly seed?: number;
  /** Samples computed together. Default: what the backend computes efficiently. Changes memory and speed, not results. */
  readonly fold?: number;
  /** Draws samples in pairs of opposite noise, whose errors partly cancel. Default: off, as published. */
  readonly antithetic?: boolean;
  /** Default: all samples are drawn, as published. */
  readonly stopWhen?: StopRule;
  readonly signal?: AbortSignal;
  /** Called after each group of samples; gives the running estimate of an image. */
  readonly onSample?: (done: number, estimateOf: (image: number) => Estimate) => void;
}

/** Larger groups are no faster anywhere. */
const MOST_SAMPLES_AT_ONCE = 16;

/** Bytes of the largest intermediate results of one sample: attention and MLP of a block, and the upscaled map. */
function bytesPerSample({ vision, upscaleBlocks }: ModelConfig): number {
  const tokens = visionTokens(vision);
  const block = tokens * (2 * vision.mlpWidth + 6 * vision.width) + 2 * vision.heads * tokens * tokens;
  const map = (vision.imageSize / vision.patch) * 2 ** upscaleBlocks;
  return 4 * Math.max(block, 4 * map * map * vision.outputs);
}

/** Samples of a batch of `images` that are computed together by default. */
const defaultFold = (config: ModelConfig, images: number): number =>
  Math.max(1, Math.min(MOST_SAMPLES_AT_ONCE, Math.floor(batchBudget() / (images * bytesPerSample(config)))));

/** Disposes tokens, except for tensors that belong to other tokens as well. */
function disposeTokens(tokens: Tokens, ...others: readonly Tokens[]): void {
  const kept = new Set(others.flatMap(tensorsOf));
  for (const tensor of tensorsOf(tokens)) if (!kept.has(tensor)) tensor.dispose();
}

/** The tokens after the trunk. Other tasks run between its blocks, so that it can be canceled within seconds on every backend. */
async function trunkTokens(
  network: Network,
  start: Tokens,
  prompts: TokenBatch,
  options: TrunkOptions,
  signal: AbortSignal | undefined,
): Promise<Tokens> {
  let tokens = start;
  try {
    while (tokens.block < trunkEnd(network.config)) {
      const before = tokens;
      tokens = tf.tidy(() => trunkBlock(network, before, prompts, options));
      disposeTokens(before, start, tokens);
      await nextTask();
      signal?.throwIfAborted();
    }
  } catch (error) {
    disposeTokens(tokens, start);
    throw error;
  }
  return tokens;
}

/** Probabilities [samples · B, size · size] of the samples of a group, in their order. */
async function sampleGroup(
  network: Network,
  start: Tokens,
  { prompts }: View,
  { units }: Group,
  rowsOf: ((sample: number) => NoiseRow[]) | undefined,
  { seed, signal }: { readonly seed: number; readonly signal: AbortSignal | undefined },
): Promise<Float32Array> {
  const samples = units.flat();
  const noise = rowsOf ? counterNoise(seed, samples.flatMap(rowsOf)) : noNoise;
  const end = await trunkTokens(network, start, prompts, { noise, samples: samples.length }, signal);
  let probability: tf.Tensor;
  try {
    probability = tf.tidy(() => tf.sigmoid(predictLogits(network, encodeFeatures(network, end, prompts))));
  } finally {
    disposeTokens(end, start);
  }
  try {
    return (await probability.data()) as Float32Array;
  } finally {
    probability.dispose();
  }
}

/**
 * Estimates of a batch of images.
 *
 * @param views one or more views of the same batch
 * @param names keys of the images' noise: the same name has the same noise in every batch
 */
export async function monteCarlo(
  network: Network,
  views: readonly View[],
  names: readonly (string | number)[],
  { samples = 30, seed = 666, fold, antithetic = false, stopWhen, signal, onSample }: MonteCarloOptions = {},
): Promise<Estimate[]> {
  const pixels = network.config.vision.imageSize ** 2;
  const means = names.map(() => new RunningMean(pixels));
  const starts: Tokens[] = [];
  const rowsOf = (sample: number) =>
    names.map(
      (image): NoiseRow => (antithetic ? { image, sample: sample >> 1, negated: sample % 2 === 1 } : { image, sample }),
    );
  const { standardError = 0, share = 0.99, minimum = 6 } = stopWhen ?? {};
  const isEnough = (done: number) =>
    stopWhen !== undefined && done >= minimum && means.every((mean) => mean.settled(standardError) >= share);
  const groups = schedule({
    samples: samples === 0 ? views.length : samples,
    // Smaller groups if any of them may be the last.
    fold: Math.min(fold ?? defaultFold(network.config, names.length), stopWhen ? minimum : Number.POSITIVE_INFINITY),
    antithetic: antithetic && samples > 0,
    views: views.length,
  });
  let done = 0;
  try {
    for (const group of groups) {
      signal?.throwIfAborted();
      const view = views[group.view] as View;
      starts[group.view] ??= tf.tidy(() => encodePrefix(network, view.image, view.prompts));
      const start = starts[group.view] as Tokens;
      const values = await sampleGroup(network, start, view, group, samples === 0 ? undefined : rowsOf, {
        seed,
        signal,
      });
      let row = 0;
      for (const unit of group.units) {
        names.forEach((_, image) => {
          const maps = unit.map((_, i) => {
            const at = (row + i * names.length + image) * pixels;
            const map = values.subarray(at, at + pixels);
            return view.undo ? view.undo(map) : map;
          });
          (means[image] as RunningMean).addUnit(maps);
        });
        row += unit.length * names.length;
        done += unit.length;
      }
      onSample?.(done, (i) => (means[i] as RunningMean).estimate());
      if (group.even && isEnough(done)) break;
      await nextTask();
    }
  } finally {
    for (const start of starts) if (start) tf.dispose(tensorsOf(start));
  }
  return means.map((mean) => mean.estimate());
}
