// How well the uncertainty of an image predicts its score.
import { type BootstrapOptions, bootstrap, type Interval } from '../statistics/bootstrap.ts';
import { pearson, spearman } from '../statistics/ranks.ts';

export interface Correlation {
  /** Number of images with the figure. */
  readonly images: number;
  readonly pearson: Interval;
  readonly spearman: Interval;
}

/** Correlation over images of a figure, such as the uncertainty, with a score, with intervals. Images without the figure are left out. */
export function correlate(
  figures: readonly (number | undefined)[],
  scores: readonly number[],
  options: BootstrapOptions = {},
): Correlation {
  const present = figures.flatMap((figure, i) =>
    figure === undefined ? [] : [{ figure, score: scores[i] as number }],
  );
  const over = (correlation: typeof pearson) =>
    bootstrap(
      present.length,
      (images) => {
        const column = (key: 'figure' | 'score') => Float64Array.from(images, (i) => present[i]?.[key] as number);
        return correlation(column('figure'), column('score'));
      },
      { resamples: 2000, ...options },
    );
  return { images: present.length, pearson: over(pearson), spearman: over(spearman) };
}
