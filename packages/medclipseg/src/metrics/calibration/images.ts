// How well the uncertainty of an image predicts its score.
import { type BootstrapOptions, bootstrap, type Interval } from '../statistics/bootstrap.ts';
import { pearson, spearman } from '../statistics/ranks.ts';

export interface Correlation {
  readonly pearson: Interval;
  readonly spearman: Interval;
}

/** Correlation over images of an uncertainty with a score, with intervals; below 0 where uncertain images score worse. */
export function correlate(
  uncertainty: readonly number[],
  score: readonly number[],
  options: BootstrapOptions = {},
): Correlation {
  const over = (correlation: typeof pearson) =>
    bootstrap(
      uncertainty.length,
      (images) => {
        const of = (values: readonly number[]) => Float64Array.from(images, (i) => values[i] as number);
        return correlation(of(uncertainty), of(score));
      },
      { resamples: 2000, ...options },
    );
  return { pearson: over(pearson), spearman: over(spearman) };
}
