// How sure a figure over images is, by resampling the images.
import { seededRandom } from '@medclipseg/datasets';
import { normalCdf, normalQuantile } from './normal.ts';

export interface Interval {
  /** The figure of the images as they are. */
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

export interface BootstrapOptions {
  /** The same seed gives the same interval. */
  readonly seed?: number;
  readonly resamples?: number;
  /** How often intervals like this one hold the truth. */
  readonly level?: number;
  /**
   * `bca`: bias-corrected and accelerated, for skewed figures such as scores near 1; `percentile`: the plain quantiles of the resamples.
   */
  readonly method?: 'bca' | 'percentile';
}

/** A figure of some images, given by their indices; NaN where these images have none. */
export type Statistic = (images: Int32Array) => number;

/** Quantile of sorted numbers, interpolated between neighbors. */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  const at = Math.min(1, Math.max(0, share)) * (sorted.length - 1);
  const low = Math.floor(at);
  const [a, b] = [sorted[low] as number, sorted[Math.min(low + 1, sorted.length - 1)] as number];
  return a + (b - a) * (at - low);
}

/** How fast the spread of the figure grows with it, from leaving out one image at a time (Efron 1987). */
function acceleration(count: number, statistic: Statistic): number {
  const all = Int32Array.from({ length: count }, (_, i) => i);
  const without = all.map(Number);
  const figures: number[] = [];
  for (let i = 0; i < count; i++) {
    without.set(all.subarray(0, i));
    without.set(all.subarray(i + 1), i);
    figures.push(statistic(without.subarray(0, count - 1)));
  }
  const mean = figures.reduce((a, b) => a + b, 0) / count;
  const [cubes, squares] = [3, 2].map((power) => figures.reduce((sum, f) => sum + (mean - f) ** power, 0)) as [
    number,
    number,
  ];
  const skew = cubes / (6 * squares ** 1.5);
  return Number.isFinite(skew) ? skew : 0;
}

/**
 * A figure over `count` images with its bootstrap interval (Efron & Tibshirani 1993, chapters 13 and 14).
 *
 * Resamples for which the figure does not exist (NaN) are left out; one image, or none, gives the point alone.
 */
export function bootstrap(
  count: number,
  statistic: Statistic,
  { seed = 666, resamples = 10_000, level = 0.95, method = 'bca' }: BootstrapOptions = {},
): Interval {
  const images = Int32Array.from({ length: count }, (_, i) => i);
  const value = statistic(images);
  if (count < 2 || Number.isNaN(value)) return { value, low: value, high: value };
  const random = seededRandom('bootstrap', seed);
  const drawn = Float64Array.from({ length: resamples }, () => {
    for (let i = 0; i < count; i++) images[i] = Math.floor(random() * count);
    return statistic(images);
  }).filter((figure) => !Number.isNaN(figure));
  if (drawn.length === 0) return { value, low: value, high: value };
  drawn.sort();
  const tails = [(1 - level) / 2, (1 + level) / 2];
  if (method === 'percentile') {
    const [low, high] = tails.map((share) => quantile(drawn, share)) as [number, number];
    return { value, low, high };
  }
  // A resample equal to the value counts half on each side; at least half a resample is on both.
  const below = drawn.reduce((sum, figure) => sum + (figure < value ? 1 : figure === value ? 0.5 : 0), 0);
  const bias = normalQuantile(Math.min(drawn.length - 0.5, Math.max(0.5, below)) / drawn.length);
  const skew = acceleration(count, statistic);
  const [low, high] = tails.map((share) => {
    const z = bias + normalQuantile(share);
    return quantile(drawn, normalCdf(bias + z / (1 - skew * z)));
  }) as [number, number];
  return { value, low, high };
}

/** Mean over images with its interval. */
export function bootstrapMean(scores: ArrayLike<number>, options: BootstrapOptions = {}): Interval {
  return bootstrap(
    scores.length,
    (images) => {
      let total = 0;
      for (const i of images) total += scores[i] as number;
      return total / images.length;
    },
    options,
  );
}
