// Summary statistics of scores over images.
import { type ImageScores, SCORE_NAMES, type ScoreName } from './image-scores.ts';
import { type BootstrapOptions, bootstrapMean, quantile } from './statistics/bootstrap.ts';

export interface ScoreSummary {
  /** Images whose score is finite; distances to an empty mask are not, and are left out of the figures. */
  readonly images: number;
  readonly infinite: number;
  readonly mean: number;
  /** Bootstrap interval of the mean over images. */
  readonly low: number;
  readonly high: number;
  /** Standard error of the mean. */
  readonly standardError: number;
  readonly median: number;
}

export function summarizeScore(scores: readonly number[], options: BootstrapOptions = {}): ScoreSummary {
  const finite = scores.filter(Number.isFinite);
  const n = finite.length;
  const { value: mean, low, high } = bootstrapMean(finite, options);
  const squares = finite.reduce((sum, score) => sum + (score - mean) ** 2, 0);
  return {
    images: n,
    infinite: scores.length - n,
    mean,
    low,
    high,
    standardError: n > 1 ? Math.sqrt(squares / (n - 1) / n) : Number.NaN,
    median:
      n > 0
        ? quantile(
            finite.toSorted((a, b) => a - b),
            0.5,
          )
        : Number.NaN,
  };
}

/** Every score over images, with intervals. */
export const summarizeScores = (
  images: readonly ImageScores[],
  options: BootstrapOptions = {},
): Readonly<Record<ScoreName, ScoreSummary>> =>
  Object.fromEntries(
    SCORE_NAMES.map((name) => [
      name,
      summarizeScore(
        images.map((scores) => scores[name]),
        options,
      ),
    ]),
  ) as Record<ScoreName, ScoreSummary>;
