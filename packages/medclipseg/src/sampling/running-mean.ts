// The running mean of probability maps.
import { binaryEntropy } from '../uncertainty.ts';

/** Running mean over samples of probabilities at the model's size, [size · size] each; entropies in nats. */
export interface Estimate {
  /** Samples so far. */
  readonly samples: number;
  readonly probability: Float32Array;
  /** Entropy of the mean probability (predictive entropy): the total uncertainty. */
  readonly uncertainty: Float32Array;
  /** Mean entropy of the samples. */
  readonly expectedEntropy: Float32Array;
  /** Predictive minus expected entropy: the disagreement of the samples, the mutual information of mask and noise. */
  readonly mutualInformation: Float32Array;
}

/**
 * Sums in double precision, so that the result depends neither on folding nor on the order of arrival.
 *
 * Samples are added in independent units: single ones, or antithetic pairs.
 */
export class RunningMean {
  #samples = 0;
  #units = 0;
  readonly #probability: Float64Array;
  readonly #entropy: Float64Array;
  /** Sums of squared unit means. */
  readonly #squares: Float64Array;

  constructor(size: number) {
    this.#probability = new Float64Array(size);
    this.#entropy = new Float64Array(size);
    this.#squares = new Float64Array(size);
  }

  addUnit(samples: readonly Float32Array[]): void {
    this.#samples += samples.length;
    this.#units += 1;
    for (let i = 0; i < this.#probability.length; i++) {
      let sum = 0;
      let entropy = 0;
      for (const sample of samples) {
        const p = sample[i] as number;
        sum += p;
        entropy += binaryEntropy(p);
      }
      this.#probability[i] = (this.#probability[i] as number) + sum;
      this.#entropy[i] = (this.#entropy[i] as number) + entropy;
      this.#squares[i] = (this.#squares[i] as number) + (sum / samples.length) ** 2;
    }
  }

  /** Share of pixels whose mean probability has a standard error of at most `bound`. 0 with fewer than two units. */
  settled(bound: number): number {
    const units = this.#units;
    if (units < 2) return 0;
    let count = 0;
    for (let i = 0; i < this.#probability.length; i++) {
      const mean = (this.#probability[i] as number) / this.#samples;
      const variance = Math.max(0, (this.#squares[i] as number) / units - mean * mean) / (units - 1);
      if (variance <= bound * bound) count += 1;
    }
    return count / this.#probability.length;
  }

  estimate(): Estimate {
    const n = this.#samples;
    const probability = Float32Array.from(this.#probability, (sum) => sum / n);
    const uncertainty = probability.map(binaryEntropy);
    const expectedEntropy = Float32Array.from(this.#entropy, (sum) => sum / n);
    return {
      samples: n,
      probability,
      uncertainty,
      expectedEntropy,
      // Negative only by rounding.
      mutualInformation: uncertainty.map((u, i) => Math.max(0, u - (expectedEntropy[i] as number))),
    };
  }
}
