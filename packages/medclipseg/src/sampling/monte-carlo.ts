// Monte-Carlo segmentation: the network is run with fresh noise, and the mean of its probabilities is kept as they come.
import type { TokenBatch } from '@medclipseg/clip-encoders';
import { counterNoise, type NoiseRow, noNoise } from '@medclipseg/nn';
import { nextTask } from '@medclipseg/nn/internal';
import * as tf from '@tensorflow/tfjs-core';
import { logitsOf, type Network, prefix, type Tokens, trunk } from '../network.ts';
import { foldOf } from './fold.ts';
import { type Estimate, RunningMean } from './running-mean.ts';
import { type Group, schedule } from './schedule.ts';

/** The images of a batch as the network takes them; several views of the same images share the samples. */
export interface View {
  /** [B, size, size, 3], normalized. */
  readonly image: tf.Tensor;
  /** [B, T] */
  readonly prompts: TokenBatch;
  /** Brings a map [size · size] of this view back to the image. */
  readonly undo?: (map: Float32Array) => Float32Array;
}

/** Ends the sampling early: once almost every pixel's mean is known well enough. */
export interface StopRule {
  /** Bound on the standard error of a pixel's mean probability. */
  readonly standardError: number;
  /** Share of the pixels that must be within the bound. Default: 0.99. */
  readonly share?: number;
  /** Samples drawn in any case. Default: 6. */
  readonly minimum?: number;
}

export interface MonteCarloOptions {
  /** Number of samples, or the most of them with `stopWhen` (published: 30); 0 runs the mean network, without noise. */
  readonly samples?: number;
  readonly seed?: number;
  /** Samples computed at a time; by default as many as 256 MB hold. Results do not depend on it. */
  readonly fold?: number;
  /** Draws samples in pairs of opposite noise, whose errors partly cancel. Off in the published method. */
  readonly antithetic?: boolean;
  /** Off in the published method. */
  readonly stopWhen?: StopRule;
  readonly signal?: AbortSignal;
  /** Sees the estimate of each image as samples come. */
  readonly onSample?: (done: number, estimateOf: (image: number) => Estimate) => void;
}

/** Probabilities [samples · B, size · size] of the samples of a group, in their order. */
async function sampleGroup(
  network: Network,
  start: Tokens,
  { prompts }: View,
  { units }: Group,
  rowsOf: ((sample: number) => NoiseRow[]) | undefined,
  seed: number,
): Promise<Float32Array> {
  const samples = units.flat();
  const noise = rowsOf ? counterNoise(seed, samples.flatMap(rowsOf)) : noNoise;
  const probability = tf.tidy(() =>
    tf.sigmoid(logitsOf(network, trunk(network, start, prompts, { noise, samples: samples.length }))),
  );
  try {
    return (await probability.data()) as Float32Array;
  } finally {
    probability.dispose();
  }
}

/**
 * Estimates of a batch of images.
 *
 * @param views of one and the same batch; one is enough
 * @param names keys of the images' noise: the same name has the same noise in any batch
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
    // Smaller groups where they may be the last.
    fold: Math.min(fold ?? foldOf(network.config, names.length), stopWhen ? minimum : Number.POSITIVE_INFINITY),
    antithetic: antithetic && samples > 0,
    views: views.length,
  });
  let done = 0;
  try {
    for (const group of groups) {
      signal?.throwIfAborted();
      const view = views[group.view] as View;
      starts[group.view] ??= tf.tidy(() => prefix(network, view.image, view.prompts));
      const start = starts[group.view] as Tokens;
      const values = await sampleGroup(network, start, view, group, samples === 0 ? undefined : rowsOf, seed);
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
    for (const start of starts) if (start) tf.dispose([start.image, start.text]);
  }
  return means.map((mean) => mean.estimate());
}
