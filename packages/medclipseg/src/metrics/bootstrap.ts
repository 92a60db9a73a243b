// How sure an average over images is, by resampling the images.

/** Uniform numbers in [0, 1) from a seed (mulberry32). */
function uniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export interface Interval {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

export interface BootstrapOptions {
  readonly seed?: number;
  readonly resamples?: number;
  /** Share of the resampled means inside the interval. */
  readonly level?: number;
}

/** Mean over images with its percentile bootstrap interval. The same seed gives the same interval. */
export function bootstrapMean(
  scores: readonly number[],
  { seed = 666, resamples = 2000, level = 0.95 }: BootstrapOptions = {},
): Interval {
  const n = scores.length;
  const random = uniform(seed);
  const means = Float64Array.from({ length: resamples }, () => {
    let total = 0;
    for (let i = 0; i < n; i++) total += scores[Math.floor(random() * n)] as number;
    return total / n;
  }).sort();
  const at = (share: number) => means[Math.round(share * (resamples - 1))] as number;
  return { mean: scores.reduce((a, b) => a + b, 0) / n, low: at((1 - level) / 2), high: at((1 + level) / 2) };
}

/** Mean gain of `b` over `a` on the same images, in the same order; an interval without 0 is a difference. */
export const pairedDifference = (
  a: readonly number[],
  b: readonly number[],
  options: BootstrapOptions = {},
): Interval =>
  bootstrapMean(
    a.map((score, i) => (b[i] as number) - score),
    options,
  );
