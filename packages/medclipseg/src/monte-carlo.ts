// Monte-Carlo segmentation: the network is run with fresh noise, and the mean of its probabilities is kept as they come.
import type { TokenBatch } from '@medclipseg/clip-encoders';
import { counterNoise, type NoiseRow, nextTask, noNoise } from '@medclipseg/nn';
import * as tf from '@tensorflow/tfjs-core';
import { logitsOf, type Network, prefix, trunk } from './network.ts';
import { binaryEntropy } from './uncertainty.ts';

/** Running mean over samples of probabilities at the model's size. */
export interface Estimate {
  /** Samples so far. */
  readonly samples: number;
  /** Mean probability, [size · size]. */
  readonly probability: Float32Array;
  /** Entropy of the mean (predictive), in nats. */
  readonly uncertainty: Float32Array;
  /** Mean entropy of the samples (aleatoric part), in nats. */
  readonly expectedEntropy: Float32Array;
}

export interface MonteCarloOptions {
  /** Number of samples (published: 30); 0 runs the mean network, without noise. */
  readonly samples?: number;
  readonly seed?: number;
  /** Samples computed at a time. Results do not depend on it; memory does. */
  readonly fold?: number;
  readonly signal?: AbortSignal;
  /** Sees the estimate of each image as samples come. */
  readonly onSample?: (done: number, estimateOf: (image: number) => Estimate) => void;
}

/** Sums in double precision, one sample after another, so that neither folding nor order of arrival shows in the result. */
class RunningMean {
  #samples = 0;
  readonly #probability: Float64Array;
  readonly #entropy: Float64Array;

  constructor(size: number) {
    this.#probability = new Float64Array(size);
    this.#entropy = new Float64Array(size);
  }

  add(probability: Float32Array): void {
    this.#samples += 1;
    for (let i = 0; i < probability.length; i++) {
      const p = probability[i] as number;
      this.#probability[i] = (this.#probability[i] as number) + p;
      this.#entropy[i] = (this.#entropy[i] as number) + binaryEntropy(p);
    }
  }

  estimate(): Estimate {
    const n = this.#samples;
    const probability = Float32Array.from(this.#probability, (sum) => sum / n);
    return {
      samples: n,
      probability,
      uncertainty: probability.map(binaryEntropy),
      expectedEntropy: Float32Array.from(this.#entropy, (sum) => sum / n),
    };
  }
}

/**
 * Estimates of a batch of images.
 *
 * @param image [B, size, size, 3], normalised
 * @param sentences [B, T]
 * @param names keys of the images' noise: the same name has the same noise in any batch
 */
export async function monteCarlo(
  network: Network,
  image: tf.Tensor,
  sentences: TokenBatch,
  names: readonly (string | number)[],
  { samples = 30, seed = 666, fold = 5, signal, onSample }: MonteCarloOptions = {},
): Promise<Estimate[]> {
  const pixels = network.config.vision.imageSize ** 2;
  const means = names.map(() => new RunningMean(pixels));
  const start = tf.tidy(() => prefix(network, image, sentences));
  try {
    const total = Math.max(1, samples);
    for (let done = 0; done < total; ) {
      signal?.throwIfAborted();
      const count = Math.min(fold, total - done);
      const rows = Array.from({ length: count }, (_, s) =>
        names.map((name): NoiseRow => ({ image: name, sample: done + s })),
      ).flat();
      const noise = samples === 0 ? noNoise : counterNoise(seed, rows);
      const probability = tf.tidy(() =>
        tf.sigmoid(logitsOf(network, trunk(network, start, sentences, { noise, samples: samples === 0 ? 1 : count }))),
      );
      const values = (await probability.data()) as Float32Array;
      probability.dispose();
      rows.forEach((_, row) => {
        (means[row % names.length] as RunningMean).add(values.subarray(row * pixels, (row + 1) * pixels));
      });
      done += count;
      onSample?.(done, (i) => (means[i] as RunningMean).estimate());
      await nextTask();
    }
  } finally {
    tf.dispose([start.image, start.text]);
  }
  return means.map((mean) => mean.estimate());
}
